"""/v1/customers: for operators alone; and what customers may and may not, as their own requests are answered."""

from __future__ import annotations

from typing import Any

import fakeredis
import pytest

from qcjob.rank import Privileges
from tests.unit.webtest import BELL, Web


@pytest.fixture
def web(client: fakeredis.FakeRedis) -> Web:
    return Web(client)


@pytest.fixture
def operator(web: Web) -> str:
    return web.front.keys.add("grace", role="operator").secret


DEFAULTS = {
    "tier": 2,
    "weight": 1.0,
    "quota_jobs_waiting": None,
    "quota_shots": None,
    "quota_device_seconds": None,
    "quota_session_seconds": None,
    "held": False,
}


def allow(web: Web, **privileges: Any) -> None:
    """What ada may from now on."""
    web.front.service.customers.put("ada", Privileges(**privileges))


ROUTES = [
    ("GET", "/v1/customers"),
    ("GET", "/v1/customers/ada"),
    ("PUT", "/v1/customers/ada"),
    ("PATCH", "/v1/customers/ada"),
    ("DELETE", "/v1/customers/ada"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_customers_are_for_operators_alone(web: Web, method: str, path: str) -> None:
    allow(web, tier=1)
    answer = web.ask(method, path, **({"json": {"tier": 0}} if method in ("PUT", "PATCH") else {}))
    assert (answer.status_code, answer.json["code"]) == (403, "operator-only")
    assert web.ask(method, path, key=None).status_code == 401
    assert web.front.service.customers.privileges("ada") == Privileges(tier=1)


def test_a_customer_is_recorded_changed_and_forgotten(web: Web, operator: str) -> None:
    path = "/v1/customers/ada"
    made = web.ask("PUT", path, key=operator, json={"tier": 1, "quota_shots": 50})
    assert made.status_code == 200
    assert made.json == {**DEFAULTS, "name": "ada", "tier": 1, "quota_shots": 50, "created_at": made.json["created_at"]}
    changed = web.ask("PATCH", path, key=operator, json={"weight": 2, "quota_shots": None})
    assert changed.json == {**made.json, "weight": 2.0, "quota_shots": None}
    usage = {"jobs_waiting": 0, "device_seconds_today": 0.0, "device_seconds_expected": 0.0}
    assert web.get(path, key=operator).json == {**changed.json, "usage": usage}
    assert web.get("/v1/customers", key=operator).json == {"items": [changed.json]}
    assert web.ask("PUT", path, key=operator, json={}).json == {**DEFAULTS, **_known(made.json)}
    gone = web.ask("DELETE", path, key=operator)
    assert (gone.status_code, gone.data, gone.headers.get("Content-Type")) == (204, b"", None)
    for method in ("GET", "DELETE", "PATCH"):
        body = {"json": {}} if method == "PATCH" else {}
        assert web.ask(method, path, key=operator, **body).json["code"] == "customer-not-found"


def _known(document: dict[str, Any]) -> dict[str, Any]:
    return {name: document[name] for name in ("name", "created_at")}


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"tier": 3}, ["tier"]),
        ({"tier": True}, ["tier"]),
        ({"tier": "1"}, ["tier"]),
        ({"weight": 0, "quota_shots": -1}, ["weight", "quota_shots"]),
        ({"weight": "2"}, ["weight"]),
        ({"weight": 10**400}, ["weight"]),
        ({"weight": None}, ["weight"]),
        ({"quota_device_seconds": 1.5}, ["quota_device_seconds"]),
        ({"shots": 5}, ["shots"]),
    ],
)
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_field_that_cannot_be_is_named_with_what_may(
    web: Web, operator: str, method: str, fields: dict[str, Any], wrong: list[str]
) -> None:
    allow(web, tier=1)
    answer = web.ask(method, "/v1/customers/ada", key=operator, json=fields)
    assert answer.json["code"] == "invalid-request"
    assert [entry["field"] for entry in answer.json["errors"]] == wrong
    assert web.front.service.customers.privileges("ada") == Privileges(tier=1)


def test_a_name_that_no_customer_can_have_is_refused(web: Web, operator: str) -> None:
    answer = web.ask("PUT", "/v1/customers/a%20b", key=operator, json={})
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "name")
    assert web.get("/v1/customers/a%20b", key=operator).status_code == 404


def test_a_body_that_is_no_json_is_refused(web: Web, operator: str) -> None:
    answer = web.ask("PUT", "/v1/customers/ada", key=operator, data="tier=1", content_type="text/plain")
    assert answer.status_code == 415


def test_an_operator_sees_how_a_customers_job_is_and_has_none_of_its_owners_rights(web: Web, operator: str) -> None:
    job = web.submit()
    assert web.get(f"/v1/jobs/{job['id']}", key=operator).json["state"] == "WAITING"
    assert web.get(f"/v1/jobs/{job['id']}/program", key=operator).status_code == 404
    assert web.get("/v1/jobs", key=operator).json["items"] == [], "without the name of a customer a list is one's own"
    other = web.submit()["id"]
    answer = web.ask("PATCH", f"/v1/jobs/{job['id']}", key=operator, json={"ahead_of": other})
    assert answer.status_code == 404


