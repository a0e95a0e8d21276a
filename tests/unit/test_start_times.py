"""Jobs that are to start between two moments, on the ledger's scripts and a clock moved by hand."""

from __future__ import annotations

import json
from collections.abc import Callable

import fakeredis
import pytest

from qcjob.errors import InvalidRequest
from qcjob.job import Job, NewJob
from qcjob.ledger import Ledger
from qcjob.ledger.checkup import Checkup
from qcjob.ledger.usage import usage_of
from qcjob.lifecycle import EXPIRED, JobState
from qcjob.rank import Privileges
from tests.unit.conftest import Clock
from tests.unit.webtest import BELL, Web

Build = Callable[..., NewJob]
MICRO = 1_000_000
RETENTION = 30 * 86_400.0


@pytest.fixture
def ledger(client: fakeredis.FakeRedis, clock: Clock) -> Ledger:
    """One whose leases outlast what these tests wait for."""
    return Ledger(client, lease_seconds=86_400)


def after(clock: Clock, seconds: float) -> int:
    return round((clock.now + seconds) * MICRO)


def seen(ledger: Ledger, job_id: str) -> Job:
    job = ledger.read(job_id)
    assert job is not None
    return job


def claim(ledger: Ledger, device: str = "simulator") -> str | None:
    found = ledger.claim(device, "w")
    return found and found.id


# -- not before


def test_a_job_is_not_claimed_before_its_time_and_then_once(ledger: Ledger, clock: Clock, new_job: Build) -> None:
    job = ledger.submit(new_job(start_after=after(clock, 60)))
    assert job == seen(ledger, job.id)
    assert (job.not_before, job.put_back_because, job.ahead) == (job.start_after, None, 0)
    clock.advance(59)
    ledger.keep(RETENTION)
    assert claim(ledger) is None
    clock.advance(2)
    assert claim(ledger) == job.id
    assert claim(ledger) is None


def test_the_keeper_wakes_a_worker_when_the_time_has_come(ledger: Ledger, clock: Clock, new_job: Build) -> None:
    ledger.submit(new_job(start_after=after(clock, 60)))
    ledger.keep(RETENTION)
    assert ledger.client.llen("simulator") == 0
    clock.advance(61)
    ledger.keep(RETENTION)
    assert ledger.client.llen("simulator") == 1


def test_a_start_that_is_past_is_now(ledger: Ledger, clock: Clock, new_job: Build) -> None:
    job = ledger.submit(new_job(start_after=after(clock, -60)))
    assert job.not_before is None and job == seen(ledger, job.id)
    assert claim(ledger) == job.id


def test_who_waits_on_purpose_is_not_owed_what_others_were_given(ledger: Ledger, clock: Clock, new_job: Build) -> None:
    """Ten jobs for later do not come as one block before what others have waiting by then."""
    ledger.online("simulator", {"slots": "99"})
    later = [ledger.submit(new_job(start_after=after(clock, 60), cost=100)).id for _ in range(3)]
    for _ in range(20):
        ledger.submit(new_job(customer="bob", cost=100))
    assert all(claim(ledger) not in later for _ in range(10))
    clock.advance(61)
    order = [claim(ledger) for _ in range(6)]
    assert [job_id in later for job_id in order].count(True) == 3
    assert not all(job_id in later for job_id in order[:3]), "they take turns with bob's"
    assert [job_id for job_id in order if job_id in later] == later, "one customer's jobs are first come, first served"


def test_a_job_for_later_does_not_put_its_customers_next_job_behind(
    ledger: Ledger, clock: Clock, new_job: Build
) -> None:
    ledger.submit(new_job(start_after=after(clock, 3600), cost=10**9))
    bobs = ledger.submit(new_job(customer="bob", cost=100)).id
    ledger.submit(new_job(customer="bob", cost=100))
    mine = ledger.submit(new_job(cost=100)).id
    assert {claim(ledger)} == {bobs}
    ledger.online("simulator", {"slots": "9"})
    assert claim(ledger) == mine


def test_a_job_for_later_that_is_cancelled_gives_nothing_back(ledger: Ledger, clock: Clock, new_job: Build) -> None:
    ledger.submit(new_job(cost=1000))
    before = ledger.client.hgetall("qcjob:fair:simulator")
    job = ledger.submit(new_job(start_after=after(clock, 3600), cost=1000))
    ledger.cancel(job.id)
    assert ledger.client.hgetall("qcjob:fair:simulator") == before
    assert ledger.client.zcard("qcjob:later:simulator") == 0


def test_a_change_of_tier_is_for_the_time_of_its_start(ledger: Ledger, clock: Clock, new_job: Build) -> None:
    job = ledger.submit(new_job(start_after=after(clock, 60), cost=1000))
    ledger.change_tier(job.id, 1, customer="alice")
    other = ledger.submit(new_job())
    clock.advance(61)
    ledger.online("simulator", {"slots": "2"})
    assert [claim(ledger), claim(ledger)] == [job.id, other.id]


