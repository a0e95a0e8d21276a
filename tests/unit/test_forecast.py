"""Why a job has not started, and when it will: figures are held against the ledger, windows against what comes."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import datetime
from math import sqrt
from pathlib import Path
from typing import Any

import fakeredis
import pytest

from qcjob.acts import Word
from qcjob.errors import NotWaiting
from qcjob.job import NewJob
from qcjob.ledger import Ledger
from qcjob.ledger.forecast import Pace, Standing, standing
from qcjob.ledger.operations import Operations
from qcjob.rank import TIER_WIDTH
from qcjob.web.answers import retry_after
from tests.unit.conftest import Clock
from tests.unit.door import Door, opened
from tests.unit.webtest import BELL, Web

Build = Callable[..., NewJob]
MICRO = 1_000_000
GRACE = Word("grace")


@pytest.fixture
def ledger(client: fakeredis.FakeRedis, clock: Clock) -> Ledger:
    ledger = Ledger(client, lease_seconds=86_400)
    ledger.online("simulator", {"slots": "1", "status": "online"})
    return ledger


def run(ledger: Ledger, clock: Clock, seconds: float) -> str:
    """Claim the next job and let it run for so long."""
    claim = ledger.claim("simulator", "w")
    assert claim is not None
    clock.advance(seconds)
    ledger.complete(claim.id, claim.fence, {"counts": {"0": 10}})
    ledger.online("simulator", {"slots": "1", "status": "online"})
    return claim.id


def learn(ledger: Ledger, clock: Clock, new_job: Build, *seconds: float) -> None:
    """Jobs of a second that take so long."""
    for taken in seconds:
        ledger.submit(new_job(customer="before", cost=MICRO))
        run(ledger, clock, taken)


def now_of(ledger: Ledger, job_id: str) -> Standing:
    told = standing(ledger, job_id, customer=None)
    assert told is not None
    return told


# -- what is said


def test_every_figure_is_the_ledgers(ledger: Ledger, client: fakeredis.FakeRedis, clock: Clock, new_job: Build) -> None:
    ledger.online("simulator", {"slots": "2", "status": "online"})
    learn(ledger, clock, new_job, *[2.0] * 3, *[3.0] * 3)
    ledger.online("simulator", {"slots": "2", "status": "online"})
    others = [ledger.submit(new_job(customer="bob", cost=3 * MICRO, tier=tier)).id for tier in (2, 1, 0, 1, 2)]
    running = [ledger.claim("simulator", "w"), ledger.claim("simulator", "w")]
    assert [claim and claim.id for claim in running] == [others[2], others[1]]
    mine = ledger.submit(new_job(cost=5 * MICRO, not_after=ledger.now() + 99 * MICRO))
    told = now_of(ledger, mine.id)
    fields = {name.decode(): value.decode() for name, value in client.hgetall(f"qcjob:job:{mine.id}").items()}
    device = {name.decode(): value.decode() for name, value in client.hgetall("qcjob:device:simulator").items()}
    fair = client.hgetall("qcjob:fair:simulator")
    assert (told.device, told.customer, told.held, told.not_before) == ("simulator", "alice", None, None)
    assert told.tier * TIER_WIDTH + told.tag == int(fields["score"])
    assert (told.cost, told.charge) == (int(fields["cost"]), int(fields["charge"])) == (5 * MICRO, 5 * MICRO)
    assert told.virtual_time == int(fair.get(b"2", 0)) and told.last_finish == int(fair[b"2:alice"])
    ahead = client.zrank("qcjob:ready:simulator", fields["order"] + mine.id)
    assert told.ahead == ahead == sum(told.ahead_by_tier.values())
    assert told.ahead_by_tier == {0: 0, 1: 1, 2: 1}
    assert (told.slots, told.slots_taken) == (2, client.zcard("qcjob:leases:simulator")) == (2, 2)
    assert told.not_after == int(fields["not_after"])
    assert told.pace == Pace(float(device["pace"]), float(device["spread"]), int(device["paced"]))
    assert told.work_ahead == 6 * MICRO, "two of bob's"
    assert told.stated is not None and " ".join(map(str, told.stated)) == fields["eta"]
    left = sum(told.pace.mean * 3 * MICRO - (told.at - int(claimed)) for claimed in _claimed(client, running))
    assert told.work_running == pytest.approx(left, abs=2)
    middle = (told.work_running + told.pace.mean * told.work_ahead) / 2
    off = 2 * (told.pace.spread * sqrt(4 * (3 * MICRO) ** 2) / 2 + 0.2 * middle)
    assert told.start == pytest.approx((told.at + middle - off, told.at + middle + off + MICRO), abs=5)


def _claimed(client: fakeredis.FakeRedis, claims: list[Any]) -> list[bytes]:
    return [client.hget(f"qcjob:job:{claim.id}", "claimed") for claim in claims]


def test_pace_is_the_mean_at_first_and_leans_to_the_latest(ledger: Ledger, clock: Clock, new_job: Build) -> None:
    learn(ledger, clock, new_job, 1.0, 2.0, 3.0)
    job = ledger.submit(new_job())
    told = now_of(ledger, job.id)
    assert told.pace is not None and told.pace.mean == pytest.approx(2.0, abs=0.001)
    run(ledger, clock, 0.0)
    learn(ledger, clock, new_job, *[10.0] * 60)
    latest = now_of(ledger, ledger.submit(new_job()).id).pace
    assert latest is not None and 9.5 < latest.mean < 10.01


def test_nothing_is_foreseen_before_five_jobs_have_completed(ledger: Ledger, clock: Clock, new_job: Build) -> None:
    learn(ledger, clock, new_job, *[1.0] * 4)
    early = ledger.submit(new_job())
    assert (now_of(ledger, early.id).start, early.starts_from) == (None, None)
    run(ledger, clock, 1.0)
    assert now_of(ledger, ledger.submit(new_job()).id).start is not None


def test_nothing_is_foreseen_while_something_holds_the_job(
    ledger: Ledger, clock: Clock, client: fakeredis.FakeRedis, new_job: Build
) -> None:
    learn(ledger, clock, new_job, *[1.0] * 5)
    operations, job = Operations(ledger), ledger.submit(new_job())
    assert now_of(ledger, job.id).start is not None
    for hold, free in (
        (lambda: operations.hold(job.id, GRACE, held=True), lambda: operations.hold(job.id, GRACE, held=False)),
        (
            lambda: operations.direct("simulator", "drained", GRACE),
            lambda: operations.direct("simulator", "online", GRACE),
        ),
        (
            lambda: ledger.online("simulator", {"status": "calibrating"}),
            lambda: ledger.online("simulator", {"status": "online"}),
        ),
        (lambda: clock.advance(20), lambda: ledger.online("simulator", {"status": "online"})),
    ):
        hold()
        assert now_of(ledger, job.id).start is None
        free()
        assert now_of(ledger, job.id).start is not None


def test_a_free_slot_means_at_once_and_a_start_after_its_time(ledger: Ledger, clock: Clock, new_job: Build) -> None:
    learn(ledger, clock, new_job, *[1.0] * 5)
    later = ledger.submit(new_job(start_after=ledger.now() + 500 * MICRO))
    assert later.starts_from == later.start_after
    job = ledger.submit(new_job())
    start = now_of(ledger, job.id).start
    assert start is not None and start[1] - start[0] <= 1.1 * MICRO and start[0] - ledger.now() < MICRO
    told = now_of(ledger, later.id)
    assert told.start is not None and told.not_before == told.start[0] == later.start_after


def test_of_a_long_queue_a_sample_is_looked_at(ledger: Ledger, clock: Clock, new_job: Build) -> None:
    learn(ledger, clock, new_job, *[1.0] * 5)
    chosen = random.Random(7)
    costs = [chosen.randint(1, 100) * 10_000 for _ in range(1000)]
    for cost in costs:
        ledger.submit(new_job(cost=cost))
    told = now_of(ledger, ledger.submit(new_job()).id)
    assert told.work_ahead == pytest.approx(sum(costs), rel=0.15)


def test_only_waiting_jobs_of_ones_own_are_told_of(ledger: Ledger, clock: Clock, new_job: Build) -> None:
    job = ledger.submit(new_job())
    assert standing(ledger, job.id, customer="bob") is None
    assert standing(ledger, "x", customer=None) is None
    ledger.claim("simulator", "w")
    with pytest.raises(NotWaiting):
        standing(ledger, job.id, customer="alice")


# -- how good it is


@pytest.mark.parametrize(("customers", "share"), [("a", 0.9), ("ab", 0.75)])
def test_the_share_of_kept_windows_is_counted(
    ledger: Ledger, clock: Clock, new_job: Build, customers: str, share: float
) -> None:
    """Sixty jobs at a time on a device whose runs differ by a third: nearly all start when it was said; fewer where
    another customer's come in between later, which nobody can foresee."""
    learn(ledger, clock, new_job, 0.4, 0.5, 0.6, 0.5, 0.4, 0.6)
    chosen = random.Random(3)
    for _ in range(3):
        for _ in range(60):
            ledger.submit(new_job(customer=chosen.choice(customers), cost=MICRO))
        for _ in range(60):
            run(ledger, clock, 0.5 * chosen.uniform(0.67, 1.33))
    device = ledger.client.hgetall("qcjob:device:simulator")
    stated, kept = int(device[b"stated"]), int(device[b"kept"])
    assert 30 <= stated <= 60, "of a long queue a sample"
    assert kept / stated > share, kept