# -- tiers


def tier_of(web: Web, job_id: str) -> int:
    return int(web.redis.hget(f"qcjob:job:{job_id}", "score")) >> 50


def test_a_job_gets_the_better_of_its_customers_and_its_keys_tier(web: Web) -> None:
    calibration = web.front.keys.add("ada", tier=0).secret
    assert tier_of(web, web.submit()["id"]) == 2
    allow(web, tier=1)
    assert tier_of(web, web.submit()["id"]) == 1
    job = web.post("/v1/jobs", key=calibration, json={"program": BELL}).json
    assert tier_of(web, job["id"]) == 0


def test_a_job_may_ask_for_a_worse_tier_and_says_so(web: Web) -> None:
    allow(web, tier=1)
    assert "tier" not in web.submit()
    job = web.submit(tier=2)
    assert (job["tier"], tier_of(web, job["id"])) == (2, 2)
    assert web.get(f"/v1/jobs/{job['id']}").json["tier"] == 2
    text = web.post("/v1/jobs?tier=2", data=BELL, content_type="text/plain")
    assert text.json["tier"] == 2
    assert web.post("/v1/jobs?dry_run=true", json={"program": BELL, "tier": 2}).json["tier"] == 2


@pytest.mark.parametrize("path", ["/v1/jobs", "/v1/jobs?dry_run=true"])
def test_a_better_tier_than_allowed_is_refused_with_those_that_are(web: Web, path: str) -> None:
    allow(web, tier=1)
    answer = web.post(path, json={"program": BELL, "tier": 0})
    assert (answer.status_code, answer.json["code"]) == (403, "tier-not-allowed")
    assert answer.json["errors"][0]["allowed"] == "1 or 2"
    assert web.get("/v1/jobs").json["items"] == []


@pytest.mark.parametrize("tier", [3, -1])
def test_a_tier_there_is_not_is_a_wrong_field(web: Web, tier: int) -> None:
    answer = web.post("/v1/jobs", json={"program": BELL, "tier": tier})
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "tier")


# -- quotas


def test_more_shots_than_allowed_are_refused(web: Web) -> None:
    allow(web, shots=500)
    answer = web.post("/v1/jobs", json={"program": BELL, "shots": 501})
    assert (answer.status_code, answer.json["code"]) == (422, "quota-shots")
    assert answer.json["errors"][0]["allowed"] == "at most 500"
    web.submit(shots=500)


@pytest.mark.parametrize("query", ["shots=501", "tier=0", "shots=501&dry_run=true"])
def test_a_limit_says_where_the_field_stood_that_is_beyond_it(web: Web, query: str) -> None:
    allow(web, shots=500)
    field = query.partition("=")[0]
    said = web.post(f"/v1/jobs?{query}", data=BELL, content_type="text/plain").json["errors"][0]
    assert (said["field"], said["location"]) == (field, "query")
    value = 501 if field == "shots" else 0
    said = web.post("/v1/jobs", json={"program": BELL, field: value}).json["errors"][0]
    assert (said["field"], said["location"]) == (field, "body")


def test_as_many_jobs_wait_as_may(web: Web) -> None:
    allow(web, jobs_waiting=2)
    first, _ = web.submit(), web.submit(device="simulator", runtime="verbatim")
    answer = web.post("/v1/jobs", json={"program": BELL})
    assert (answer.status_code, answer.json["code"]) == (429, "quota-jobs-waiting")
    assert answer.headers["Retry-After"] == "5"
    assert "2 of your jobs wait already" in answer.json["detail"]
    web.claim()
    web.submit()
    web.post(f"/v1/jobs/{web.get('/v1/jobs').json['items'][0]['id']}/cancel")
    web.submit()
    assert web.get(f"/v1/jobs/{first['id']}").json["state"] == "SUBMITTED"


def test_an_accepted_job_sent_again_is_not_refused_for_a_quota(web: Web) -> None:
    allow(web, jobs_waiting=1)
    headers = {"Idempotency-Key": "k"}
    first = web.post("/v1/jobs", json={"program": BELL}, headers=headers)
    allow(web, jobs_waiting=0)
    again = web.post("/v1/jobs", json={"program": BELL}, headers=headers)
    assert (again.status_code, again.json["id"]) == (202, first.json["id"])


def test_device_time_of_a_day_is_counted_as_expected_and_then_as_taken(web: Web, clock: Any, operator: str) -> None:
    allow(web, device_seconds=10)
    answer = web.post("/v1/jobs", json={"program": BELL, "options": {"duration": 12}})
    assert (answer.status_code, answer.json["code"]) == (429, "quota-device-seconds")
    web.submit(options={"duration": 6})
    assert web.post("/v1/jobs", json={"program": BELL, "options": {"duration": 6}}).status_code == 429
    claim = web.start()
    clock.advance(2)
    web.ledger.fail(claim.id, claim.fence, "device-error", "no light")
    usage = web.get("/v1/customers/ada", key=operator).json["usage"]
    assert usage["device_seconds_expected"] == 0
    assert 2 <= usage["device_seconds_today"] < 2.01
    web.submit(options={"duration": 7})


