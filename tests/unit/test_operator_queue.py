"""Who waits for a device, whose job an operator cancels, and what everyone sees of sessions: over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fakeredis
import pytest

from tests.unit.conftest import Clock
from tests.unit.door import Door, opened
from tests.unit.webtest import Web

X = "X(90)"


@pytest.fixture
def web(client: fakeredis.FakeRedis, clock: Clock) -> Web:
    made = Web(client)
    made.ledger.online("simulator", {"slots": "1", "status": "online"})
    return made


@pytest.fixture
def operator(web: Web) -> str:
    return web.front.keys.add("grace", role="operator").secret


def submit(web: Web, key: str, **fields: Any) -> dict[str, Any]:
    answer = web.post("/v1/jobs", json={"program": X, **fields}, key=key)
    assert answer.status_code == 202, answer.text
    job: dict[str, Any] = answer.json
    return job


def listed(web: Web, key: str, path: str = "/v1/devices/simulator/queue") -> list[dict[str, Any]]:
    answer = web.get(path, key=key)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json["items"]
    return items


def test_an_operator_sees_everybodys_jobs_in_the_order_of_their_turn(web: Web, operator: str) -> None:
    bob = web.front.keys.add("bob").secret
    first, second = web.submit(X, name="scan"), web.submit(X)
    third = submit(web, bob)
    later = web.submit(X, start_after="2100-01-01T00:00:00Z")
    held = web.submit(X)
    assert web.ask("PATCH", held["links"]["self"], json={"held": True}, key=operator).status_code == 200
    found = listed(web, operator)
    assert [one["id"] for one in found] == [first["id"], third["id"], second["id"], later["id"], held["id"]]
    assert [one["position"] for one in found] == [1, 2, 3, None, None]
    assert [one["customer"] for one in found] == ["ada", "bob", "ada", "ada", "ada"]
    assert (found[0]["name"], found[0]["tier"], found[0]["start_tag"], found[0]["cost_seconds"]) == ("scan", 2, 0, 0.35)
    assert (found[3]["not_before"], found[4]["held"]) == ("2100-01-01T00:00:00.000000Z", "job")
    for one in found[:3]:
        assert web.get(one["links"]["queue"], key=operator).json["position"] == one["position"]


def test_a_queue_is_read_page_by_page(web: Web, operator: str) -> None:
    sent = [web.submit(X)["id"] for _ in range(7)]
    found, path = [], "/v1/devices/simulator/queue?limit=3"
    while path:
        answer = web.get(path, key=operator)
        found += [one["id"] for one in answer.json["items"]]
        link = answer.headers.get("Link")
        assert (link is None) is (answer.json["next"] is None)
        path = link and link[1 : link.index(">")]
    assert found == sent


@pytest.mark.parametrize("cursor", ["x", "AAAA", "YQkxCXg", "%00", "ä"])
def test_a_cursor_that_is_none_is_refused(web: Web, operator: str, cursor: str) -> None:
    answer = web.get(f"/v1/devices/simulator/queue?cursor={cursor}", key=operator)
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "cursor")


def test_nobody_else_sees_a_devices_queue(web: Web, operator: str) -> None:
    refused = web.get("/v1/devices/simulator/queue")
    assert (refused.status_code, refused.json["code"]) == (403, "operator-only")
    assert web.get("/v1/devices/nowhere/queue").status_code == 403
    assert web.get("/v1/devices/nowhere/queue", key=operator).status_code == 404
    assert listed(web, operator, "/v1/devices/echo/queue") == []


# -- cancel


def test_an_operator_cancels_a_waiting_job_and_its_history_says_who_and_why(web: Web, operator: str) -> None:
    job = web.submit(X)
    answer = web.post(job["links"]["cancel"], json={"why": "the cold head fails"}, key=operator)
    assert (answer.status_code, answer.json["state"]) == (202, "CANCELLED")
    seen = web.get(job["links"]["self"]).json
    [act] = seen["acts"]
    assert (act["by"], act["what"], act["before"], act["after"]) == ("grace", "cancel", "WAITING", "CANCELLED")
    assert act["why"] == "the cold head fails" and act["at"] == seen["history"][-1]["at"]
    [audited] = web.get("/v1/audit", key=operator).json["items"]
    assert (audited["on"], audited["what"], audited["at"]) == (f"job {job['id']}", "cancel", act["at"])
    result = web.get(job["links"]["result"])
    assert result.status_code == 409 and "grace, cancelled it: the cold head fails" in result.json["detail"]
    again = web.post(job["links"]["cancel"], json={"why": "again"}, key=operator)
    assert again.status_code == 202 and len(again.json["acts"]) == 1


def batch_of(web: Web, *jobs: str) -> dict[str, Any]:
    answer = web.post("/v1/batches", json={"jobs": [{"program": job} for job in jobs]})
    assert answer.status_code == 202, answer.text
    batch: dict[str, Any] = answer.json
    return batch


def test_an_operator_cancels_a_batch_and_each_of_its_jobs_says_who_and_why(web: Web, operator: str) -> None:
    batch = batch_of(web, X, X, X)
    web.complete()
    running = web.start()
    answer = web.post(batch["links"]["cancel"], json={"why": "the cold head fails"}, key=operator)
    assert answer.status_code == 202
    assert {state: n for state, n in answer.json["counts"].items() if n} == {
        "COMPLETED": 1,
        "RUNNING": 1,
        "CANCELLED": 1,
    }
    done, stops, ended = (web.get(f"/v1/jobs/{one}").json for one in batch["jobs"])
    assert "acts" not in done and stops["id"] == running.id
    for job, before, after in ((stops, "RUNNING", "RUNNING"), (ended, "WAITING", "CANCELLED")):
        [act] = job["acts"]
        assert {**act, "at": ""} == {
            "at": "", "by": "grace", "what": "cancel", "before": before, "after": after, "why": "the cold head fails",
        }  # fmt: skip
    assert "grace, cancelled it: the cold head fails" in web.get(ended["links"]["result"]).json["detail"]
    [audited] = web.get("/v1/audit", key=operator).json["items"]
    assert (audited["on"], audited["what"], audited["by"]) == (f"batch {batch['id']}", "cancel", "grace")
    assert (audited["before"], audited["after"]) == ("2 of 3 jobs", "asked to stop")
    again = web.post(batch["links"]["cancel"], json={"why": "again"}, key=operator)
    assert (again.status_code, again.json) == (202, answer.json)
    assert len(web.get("/v1/audit", key=operator).json["items"]) == 1


def test_a_batch_is_cancelled_only_by_its_owner_or_an_operator_with_a_reason_that_can_be_kept(
    web: Web, operator: str
) -> None:
    batch, bob = batch_of(web, X), web.front.keys.add("bob").secret
    assert web.post(batch["links"]["cancel"], json={"why": "mine"}, key=bob).status_code == 404
    wrong = web.post(batch["links"]["cancel"], json={"why": "x" * 501}, key=operator)
    assert (wrong.status_code, wrong.json["errors"][0]["field"]) == (422, "why")
    nowhere = web.post("/v1/batches/01a20c7e-5726-747c-bc98-91e7d6a992b5/cancel", key=operator)
    assert (nowhere.status_code, nowhere.json["code"]) == (404, "batch-not-found")
    web.complete()
    late = web.post(batch["links"]["cancel"], json={"why": "late"}, key=operator)
    assert (late.status_code, late.json["code"]) == (409, "not-cancellable")
    assert web.get("/v1/audit", key=operator).json["items"] == []


def test_an_operators_own_batch_is_cancelled_as_anyones(web: Web, operator: str) -> None:
    answer = web.post("/v1/batches", json={"jobs": [{"program": X}]}, key=operator)
    assert web.post(answer.json["links"]["cancel"], key=operator).status_code == 202
    assert "acts" not in web.get(f"/v1/jobs/{answer.json['jobs'][0]}", key=operator).json
    assert web.get("/v1/audit", key=operator).json["items"] == []


def test_an_operator_asks_a_running_job_to_stop(web: Web, operator: str) -> None:
    job = web.submit(X)
    claim = web.start()
    answer = web.post(job["links"]["cancel"], key=operator)
    assert (answer.status_code, answer.json["state"]) == (202, "RUNNING") and answer.json["cancel_requested_at"]
    assert [(act["before"], act["after"]) for act in answer.json["acts"]] == [("RUNNING", "RUNNING")]
    assert web.ledger.renew(claim.id, claim.fence) is True
    web.ledger.complete(
        claim.id, claim.fence, {"counts": {"0": 1000}, "seed": 1, "compiler": None, "calibration": None}
    )
    late = web.post(job["links"]["cancel"], json={"why": "late"}, key=operator)
    assert (late.status_code, late.json["code"]) == (409, "not-cancellable")


def test_an_operators_own_job_is_cancelled_as_anyones_unless_there_is_a_reason(web: Web, operator: str) -> None:
    plain, told = submit(web, operator), submit(web, operator)
    assert "acts" not in web.post(plain["links"]["cancel"], key=operator).json
    assert len(web.post(told["links"]["cancel"], json={"why": "a test"}, key=operator).json["acts"]) == 1


def test_another_customers_job_is_nobody_elses_to_cancel(web: Web, operator: str) -> None:
    job, bob = web.submit(X), web.front.keys.add("bob").secret
    assert web.post(job["links"]["cancel"], json={"why": "me first"}, key=bob).status_code == 404
    assert web.get(job["links"]["self"]).json["state"] == "WAITING"
    for wrong in ({"why": 7}, {"because": "x"}, {"why": "x" * 501}):
        assert web.post(job["links"]["cancel"], json=wrong, key=operator).status_code == 422
    assert web.post("/v1/jobs/nonsense/cancel", key=operator).status_code == 404
    assert web.get(job["links"]["self"]).json["state"] == "WAITING"


# -- with commands


@pytest.fixture
def door(web: Web, tmp_path: Path) -> Iterator[Door]:
    with opened(web, tmp_path) as made:
        yield made


def test_a_command_cancels_a_whole_batch_with_a_reason(door: Door, operator: str) -> None:
    batch = batch_of(door.web, X, X)
    assert "2 CANCELLED" in door.run("--api-key", operator, "cancel", batch["id"], "--why", "too hot").output
    [act] = door.json("status", batch["jobs"][1])["acts"]
    assert (act["by"], act["why"]) == ("grace", "too hot")
    audited = door.run("--api-key", operator, "audit").output
    assert f"batch {batch['id']}" in audited and "too hot" in audited


def test_a_command_lists_a_devices_queue(door: Door, operator: str) -> None:
    ids = [door.web.submit(X)["id"] for _ in range(3)]
    later = door.web.submit(X, start_after="2100-01-01T00:00:00Z")["id"]
    shown = door.run("--api-key", operator, "queue", "simulator", "--limit", "2")
    lines = shown.stdout.splitlines()
    assert shown.exit_code == 0 and [line.split()[:3] for line in lines[1:3]] == [
        ["1", ids[0], "ada"],
        ["2", ids[1], "ada"],
    ]
    cursor = lines[3].removeprefix("more: --cursor ")
    rest = door.json("--api-key", operator, "queue", "simulator", "--cursor", cursor)
    assert [one["id"] for one in rest["items"]] == [ids[2], later] and rest["next"] is None
    assert "2100-01-01T00:00:00" in door.run("--api-key", operator, "queue", "simulator").stdout
    assert "no job waits here" in door.run("--api-key", operator, "queue", "echo").stdout
    assert door.json("queue", "simulator", code=1)["code"] == "operator-only"


def test_a_command_cancels_anybodys_job_with_a_reason(door: Door, operator: str) -> None:
    job = door.web.submit(X)["id"]
    cancelled = door.json("--api-key", operator, "cancel", job, "--why", "the cold head fails")
    assert [(act["by"], act["why"]) for act in cancelled["acts"]] == [("grace", "the cold head fails")]
    assert "cancel by grace, WAITING -> CANCELLED: the cold head fails" in door.run("status", job).stdout


# -- sessions on a device


def test_a_device_shows_the_session_that_is_active_and_whose_only_to_those_who_may_know(
    web: Web, operator: str, clock: Clock
) -> None:
    bob = web.front.keys.add("bob").secret
    session = web.post("/v1/sessions", json={"device": "simulator", "max_seconds": 600}).json["id"]
    web.submit(X, session=session)
    assert web.get("/v1/devices/simulator").json["session"] is None, "it waits"
    web.claim()
    shown = {key: web.get("/v1/devices/simulator", key=key).json["session"] for key in (web.secret, bob, operator)}
    told = web.get(f"/v1/sessions/{session}").json
    assert [one["customer"] for one in shown.values()] == ["ada", None, "ada"]
    assert {(one["from"], one["to"]) for one in shown.values()} == {(told["activated_at"], told["closes_at"])}
    clock.advance(601)
    assert web.get("/v1/devices/simulator").json["session"] is None, "its time is over"