def test_a_device_that_suddenly_is_ten_times_slower_is_not_believed(
    ledger: Ledger, clock: Clock, new_job: Build
) -> None:
    learn(ledger, clock, new_job, *[0.5] * 6)
    before = int(ledger.client.hget("qcjob:device:simulator", "kept") or 0)
    for _ in range(20):
        ledger.submit(new_job(cost=MICRO))
    for _ in range(20):
        run(ledger, clock, 5.0)
    assert int(ledger.client.hget("qcjob:device:simulator", "kept")) - before <= 2
    later = now_of(ledger, ledger.submit(new_job()).id).pace
    assert later is not None and later.mean > 3


def test_a_job_that_was_given_another_place_does_not_count(ledger: Ledger, clock: Clock, new_job: Build) -> None:
    learn(ledger, clock, new_job, *[1.0] * 6)
    stated = int(ledger.client.hget("qcjob:device:simulator", "stated"))
    first, second = ledger.submit(new_job()), ledger.submit(new_job())
    third = ledger.submit(new_job())
    ledger.exchange(second.id, first.id, customer="alice")
    Operations(ledger).hold(third.id, GRACE, held=True)
    Operations(ledger).hold(third.id, GRACE, held=False)
    assert [now_of(ledger, job.id).stated for job in (first, second, third)] == [None] * 3
    for _ in range(3):
        run(ledger, clock, 1.0)
    assert int(ledger.client.hget("qcjob:device:simulator", "stated")) == stated