def test_the_day_rolls_over_when_the_answer_says(web: Web, clock: Any) -> None:
    allow(web, device_seconds=10)
    web.submit()
    claim = web.start()
    clock.advance(10)
    web.ledger.fail(claim.id, claim.fence, "device-error", "no light")
    answer = web.post("/v1/jobs", json={"program": BELL})
    assert answer.status_code == 429
    wait = int(answer.headers["Retry-After"])
    assert 0 < wait <= 86_400
    assert "00:00 UTC" in answer.json["detail"]
    clock.advance(wait - 1)
    assert web.post("/v1/jobs", json={"program": BELL}).status_code == 429
    clock.advance(1)
    web.submit()


# -- one's own jobs


def patch(web: Web, job: dict[str, Any], **change: Any) -> Any:
    return web.ask("PATCH", f"/v1/jobs/{job['id']}", json=change)


def order(web: Web) -> list[str]:
    """The waiting jobs as they will be claimed."""
    return [member.decode()[-36:] for member in web.redis.zrange("qcjob:ready:simulator", 0, -1)]


def test_two_jobs_of_ones_own_exchange_places(web: Web) -> None:
    first, second, third = (web.submit() for _ in range(3))
    moved = patch(web, third, ahead_of=first["id"])
    assert moved.status_code == 200
    assert moved.json["queue"] == {**moved.json["queue"], "position": 1, "ahead": 0}
    assert (moved.json["version"], moved.headers["ETag"]) == (2, '"2"')
    assert moved.json["history"] == third["history"]
    other = web.get(f"/v1/jobs/{first['id']}").json
    assert (other["version"], other["queue"]["position"], other["history"]) == (2, 3, first["history"])
    assert order(web) == [third["id"], second["id"], first["id"]]


def test_a_job_that_is_ahead_already_stays_as_it_is(web: Web) -> None:
    first, second = web.submit(), web.submit()
    answer = patch(web, first, ahead_of=second["id"])
    assert (answer.status_code, answer.json["version"]) == (200, 1)
    assert patch(web, first, ahead_of=first["id"]).json["version"] == 1
    assert order(web) == [first["id"], second["id"]]


def test_a_job_goes_to_a_worse_tier_and_back_behind_ones_own(web: Web) -> None:
    allow(web, tier=1)
    first, second = web.submit(), web.submit()
    down = patch(web, first, tier=2)
    assert (down.status_code, down.json["tier"], down.json["version"]) == (200, 2, 2)
    assert order(web) == [second["id"], first["id"]]
    assert patch(web, first, tier=2).json["version"] == 2
    assert patch(web, first, tier=1).json["tier"] == 1
    assert order(web) == [second["id"], first["id"]]
    refused = patch(web, first, tier=0)
    assert (refused.status_code, refused.json["code"]) == (403, "tier-not-allowed")


@pytest.mark.parametrize(
    "change", [{}, {"tier": 2, "ahead_of": "x"}, {"name": "x"}, {"tier": "2"}, {"ahead_of": 5}, {"tier": 7}]
)
def test_a_change_that_is_none_is_refused(web: Web, change: dict[str, Any]) -> None:
    answer = patch(web, web.submit(), **change)
    assert (answer.status_code, answer.json["code"]) == (422, "invalid-request")


def test_only_ones_own_waiting_jobs_of_one_queue_exchange_places(web: Web) -> None:
    running = web.submit()
    web.claim()
    waits, elsewhere = web.submit(), web.submit(runtime="echo")
    mallory = web.front.keys.add("mallory").secret
    foreign = web.post("/v1/jobs", key=mallory, json={"program": BELL}).json
    assert patch(web, running, ahead_of=waits["id"]).json["code"] == "not-waiting"
    assert patch(web, running, tier=2).json["code"] == "not-waiting"
    assert patch(web, waits, ahead_of=running["id"]).json["code"] == "not-waiting"
    for other in (elsewhere["id"], foreign["id"], "x", "01a20c64-4d54-7317-bfcf-f8c469968727"):
        answer = patch(web, waits, ahead_of=other)
        assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "ahead_of")
    assert patch(web, foreign, ahead_of=waits["id"]).status_code == 404
    assert patch(web, {"id": "x"}, ahead_of=waits["id"]).status_code == 404
    assert patch(web, {"id": "x"}, tier=2).status_code == 404


def test_jobs_of_two_tiers_do_not_exchange_places(web: Web) -> None:
    allow(web, tier=1)
    first, second = web.submit(), web.submit(tier=2)
    assert patch(web, second, ahead_of=first["id"]).status_code == 422
