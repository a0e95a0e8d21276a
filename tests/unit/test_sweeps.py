"""Parameter sweeps: one job, a run for each binding, compiled once where the angles stay sums."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import fakeredis
import numpy as np
import pytest
from qiskit.quantum_info import Operator

from qcjob.circuits.build import build
from qcjob.circuits.document import to_circuit
from qcjob.circuits.openqasm3.sums import NotLinear, Sum
from qcjob.circuits.read import read
from qcjob.compiler.parts import bindings_of, circuit, parts_of
from qcjob.devices.config import SIMULATOR, Devices
from qcjob.devices.presets import ideal, line5
from qcjob.errors import InvalidProgram, InvalidRequest
from qcjob.languages.openqasm import Limits
from qcjob.languages.placeholders import without_placeholders
from qcjob.security.caller import Caller
from qcjob.service import JobRequest, Service
from qcjob.target import Target
from tests.unit.webtest import Web
from workers.eager import in_process, run

ADA = Caller("ada", "k1")
HEAD = 'OPENQASM 3.0; include "stdgates.inc"; input float a; input angle b; qubit[2] q; bit[2] c;\n'
MEASURE = "\nc = measure q;"
BINDINGS: list[dict[str, float]] = [{"a": a, "b": b} for a, b in ((0.0, 0.0), (0.3, -2.0), (4.0, 1.0), (-7.5, math.pi))]
DEVICES = {
    "line5": line5(),
    "ideal": ideal(),
    "prx": Target(2, ("prx", "rz", "cz")),
    "fixed": Target(2, ("rz", "sx", "x", "cx")),
}


def swept(body: str, target: Target, bindings: Any = BINDINGS, **more: Any) -> dict[str, Any]:
    return build(HEAD + body, "openqasm3", "optimized", target, Limits(), bindings=bindings, **more).compiled


def alone(body: str, binding: dict[str, float], target: Target) -> dict[str, Any]:
    """The same with the numbers in its text, compiled by itself."""
    source = HEAD.replace("input float a", f"const float a = {binding['a']!r}")
    source = source.replace("input angle b", f"const float b = {binding['b']!r}")
    return build(source + body, "openqasm3", "optimized", target, Limits()).compiled


def chances(compiled: dict[str, Any]) -> dict[str, float]:
    """How likely each outcome is, from the unitary of the circuit before its measurements."""
    made = to_circuit(compiled)
    measured = {op[3][0]: op[1][0] for op in compiled["ops"] if op[0] == "measure"}
    made.remove_final_measurements()
    amplitudes = Operator(made).data[:, 0]
    found: dict[str, float] = {}
    for state, amplitude in enumerate(amplitudes):
        key = "".join(str(state >> measured[clbit] & 1) for clbit in reversed(range(compiled["clbits"])))
        found[key] = found.get(key, 0.0) + abs(amplitude) ** 2
    return found


LINEAR = {
    "plain": "rx(a) q[0]; cx q[0], q[1]; rz(b) q[1]; h q[1];",
    "sums": "ry(2 * a - b / 2 + pi / 4) q[0]; cp(-a) q[0], q[1]; h q[0];",
    "gates of its own": "gate two(t) x { rx(t) x; ry(2 * t) x; } two(a + b) q[0]; inv @ two(b) q[1]; cx q[0], q[1];",
    "a variable": "float half = a / 2; for int i in [1:3] { rx(i * half) q[0]; } cx q[0], q[1]; ry(b) q[1];",
    "controlled": "h q[0]; ctrl @ rx(a) q[0], q[1]; crz(b) q[0], q[1]; h q[1];",
}
NOT_LINEAR = {
    "a product": "rx(a * b) q[0]; cx q[0], q[1];",
    "a function": "rx(sin(a)) q[0]; ry(b) q[1];",
    "a choice": "if (a > 0.1) { x q[0]; } ry(b) q[1];",
    "equality": "if (a == 0.3) { x q[0]; } ry(b) q[1];",
    "a power": "pow(a) @ x q[0]; ry(b) q[1];",
}


@pytest.mark.parametrize("name", DEVICES)
@pytest.mark.parametrize("body", (LINEAR | NOT_LINEAR).values(), ids=LINEAR | NOT_LINEAR)
def test_every_part_is_the_program_with_its_numbers(body: str, name: str) -> None:
    target = DEVICES[name]
    compiled = swept(body + MEASURE, target)
    assert bindings_of(compiled) == tuple(BINDINGS)
    for number, binding in enumerate(BINDINGS):
        found, wanted = chances(circuit(compiled, number)), chances(alone(body + MEASURE, binding, target))
        assert all(abs(found.get(key, 0) - chance) < 1e-9 for key, chance in wanted.items()), binding


@pytest.mark.parametrize("body", LINEAR.values(), ids=LINEAR)
def test_what_stays_a_sum_is_compiled_once(body: str) -> None:
    assert len(swept(body + MEASURE, line5())["circuits"]) == 1


@pytest.mark.parametrize("body", NOT_LINEAR.values(), ids=NOT_LINEAR)
def test_what_does_not_is_compiled_for_each_binding(body: str) -> None:
    assert len(swept(body + MEASURE, line5())["circuits"]) == len(BINDINGS)


@pytest.mark.parametrize(
    "use", [lambda s: s == 1, lambda s: s < 1, bool, float, int, lambda s: s * s, lambda s: 1 / s, abs, lambda s: s**2]
)
def test_a_sum_refuses_whatever_would_be_a_choice_or_no_sum(use: Any) -> None:
    with pytest.raises((NotLinear, TypeError)):
        use(Sum((("a", 1.0),)))


@pytest.mark.parametrize(
    ("bindings", "said"),
    [
        ([{"a": 1.0}], "no value of b"),
        ([{"a": 1.0, "b": 1.0, "z": 2.0}], "no parameter z"),
    ],
)
def test_names_that_are_not_the_programs_are_refused(bindings: Any, said: str) -> None:
    with pytest.raises(InvalidProgram, match=said) as refused:
        swept("rx(a) q[0];" + MEASURE, line5(), bindings)
    assert refused.value.errors[0].code == "invalid-bindings"


@pytest.mark.parametrize(
    ("declared", "value", "said"),
    [
        ("uint[4] n", 17.0, "its type does not hold: it would be 1"),
        ("uint[4] n", -1.0, "n in the bindings: -1 does not fit into 4 bits"),
        ("bool n", 2.0, "its type does not hold: it would be True"),
        ("int n", 0.5, "wanted a whole number"),
    ],
)
def test_a_number_that_an_inputs_type_does_not_hold_is_refused(declared: str, value: float, said: str) -> None:
    text = f"OPENQASM 3.0; input {declared}; qubit[2] q; if (n == 1) U(1, 0, 0) q[0];"
    with pytest.raises(InvalidProgram, match=said) as refused:
        read(text, "openqasm3", Limits(), 5, {"n": value})
    assert refused.value.errors[0].code == "invalid-bindings"


def test_bindings_and_bases_go_together() -> None:
    compiled = swept("rx(a) q[0]; rz(b) q[0];", line5(), observables=["XX", "ZZ"])
    assert [(part["binding"], part["basis"]) for part in parts_of(compiled)] == [
        (binding, basis) for binding in BINDINGS for basis in ("XX", "ZZ")
    ]
    assert len(compiled["circuits"]) == 2


def test_more_circuits_than_a_job_may_have_are_refused() -> None:
    many = [{"a": 0.1, "b": float(number)} for number in range(600)]
    with pytest.raises(InvalidProgram, match="1,200 circuits; 1,000 are allowed"):
        swept("rx(a) q[0]; rz(b) q[0];", line5(), many, observables=["XX", "ZZ"])


@pytest.fixture
def service(client: fakeredis.FakeRedis) -> Iterator[Service]:
    with in_process(client, Devices({SIMULATOR.name: SIMULATOR}, SIMULATOR.name)) as service:
        yield service


@pytest.mark.parametrize("runtime", ["optimized", "verbatim"])
def test_a_rotation_is_run_with_every_angle(service: Service, runtime: str) -> None:
    bindings = tuple({"theta": float(theta)} for theta in range(0, 181, 45))
    request = JobRequest(
        "X({theta})", runtime=runtime, shots=4_000, seed=3, bindings=bindings, options={"observables": ["Z"]}
    )
    job = service.submit(ADA, request)
    assert job.parts == 5 and run() == 1
    result = service.result(ADA, job.id)
    assert [part["binding"] for part in result["parts"]] == list(bindings)
    for value, binding in zip(result["expectation_values"], bindings, strict=True):
        assert value["binding"] == binding
        assert abs(value["value"] - math.cos(math.radians(binding["theta"]))) < 0.06
    assert np.isclose(result["expectation_values"][0]["value"], 1)


def test_one_binding_is_a_job_of_one_part(service: Service) -> None:
    job = service.submit(ADA, JobRequest("Y({t})", bindings=({"t": 180.0},), shots=10))
    run()
    result = service.result(ADA, job.id)
    assert result["counts"] == {"1": 10} and result["parts"][0]["binding"] == {"t": 180.0}


@pytest.mark.parametrize(
    ("program", "bindings", "said"),
    [
        ("X({a})", (), "has 0 bindings"),
        ("X({a})", ({"a": 1.0},) * 1_001, "has 1,001 bindings"),
        ("X({a})", ({},), "no object with 1 to"),
        ("X({a})", ({"a": 1.0}, {"b": 1.0}), "number 1 has no a"),
        ("X({a})", ({"a": 1.0}, {"a": 1.0, "b": 1.0}), "number 1 has b"),
        ("X({a})", ({"a": float("inf")},), "not a finite number"),
        ("X({a})", ({"a": True},), "not a finite number"),
        ("X({a})", ({"a": 10**400},), "not a finite number"),
        ("X({a})", ({"b": 1.0},), "no value of a"),
        ("X(90)", ({"b": 1.0},), "no parameter b"),
        ("X(10),Y({a})", ({"a": 3601.0},), "binding 0: a = 3601 degrees is out of range"),
        ("X(10),Y({a})", ({"a": 1.0}, {"a": -3601.0}), "binding 1: a = -3601 degrees is out of range"),
        ("X(2{a})", ({"a": 1.0},), "a parameter is a whole angle, X({theta}), and bindings give its values"),
        ("OPENQASM 2.0; qreg q[1]; U(0,0,0) q[0];", ({"a": 1.0},), "no parameter a"),
    ],
)
def test_bindings_that_cannot_be_used_are_refused_with_the_reason(
    service: Service, program: str, bindings: Any, said: str
) -> None:
    with pytest.raises((InvalidRequest, InvalidProgram)) as refused:
        service.submit(ADA, JobRequest(program, bindings=bindings))
    assert said in str(refused.value) + str(list(refused.value.errors))


def test_a_placeholder_is_refused_without_bindings(service: Service) -> None:
    with pytest.raises(InvalidProgram):
        service.submit(ADA, JobRequest("X({a})"))


def test_a_placeholder_keeps_its_place() -> None:
    assert without_placeholders("X( {a} ),Y(5), Z({bc})") == ("X( 000 ),Y(5), Z(0000)", {0: "a", 2: "bc"})
    assert without_placeholders("X(-{a}), {b}") == ("X(-{a}), {b}", {})


def test_a_dry_run_shows_the_parts_and_what_they_cost() -> None:
    web = Web(fakeredis.FakeRedis())
    body = {"program": "X({t})", "bindings": [{"t": 10}, {"t": 20}], "runtime": "verbatim"}
    shown = web.post("/v1/jobs?dry_run=true", json=body).json
    assert [part["binding"] for part in shown["program"]["parts"]] == [{"t": 10}, {"t": 20}]
    assert shown["compilation"]["gates"] == {"rx": 2}
    assert web.post("/v1/jobs", json=body).json["parts"] == {"done": 0, "of": 2}


def test_the_same_bindings_are_the_same_request() -> None:
    web = Web(fakeredis.FakeRedis())

    def ask(value: float) -> Any:
        body = {"program": "X({t})", "bindings": [{"t": value}]}
        return web.post("/v1/jobs", json=body, headers={"Idempotency-Key": "k"})

    assert ask(1).json["id"] == ask(1.0).json["id"]
    assert ask(2).status_code == 422
