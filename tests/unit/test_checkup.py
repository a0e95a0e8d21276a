"""Each fault is planted, found, mended, and not found again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from qcjob.acts import Word
from qcjob.ids import new_job_id
from qcjob.job import NewJob
from qcjob.ledger import Ledger
from qcjob.ledger.checkup import Checkup, Finding
from qcjob.ledger.reservations import Reservations
from tests.unit.conftest import Clock

GOOD = {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction"}
COUNTS = {"counts": {"0": 10}, "seed": 1, "compiler": "qcjob", "calibration": None}


class Sound(Checkup):
    """fakeredis has no INFO: the Redis underneath is checked on the real binary."""

    def _redis(self) -> Any:
        return ()


@pytest.fixture
def jobs(ledger: Ledger, new_job: Callable[..., NewJob]) -> dict[str, str]:
    """One job in each state, by its state's name."""
    ledger.online("simulator", {"slots": "9"})
    ids = {}
    for state in ("completed", "failed", "running", "cancelled", "waiting"):
        ids[state] = ledger.submit(new_job(), idempotency_key=state).id
        if state in ("completed", "failed", "running"):
            claim = ledger.claim("simulator", "w")
            assert claim is not None
            if state == "completed":
                ledger.complete(claim.id, claim.fence, COUNTS)
            elif state == "failed":
                ledger.fail(claim.id, claim.fence, "x", "y")
        if state == "cancelled":
            ledger.cancel(ids[state])
    return ids


def findings(ledger: Ledger, *, repair: bool = False) -> list[Finding]:
    return list(Sound(ledger, repair=repair).run())


def test_a_sound_ledger_gives_no_findings(ledger: Ledger, jobs: dict[str, str]) -> None:
    assert findings(ledger) == []


def member(redis: Any, job_id: str) -> str:
    """What a ready set calls a job."""
    order: bytes = redis.hget(f"qcjob:job:{job_id}", "order")
    return order.decode() + job_id


FAULTS: dict[str, Callable[[Any, dict[str, str]], object]] = {
    "among its customer's own": lambda r, j: r.delete("qcjob:own:simulator:alice"),
    "would never be claimed": lambda r, j: r.zrem("qcjob:ready:simulator", member(r, j["waiting"])),
    "holds a lease": lambda r, j: r.zadd("qcjob:leases:simulator", {j["waiting"]: 1}),
    "still ranked": lambda r, j: r.zadd("qcjob:ready:simulator", {member(r, j["completed"]): 1}),
    "nobody holds it": lambda r, j: r.zrem("qcjob:leases:simulator", j["running"]),
    "still takes a slot": lambda r, j: r.zadd("qcjob:leases:simulator", {j["failed"]: 9e15}),
    "retention never will": lambda r, j: r.zrem("qcjob:ended", j["cancelled"]),
    "would be deleted": lambda r, j: r.zadd("qcjob:ended", {j["running"]: 1}),
    "missing in its customer's list": lambda r, j: r.zrem("qcjob:jobs:alice", j["completed"]),
    "missing in the list of FAILED": lambda r, j: r.zrem("qcjob:jobs:alice:FAILED", j["failed"]),
    "but listed as RUNNING": lambda r, j: r.zadd("qcjob:jobs:alice:RUNNING", {j["waiting"]: 1}),
    "which is no job": lambda r, j: r.zadd("qcjob:ready:simulator", {"nobody": 1}),
    "belongs to no job": lambda r, j: r.set("qcjob:result:nobody", "{}"),
    "stands for nobody": lambda r, j: r.set("qcjob:idempotency:alice:0", "nobody"),
    "no wake-up is queued": lambda r, j: r.delete("simulator"),
    "no wake-ups of ours": lambda r, j: r.lpush("simulator", "garbage"),
}


@pytest.mark.parametrize("key", ["ready:simulator", "own:simulator:alice", "aside:simulator:alice", ""])
def test_a_job_for_later_that_has_a_place_or_is_lost_waits_for_its_time(
    ledger: Ledger, clock: Clock, new_job: Callable[..., NewJob], key: str
) -> None:
    job = ledger.submit(new_job(start_after=ledger.now() + 60_000_000))
    if key:
        ledger.client.zadd(f"qcjob:{key}", {member(ledger.client, job.id): 1})
    else:
        ledger.client.zrem("qcjob:later:simulator", job.id)
    assert findings(ledger, repair=True) != []
    assert findings(ledger) == []
    assert ledger.claim("simulator", "w") is None
    clock.advance(61)
    claim = ledger.claim("simulator", "w")
    assert claim is not None and claim.id == job.id


@pytest.mark.parametrize("what", FAULTS)
def test_a_planted_fault_is_found_and_mended(ledger: Ledger, jobs: dict[str, str], what: str) -> None:
    FAULTS[what](ledger.client, jobs)
    found = findings(ledger)
    assert any(what in finding.what and finding.mend for finding in found), found
    assert findings(ledger, repair=True) == found
    assert findings(ledger) == []


@pytest.mark.parametrize(
    ("what", "key"), [("lost its program", "program:{waiting}"), ("its result is gone", "result:{completed}")]
)
def test_what_cannot_be_mended_is_said(ledger: Ledger, jobs: dict[str, str], what: str, key: str) -> None:
    ledger.client.delete("qcjob:" + key.format(**jobs))
    (finding,) = findings(ledger, repair=True)
    assert what in finding.what and finding.mend == ""


@pytest.mark.parametrize(
    ("key", "said"),
    [("reservations:simulator", "nobody has it"), ("reservation:", "which is no reservation")],
    ids=["its place", "itself"],
)
def test_a_reservation_that_lost_half_of_it_is_found_and_mended(ledger: Ledger, key: str, said: str) -> None:
    now = ledger.now()
    Reservations(ledger).add(new_job_id(), "simulator", "alice", Word("grace"), begins=now, ends=now + 60_000_000)
    assert findings(ledger) == []
    (found,) = ledger.client.keys(f"qcjob:{key}*")
    ledger.client.delete(found)
    assert [said in finding.what for finding in findings(ledger, repair=True)] == [True]
    assert findings(ledger) == []