# -- over HTTP, and with the command


@pytest.fixture
def web(client: fakeredis.FakeRedis, clock: Clock, ledger: Ledger, new_job: Build) -> Web:
    learn(ledger, clock, new_job, *[1.0] * 7)
    return Web(client)


def test_the_answer_and_the_descriptor_agree(web: Web) -> None:
    first, second = web.submit(), web.submit()
    told = web.get(f"{second['links']['self']}/queue").json
    assert (told["position"], told["ahead"]) == (second["queue"]["position"], second["queue"]["ahead"]) == (2, 1)
    assert (told["id"], told["rank"]["tier"], told["rank"]["weight"]) == (second["id"], 2, 1.0)
    assert told["work_ahead_seconds"] == told["rank"]["cost_seconds"] == 0.35
    early, late = map(datetime.fromisoformat, told["estimated_start"])
    assert early < late and told["stated_at_submit"] is not None
    assert web.get(f"{first['links']['self']}/queue").json["device"]["reason"] is None


def test_another_customer_is_told_nothing_and_an_operator_all(web: Web) -> None:
    path = f"{web.submit()['links']['self']}/queue"
    other, operator = web.front.keys.add("bob").secret, web.front.keys.add("grace", role="operator").secret
    assert web.get(path, key=other).status_code == 404
    assert web.get(path, key=operator).status_code == 200
    assert web.get("/v1/jobs/x/queue").status_code == 404
    web.claim()
    assert (web.get(path).status_code, web.get(path).json["code"]) == (409, "not-waiting")


