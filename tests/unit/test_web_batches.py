"""What docs/http.md says of batches, sentence by sentence."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Sequence
from typing import Any

import fakeredis
import pytest

from qcjob.batch import MOST_JOBS
from qcjob.errors import CompilerBusy
from qcjob.rank import Privileges
from qcjob.service import once
from qcjob.service.compilation import Compilation
from qcjob.web.bodies import BATCH_BYTES, BODY_BYTES
from tests.unit.conftest import Clock
from tests.unit.webtest import Web

X, Y = "X(90)", "Y(90)"


@pytest.fixture
def web(client: fakeredis.FakeRedis, clock: Clock) -> Web:
    return Web(client)


def batch_of(web: Web, *programs: str, **fields: Any) -> dict[str, Any]:
    """A batch that must be accepted; the answer."""
    answer = web.post("/v1/batches", json={"jobs": [{"program": program} for program in programs], **fields})
    assert answer.status_code == 202, answer.text
    assert answer.headers["Location"] == f"/v1/batches/{answer.json['id']}"
    document: dict[str, Any] = answer.json
    return document


def compiles(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The programs that are compiled from now on."""
    seen: list[str] = []
    compile = Compilation.compile

    def counting(self: Compilation, request: Any, device: Any) -> Any:
        seen.append(request.program)
        return compile(self, request, device)

    monkeypatch.setattr(Compilation, "compile", counting)
    return seen


def waiting(web: Web) -> int:
    return int(web.redis.zcard("qcjob:jobs:ada"))


def test_a_batch_is_accepted_with_its_descriptor_and_the_ids_of_its_jobs(web: Web) -> None:
    found = batch_of(web, X, Y, X, name="sweep")
    assert (found["state"], found["version"], found["name"], found["refused"]) == ("WAITING", 1, "sweep", 0)
    assert found["progress"] == {"done": 0, "of": 3}
    assert found["counts"] == {**dict.fromkeys(found["counts"], 0), "WAITING": 3}
    assert found["links"]["jobs"] == f"/v1/batches/{found['id']}/jobs"
    for index, job_id in enumerate(found["jobs"]):
        job = web.get(f"/v1/jobs/{job_id}").json
        assert job["batch"] == {"id": found["id"], "index": index}
        assert job["queue"]["ahead"] == index
        assert web.get(f"/v1/jobs/{job_id}/program").json["source"] == (X, Y, X)[index]


def test_a_job_that_came_alone_names_no_batch(web: Web) -> None:
    assert "batch" not in web.submit()


def test_a_batch_is_followed_to_its_end(web: Web) -> None:
    found = batch_of(web, X, Y)
    path = found["links"]["self"]
    first = web.get(path)
    assert first.headers["ETag"] == '"1"' and first.headers["Retry-After"] == "1"
    assert web.get(path, headers={"If-None-Match": '"1"'}).status_code == 304
    assert web.complete().id == found["jobs"][0]
    half = web.get(path, headers={"If-None-Match": '"1"'})
    assert (half.json["state"], half.json["progress"]) == ("RUNNING", {"done": 1, "of": 2})
    assert half.json["counts"]["COMPLETED"] == 1
    web.complete()
    ended = web.get(path)
    assert (ended.json["state"], ended.json["progress"]) == ("COMPLETED", {"done": 2, "of": 2})
    assert "Retry-After" not in ended.headers


def test_one_job_that_failed_makes_the_batch_failed(web: Web) -> None:
    found = batch_of(web, X, Y)
    web.fail()
    web.complete()
    assert web.get(found["links"]["self"]).json["state"] == "FAILED"


def test_a_long_poll_of_a_batch_ends_with_the_next_change_of_one_of_its_jobs(web: Web) -> None:
    found = batch_of(web, X, Y)
    later = threading.Timer(0.3, web.complete)
    later.start()
    began = time.monotonic()
    answer = web.get(found["links"]["self"], headers={"Prefer": "wait=10"})
    later.join()
    assert time.monotonic() - began < 4
    assert answer.json["version"] > 1 and answer.headers["Preference-Applied"] == "wait=10"


def test_jobs_of_a_batch_are_read_in_their_order_a_page_at_a_time(web: Web) -> None:
    found = batch_of(web, *[X, Y] * 5)
    path, read = f"{found['links']['jobs']}?limit=4", []
    while path:
        page = web.get(path)
        read += [job["id"] for job in page.json["items"]]
        path = page.headers["Link"].split(">")[0][1:] if page.json["next"] else ""
        assert (page.json["next"] is None) is ("Link" not in page.headers)
    assert read == found["jobs"]


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "cursor=x", "cursor=-1", "cursor=12345", "state=WAITING"])
def test_a_page_that_cannot_be_is_refused(web: Web, query: str) -> None:
    assert web.get(f"{batch_of(web, X)['links']['jobs']}?{query}").status_code == 422


