"""Records of jobs that were changed by hand: who meets one goes on, who reads one is told, and the checkup mends it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import fakeredis
import pytest

from qcjob.errors import DamagedRecord
from qcjob.job import NewJob
from qcjob.ledger import Ledger
from qcjob.ledger.checkup import Checkup, Finding
from qcjob.ledger.pages import list_jobs
from qcjob.lifecycle import JobState
from tests.unit.conftest import Clock
from tests.unit.webtest import Web

Spoilt = tuple[str | bytes | None, ...]
SPOILT = [(None, "", "x"), pytest.param(("-1", "1e400", "{", "9" * 20, b"\xff\xfe"), marks=pytest.mark.long)]
"""What becomes of a field. The second lot is tried by `make crash`."""
COUNTS = {"counts": {"0": 10}, "seed": 1, "compiler": "qcjob", "calibration": None}
MANY = {
    **{"seed": 1, "tags": ("a",), "options": {"x": 1}, "retries": 1, "on_uncertain": "fail"},
    "not_after": 1_900_000_000_000_000,
}
FIELDS = (
    *("runtime", "language", "shots", "key", "seed", "tags", "options", "retries", "on_uncertain", "not_after"),
    *("customer", "device", "attempt", "created", "updated", "score", "order", "cost", "charge", "state", "version"),
    *("h1", "eta", "idempotency"),
)


def spoil(ledger: Ledger, job_id: str, field: str, value: str | bytes | None) -> None:
    if value is None:
        ledger.client.hdel(f"qcjob:job:{job_id}", field)
    else:
        ledger.client.hset(f"qcjob:job:{job_id}", field, value)


def checkup(ledger: Ledger, *, repair: bool = False) -> list[Finding]:
    return list(Checkup(ledger, repair=repair).contents())


def is_readable(ledger: Ledger, job_id: str) -> bool:
    try:
        return ledger.read(job_id) is not None
    except DamagedRecord:
        return False


def test_every_field_of_a_record_is_tried_here(ledger: Ledger, new_job: Callable[..., NewJob]) -> None:
    job = ledger.submit(new_job(**MANY))
    assert {name.decode() for name in ledger.client.hgetall(f"qcjob:job:{job.id}")} <= set(FIELDS)


@pytest.mark.parametrize("values", SPOILT)
@pytest.mark.parametrize("runs", [False, True])
@pytest.mark.parametrize("field", FIELDS)
def test_a_damaged_job_does_not_stop_its_device(
    ledger: Ledger, clock: Clock, new_job: Callable[..., NewJob], field: str, runs: bool, values: Spoilt
) -> None:
    for value in values:
        ledger.client.flushall()
        ledger.online("simulator", {"slots": "1"})
        first, second = ledger.submit(new_job(**MANY)), ledger.submit(new_job())
        assert not runs or ledger.claim("simulator", "w") is not None
        spoil(ledger, first.id, field, value)
        taken = []
        for _ in range(10 if runs else 5):
            clock.advance(6)
            ledger.keep(1e6)
            if claim := ledger.claim("simulator", "w"):
                taken.append(claim.id)
                ledger.fail(claim.id, claim.fence, "x", "y")
        assert second.id in taken, value


@pytest.mark.parametrize("values", SPOILT)
@pytest.mark.parametrize("state", ["waiting", "running", "completed"])
@pytest.mark.parametrize("field", FIELDS)
def test_what_cannot_be_read_is_named_and_mended(
    ledger: Ledger, clock: Clock, new_job: Callable[..., NewJob], field: str, state: str, values: Spoilt
) -> None:
    for value in values:
        ledger.client.flushall()
        ledger.online("simulator", {"slots": "9"})
        job = ledger.submit(new_job(**MANY))
        if state != "waiting":
            claim = ledger.claim("simulator", "w")
            assert claim is not None
            ledger.start(claim.id, claim.fence, "handle")
            if state == "completed":
                ledger.complete(claim.id, claim.fence, COUNTS)
        spoil(ledger, job.id, field, value)
        found = checkup(ledger)
        if not is_readable(ledger, job.id):
            assert any("its record is damaged" in finding.what and field in finding.what for finding in found), value
        checkup(ledger, repair=True)
        left = checkup(ledger, repair=True)
        if [finding for finding in left if "leave it to its worker" in finding.mend]:
            assert state == "running"
            clock.advance(6)
            if claim := ledger.claim("simulator", "w"):  # what is damaged is nothing that a rescue needs
                ledger.fail(claim.id, claim.fence, "x", f"its {field} did not matter")
            checkup(ledger, repair=True)
            left = checkup(ledger)
        assert left == [], value
        after = ledger.read(job.id)
        assert after is not None
        if state == "completed":
            assert (after.state, after.history[-1].state) == (JobState.COMPLETED, JobState.COMPLETED)
        elif after.state is JobState.FAILED:
            assert after.error_code in ("damaged-record", "x") and field in (after.error_message or ""), value
        else:
            assert after.state is (JobState.WAITING if state == "waiting" else JobState.RUNNING)


def test_the_raw_values_are_kept_as_long_as_the_job(
    ledger: Ledger, clock: Clock, new_job: Callable[..., NewJob]
) -> None:
    job = ledger.submit(new_job())
    spoil(ledger, job.id, "shots", "many")
    checkup(ledger, repair=True)
    assert ledger.client.hget(f"qcjob:damaged:{job.id}", "shots") == b"many"
    clock.advance(100)
    ledger.keep(60)
    assert ledger.client.keys("qcjob:damaged:*") == []
    assert ledger.read(job.id) is None


def test_a_record_that_is_no_hash_becomes_a_job_that_failed_and_is_still_its_owners(
    ledger: Ledger, new_job: Callable[..., NewJob]
) -> None:
    job = ledger.submit(new_job())
    ledger.client.set(f"qcjob:job:{job.id}", "oops")
    with pytest.raises(DamagedRecord, match="no hash"):
        ledger.read(job.id)
    assert any("is a string, wanted a hash" in finding.what for finding in checkup(ledger))
    checkup(ledger, repair=True)
    checkup(ledger, repair=True)
    assert checkup(ledger) == []
    after = ledger.read(job.id)
    assert after is not None
    assert (after.customer, after.state, after.error_code) == ("alice", JobState.FAILED, "damaged-record")
    assert ledger.client.get(f"qcjob:damaged:qcjob:job:{job.id}") == b"oops"


def test_a_record_whose_owner_nobody_knows_is_moved_aside(ledger: Ledger) -> None:
    ledger.client.hset("qcjob:job:nobody", "state", "FOO")
    checkup(ledger, repair=True)
    assert checkup(ledger) == []
    assert ledger.client.hgetall("qcjob:damaged:qcjob:job:nobody") == {b"state": b"FOO"}


def test_a_job_whose_program_is_lost_fails_and_does_not_stop_its_device(
    ledger: Ledger, new_job: Callable[..., NewJob]
) -> None:
    job, other = ledger.submit(new_job()), ledger.submit(new_job())
    ledger.client.delete(f"qcjob:compiled:{job.id}")
    assert ledger.claim("simulator", "w") is None
    claim = ledger.claim("simulator", "w")
    assert claim is not None and claim.id == other.id
    after = ledger.read(job.id)
    assert after is not None and (after.state, after.error_code) == (JobState.FAILED, "damaged-record")


def test_a_list_has_the_others_and_names_the_damaged(ledger: Ledger, new_job: Callable[..., NewJob]) -> None:
    jobs = [ledger.submit(new_job()) for _ in range(5)]
    spoil(ledger, jobs[1].id, "state", "FOO")
    spoil(ledger, jobs[2].id, "state", None)
    ledger.client.set(f"qcjob:job:{jobs[3].id}", "oops")
    page = list_jobs(ledger, "alice")
    assert [job.id for job in page.items] == [jobs[4].id, jobs[0].id]
    assert [record.job_id for record in page.damaged] == [jobs[3].id, jobs[2].id, jobs[1].id]


@pytest.fixture
def web(client: fakeredis.FakeRedis, clock: Clock) -> Web:
    return Web(client)


@pytest.mark.parametrize(("field", "value"), [("state", "FOO"), ("state", None), ("tags", "[{"), ("score", "x")])
def test_over_http_the_damaged_job_is_named_and_the_others_are_listed(web: Web, field: str, value: str | None) -> None:
    sound, spoilt = web.submit()["id"], web.submit(tags=["a"])["id"]
    spoil(web.ledger, spoilt, field, value)
    answer = web.get(f"/v1/jobs/{spoilt}")
    assert (answer.status_code, answer.json["code"]) == (503, "damaged-record")
    assert field in answer.json["detail"] and answer.headers["Retry-After"]
    for path in ("result", "program"):
        assert web.get(f"/v1/jobs/{spoilt}/{path}").json["code"] == "damaged-record"
    listed = web.get("/v1/jobs").json
    assert [job["id"] for job in listed["items"]] == [sound]
    assert [job["id"] for job in listed["damaged"]] == [spoilt]
    assert field in listed["damaged"][0]["detail"]


def test_anothers_damaged_job_is_not_there(web: Web) -> None:
    spoilt = web.submit()["id"]
    spoil(web.ledger, spoilt, "shots", "x")
    other = web.front.keys.add("bob").secret
    assert web.get(f"/v1/jobs/{spoilt}", key=other).json["code"] == "job-not-found"
    spoil(web.ledger, spoilt, "customer", None)
    assert web.get(f"/v1/jobs/{spoilt}").json["code"] == "job-not-found"


def test_a_batch_names_its_damaged_jobs(web: Web) -> None:
    sent = web.post("/v1/batches", json={"jobs": [{"program": "X(90)"}] * 3}).json
    spoil(web.ledger, sent["jobs"][1], "options", "[")
    listed = web.get(sent["links"]["jobs"]).json
    assert [job["id"] for job in listed["items"]] == [sent["jobs"][0], sent["jobs"][2]]
    assert [job["id"] for job in listed["damaged"]] == [sent["jobs"][1]]
    assert web.get(sent["links"]["results"]).status_code == 200


def test_a_key_that_stands_for_a_job_that_is_gone_is_taken_anew(web: Web) -> None:
    headers: dict[str, Any] = {"Idempotency-Key": "again"}
    first = web.post("/v1/jobs", json={"program": "X(90)"}, headers=headers).json["id"]
    web.redis.delete(f"qcjob:job:{first}")
    answer = web.post("/v1/jobs", json={"program": "X(90)"}, headers=headers)
    assert answer.status_code == 202 and answer.json["id"] != first


def test_the_jobs_of_a_device_that_is_configured_no_more_can_be_seen(web: Web, new_job: Callable[..., NewJob]) -> None:
    job = web.ledger.submit(new_job(customer="ada", device="fridge"))
    grace = web.front.keys.add("grace", role="operator").secret
    assert [found["id"] for found in web.get("/v1/jobs?device=fridge").json["items"]] == [job.id]
    assert [found["id"] for found in web.get("/v1/devices/fridge/queue", key=grace).json["items"]] == [job.id]
    assert web.get("/v1/jobs?device=cellar").status_code == 422
    assert web.get("/v1/devices/cellar/queue", key=grace).status_code == 404
    assert json.loads(web.get("/v1/devices/fridge").text)["code"] == "device-not-found"