def test_what_is_not_ranked_yet_exchanges_no_places(ledger: Ledger, clock: Clock, new_job: Build) -> None:
    now, later = ledger.submit(new_job()), ledger.submit(new_job(start_after=after(clock, 60)))
    with pytest.raises(InvalidRequest, match="start_after"):
        ledger.exchange(later.id, now.id, customer="alice")


def test_many_that_become_due_at_once_all_run_in_their_order(ledger: Ledger, clock: Clock, new_job: Build) -> None:
    ledger.online("simulator", {"slots": "300"})
    ids = [ledger.submit(new_job(start_after=after(clock, 60))).id for _ in range(250)]
    clock.advance(61)
    for _ in range(3):
        ledger.keep(RETENTION)
    assert [claim(ledger) for _ in ids] == ids


# -- not after


def test_a_job_past_its_deadline_is_cancelled_by_the_keeper(
    ledger: Ledger, clock: Clock, client: fakeredis.FakeRedis, new_job: Build
) -> None:
    told = client.pubsub(ignore_subscribe_messages=True)
    job = ledger.submit(new_job(not_after=after(clock, 60)))
    told.subscribe(f"celery-task-meta-{job.id}")
    told.get_message()
    clock.advance(59)
    ledger.keep(RETENTION)
    assert seen(ledger, job.id).state is JobState.WAITING
    clock.advance(2)
    ledger.keep(RETENTION)
    job = seen(ledger, job.id)
    assert (job.state, job.error_code, job.error_message) == (JobState.CANCELLED, *EXPIRED)
    assert job.cancel_requested_at is None
    assert json.loads(told.get_message()["data"])["task_id"] == job.id
    assert client.zcard("qcjob:deadlines") == client.zcard("qcjob:ready:simulator") == 0
    assert usage_of(ledger, "alice").device_seconds_expected == 0


def test_a_claim_never_hands_out_what_has_expired(ledger: Ledger, clock: Clock, new_job: Build) -> None:
    late = [ledger.submit(new_job(not_after=after(clock, 60))).id for _ in range(3)]
    good = ledger.submit(new_job())
    clock.advance(61)
    assert claim(ledger) == good.id
    assert {seen(ledger, job_id).state for job_id in late} == {JobState.CANCELLED}


def test_a_claim_that_meets_very_many_expired_jobs_leaves_the_rest_to_the_next(
    ledger: Ledger, clock: Clock, new_job: Build
) -> None:
    for _ in range(150):
        ledger.submit(new_job(not_after=after(clock, 60)))
    good = ledger.submit(new_job())
    clock.advance(61)
    ledger.client.delete("simulator")
    assert claim(ledger) is None
    assert ledger.client.llen("simulator") == 1, "the wake-up of the next claim"
    assert claim(ledger) == good.id


def test_a_deadline_ends_with_the_claim_and_begins_again_with_a_put_back(
    ledger: Ledger, clock: Clock, new_job: Build
) -> None:
    job = ledger.submit(new_job(not_after=after(clock, 60)))
    held = ledger.claim("simulator", "w")
    assert held is not None
    clock.advance(61)
    ledger.keep(RETENTION)
    assert seen(ledger, job.id).state is JobState.SUBMITTED, "what was taken in time goes on"
    ledger.put_back(job.id, held.fence, later_because="the device is away")
    ledger.keep(RETENTION)
    ended = seen(ledger, job.id)
    assert (ended.state, ended.error_code) == (JobState.CANCELLED, "expired")
    assert [attempt.outcome for attempt in ended.attempts] == ["cancelled"]
    assert ledger.client.zcard("qcjob:later:simulator") == 0


def test_an_expired_job_gives_its_place_back(ledger: Ledger, clock: Clock, new_job: Build) -> None:
    ledger.submit(new_job(customer="bob", cost=10))
    ledger.submit(new_job(cost=500, not_after=after(clock, 60)))
    before = int(ledger.client.hget("qcjob:fair:simulator", "2:alice"))
    clock.advance(61)
    ledger.keep(RETENTION)
    assert before - int(ledger.client.hget("qcjob:fair:simulator", "2:alice")) == 500


def test_a_deadline_that_is_past_is_refused_and_costs_nothing(ledger: Ledger, clock: Clock, new_job: Build) -> None:
    with pytest.raises(InvalidRequest) as refused:
        ledger.submit(new_job(not_after=after(clock, -1)), idempotency_key="k")
    assert refused.value.errors[0].field == "not_after"
    assert ledger.client.keys("qcjob:job:*") == ledger.client.keys("qcjob:idempotency:*") == []


def test_sending_it_again_after_its_deadline_answers_the_first(ledger: Ledger, clock: Clock, new_job: Build) -> None:
    first = ledger.submit(new_job(not_after=after(clock, 60)), idempotency_key="k")
    clock.advance(61)
    assert ledger.submit(new_job(not_after=first.not_after), idempotency_key="k").id == first.id


