"""What api.md says of jobs over HTTP, sentence by sentence."""

from __future__ import annotations

import re
from typing import Any

import fakeredis
import pytest

from qcjob.ids import new_job_id
from qcjob.languages.openqasm import Limits
from qcjob.result import MAX_RESULT_BYTES
from qcjob.target import FEATURES
from tests.unit.conftest import Clock
from tests.unit.webtest import BELL, Web

DESCRIPTOR = [
    *("id", "state", "version", "name", "tags", "device", "runtime", "language", "shots", "seed", "options"),
    *("created_at", "updated_at", "cancel_requested_at", "queue", "attempts", "history", "error", "links"),
]
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


@pytest.fixture
def web(client: fakeredis.FakeRedis, clock: Clock) -> Web:
    return Web(client)


def field_errors(document: dict[str, Any]) -> dict[str, Any]:
    return {error["field"]: error for error in document["errors"]}


# -- submit


def test_a_submitted_job_is_accepted_with_its_place_and_descriptor(web: Web) -> None:
    answer = web.post("/v1/jobs", json={"program": BELL})
    assert answer.status_code == 202
    assert answer.headers["Location"] == f"/v1/jobs/{answer.json['id']}"
    assert answer.headers["Retry-After"] == "1"
    assert list(answer.json) == DESCRIPTOR
    assert answer.json["state"] == "WAITING"


def test_what_is_left_out_gets_the_defaults(web: Web) -> None:
    job = web.submit()
    assert (job["runtime"], job["device"], job["shots"], job["language"]) == (
        "optimized",
        "simulator",
        1000,
        "rotations",
    )
    assert (job["name"], job["tags"], job["seed"], job["options"]) == (None, [], None, {})


def test_everything_a_job_may_carry_comes_back(web: Web) -> None:
    fields = {
        "runtime": "verbatim",
        "device": "simulator",
        "shots": 17,
        "name": "mein Käse 🧀",
        "tags": ["a", "b"],
        "seed": 3,
        "options": {"duration": 0.5},
        "language": "rotations",
    }
    job = web.submit(**fields)
    assert {name: job[name] for name in fields} == fields
    assert web.get(job["links"]["self"]).json == job


def test_times_have_six_digits_and_links_lead_to_the_job(web: Web) -> None:
    job = web.submit()
    assert TIME.fullmatch(job["created_at"])
    assert TIME.fullmatch(job["history"][0]["at"])
    assert job["links"] == {
        "self": f"/v1/jobs/{job['id']}",
        "result": f"/v1/jobs/{job['id']}/result",
        "program": f"/v1/jobs/{job['id']}/program",
        "cancel": f"/v1/jobs/{job['id']}/cancel",
    }


def test_the_queue_says_how_many_are_ahead(web: Web) -> None:
    web.ledger.online("simulator", {"slots": "1", "status": "online"})
    jobs = [web.submit() for _ in range(3)]
    assert [job["queue"] for job in jobs] == [{"position": n + 1, "ahead": n} for n in range(3)]
    web.claim()
    assert web.get(jobs[0]["links"]["self"]).json["queue"] is None
    assert web.get(jobs[2]["links"]["self"]).json["queue"] == {"position": 2, "ahead": 1}


def test_a_job_that_waits_for_a_device_that_takes_none_says_so(web: Web) -> None:
    web.ledger.online("simulator", {"slots": "1", "status": "calibrating", "reason": "until nine"})
    job = web.submit()
    assert job["queue"] == {"position": 1, "ahead": 0, "reason": "simulator is calibrating: until nine"}
    [listed] = web.get("/v1/jobs").json["items"]
    assert listed["queue"] == job["queue"]
    assert web.post(f"{job['links']['self']}/cancel").json["queue"] is None