def test_what_an_operator_said_of_the_device_a_moment_ago_is_in_the_answer(web: Web, ledger: Ledger) -> None:
    path = f"{web.submit()['links']['self']}/queue"
    assert web.get(path).json["device"]["reason"] is None
    Operations(ledger).direct("simulator", "drained", Word("grace", "k", "the line is exchanged"))
    told = web.get(path).json
    assert "drained by grace: the line is exchanged" in told["device"]["reason"]
    assert told["estimated_start"] is None
    Operations(ledger).direct("simulator", "online", GRACE)
    told = web.get(path).json
    assert told["device"]["reason"] is None and told["estimated_start"] is not None


def test_a_device_says_how_good_its_windows_were(web: Web) -> None:
    assert web.get("/v1/devices/simulator").json["eta"] == {"within": 1.0, "jobs": 2}
    assert "eta" not in web.get("/v1/devices/echo").json


def test_polls_come_as_often_as_there_is_something_to_see(web: Web, clock: Clock, monkeypatch: Any) -> None:
    monkeypatch.setattr("qcjob.web.jobs.time.time", lambda: clock.now)
    assert web.post("/v1/jobs", json={"program": BELL}).headers["Retry-After"] == "1"
    for _ in range(6):
        web.submit(options={"duration": 5})
    answer = web.post("/v1/jobs", json={"program": BELL})
    far = int(answer.headers["Retry-After"])
    assert 15 <= far <= 60
    assert web.get(answer.headers["Location"]).headers["Retry-After"] in (str(far), str(far - 1))
    clock.advance(10)
    assert int(web.get(answer.headers["Location"]).headers["Retry-After"]) in (far - 10, far - 11)
    for _ in range(40):
        web.submit(options={"duration": 60})
    assert web.post("/v1/jobs", json={"program": BELL}).headers["Retry-After"] == "60"
    clock.advance(100_000)
    assert web.get(answer.headers["Location"]).headers["Retry-After"] == "1"


def test_a_job_that_is_claimed_is_looked_at_every_second(web: Web) -> None:
    web.submit(start_after="2100-01-01T00:00:00Z")
    job = web.front.ledger.read(web.submit()["id"])
    assert job is not None and retry_after(job, 0.0) == "60"
    web.claim()
    claimed = web.front.ledger.read(job.id)
    assert claimed is not None and retry_after(claimed, 0.0) == "1"


@pytest.fixture
def door(web: Web, tmp_path: Path) -> Iterator[Door]:
    with opened(web, tmp_path) as made:
        yield made


def test_the_command_says_it_in_words(door: Door) -> None:
    ids = [door.web.submit()["id"] for _ in range(2)]
    shown = door.run("queue", ids[1])
    assert shown.exit_code == 0, shown.output
    assert "2, behind 1 in tier 2" in shown.output and "0 of 1 slots taken" in shown.output
    assert door.json("queue", ids[1])["position"] == 2
    door.web.claim()
    assert door.run("queue", ids[0]).exit_code == 1