def test_batches_are_listed_newest_first(web: Web) -> None:
    ids = [batch_of(web, X)["id"] for _ in range(3)]
    page = web.get("/v1/batches?limit=2")
    assert [found["id"] for found in page.json["items"]] == ids[:0:-1]
    rest = web.get(page.headers["Link"].split(">")[0][1:])
    assert ([found["id"] for found in rest.json["items"]], rest.json["next"]) == (ids[:1], None)
    assert web.get("/v1/batches?cursor=nonsense").status_code == 422


def test_cancelling_a_batch_cancels_its_jobs(web: Web) -> None:
    found = batch_of(web, X, Y, X)
    claim = web.claim()
    for _ in range(2):
        answer = web.post(found["links"]["cancel"])
        assert answer.status_code == 202
        assert answer.json["counts"]["CANCELLED"] == 2 and answer.json["counts"]["SUBMITTED"] == 1
        assert answer.json["cancel_requested_at"] is not None
    web.ledger.cancelled(claim.id, claim.fence)
    assert web.get(found["links"]["self"]).json["state"] == "CANCELLED"
    assert web.post(found["links"]["cancel"]).status_code == 202, "again for one that was cancelled"


def test_a_batch_that_ended_by_itself_is_not_cancelled(web: Web) -> None:
    found = batch_of(web, X)
    web.complete()
    answer = web.post(found["links"]["cancel"])
    assert (answer.status_code, answer.json["code"]) == (409, "not-cancellable")


@pytest.mark.parametrize(("method", "rest"), [("GET", ""), ("GET", "/jobs"), ("POST", "/cancel")])
@pytest.mark.parametrize("which", ["another's", "unknown", "malformed", "a job's"])
def test_another_customers_batch_and_one_there_is_not_are_404(web: Web, method: str, rest: str, which: str) -> None:
    found = batch_of(web, X)
    key = web.front.keys.add("bob").secret if which == "another's" else ""
    ids = {"another's": found["id"], "a job's": found["jobs"][0], "malformed": "x"}
    batch_id = ids.get(which, "01a20c7e-5726-747c-bc98-91e7d6a992b5")
    answer = web.ask(method, f"/v1/batches/{batch_id}{rest}", key=key)
    assert (answer.status_code, answer.json["code"]) == (404, "batch-not-found")
    assert web.get(found["links"]["self"]).json["counts"]["WAITING"] == 1


# -- refusals

BAD: Sequence[tuple[Any, dict[str, Any]]] = (
    ({"program": "X(90) Y(90)"}, {"code": "missing-comma", "line": 1, "column": 7}),
    ({"program": "Q(90),x(90)"}, {"code": "unknown-axis", "line": 1, "column": 1}),
    ({"program": X, "shots": 0}, {"code": "invalid-request", "field": "shots"}),
    ({"program": X, "shots": "many"}, {"code": "invalid-request", "field": "shots"}),
    ({"program": X, "colour": "red"}, {"code": "invalid-request", "field": "colour"}),
    ({"shots": 5}, {"code": "invalid-request", "field": "program"}),
    ("X(90)", {"code": "invalid-request", "field": "jobs"}),
    ({"program": X, "tier": 0}, {"code": "tier-not-allowed", "field": "tier"}),
)


def test_one_job_that_cannot_be_accepted_refuses_the_batch_and_everything_wrong_is_said(web: Web) -> None:
    jobs = [{"program": X}, *(bad for bad, _ in BAD), {"program": Y}]
    answer = web.post("/v1/batches", json={"jobs": jobs})
    assert (answer.status_code, answer.json["code"]) == (422, "batch-refused")
    for index, (_, wanted) in enumerate(BAD, 1):
        mine = [entry for entry in answer.json["errors"] if entry["index"] == index]
        assert mine and wanted.items() <= mine[0].items(), mine
    assert len([entry for entry in answer.json["errors"] if entry["index"] == 2]) == 2, "all of a program's faults"
    assert {entry["index"] for entry in answer.json["errors"]} == set(range(1, len(BAD) + 1))
    assert "8 of 10 jobs" in answer.json["detail"] and "index 1" in answer.json["detail"]
    assert waiting(web) == 0


