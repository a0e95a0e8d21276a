"""Results over HTTP: parts, pages of many outcomes, the outcome of every shot, and what is too large to be kept."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fakeredis
import pytest
from jsonschema import Draft202012Validator

from qcjob.client import Client
from qcjob.ledger.outcomes import NO_MEMORY, Memory
from qcjob.memory import begins_at, pack, row_bytes, unpack
from qcjob.result import MAX_RESULT_BYTES, most_bytes, whole
from tests.unit.door import Door, opened
from tests.unit.webtest import Web

CIRCUIT: dict[str, Any] = {"format": 1, "qubits": 1, "clbits": 14, "registers": {}, "layout": [0], "ops": []}


@pytest.fixture
def web() -> Web:
    return Web(fakeredis.FakeRedis())


@pytest.fixture
def door(web: Web, tmp_path: Path) -> Iterator[Door]:
    with opened(web, tmp_path) as door:
        yield door


@pytest.fixture
def client(web: Web, door: Door) -> Iterator[Client]:
    with Client(f"http://127.0.0.1:{door.server.server_port}", web.secret) as client:
        yield client


def stored(counts: dict[str, int]) -> dict[str, Any]:
    return {"counts": counts, "seed": 7, "calibration": None}


def completed(web: Web, *counts: dict[str, int], memory: Memory | None = None, **fields: Any) -> str:
    """A job of as many parts as there are counts, whose worker gave these."""
    job = web.submit(**fields)
    claim = web.start()
    parts = [stored(each) for each in counts]
    for number, part in enumerate(parts[:-1]):
        web.ledger.advance(claim.id, claim.fence, number, part)
    options = {**job["options"], "observables": ["X", "Y", "Z"]} if len(counts) > 1 else job["options"]
    compiled = web.get(f"/v1/jobs/{job['id']}/program").json["compiled"]
    result = whole(parts, compiled, options, claim.shots)
    web.ledger.complete(claim.id, claim.fence, result, *([memory] if memory else []))
    return str(job["id"])


def test_parts_progress_and_values_are_shown(web: Web) -> None:
    job = web.submit("X(90)", shots=100, options={"observables": ["X", "Y", "Z"]})
    assert job["parts"] == {"done": 0, "of": 3}
    claim = web.start()
    web.ledger.advance(claim.id, claim.fence, 0, stored({"0": 100}))
    assert web.get(f"/v1/jobs/{job['id']}").json["parts"] == {"done": 1, "of": 3}
    web.ledger.cancel(job["id"])
    web.ledger.cancelled(claim.id, claim.fence)
    job_id = completed(web, {"0": 100}, {"1": 100}, {"0": 50, "1": 50}, program="X(90)", shots=100,
                       options={"observables": ["X", "Y", "Z"]})  # fmt: skip
    result = web.get(f"/v1/jobs/{job_id}/result").json
    assert [(part["basis"], part["counts"]) for part in result["parts"]] == [
        ("X", {"0": 100}),
        ("Y", {"1": 100}),
        ("Z", {"0": 50, "1": 50}),
    ]
    assert [value["value"] for value in result["expectation_values"]] == [1.0, -1.0, 0.0]
    program = web.get("/v1/schemas/program-3").json
    assert not list(Draft202012Validator(program).iter_errors(result["ran"]["program"]))
    assert "parts" not in web.submit("X(90)")


def broken(web: Web, ends: str, *counts: dict[str, int], **fields: Any) -> str:
    """A job that ended, or runs on, when these of its parts were over."""
    job = web.submit(**fields)
    claim = web.start()
    for number, each in enumerate(counts):
        memory = Memory(pack(["1"] * 10, 1), 10 * number) if fields.get("options", {}).get("memory") else NO_MEMORY
        web.ledger.advance(claim.id, claim.fence, number, stored(each), memory)
    if ends == "FAILED":
        web.ledger.fail(claim.id, claim.fence, "laser-off", "no light")
    elif ends == "CANCELLED":
        web.ledger.cancel(job["id"])
        web.ledger.cancelled(claim.id, claim.fence)
    return str(job["id"])


SWEEP: dict[str, Any] = {"program": "X({t})", "shots": 10, "bindings": [{"t": 0}, {"t": 90}, {"t": 180}]}
NO_RESULT = {"FAILED": "no-result", "CANCELLED": "no-result", "RUNNING": "result-not-ready"}


@pytest.mark.parametrize("state", NO_RESULT)
def test_the_parts_that_are_over_can_be_read_of_a_job_that_is_not_completed(
    web: Web, client: Client, door: Door, state: str
) -> None:
    job_id = broken(web, state, {"0": 10}, {"0": 5, "1": 5}, **SWEEP)
    refused = web.get(f"/v1/jobs/{job_id}/result")
    assert (refused.status_code, refused.json["code"]) == (409, NO_RESULT[state])
    assert "2 of its 3 parts are over" in refused.json["detail"]
    found = web.get(f"/v1/jobs/{job_id}/result?partial=true").json
    assert found["partial"] == {"done": 2, "of": 3} == web.get(f"/v1/jobs/{job_id}").json["parts"]
    assert [(part["binding"], part["counts"]) for part in found["parts"]] == [
        ({"t": 0}, {"0": 10}),
        ({"t": 90}, {"0": 5, "1": 5}),
    ]
    assert client.result(job_id, partial=True).document == found
    assert "parts     2 of 3 are over" in door.run("status", job_id).output
    assert "the first of 2 of 3 parts that are over (t=0)" in door.run("result", job_id, "--partial").output
    assert web.get(f"/v1/jobs/{job_id}/result?partial=true&part=2").status_code == 422
    assert web.get(f"/v1/jobs/{job_id}/receipt").status_code == 409


@pytest.mark.parametrize("fields", [SWEEP, {"program": "X(90)"}], ids=["of several", "of one"])
@pytest.mark.parametrize("state", NO_RESULT)
def test_without_a_part_that_is_over_there_is_no_partial_result(web: Web, state: str, fields: dict[str, Any]) -> None:
    answer = web.get(f"/v1/jobs/{broken(web, state, **fields)}/result?partial=true")
    assert (answer.status_code, answer.json["code"]) == (409, NO_RESULT[state])
    assert "parts" not in answer.json["detail"]


def test_a_partial_result_of_a_completed_job_is_its_result(web: Web) -> None:
    job_id = completed(web, {"0": 1}, {"1": 1}, {"1": 1}, program="X(90)", shots=1,
                       options={"observables": ["X", "Y", "Z"]})  # fmt: skip
    whole_result = web.get(f"/v1/jobs/{job_id}/result").json
    assert web.get(f"/v1/jobs/{job_id}/result?partial=true").json == whole_result and "partial" not in whole_result
    assert web.get(f"/v1/jobs/{job_id}/result?partial=yes").status_code == 422


def test_observables_have_values_for_the_bindings_whose_bases_are_all_over(web: Web) -> None:
    fields = {**SWEEP, "options": {"observables": ["X", "Z"]}}
    job_id = broken(web, "FAILED", {"0": 10}, {"1": 10}, {"0": 5, "1": 5}, **fields)
    found = web.get(f"/v1/jobs/{job_id}/result?partial=true").json
    assert [(each["observable"], each["binding"], each["value"]) for each in found["expectation_values"]] == [
        ("X", {"t": 0}, 1.0),
        ("Z", {"t": 0}, -1.0),
    ]
    job_id = broken(web, "FAILED", {"0": 10}, **fields)
    assert web.get(f"/v1/jobs/{job_id}/result?partial=true").json["expectation_values"] == []


def test_the_outcomes_of_a_part_that_is_over_can_be_read_too(web: Web, client: Client, door: Door) -> None:
    fields = {**SWEEP, "options": {"memory": True}}
    job_id = broken(web, "FAILED", {"1": 10}, **fields)
    assert web.get(f"/v1/jobs/{job_id}/memory").status_code == 409
    assert web.get(f"/v1/jobs/{job_id}/memory?partial=true").json["memory"] == ["1"] * 10
    assert web.get(f"/v1/jobs/{job_id}/memory?partial=true&part=1").status_code == 409
    assert list(client.memory(job_id, partial=True)) == ["1"] * 10
    assert door.run("result", job_id, "--memory", "--partial").output.split() == ["1"] * 10


MANY = {f"{number:014b}": 1 + (number == 9_000) for number in range(12_000)}


def test_many_outcomes_come_in_pages_those_seen_most_first(web: Web, client: Client) -> None:
    job_id = completed(web, MANY, program="X(90)", shots=12_001)
    first = web.get(f"/v1/jobs/{job_id}/result").json
    assert len(first["counts"]) == 10_000 and next(iter(first["counts"].values())) == 2
    second = web.get(f"/v1/jobs/{job_id}/result?cursor={first['next']}").json
    assert "next" not in second and {**first["counts"], **second["counts"]} == MANY
    assert client.result(job_id).counts == MANY and "next" not in client.result(job_id).document
    few = web.get(f"/v1/jobs/{job_id}/result?limit=2").json
    assert len(few["counts"]) == 2 and few["next"] == "2"


def test_every_part_has_pages(web: Web, client: Client) -> None:
    job_id = completed(
        web, {"0": 1}, MANY, {"1": 1}, program="X(90)", shots=1, options={"observables": ["X", "Y", "Z"]}
    )
    shown = web.get(f"/v1/jobs/{job_id}/result").json
    assert [len(part["counts"]) for part in shown["parts"]] == [1, 10_000, 1]
    assert shown["parts"][1]["next"] == "10000" and "next" not in shown
    rest = web.get(f"/v1/jobs/{job_id}/result?part=1&cursor=10000").json
    assert len(rest["counts"]) == 2_000 and "next" not in rest
    assert [part["counts"] for part in client.result(job_id).document["parts"]] == [{"0": 1}, MANY, {"1": 1}]
    assert web.get(f"/v1/jobs/{job_id}/result?part=3").status_code == 422


@pytest.mark.parametrize("asked", ["limit=0", "limit=10001", "cursor=-1", "part=x", "offset=1", "limit=1&limit=2"])
def test_a_page_that_cannot_be_had_is_refused(web: Web, asked: str) -> None:
    job_id = completed(web, {"0": 1}, program="X(90)", shots=1)
    assert web.get(f"/v1/jobs/{job_id}/result?{asked}").status_code == 422


OUTCOMES = [str(shot % 3 % 2) for shot in range(2_500)]


def remembered(web: Web) -> str:
    counts = {"0": OUTCOMES.count("0"), "1": OUTCOMES.count("1")}
    memory = Memory(pack(OUTCOMES, 1))
    return completed(web, counts, memory=memory, program="X(90)", shots=2_500, options={"memory": True})


def test_the_outcome_of_every_shot_comes_in_pages_in_order(web: Web, client: Client) -> None:
    job_id = remembered(web)
    first = web.get(f"/v1/jobs/{job_id}/memory").json
    assert (first["offset"], first["shots"], first["clbits"]) == (0, 2_500, 1)
    assert first["memory"] == OUTCOMES[:1_000]
    last = web.get(f"/v1/jobs/{job_id}/memory?offset=2400&limit=10000").json
    assert last["memory"] == OUTCOMES[2_400:]
    assert web.get(f"/v1/jobs/{job_id}/memory?offset=99999").json["memory"] == []
    assert list(client.memory(job_id, at_a_time=700)) == OUTCOMES
    packed = web.get(f"/v1/jobs/{job_id}/memory?encoding=packed&limit=3").json["memory"]
    assert unpack(base64.b64decode(packed), 1, 3) == OUTCOMES[:3]


def test_the_command_prints_the_outcome_of_every_shot(web: Web, door: Door) -> None:
    job_id = remembered(web)
    assert door.run("result", job_id, "--memory").output.split() == OUTCOMES


def test_memory_is_there_for_who_asked_and_goes_with_the_job(web: Web) -> None:
    job_id = completed(web, {"0": 1}, program="X(90)", shots=1)
    answer = web.get(f"/v1/jobs/{job_id}/memory")
    assert answer.status_code == 409 and "option memory" in answer.json["detail"]
    kept = remembered(web)
    assert web.get(f"/v1/jobs/{kept}/memory?part=1").status_code == 422
    web.ledger.keep(0)
    assert not [key for key in web.redis.keys("*") if kept.encode() in key]


@pytest.mark.parametrize("value", [1, "yes", None])
def test_memory_is_true_or_false(web: Web, value: object) -> None:
    assert web.post("/v1/jobs", json={"program": "X(90)", "options": {"memory": value}}).status_code == 422


def test_memory_is_refused_where_the_device_keeps_none(web: Web) -> None:
    answer = web.post("/v1/jobs", json={"program": "X(90)", "runtime": "echo", "options": {"memory": True}})
    assert answer.status_code == 422 and "options.memory" in answer.text


@pytest.mark.parametrize("clbits", [0, 1, 7, 8, 9, 127])
def test_outcomes_are_packed_into_whole_bytes_and_back(clbits: int) -> None:
    outcomes = [f"{number:0{clbits}b}"[-clbits:] if clbits else "" for number in (0, 1, 2**clbits - 1)]
    rows = pack(outcomes, clbits)
    assert len(rows) == 3 * row_bytes(clbits) and unpack(rows, clbits, 3) == outcomes
    assert begins_at([clbits, 9], 10) == 10 * (row_bytes(clbits) + 2)


def test_clbit_0_is_the_lowest_bit_of_the_last_byte() -> None:
    assert pack(["0000000000000001", "1000000000000000"], 16) == b"\x00\x01\x80\x00"


def test_what_a_result_can_come_to_is_bounded_before_it_runs() -> None:
    wide = {**CIRCUIT, "clbits": 127}
    assert most_bytes(wide, 1_000_000) > MAX_RESULT_BYTES > most_bytes(wide, 100_000)
    assert most_bytes({**CIRCUIT, "clbits": 1}, 1_000_000) < 100
    assert most_bytes(wide, 1_000, memory=True) == most_bytes(wide, 1_000) + 16_000
    counts = {f"{number:0127b}": 1 for number in range(1_000)}
    assert len(json.dumps(counts, separators=(",", ":"))) <= most_bytes(wide, 1_000)
