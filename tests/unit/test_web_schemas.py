"""What /v1/schemas says is so."""

from __future__ import annotations

from typing import Any

import fakeredis
import pytest
from jsonschema import Draft202012Validator

from qcjob.compiler.schema import PROGRAM_SCHEMAS
from qcjob.settings import Settings
from tests.unit.webtest import Web

BELL: dict[str, Any] = {
    "format": 1,
    "qubits": 2,
    "clbits": 2,
    "registers": {"c": [0, 1]},
    "layout": [5, 6],
    "qubit_registers": {"q": [0, 1, None]},
    "final_layout": {"q": [1, 0, None]},
    "ops": [
        ["h", [0], []],
        ["cx", [0, 1], []],
        ["barrier", [0, 1], []],
        ["delay", [0], [1e-6]],
        ["reset", [1], []],
        ["measure", [0], [], [0]],
    ],
}
CONDITION = ["and", ["clbit", 0], ["equal", ["creg", [0, 1]], ["lit", 2, ["uint", 2]]]]
BRANCHES: dict[str, Any] = {
    **BELL,
    "format": 2,
    "ops": [
        ["if", CONDITION, [["x", [0], []]], []],
        ["while", ["not", ["clbit", 1]], [["if", ["clbit", 0], [["break"]], [["continue"]]]]],
        ["switch", ["cast", ["uint", 3], ["creg", [0]]], [[[0, 1], [["x", [0], []]]], ["default", []]]],
    ],
}


@pytest.fixture
def web(client: fakeredis.FakeRedis, tmp_path: Any) -> Web:
    return Web(client, Settings(data=tmp_path))


def faults(schema: dict[str, Any], document: Any) -> list[str]:
    return [error.message for error in Draft202012Validator(schema).iter_errors(document)]


def test_every_schema_listed_is_one(web: Web) -> None:
    for entry in web.get("/v1/schemas").json["items"]:
        answer = web.get(entry["href"])
        assert answer.content_type == "application/schema+json"
        Draft202012Validator.check_schema(answer.json)
    assert web.get("/v1/schemas/none").status_code == 404


def test_documents_have_the_form_that_is_published(web: Web) -> None:
    job = web.submit("X(90)", runtime="verbatim", seed=3)
    web.complete()
    documents = {
        "job-1": web.get(f"/v1/jobs/{job['id']}").json,
        "result-1": web.get(f"/v1/jobs/{job['id']}/result").json,
        "receipt-1": web.get(f"/v1/jobs/{job['id']}/receipt").json,
        "program-1": web.get(f"/v1/jobs/{job['id']}/program").json["compiled"],
        "device-1": web.get("/v1/devices/simulator").json,
        "problem-1": web.get("/v1/jobs/none").json,
    }
    for name, document in documents.items():
        schema = web.get(f"/v1/schemas/{name}").json
        assert not faults(schema, document), name
        assert faults(schema, {**document, "added": 1}), f"{name} says nothing"


@pytest.mark.parametrize(("number", "program"), [(1, BELL), (2, BRANCHES), (2, {**BELL, "format": 2})])
def test_a_program_of_each_kind_of_operation_is_valid(number: int, program: dict[str, Any]) -> None:
    assert not faults(PROGRAM_SCHEMAS[number], program)


@pytest.mark.parametrize(
    "operation",
    [
        ["cx", [0], []],
        ["rx", [0], []],
        ["nothing", [0], []],
        ["measure", [0], []],
        ["delay", [0], [-1.0]],
        ["if", ["clbit", 0], [], []],
        ["x", [-1], []],
        ["x", [0]],
        "x",
    ],
)
def test_what_is_no_operation_of_format_1_is_not(operation: Any) -> None:
    assert faults(PROGRAM_SCHEMAS[1], {**BELL, "ops": [operation]})


@pytest.mark.parametrize(
    "operation",
    [
        ["if", ["clbit"], [], []],
        ["if", ["clbit", 0], []],
        ["while", ["lit", 1], []],
        ["switch", ["creg", [0]], [["other", []]]],
        ["break", 1],
        ["if", ["clbit", 0], [["cx", [0], []]], []],
    ],
)
def test_what_is_no_control_flow_of_format_2_is_not(operation: Any) -> None:
    assert faults(PROGRAM_SCHEMAS[2], {**BRANCHES, "ops": [operation]})
