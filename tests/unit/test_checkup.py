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
    "own place in qcjob:ready:simulator": lambda r, j: r.zincrby("qcjob:ready:simulator", 7, member(r, j["waiting"])),
    "own place in qcjob:own:simulator": lambda r, j: r.zincrby("qcjob:own:simulator:alice", 7, member(r, j["waiting"])),
    "by an order that is not its own": lambda r, j: r.zadd(
        "qcjob:ready:simulator", {"0000000000009" + j["waiting"]: 1}
    ),
    "a lease that ends later than any": lambda r, j: r.zadd("qcjob:leases:simulator", {j["running"]: 9e15}),
    "at its time in its customer's list": lambda r, j: r.zadd("qcjob:jobs:alice", {j["failed"]: 1}),
    "at its time in the list of COMPLETED": lambda r, j: r.zadd("qcjob:jobs:alice:COMPLETED", {j["completed"]: 1}),
    "that is not given yet: another claim": lambda r, j: r.set("qcjob:fence", 2),
    "that is not given yet: another job": lambda r, j: r.delete("qcjob:order:simulator"),
    "its open is -5": lambda r, j: r.hset("qcjob:usage:alice", "open", -5),
    "its open is 9000": lambda r, j: r.hset("qcjob:usage:alice", "open", 9000),
    "its pending is -1": lambda r, j: r.hset("qcjob:usage:alice", "pending", -1),
    "its sessions is 3": lambda r, j: r.hset("qcjob:usage:alice", "sessions", 3),
    "would pass by itself in 60 s": lambda r, j: r.expire(f"qcjob:result:{j['completed']}", 60),
    "its slots is b'many'": lambda r, j: r.hset("qcjob:device:simulator", "slots", "many"),
    "its status is b'asleep'": lambda r, j: r.hset("qcjob:device:simulator", "status", "asleep"),
    "which is another customer's": lambda r, j: r.zadd("qcjob:jobs:zed", {j["waiting"]: 1}),
    "longer than any run can need it": lambda r, j: r.zadd("qcjob:holds:simulator", {"nobody:1": 9e15}),
    "max, idle missing": lambda r, j: r.hset(
        f"qcjob:session:{j['waiting']}",
        mapping={"customer": "alice", "device": "simulator", "state": "x", "created": 1},
    ),
    "kept, created, updated, version, asked missing": lambda r, j: r.hset(
        f"qcjob:batch:{j['waiting']}", mapping={"customer": "alice", "jobs": 1, "recorded": 1}
    ),
    "to, created missing": lambda r, j: r.hset(
        f"qcjob:reservation:{j['waiting']}", mapping={"customer": "alice", "device": "simulator", "from": 1}
    ),
    "which is no job and no batch": lambda r, j: r.set("qcjob:idempotency:alice:1", b"\xff"),
}


def healthy(redis: Any) -> dict[bytes, bytes]:
    """All that is in the ledger, but what was moved aside."""
    return {key: redis.dump(key) for key in redis.keys("*") if not key.startswith(b"qcjob:damaged:")}


KINDS = {
    "qcjob:ready:simulator": "zset",
    "qcjob:own:simulator:alice": "zset",
    "qcjob:later:simulator": "zset",
    "qcjob:held:simulator": "zset",
    "qcjob:leases:simulator": "zset",
    "qcjob:holds:simulator": "zset",
    "qcjob:jobs:alice": "zset",
    "qcjob:jobs:alice:WAITING": "zset",
    "qcjob:deadlines": "zset",
    "qcjob:ended": "zset",
    "qcjob:fair:simulator": "hash",
    "qcjob:device:simulator": "hash",
    "qcjob:usage:alice": "hash",
    "qcjob:fence": "string",
    "qcjob:order:simulator": "string",
    "qcjob:changes": "stream",
    "simulator": "list",
}


@pytest.mark.parametrize("key", KINDS)
def test_a_key_of_a_wrong_kind_is_named_and_moved_aside_and_work_goes_on(
    ledger: Ledger, jobs: dict[str, str], new_job: Callable[..., NewJob], key: str
) -> None:
    ledger.client.delete(key)
    if KINDS[key] == "string":
        ledger.client.rpush(key, "wrong")
    else:
        ledger.client.set(key, "wrong")
    found = findings(ledger)
    assert any(finding.where == key and f"wanted a {KINDS[key]}" in finding.what for finding in found), found
    assert ledger.client.exists(key)
    for _ in range(2):
        findings(ledger, repair=True)
    assert findings(ledger) == []
    assert ledger.client.exists(f"qcjob:damaged:{key}")
    ledger.online("simulator", {"slots": "9", "status": "online"})
    ledger.submit(new_job())
    claim = ledger.claim("simulator", "w")
    assert claim is not None and claim.id in (jobs["waiting"], jobs["running"])  # the latter, where its lease was lost


def test_a_key_that_nobody_knows_is_named_and_left_alone(ledger: Ledger, jobs: dict[str, str]) -> None:
    ledger.client.set("qcjob:somebody", "else")
    ledger.client.set(b"qcjob:\xff", "else")
    found = findings(ledger, repair=True)
    assert [finding.mend for finding in found] == ["", ""]
    assert {finding.where for finding in found} == {"qcjob:somebody", "qcjob:\\xff"}
    assert ledger.client.get("qcjob:somebody") == b"else"


def test_what_is_healthy_is_not_touched(ledger: Ledger, jobs: dict[str, str], new_job: Callable[..., NewJob]) -> None:
    ledger.submit(new_job(customer="bob", start_after=ledger.now() + 60_000_000))
    before = healthy(ledger.client)
    assert findings(ledger, repair=True) == []
    assert healthy(ledger.client) == before


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