def test_with_on_error_skip_the_others_are_accepted_in_their_order(web: Web) -> None:
    jobs = [{"program": X}, {"program": "Q(1)"}, {"program": Y}, {"program": X, "shots": 0}]
    found = web.post("/v1/batches", json={"jobs": jobs, "on_error": "skip"}).json
    assert (found["refused"], found["progress"]["of"], found["counts"]["WAITING"]) == (2, 2, 2)
    assert [entry["index"] for entry in found["errors"]] == [1, 3]
    first, none, third, nothing = found["jobs"]
    assert none is None and nothing is None
    assert [web.get(f"/v1/jobs/{job}").json["batch"]["index"] for job in (first, third)] == [0, 2]
    assert web.get(found["links"]["self"]).json["refused"] == 2


def test_with_on_error_skip_a_batch_of_which_nothing_is_left_is_refused(web: Web) -> None:
    answer = web.post("/v1/batches", json={"jobs": [{"program": "Q(1)"}], "on_error": "skip"})
    assert (answer.status_code, answer.json["code"]) == (422, "batch-refused")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"jobs": []}, "jobs"),
        ({"jobs": [{"program": X}] * (MOST_JOBS + 1)}, "jobs"),
        ({}, "jobs"),
        ({"jobs": "X(90)"}, "jobs"),
        ({"jobs": [{"program": X}], "on_error": "hope"}, "on_error"),
        ({"jobs": [{"program": X}], "name": ""}, "name"),
        ({"jobs": [{"program": X}], "shots": 5}, "shots"),
    ],
)
def test_a_wrong_batch_says_which_field_and_what_is_allowed(web: Web, body: Any, field: str) -> None:
    answer = web.post("/v1/batches", json=body)
    assert (answer.status_code, answer.json["code"]) == (422, "invalid-request")
    assert field in [entry["field"] for entry in answer.json["errors"]]


def test_a_batch_has_one_tier(web: Web) -> None:
    """Else its jobs could not keep their order."""
    jobs = [{"program": X}, {"program": X, "tier": 2}]
    assert web.post("/v1/batches", json={"jobs": jobs}).status_code == 202
    web.front.service.customers.put("ada", Privileges(tier=1))
    answer = web.post("/v1/batches", json={"jobs": jobs})
    assert [(entry["index"], entry["field"]) for entry in answer.json["errors"]] == [(1, "tier")]


def test_a_batch_has_one_session_or_none(web: Web) -> None:
    session = web.post("/v1/sessions", json={"device": "simulator"}).json["id"]
    found = web.post("/v1/batches", json={"jobs": [{"program": X, "session": session}] * 30})
    assert found.status_code == 202
    assert {web.get(f"/v1/jobs/{job_id}").json["session"] for job_id in found.json["jobs"]} == {session}
    assert [web.claim().id for _ in range(1)] == found.json["jobs"][:1]
    mixed = web.post("/v1/batches", json={"jobs": [{"program": X}, {"program": X, "session": session}]})
    assert [(entry["index"], entry["field"]) for entry in mixed.json["errors"]] == [(1, "session")]
    web.post(f"/v1/sessions/{session}/close")
    late = web.post("/v1/batches", json={"jobs": [{"program": X, "session": session}]})
    assert [(entry["index"], entry["code"]) for entry in late.json["errors"]] == [(0, "session-closed")]