def test_a_job_that_is_tried_again_later_says_when_and_why(web: Web) -> None:
    web.ledger.online("simulator", {"slots": "1", "status": "online"})
    job = web.submit()
    claim = web.claim()
    web.ledger.put_back(claim.id, claim.fence, later_because="the device was unavailable: no light")
    queue = web.get(job["links"]["self"]).json["queue"]
    at, _, why = queue.pop("reason").removeprefix("tried again at ").partition(": ")
    assert queue == {"position": 1, "ahead": 0}
    assert TIME.fullmatch(at) and why == "the device was unavailable: no light"


def test_retries_and_reruns_are_said_in_json_and_in_the_query_and_told_only_then(web: Web) -> None:
    fields = {"retries": 3, "on_uncertain": "rerun"}
    told = web.submit(**fields)
    assert {name: told[name] for name in fields} == fields
    again = web.post("/v1/jobs?retries=0&on_uncertain=fail", data=BELL, content_type="text/plain").json
    assert (again["retries"], again["on_uncertain"]) == (0, "fail")
    assert set(web.submit()) == set(DESCRIPTOR)
    would_run = web.post("/v1/jobs?dry_run=true", json={"program": BELL, **fields}).json
    assert {name: would_run[name] for name in fields} == fields
    claim = web.claim()
    assert (claim.retries, claim.on_uncertain) == (3, "rerun")


def test_an_attempt_that_was_followed_by_another_says_how_it_ended(web: Web, clock: Clock) -> None:
    job = web.submit(retries=1)
    claim = web.claim()
    web.ledger.run_again(claim.id, claim.fence, "no-light", "the laser is off", retry=True)
    clock.advance(1)
    web.complete()
    ended = web.get(job["links"]["self"]).json
    first, second = ended["attempts"]
    assert (first["outcome"], first["error"]) == ("put_back", {"code": "no-light", "message": "the laser is off"})
    assert second["outcome"] == "completed" and "error" not in second
    assert ended["error"] is None


def test_a_program_may_be_the_text_itself_with_the_rest_in_the_query(web: Web) -> None:
    query = "runtime=verbatim&shots=5&tags=a&tags=b&seed=9&name=x&device=simulator&language=rotations"
    query += '&options={"duration":1}'
    answer = web.post(f"/v1/jobs?{query}", data=BELL, content_type="text/plain")
    assert answer.status_code == 202
    job = answer.json
    assert (job["runtime"], job["shots"], job["tags"], job["seed"]) == ("verbatim", 5, ["a", "b"], 9)
    assert job["options"] == {"duration": 1}
    assert web.get(job["links"]["program"]).json["source"] == BELL


@pytest.mark.parametrize("content_type", ["text/plain; charset=utf-8", "application/json; charset=UTF-8", "text/plain"])
def test_both_content_types_may_name_utf_8(web: Web, content_type: str) -> None:
    data = BELL if content_type.startswith("text") else '{"program": "X(90)"}'
    assert web.post("/v1/jobs", data=data, content_type=content_type).status_code == 202


@pytest.mark.parametrize(("runtime", "device"), [("simulated", "ideal"), ("echo", "echo")])
def test_built_in_runtimes_go_to_their_built_in_device(web: Web, runtime: str, device: str) -> None:
    assert web.submit(runtime=runtime)["device"] == device
    assert web.submit(runtime=runtime, device=device)["device"] == device


@pytest.mark.parametrize(
    ("runtime", "device"),
    [
        ("simulated", "simulator"),
        ("echo", "ideal"),
        ("verbatim", "ideal"),
        ("optimized", "echo"),
        ("simulated", "echo"),
    ],
)
def test_a_runtime_on_the_wrong_device_is_refused_with_the_right_ones(web: Web, runtime: str, device: str) -> None:
    answer = web.post("/v1/jobs", json={"program": BELL, "runtime": runtime, "device": device})
    assert answer.status_code == 422
    assert "device" in field_errors(answer.json)


