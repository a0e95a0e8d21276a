"""What is measured: each ledger call in Redis's own time, each route in its client's. The queue keeps its length."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import httpx

from benchmarks.queue.full import DEVICE, PROGRAM, Full
from qcjob.ledger.pages import list_jobs
from qcjob.lifecycle import JobState

Measured = dict[str, float]

_CALLS = ("cmdstat_evalsha", "cmdstat_zrevrangebyscore")
"""What the ledger sends; a list looks at its index itself. The time of a script has in it that of what it calls."""


def redis_microseconds(queue: Full, calls: int, dice: random.Random) -> Measured:
    """Per call, by the server's own count, the median: a mean would show what else the machine did."""
    ledger, mine = queue.ledger, queue.mine

    def spent() -> int:
        stats: dict[str, Any] = queue.client.info("commandstats")  # type: ignore[assignment]
        return sum(stats[name]["usec"] for name in _CALLS if name in stats)

    def each(call: Callable[[], Any]) -> tuple[float, list[Any]]:
        counts, answers = [spent()], []
        for _ in range(calls):
            answers.append(call())
            counts.append(spent())
        return statistics.median(after - before for before, after in pairwise(counts)), answers

    found: Measured = {}
    numbers = iter(range(queue.waiting, queue.waiting + calls))
    found["submit"], more = each(lambda: queue.submit(next(numbers)))
    waiting = iter(more)
    found["cancel"], _ = each(lambda: ledger.cancel(next(waiting)))
    found["claim"], claims = each(lambda: ledger.claim(DEVICE, "bench"))
    for claim in claims:
        ledger.put_back(claim.id, claim.fence)
        if claim.id in mine:
            mine.remove(claim.id)  # it exchanges its place with none any more
    found["position"], _ = each(lambda: ledger.read(dice.choice(mine)))
    found["exchange"], _ = each(lambda: ledger.exchange(*dice.sample(mine, 2), customer="customer-0"))
    found["list page"], _ = each(lambda: list_jobs(ledger, "customer-0"))
    found["list page by state"], _ = each(lambda: list_jobs(ledger, "customer-0", state=JobState.WAITING))
    return found


def http_milliseconds(queue: Full, client: httpx.Client, calls: int, dice: random.Random) -> Measured:
    """Per request on one connection, the median."""
    mine = queue.mine

    def each(ask: Callable[[], httpx.Response]) -> tuple[float, list[httpx.Response]]:
        seconds, answers = [], []
        for _ in range(calls):
            began = time.perf_counter()
            answers.append(ask().raise_for_status())
            seconds.append(time.perf_counter() - began)
        return statistics.median(seconds) * 1_000, answers

    def exchange() -> httpx.Response:
        first, second = dice.sample(mine, 2)
        return client.patch(f"/v1/jobs/{first}", json={"ahead_of": second})

    found: Measured = {}
    found["submit"], answers = each(lambda: client.post("/v1/jobs", json={"program": PROGRAM, "device": DEVICE}))
    more = iter([answer.json()["id"] for answer in answers])
    found["cancel"], _ = each(lambda: client.post(f"/v1/jobs/{next(more)}/cancel"))
    found["position"], _ = each(lambda: client.get(f"/v1/jobs/{dice.choice(mine)}"))
    found["exchange"], _ = each(exchange)
    found["list page"], _ = each(lambda: client.get("/v1/jobs"))
    found["list page by state"], _ = each(lambda: client.get("/v1/jobs?state=WAITING"))
    return found