def test_a_session_that_closes_meanwhile_refuses_the_batch(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    session = web.post("/v1/sessions", json={"device": "simulator"}).json["id"]
    monkeypatch.setattr("qcjob.service.building.check_open", lambda *_: web.post(f"/v1/sessions/{session}/close"))
    answer = web.post("/v1/batches", json={"jobs": [{"program": X, "session": session}]})
    assert (answer.status_code, answer.json["code"], waiting(web)) == (409, "session-closed", 0)


def test_quotas_refuse_the_batch_whole(web: Web) -> None:
    web.front.service.customers.put("ada", Privileges(jobs_waiting=2))
    answer = web.post("/v1/batches", json={"jobs": [{"program": X}] * 3, "on_error": "skip"})
    assert (answer.status_code, answer.json["code"]) == (429, "quota-jobs-waiting")
    assert waiting(web) == 0


def test_a_batch_may_be_larger_than_a_job_to_whoever_shows_a_key(web: Web) -> None:
    long = "X(90)" + " " * (BODY_BYTES // 8)
    body = json.dumps({"jobs": [{"program": long}] * 9})
    assert BODY_BYTES < len(body) < BATCH_BYTES
    assert web.post("/v1/batches", data=body, content_type="application/json").status_code == 202
    assert web.ask("POST", "/v1/batches", key=None, data=body, content_type="application/json").status_code == 401
    assert web.post("/v1/jobs", data=body, content_type="application/json").status_code == 413
    answer = web.post("/v1/batches", data=body + " " * BATCH_BYTES, content_type="application/json")
    assert (answer.status_code, answer.json["code"]) == (413, "body-too-large")


def test_programs_with_more_faults_than_an_answer_holds_all_have_one(web: Web) -> None:
    jobs = [{"program": "Q(1)," * 200 + "Q(1)"}] * 120
    errors = web.post("/v1/batches", json={"jobs": jobs}).json["errors"]
    assert {entry["index"] for entry in errors} == set(range(120))
    assert len(errors) <= 10_000 + 120


# -- compiling


def test_equal_programs_of_a_batch_are_compiled_once(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = compiles(monkeypatch)
    jobs = [{"program": X, "shots": shots} for shots in (1, 2, 3)]
    jobs += [{"program": X, "runtime": "verbatim"}, {"program": Y}, {"program": X, "shots": 4}]
    found = web.post("/v1/batches", json={"jobs": jobs}).json
    assert seen == [X, X, Y]
    assert [web.get(f"/v1/jobs/{job}").json["shots"] for job in found["jobs"][:3]] == [1, 2, 3]
    assert web.get(f"/v1/jobs/{found['jobs'][3]}").json["runtime"] == "verbatim"


def test_parameters_and_options_make_another_program(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = compiles(monkeypatch)
    jobs: list[dict[str, Any]] = [{"program": "X({a})", "bindings": [{"a": angle}]} for angle in (90, 180, 90)]
    jobs += [{"program": "X(90)", "options": {"observables": ["Z"]}}, {"program": "X(90)"}]
    assert web.post("/v1/batches", json={"jobs": jobs}).status_code == 202
    assert len(seen) == 4


@pytest.mark.parametrize("on_error", ["refuse", "skip"])
def test_a_busy_compiler_refuses_the_batch_whole(web: Web, monkeypatch: pytest.MonkeyPatch, on_error: str) -> None:
    """It says nothing of the jobs, and another time it would be others that are left out."""

    def busy(self: Compilation, request: Any, device: Any) -> Any:
        raise CompilerBusy("no place")

    monkeypatch.setattr(Compilation, "compile", busy)
    answer = web.post("/v1/batches", json={"jobs": [{"program": X}], "on_error": on_error})
    assert (answer.status_code, answer.json["code"]) == (503, "compiler-busy")
    assert waiting(web) == 0


def test_a_batch_that_takes_too_long_to_compile_is_refused_whole(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter(range(1_000))
    monkeypatch.setattr(web.front.batching, "_clock", lambda: 5.0 * next(ticks))
    answer = web.post("/v1/batches", json={"jobs": [{"program": f"X({angle})"} for angle in range(10)]})
    assert (answer.status_code, answer.json["code"]) == (503, "compiler-busy")
    assert "4 programs of the batch were compiled in the 20 s" in answer.json["detail"]
    assert waiting(web) == 0 and once.COMPILE_SECONDS == 20


# -- the same again


def test_the_same_key_and_batch_again_answers_the_first(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    headers = {"Idempotency-Key": "monday"}
    body: dict[str, Any] = {"jobs": [{"program": X}, {"program": "Q(1)"}], "on_error": "skip", "name": "n"}
    first = web.post("/v1/batches", json=body, headers=headers)
    seen = compiles(monkeypatch)
    body["jobs"][0] |= {"shots": 1000, "runtime": "optimized"}
    again = web.post("/v1/batches", json=body, headers=headers)
    assert (again.status_code, again.json) == (202, first.json)
    assert seen == [] and waiting(web) == 1
    web.complete()
    assert web.post("/v1/batches", json=body, headers=headers).json["state"] == "COMPLETED"


@pytest.mark.parametrize("change", [{"name": "o"}, {"on_error": "skip"}, {"jobs": [{"program": Y}]}])
def test_the_same_key_with_another_batch_is_refused(web: Web, change: dict[str, Any]) -> None:
    headers = {"Idempotency-Key": "monday"}
    body = {"jobs": [{"program": X}], "name": "n"}
    assert web.post("/v1/batches", json=body, headers=headers).status_code == 202
    answer = web.post("/v1/batches", json={**body, **change}, headers=headers)
    assert (answer.status_code, answer.json["code"]) == (422, "idempotency-key-reused")


def test_a_key_of_a_batch_is_not_one_of_a_job(web: Web) -> None:
    headers = {"Idempotency-Key": "monday"}
    assert web.post("/v1/batches", json={"jobs": [{"program": X}]}, headers=headers).status_code == 202
    assert web.post("/v1/jobs", json={"program": X}, headers=headers).status_code == 202
    assert waiting(web) == 2


def test_a_malformed_key_is_refused(web: Web) -> None:
    answer = web.post("/v1/batches", json={"jobs": []}, headers={"Idempotency-Key": "a b"})
    assert [entry["field"] for entry in answer.json["errors"]] == ["Idempotency-Key"]