def test_all_wrong_fields_are_reported_at_once(web: Web) -> None:
    body = {"program": 1, "shots": "12", "tags": [1], "seed": 1.5, "options": [], "colour": "red", "name": None}
    answer = web.post("/v1/jobs?when=now", json=body, headers={"Idempotency-Key": ""})
    assert answer.status_code == 422
    assert set(field_errors(answer.json)) == {*body, "when", "Idempotency-Key"}


def test_an_unknown_field_is_refused_with_the_names_that_are_known(web: Web) -> None:
    error = field_errors(web.post("/v1/jobs", json={"program": BELL, "shot": 1}).json)["shot"]
    assert "shots" in error["allowed"]
    assert error["location"] == "body"


def test_with_a_text_body_a_wrong_value_is_said_to_stand_in_the_query(web: Web) -> None:
    answer = web.post("/v1/jobs?shots=0", data=BELL, content_type="text/plain")
    assert field_errors(answer.json)["shots"]["location"] == "query"


def test_a_faulty_program_is_refused_with_every_fault(web: Web) -> None:
    answer = web.post("/v1/jobs", json={"program": "X(90) Y(90),\nQ(1), X()"})
    assert answer.status_code == 422
    assert answer.json["code"] == "missing-comma"
    found = [(e["line"], e["column"], e["code"]) for e in answer.json["errors"]]
    assert found == [(1, 7, "missing-comma"), (2, 1, "unknown-axis"), (2, 7, "malformed-rotation")]


def test_a_program_that_is_too_long_is_413_with_its_place(web: Web) -> None:
    answer = web.post("/v1/jobs", json={"program": "X(90)," * 50_000})
    assert answer.status_code == 413
    assert answer.json["code"] == "program-too-long"
    assert answer.json["errors"][0]["code"] == "program-too-long"


# -- dry run


def test_a_dry_run_says_what_would_run_and_records_nothing(web: Web) -> None:
    answer = web.post("/v1/jobs?dry_run=true", json={"program": BELL, "shots": 5, "tags": ["t"]})
    assert answer.status_code == 200
    assert set(answer.json) == {
        *("dry_run", "language", "runtime", "device", "shots", "seed", "options", "name", "tags", "program"),
        "compilation",
    }
    assert answer.json["compilation"] == {
        "qubits_used": 1,
        "depth": 3,
        "gates": {"rx": 1, "rz": 1},
        "two_qubit_gates": 0,
        "optimization_level": None,
        "seconds_per_shot": None,
        "estimated_seconds": None,
        "cost": 100_000 + 5 * 250,
        "implicit_measurement": False,
        "compile_seconds": None,
        "cached": False,
    }
    assert answer.json["dry_run"] is True
    assert answer.json["program"]["ops"]
    assert web.get("/v1/jobs").json["items"] == []


def test_a_dry_run_refuses_what_a_submit_refuses_and_ignores_the_idempotency_key(web: Web) -> None:
    assert web.post("/v1/jobs?dry_run=true", json={"program": "Q(1)"}).json["code"] == "unknown-axis"
    for _ in range(2):
        answer = web.post("/v1/jobs?dry_run=true", json={"program": BELL}, headers={"Idempotency-Key": ""})
        assert answer.status_code == 200
    headers = {"Idempotency-Key": "k"}
    assert web.post("/v1/jobs?dry_run=true", json={"program": BELL}, headers=headers).status_code == 200
    assert web.post("/v1/jobs?dry_run=false", json={"program": "X(1)"}, headers=headers).status_code == 202


# -- idempotency


def test_the_same_key_and_body_answer_the_first_job_as_it_is_now(web: Web) -> None:
    headers = {"Idempotency-Key": '"abc"'}
    first = web.post("/v1/jobs", json={"program": BELL}, headers=headers).json
    web.claim()
    bare = web.post("/v1/jobs", json={"program": BELL, "shots": 1000}, headers={"Idempotency-Key": "abc"})
    assert bare.status_code == 202
    assert bare.json["id"] == first["id"]
    assert bare.json["state"] == "SUBMITTED"
    text = web.post("/v1/jobs?shots=1000", data=BELL, content_type="text/plain", headers=headers)
    assert text.json["id"] == first["id"]


