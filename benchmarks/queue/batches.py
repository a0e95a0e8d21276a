"""`python -m benchmarks.queue.batches`: batches of 1,000 jobs beside single submits, and how long Redis is held up.

0: a job of a batch is submitted ten times as fast as one client submits singly, and the median script of each kind
holds Redis up for less than 5 ms. The longest is told too; on a busy machine it says how long Redis was not let run.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx

from benchmarks.queue.full import DEVICE, PROGRAM, Full, full, web
from qcjob.batch import MOST_JOBS
from qcjob.ledger.scripts import source

WANTED_RATIO = 10.0
MOST_MICROSECONDS = 5_000
CLIENTS = 16
SCRIPTS = ("batch", "record", "cancel_batch")
SINGLE, CROWD, EQUAL, DISTINCT = "single, one client", f"single, {CLIENTS} clients", "batch, equal", "batch, distinct"

_SINGLES = 300
_LOGGED_FROM = 100  # microseconds: what single commands take need not be kept


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure in turn, print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.queue.batches", description=__doc__)
    parser.add_argument("--lengths", default="100,100000", help="of the queue beforehand, with commas")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args(arguments)
    folder, holds = Path(tempfile.mkdtemp(prefix="qcjob-batches-")), []
    try:
        for length in (int(text) for text in given.lengths.split(",")):
            with ExitStack() as stack:
                queue = stack.enter_context(full(length, folder / str(length)))
                client = stack.enter_context(web(queue))
                holds.append(_at_length(queue, client, given.rounds))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0 if all(holds) else 1


def _at_length(queue: Full, client: httpx.Client, rounds: int) -> bool:
    holds = True
    print(f"{queue.waiting:,} jobs wait\n\n| jobs a second | {SINGLE} | {CROWD} | {EQUAL} | {DISTINCT} | equal : one |")
    print("|---|---|---|---|---|---|")
    queue.client.config_set("slowlog-max-len", 100_000)
    queue.client.config_set("slowlog-log-slower-than", _LOGGED_FROM)
    for fsync in ("no", "always"):
        queue.client.config_set("appendonly", "yes")
        queue.client.config_set("appendfsync", fsync)
        found = [_round(client) for _ in range(rounds + 1)][1:]
        rates = {call: statistics.median(one[call] for one in found) for call in found[0]}
        ratio = statistics.median(one[EQUAL] / one[SINGLE] for one in found)
        holds = holds and ratio >= WANTED_RATIO
        print(f"| fsync {fsync} | " + " | ".join(f"{rate:,.0f}" for rate in rates.values()) + f" | {ratio:.1f} |")
    print("\n| microseconds of Redis | scripts | median | 99th of 100 | longest |\n|---|---|---|---|---|")
    for name, times in _held_up(queue).items():
        times.sort()
        median = statistics.median(times)
        holds = holds and median < MOST_MICROSECONDS
        print(f"| {name} | {len(times):,} | {median:,.0f} | {times[len(times) * 99 // 100]:,} | {times[-1]:,} |")
    print(flush=True)
    return holds


def _round(client: httpx.Client) -> Mapping[str, float]:
    """Jobs a second, of each way to submit them."""
    found = {
        SINGLE: _rate(_SINGLES, lambda: [_submit(client) for _ in range(_SINGLES)]),
        CROWD: _rate(_SINGLES * 4, lambda: _crowd(client, _SINGLES * 4 // CLIENTS)),
    }
    for name, programs in ((EQUAL, [PROGRAM] * MOST_JOBS), (DISTINCT, [f"X({n / 10})" for n in range(MOST_JOBS)])):
        body = json.dumps({"jobs": [{"program": program, "device": DEVICE} for program in programs]})
        answers: list[httpx.Response] = []
        found[name] = _rate(MOST_JOBS, lambda body=body, answers=answers: answers.append(_post(client, body)))  # type: ignore[misc]
        client.post(answers[0].json()["links"]["cancel"]).raise_for_status()
    return found


def _rate(jobs: int, work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return jobs / (time.perf_counter() - began)


def _submit(client: httpx.Client) -> None:
    client.post("/v1/jobs", json={"program": PROGRAM, "device": DEVICE}).raise_for_status()


def _post(client: httpx.Client, body: str) -> httpx.Response:
    headers = {"Content-Type": "application/json"}
    return client.post("/v1/batches", content=body, headers=headers).raise_for_status()


def _crowd(client: httpx.Client, each: int) -> None:
    threads = [threading.Thread(target=lambda: [_submit(client) for _ in range(each)]) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _held_up(queue: Full) -> dict[str, list[int]]:
    """Microseconds that the scripts of batches took, by the server's own count, those of less than 100 left out."""
    names = {hashlib.sha1(source(name).encode()).hexdigest(): name for name in SCRIPTS}
    found: dict[str, list[int]] = {name: [] for name in SCRIPTS}
    entries: Any = queue.client.slowlog_get(100_000)
    for entry in entries:
        words = entry["command"].decode(errors="replace").split(" ", 2)
        if words[0] == "EVALSHA" and words[1] in names:
            found[names[words[1]]].append(entry["duration"])
    return found


if __name__ == "__main__":
    sys.exit(main())
