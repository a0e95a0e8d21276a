"""Sessions over HTTP and with commands; the ledger's own tests are in test_sessions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import fakeredis
import pytest

from qcjob.session import MOST_IDLE_SECONDS, MOST_OPEN, MOST_SECONDS
from tests.unit.conftest import Clock
from tests.unit.door import Door, opened
from tests.unit.webtest import Web


@pytest.fixture
def web(client: fakeredis.FakeRedis, clock: Clock) -> Web:
    return Web(client)


@pytest.fixture
def door(web: Web, tmp_path: Path) -> Iterator[Door]:
    with opened(web, tmp_path) as made:
        yield made


def test_a_session_is_opened_used_and_closed(web: Web) -> None:
    answer = web.post("/v1/sessions", json={"device": "simulator", "max_seconds": 600, "idle_seconds": 30})
    session = answer.json
    assert answer.status_code == 201 and answer.headers["Location"] == f"/v1/sessions/{session['id']}"
    assert (session["state"], session["device"], session["activated_at"]) == ("waiting", "simulator", None)
    job = web.submit(session=session["id"])
    assert (job["session"], job["device"]) == (session["id"], "simulator")
    told = web.get(f"/v1/jobs/{job['id']}/queue").json
    assert (told["session"], told["passed_by"]) == (session["id"], 0)
    web.complete()
    session = web.get(f"/v1/sessions/{session['id']}").json
    assert (session["state"], session["jobs"]["COMPLETED"]) == ("active", 1) and session["closes_at"]
    assert web.get("/v1/sessions").json == {"items": [session], "next": None}
    for _ in range(2):
        closed = web.post(f"/v1/sessions/{session['id']}/close")
        assert closed.status_code == 200 and closed.json["closed_because"] == "owner"
    refused = web.post("/v1/jobs", json={"program": "X(90)", "session": session["id"]})
    assert (refused.status_code, refused.json["code"]) == (409, "session-closed")
    assert "its owner closed it" in refused.json["detail"]
    dry = web.post("/v1/jobs?dry_run=true", json={"program": "X(90)", "session": session["id"]})
    assert (dry.status_code, dry.json["code"]) == (409, "session-closed")


def test_a_session_is_its_owners_and_operators(web: Web) -> None:
    other = web.front.keys.add("mallory").secret
    operator = web.front.keys.add("grace", role="operator").secret
    path = f"/v1/sessions/{web.post('/v1/sessions', json={}).json['id']}"
    assert web.get(path, key=other).status_code == 404
    assert web.post(f"{path}/close", key=other).status_code == 404
    assert web.post("/v1/jobs", json={"program": "X(90)", "session": path[13:]}, key=other).status_code == 422
    assert web.post(f"{path}/close", json={"why": "me"}).status_code == 403
    assert web.get(path, key=operator).json["state"] == "waiting"
    closed = web.post(f"{path}/close", json={"why": "it is noon"}, key=operator).json
    assert closed["closed_because"] == "operator"
    [act] = web.get("/v1/audit", key=operator).json["items"]
    assert (act["what"], act["on"], act["why"]) == ("close session", f"session {path[13:]}", "it is noon")
    for path in ("/v1/sessions/x", "/v1/sessions/01a20c7e-5726-747c-bc98-91e7d6a992b5"):
        assert web.get(path).json["code"] == web.post(f"{path}/close").json["code"] == "session-not-found"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"max_seconds": MOST_SECONDS + 1}, "max_seconds"),
        ({"max_seconds": 0}, "max_seconds"),
        ({"max_seconds": "60"}, "max_seconds"),
        ({"idle_seconds": MOST_IDLE_SECONDS + 1}, "idle_seconds"),
        ({"length": 5}, "length"),
    ],
)
def test_a_session_that_cannot_be_is_refused(web: Web, body: dict[str, object], field: str) -> None:
    answer = web.post("/v1/sessions", json=body)
    assert answer.status_code == 422
    [entry] = answer.json["errors"]
    assert entry["field"] == field and entry["allowed"]


def test_a_session_on_no_device_and_one_too_many_are_refused(web: Web) -> None:
    assert web.post("/v1/sessions", json={"device": "nowhere"}).json["code"] == "device-not-found"
    for _ in range(MOST_OPEN):
        assert web.post("/v1/sessions", json={}).status_code == 201
    answer = web.post("/v1/sessions", json={})
    assert (answer.status_code, answer.json["code"], answer.headers["Retry-After"]) == (429, "too-many-sessions", "60")


def test_a_customer_may_be_given_shorter_sessions_or_none(web: Web) -> None:
    operator = web.front.keys.add("grace", role="operator").secret
    limit = lambda most: web.ask("PUT", "/v1/customers/ada", json={"quota_session_seconds": most}, key=operator)
    assert limit(120).json["quota_session_seconds"] == 120
    assert web.post("/v1/sessions", json={}).json["max_seconds"] == 120
    refused = web.post("/v1/sessions", json={"max_seconds": 121})
    assert (refused.status_code, refused.json["code"]) == (422, "quota-session-seconds")
    limit(0)
    assert web.post("/v1/sessions", json={}).json["code"] == "quota-session-seconds"


def test_a_job_of_a_session_goes_to_its_device(web: Web) -> None:
    session = web.post("/v1/sessions", json={"device": "ideal"}).json["id"]
    assert web.submit(session=session, runtime="simulated")["device"] == "ideal"
    refused = web.post("/v1/jobs", json={"program": "X(90)", "session": session, "device": "simulator"})
    assert refused.status_code == 422 and refused.json["errors"][0]["field"] == "session"
    text = web.post(f"/v1/jobs?session={session}&runtime=simulated", data="X(90)", content_type="text/plain")
    assert (text.status_code, text.json["session"]) == (202, session)


def test_the_commands_do_what_the_routes_do(door: Door) -> None:
    session = door.json("sessions", "open", "--device", "simulator", "--max-seconds", "600", "--idle-seconds", "30")
    assert (session["max_seconds"], session["idle_seconds"]) == (600, 30)
    job = door.json("submit", "X(90)", "--session", session["id"])
    assert job["session"] == session["id"]
    shown = door.run("sessions", "show", session["id"]).output
    assert shown == f"session {session['id']} on simulator: waiting; jobs: 1 WAITING\n"
    assert session["id"] in door.run("sessions", "list").output
    assert door.json("sessions", "list", "--limit", "1")["items"][0]["id"] == session["id"]
    assert door.json("sessions", "close", session["id"])["closed_because"] == "owner"
    assert "closed, owner" in door.run("sessions", "close", session["id"]).output
    refused = door.run("submit", "X(90)", "--session", session["id"])
    assert refused.exit_code == 1 and "closed" in refused.output
    assert door.run("sessions", "show", "x").exit_code == 1