def test_the_same_key_with_another_body_is_refused(web: Web) -> None:
    headers = {"Idempotency-Key": "abc"}
    web.post("/v1/jobs", json={"program": BELL}, headers=headers)
    answer = web.post("/v1/jobs", json={"program": BELL, "shots": 2}, headers=headers)
    assert (answer.status_code, answer.json["code"]) == (422, "idempotency-key-reused")


def test_a_replay_of_a_final_job_is_202_and_200_under_prefer(web: Web) -> None:
    headers = {"Idempotency-Key": "abc"}
    web.post("/v1/jobs", json={"program": BELL}, headers=headers)
    web.complete()
    again = web.post("/v1/jobs", json={"program": BELL}, headers=headers)
    assert (again.status_code, again.json["state"]) == (202, "COMPLETED")
    assert "Retry-After" not in again.headers
    waited = web.post("/v1/jobs", json={"program": BELL}, headers={**headers, "Prefer": "wait=5"})
    assert (waited.status_code, waited.json["state"]) == (200, "COMPLETED")


def test_another_customers_key_of_the_same_name_is_another_job(web: Web) -> None:
    headers = {"Idempotency-Key": "abc"}
    mine = web.post("/v1/jobs", json={"program": BELL}, headers=headers).json
    other = web.front.keys.add("grace").secret
    assert web.post("/v1/jobs", key=other, json={"program": BELL}, headers=headers).json["id"] != mine["id"]


@pytest.mark.parametrize("key", ["", '""', '"abc', "a b", "a" * 256, "ä", '"a" "b"', '"a\\b"', "tab\there"])
def test_an_idempotency_key_that_cannot_be_used_is_refused_with_what_can(web: Web, key: str) -> None:
    answer = web.post("/v1/jobs", json={"program": BELL}, headers={"Idempotency-Key": key})
    assert answer.status_code == 422
    error = field_errors(answer.json)["Idempotency-Key"]
    assert error["location"] == "header"
    assert "255" in error["allowed"]


# -- follow


def test_a_job_is_followed_through_its_states(web: Web) -> None:
    path = web.submit()["links"]["self"]
    claim = web.start()
    job = web.get(path).json
    assert job["state"] == "RUNNING"
    assert [moment["state"] for moment in job["history"]] == ["WAITING", "SUBMITTED", "RUNNING"]
    (attempt,) = job["attempts"]
    assert (attempt["number"], attempt["fence"], attempt["worker"]) == (1, claim.fence, "worker-1")
    assert (attempt["handle"], attempt["outcome"], attempt["ended_at"], attempt["rescues"]) == (
        "handle-1",
        None,
        None,
        [],
    )


def test_a_failed_job_says_why(web: Web) -> None:
    path = web.submit()["links"]["self"]
    web.fail()
    job = web.get(path).json
    assert job["error"] == {"code": "rejected", "message": "the device said no"}
    assert job["attempts"][0]["outcome"] == "failed"


def test_polling_names_the_version_and_says_when_to_come_back_until_the_end(web: Web) -> None:
    path = web.submit()["links"]["self"]
    waiting = web.get(path)
    assert waiting.headers["ETag"] == f'"{waiting.json["version"]}"'
    assert waiting.headers["Retry-After"] == "1"
    web.complete()
    final = web.get(path)
    assert final.headers["ETag"] != waiting.headers["ETag"]
    assert "Retry-After" not in final.headers


@pytest.mark.parametrize("tags", ['"1"', 'W/"1"', '"7", "1"', "*", '"9",W/"1"'])
def test_a_version_seen_before_is_304_without_a_body(web: Web, tags: str) -> None:
    path = web.submit()["links"]["self"]
    answer = web.get(path, headers={"If-None-Match": tags})
    assert (answer.status_code, answer.data) == (304, b"")
    assert answer.headers["ETag"] == '"1"'