def test_setting_the_clock_back_and_forth_loses_and_doubles_nothing(
    ledger: Ledger, clock: Clock, new_job: Build
) -> None:
    ledger.online("simulator", {"slots": "9"})
    later = ledger.submit(new_job(start_after=after(clock, 60)))
    ends = ledger.submit(new_job(not_after=after(clock, 60)))
    clock.advance(-3600)
    ledger.keep(RETENTION)
    assert claim(ledger) == ends.id
    assert claim(ledger) is None
    clock.advance(3 * 3600)
    ledger.keep(RETENTION)
    assert claim(ledger) == later.id
    clock.advance(-3 * 3600)
    ledger.keep(RETENTION)
    assert claim(ledger) is None
    assert {seen(ledger, job.id).state for job in (later, ends)} == {JobState.SUBMITTED}


def test_the_doctor_finds_a_deadline_that_nobody_watches(ledger: Ledger, clock: Clock, new_job: Build) -> None:
    waits = ledger.submit(new_job(not_after=after(clock, 60)))
    ledger.client.delete("qcjob:deadlines")
    ledger.client.zadd("qcjob:deadlines", {"0198c0de-0000-7000-8000-000000000000": 1})
    found = [finding.what for finding in Checkup(ledger, repair=True).contents()]
    assert found == [
        "is WAITING and its deadline would pass unseen",
        "names 0198c0de-0000-7000-8000-000000000000, which is no job",
    ]
    assert ledger.client.zrange("qcjob:deadlines", 0, -1) == [waits.id.encode()]


def test_jobs_for_later_count_for_the_quotas(ledger: Ledger, clock: Clock, new_job: Build) -> None:
    ledger.submit(new_job(start_after=after(clock, 3600), cost=7 * MICRO), privileges=Privileges())
    assert (usage_of(ledger, "alice").jobs_waiting, usage_of(ledger, "alice").device_seconds_expected) == (1, 7.0)


# -- over HTTP


@pytest.fixture
def web(client: fakeredis.FakeRedis, clock: Clock) -> Web:
    return Web(client)


def test_the_descriptor_says_what_was_asked_and_why_the_job_waits(web: Web) -> None:
    web.ledger.online("simulator", {"status": "online"})
    job = web.submit(start_after="2100-01-01T06:00:00+01:00", not_after="2100-01-01t06:00:00.5z")
    assert (job["start_after"], job["not_after"]) == ("2100-01-01T05:00:00.000000Z", "2100-01-01T06:00:00.500000Z")
    queue = web.get(job["links"]["self"]).json["queue"]
    assert queue["reason"] == "starts after 2100-01-01T05:00:00.000000Z, as asked"
    assert "start_after" not in web.submit()


def test_an_expired_job_says_so(web: Web, clock: Clock) -> None:
    job = web.submit(not_after="2027-01-15T08:01:00Z")
    clock.advance(61)
    web.ledger.keep(RETENTION)
    ended = web.get(job["links"]["self"]).json
    assert (ended["state"], ended["error"]["code"]) == ("CANCELLED", "expired")
    result = web.get(f"{job['links']['self']}/result")
    assert (result.status_code, "expired" in result.json["detail"]) == (409, True)


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"start_after": "tomorrow"}, "start_after"),
        ({"start_after": 7}, "start_after"),
        ({"start_after": "2100-01-01T06:00:00"}, "start_after"),
        ({"not_after": "2100-02-30T06:00:00Z"}, "not_after"),
        ({"not_after": "9999-01-01T06:00:00Z"}, "not_after"),
        ({"not_after": "1999-01-01T06:00:00Z"}, "not_after"),
        ({"start_after": "2100-01-01T06:00:00Z", "not_after": "2100-01-01T06:00:00Z"}, "not_after"),
    ],
)
def test_times_that_are_none_are_refused(web: Web, fields: dict[str, object], wrong: str) -> None:
    answer = web.post("/v1/jobs", json={"program": BELL, **fields})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == [wrong]


def test_a_text_program_has_its_times_in_the_query(web: Web) -> None:
    path = "/v1/jobs?start_after=2100-01-01T06:00:00Z&not_after=2100-01-02T06:00:00Z"
    job = web.post(path, data=BELL, headers={"Content-Type": "text/plain"}).json
    assert (job["start_after"][:10], job["not_after"][:10]) == ("2100-01-01", "2100-01-02")
    refused = web.post("/v1/jobs?not_after=soon", data=BELL, headers={"Content-Type": "text/plain"})
    assert [error["location"] for error in refused.json["errors"]] == ["query"]


def test_a_dry_run_says_them_too(web: Web) -> None:
    trial = web.post("/v1/jobs?dry_run=true", json={"program": BELL, "start_after": "2100-01-01T06:00:00Z"})
    assert trial.json["start_after"] == "2100-01-01T06:00:00.000000Z"
