"""`python -m benchmarks.queue`: what a long queue costs. 0: nothing doubles from the shortest to the longest."""

from __future__ import annotations

import argparse
import json
import random
import shutil
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks.queue.calls import Measured, http_milliseconds, redis_microseconds
from benchmarks.queue.full import Full, full, web

WANTED_RATIO = 2.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Fill the queues, measure in turn, print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.queue", description=__doc__)
    parser.add_argument("--lengths", default="1000,100000,1000000", help="of the queue, with commas")
    parser.add_argument("--rounds", type=int, default=5, help="each length is measured once a round (5)")
    parser.add_argument("--calls", type=int, default=300, help="of each kind in a round (300)")
    given = parser.parse_args(arguments)
    lengths = sorted(int(text) for text in given.lengths.split(","))
    folder = Path(tempfile.mkdtemp(prefix="qcjob-queue-"))
    try:
        with ExitStack() as stack:
            queues = [stack.enter_context(full(length, folder / str(length))) for length in lengths]
            redis_rounds, http_rounds = _measure(queues, given.rounds, given.calls, stack)
            per_job = {queue.waiting: queue.bytes_per_job for queue in queues}
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    in_redis, over_http = _medians(redis_rounds), _medians(http_rounds)
    ratios = [*_print("microseconds of Redis", in_redis), *_print("milliseconds over HTTP", over_http)]
    print(f"bytes of Redis a waiting job: {json.dumps({length: round(size) for length, size in per_job.items()})}")
    return 0 if max(ratios) < WANTED_RATIO else 1


def _measure(
    queues: Sequence[Full], rounds: int, calls: int, stack: ExitStack
) -> tuple[Mapping[int, list[Measured]], Mapping[int, list[Measured]]]:
    """In turn, so that what else the machine does falls on all lengths alike; the first round is thrown away."""
    in_redis: dict[int, list[Measured]] = {queue.waiting: [] for queue in queues}
    over_http: dict[int, list[Measured]] = {queue.waiting: [] for queue in queues}
    clients = [stack.enter_context(web(queue)) for queue in queues]
    for number in range(rounds + 1):
        for queue, client in zip(queues, clients, strict=True):
            dice = random.Random(number)
            in_redis[queue.waiting].append(redis_microseconds(queue, calls, dice))
            over_http[queue.waiting].append(http_milliseconds(queue, client, calls // 3, dice))
        print(f"round {number} of {rounds}", file=sys.stderr)
    return {n: found[1:] for n, found in in_redis.items()}, {n: found[1:] for n, found in over_http.items()}


def _medians(rounds: Mapping[int, list[Measured]]) -> Mapping[int, Measured]:
    return {
        length: {call: statistics.median(one[call] for one in found) for call in found[0]}
        for length, found in rounds.items()
    }


def _print(unit: str, found: Mapping[int, Measured]) -> list[float]:
    """A table, and the ratios of its last column."""
    lengths = list(found)
    print(f"| {unit} | " + " | ".join(f"{length:,}" for length in lengths) + " | longest : shortest |")
    print("|---" * (len(lengths) + 2) + "|")
    ratios = []
    for call in found[lengths[0]]:
        values = [found[length][call] for length in lengths]
        ratios.append(values[-1] / values[0])
        print(f"| {call} | " + " | ".join(f"{value:.3g}" for value in values) + f" | {ratios[-1]:.2f} |")
    print()
    return ratios


if __name__ == "__main__":
    raise SystemExit(main())