@pytest.mark.parametrize("tags", ['"2"', "1", "", '"11"'])
def test_another_version_is_200(web: Web, tags: str) -> None:
    assert web.get(web.submit()["links"]["self"], headers={"If-None-Match": tags}).status_code == 200


def test_a_poll_is_one_call_of_the_service(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    path = web.submit()["links"]["self"]
    web.get(path)
    calls: list[str] = []
    execute = web.redis.execute_command
    monkeypatch.setattr(
        web.redis, "execute_command", lambda *args, **kw: (calls.append(args[0]), execute(*args, **kw))[1]
    )
    web.get(path)
    assert len(calls) <= 1


# -- result, program, cancel


def test_the_result_of_a_completed_job_says_what_ran(web: Web) -> None:
    links = web.submit(shots=10, runtime="verbatim")["links"]
    web.complete()
    result = web.get(links["result"]).json
    assert (result["schema"], result["counts"], result["shots"]) == (1, {"0": 10}, 10)
    assert "rightmost" in result["bit_order"]
    assert set(result["ran"]) == {"program", "language", "device", "runtime", "compiler", "seed", "calibration"}
    assert result["ran"]["program"] == web.get(links["program"]).json["compiled"]


def test_before_the_end_there_is_no_result_yet(web: Web) -> None:
    links = web.submit()["links"]
    for step in (lambda: None, web.claim):
        step()
        answer = web.get(links["result"])
        assert (answer.status_code, answer.json["code"]) == (409, "result-not-ready")


def test_a_failed_and_a_cancelled_job_have_no_result_and_the_reason_is_said(web: Web) -> None:
    failed = web.submit()["links"]
    web.fail()
    answer = web.get(failed["result"])
    assert (answer.status_code, answer.json["code"]) == (409, "no-result")
    assert "the device said no" in answer.json["detail"]
    cancelled = web.submit()["links"]
    web.post(cancelled["cancel"])
    assert web.get(cancelled["result"]).json["code"] == "no-result"


def test_source_and_compiled_program_can_be_read_in_every_state(web: Web) -> None:
    links = web.submit()["links"]
    for step in (lambda: None, web.complete):
        step()
        program = web.get(links["program"]).json
        assert program["source"] == BELL
        assert program["compiled"]["ops"]


def test_a_waiting_job_is_cancelled_at_once_and_again(web: Web) -> None:
    links = web.submit()["links"]
    for _ in range(2):
        answer = web.post(links["cancel"])
        assert (answer.status_code, answer.json["state"]) == (202, "CANCELLED")
        assert answer.json["cancel_requested_at"]
    assert web.ledger.claim("simulator", "w") is None


def test_a_running_job_is_asked_to_stop(web: Web) -> None:
    links = web.submit()["links"]
    web.start()
    answer = web.post(links["cancel"])
    assert (answer.status_code, answer.json["state"]) == (202, "RUNNING")
    assert TIME.fullmatch(answer.json["cancel_requested_at"])
    assert answer.headers["Retry-After"] == "1"


def test_a_job_that_ended_by_itself_cannot_be_cancelled(web: Web) -> None:
    for end in (web.complete, web.fail):
        links = web.submit()["links"]
        end()
        answer = web.post(links["cancel"])
        assert (answer.status_code, answer.json["code"]) == (409, "not-cancellable")


def test_a_body_sent_with_cancel_is_ignored(web: Web) -> None:
    links = web.submit()["links"]
    assert web.post(links["cancel"], data=b"\xff{", content_type="application/json").status_code == 202


# -- who may see what


@pytest.mark.parametrize("suffix", ["", "/result", "/program"])
def test_another_customers_an_unknown_and_a_malformed_id_look_alike(web: Web, suffix: str) -> None:
    mine = web.submit()["id"]
    other = web.front.keys.add("grace").secret
    for job_id, key in ((mine, other), (new_job_id(), ""), ("nonsense", ""), ("%00", ""), ("ä", ""), ("x" * 3000, "")):
        answer = web.get(f"/v1/jobs/{job_id}{suffix}", key=key)
        assert (answer.status_code, answer.json["code"]) == (404, "job-not-found")


def test_another_customers_job_cannot_be_cancelled(web: Web) -> None:
    mine = web.submit()
    other = web.front.keys.add("grace").secret
    for job_id in (mine["id"], new_job_id(), "nonsense"):
        answer = web.post(f"/v1/jobs/{job_id}/cancel", key=other)
        assert (answer.status_code, answer.json["code"]) == (404, "job-not-found")
    assert web.get(mine["links"]["self"]).json["state"] == "WAITING"


# -- list


def test_jobs_are_listed_newest_first_page_by_page(web: Web) -> None:
    ids = [web.submit()["id"] for _ in range(5)]
    seen: list[str] = []
    path = "/v1/jobs?limit=2&device=simulator"
    pages = 0
    while path:
        answer = web.get(path)
        pages += 1
        seen += [job["id"] for job in answer.json["items"]]
        path = ""
        if answer.json["next"]:
            link = re.fullmatch(r'<(.*)>; rel="next"', answer.headers["Link"])
            assert link
            path = link[1]
            assert "limit=2" in path
            assert "device=simulator" in path
        else:
            assert "Link" not in answer.headers
    assert (seen, pages) == (ids[::-1], 3)


def test_a_list_holds_only_the_callers_own_jobs(web: Web) -> None:
    web.submit()
    other = web.front.keys.add("grace").secret
    assert web.get("/v1/jobs", key=other).json == {"items": [], "next": None}


def test_jobs_are_filtered_by_state_device_tag_and_time(web: Web) -> None:
    first = web.submit(tags=["red"])
    second = web.submit(tags=["red", "blue"], runtime="echo")
    web.complete()

    def ids(query: str) -> list[str]:
        return [job["id"] for job in web.get(f"/v1/jobs?{query}").json["items"]]

    assert ids("state=COMPLETED") == [first["id"]]
    assert ids("state=WAITING") == [second["id"]]
    assert ids("device=echo") == [second["id"]]
    assert ids("tag=red") == [second["id"], first["id"]]
    assert ids("tag=blue&state=COMPLETED") == []
    assert ids(f"created_after={first['created_at']}") == [second["id"]]
    assert ids(f"created_before={second['created_at']}") == [first["id"]]
    assert ids("created_after=2999-01-01T00:00:00%2B02:00") == []
    assert ids("created_before=2999-01-01T00:00:00+02:00") == [second["id"], first["id"]]


# -- devices


def test_every_device_is_listed_with_its_size_and_limits(web: Web) -> None:
    devices = {device["name"]: device for device in web.get("/v1/devices").json["items"]}
    assert set(devices) == {"simulator", "ideal", "echo"}
    assert all(type(device["num_qubits"]) is int for device in devices.values())
    web.submit()
    one = web.get("/v1/devices/simulator").json
    assert one["queue_length"] == 1
    assert one["limits"] == {
        **{"max_shots": 1_000_000, "max_program_bytes": 262_144, "slots": 1, "max_simulated_qubits": None},
        "max_result_bytes": MAX_RESULT_BYTES,
        **Limits().as_dict(),
    }
    assert (one["connectivity"], one["calibration"], one["status"]) == (None, None, "offline")
    assert one["status_reason"]
    assert "duration" in one["job_options"]
    assert one["runtimes"] == ["verbatim", "optimized"]
    assert (one["num_qubits"], one["native_gates"]) == (127, ["rx", "ry", "rz", "cz"])
    assert (one["features"], one["gates"]) == (list(FEATURES), {})
    assert one["languages"][0] == "rotations"


def test_an_unknown_device_is_404(web: Web) -> None:
    answer = web.get("/v1/devices/nosuch")
    assert (answer.status_code, answer.json["code"]) == (404, "device-not-found")
