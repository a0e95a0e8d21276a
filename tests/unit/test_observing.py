"""Observables from the request to the result: bases, circuits, values, with readout errors undone where asked."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import fakeredis
import numpy as np
import pytest

from qcjob.circuits.build import build
from qcjob.circuits.observed import CHANGES
from qcjob.compiler.parts import parts_of
from qcjob.compiler.readout import chances
from qcjob.devices.config import SIMULATOR, Devices
from qcjob.devices.presets import line5
from qcjob.errors import InvalidProgram, InvalidRequest
from qcjob.languages.openqasm import Limits
from qcjob.security.caller import Caller
from qcjob.service import JobRequest, Service
from qcjob.target import Target
from tests.correctness.matrices import MATRICES
from workers.eager import in_process, run

ADA = Caller("ada", "k1")
GHZ = "OPENQASM 2.0; include 'qelib1.inc'; qreg q[3]; h q[0]; cx q[0],q[1]; cx q[1],q[2];".replace("'", '"')


@pytest.fixture
def service(client: fakeredis.FakeRedis) -> Iterator[Service]:
    with in_process(client, Devices({SIMULATOR.name: SIMULATOR}, SIMULATOR.name)) as service:
        yield service


def ended(service: Service, program: str, **more: Any) -> dict[str, Any]:
    job = service.submit(ADA, JobRequest(program, seed=11, shots=20_000, **more))
    run()
    return service.result(ADA, job.id)


@pytest.mark.parametrize("runtime", ["optimized", "verbatim", "simulated"])
def test_the_three_paulis_of_a_turned_qubit(service: Service, runtime: str) -> None:
    theta, phi = 50.0, 30.0
    result = ended(
        service, f"Y({theta}),Z({phi})", runtime=runtime, options={"observables": ["X", "Y", "Z", {"X": 2, "I": -1}]}
    )
    sine, cosine = math.sin(math.radians(theta)), math.cos(math.radians(theta))
    x, y = sine * math.cos(math.radians(phi)), sine * math.sin(math.radians(phi))
    for found, wanted in zip(result["expectation_values"], [x, y, cosine, 2 * x - 1], strict=True):
        assert abs(found["value"] - wanted) < 5 * found["standard_error"] + 1e-9
        assert 0 < found["standard_error"] < 0.02
    assert [part["basis"] for part in result["parts"]] == ["X", "Y", "Z"]
    assert result["counts"] == result["parts"][0]["counts"]
    assert all(sum(part["counts"].values()) == 20_000 for part in result["parts"])


def test_readout_errors_are_undone_in_counts_and_values(service: Service) -> None:
    options = {"observables": ["Z"], "mitigation": "readout", "readout_error": 0.1}
    result = ended(service, "X(0)", options=options)
    [value] = result["expectation_values"]
    assert abs(value["value"] - 0.8) < 0.03
    assert abs(value["mitigated_value"] - 1.0) < 5 * value["mitigated_standard_error"]
    assert value["mitigated_standard_error"] == pytest.approx(value["standard_error"] / 0.8)
    assert result["overhead"] == pytest.approx(1 / 0.64)
    assert sum(result["mitigated"].values()) == pytest.approx(1) and sum(result["counts"].values()) == 20_000


def test_mitigation_is_refused_where_no_readout_error_is_known(service: Service) -> None:
    with pytest.raises(InvalidRequest, match=r"options\.mitigation.*no readout error"):
        service.submit(ADA, JobRequest("X(90)", options={"mitigation": "readout"}))


def test_chances_are_those_of_the_qubits_measured_last() -> None:
    target = line5()
    measured = {qubits[0]: figures.error for qubits, figures in target.gates["measure"].items()}
    circuit = {
        "format": 1,
        "clbits": 3,
        "layout": [4, 2],
        "ops": [["measure", [0], [], [0]], ["measure", [1], [], [0]], ["measure", [0], [], [2]]],
    }
    assert chances(circuit, target) == [(measured[2],) * 2, (0.0, 0.0), (measured[4],) * 2]
    assert chances(circuit, target, 0.25) == [(0.25, 0.25), (0.0, 0.0), (0.25, 0.25)]
    with pytest.raises(ValueError, match="control flow"):
        chances({**circuit, "format": 2}, target)


@pytest.mark.parametrize(
    ("observables", "said"),
    [
        ([], "wanted a list"),
        (["Q"], "made of I, X, Y and Z"),
        (["XX"], "has 2 letters; the program has 1 qubits"),
        ([{"X": "a"}], "coefficient"),
        ([["X"]], "neither"),
    ],
)
def test_observables_that_cannot_be_measured_are_refused_with_the_reason(
    service: Service, observables: object, said: str
) -> None:
    with pytest.raises((InvalidRequest, InvalidProgram), match=said):
        service.submit(ADA, JobRequest("X(90)", options={"observables": observables}))


def built(source: str, runtime: str, target: Target, observables: list[Any]) -> dict[str, Any]:
    return build(source, "openqasm2", runtime, target, Limits(), observables=observables).compiled


@pytest.mark.parametrize("runtime", ["optimized", "simulated"])
def test_commuting_observables_of_a_circuit_share_a_basis(runtime: str) -> None:
    compiled = built(GHZ, runtime, line5(), ["ZZI", "IZZ", "XXX", {"YYX": 1.0, "ZIZ": 0.5}])
    assert [part["basis"] for part in parts_of(compiled)] == ["XXX", "YYX", "ZZZ"]
    assert all(circuit["clbits"] == 3 for circuit in compiled["circuits"])


def test_only_qubits_of_the_basis_are_measured() -> None:
    compiled = built(GHZ, "optimized", line5(), ["ZII"])
    [circuit] = compiled["circuits"]
    assert circuit["clbits"] == 1 and [op[0] for op in circuit["ops"]].count("measure") == 1


def test_verbatim_turns_with_the_gates_of_the_device_or_says_that_it_cannot() -> None:
    own = Target(2, ("rz", "sx", "cz"))
    source = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; sx q[0]; cz q[0],q[1];'
    compiled = built(source, "verbatim", own, ["XY"])
    [circuit] = compiled["circuits"]
    names = [op[0] for op in circuit["ops"] if op[0] != "measure"]
    assert sorted(names[2:]) == ["rz", "sx", "sx"]
    with pytest.raises(InvalidProgram, match="to measure X of qubit 0"):
        built(source, "verbatim", replace(own, native_gates=("sx", "cz")), ["IX"])


def test_a_program_that_measures_by_itself_has_no_observables() -> None:
    source = GHZ + "\ncreg c[3]; measure q -> c;"
    with pytest.raises(InvalidProgram) as refused:
        built(source, "optimized", line5(), ["ZZZ"])
    assert {(error.code, error.line) for error in refused.value.errors} == {("invalid-observables", 2)}


AXES = {"X": [[0, 1], [1, 0]], "Y": [[0, -1j], [1j, 0]], "Z": [[1, 0], [0, -1]]}


@pytest.mark.parametrize(("letter", "way"), [(letter, way) for letter, ways in CHANGES.items() for way in ways])
def test_every_change_of_basis_turns_its_axis_to_z(letter: str, way: Any) -> None:
    turn = np.eye(2)
    for name, angles in way:
        turn = MATRICES[name](*angles) @ turn
    assert np.allclose(turn.conj().T @ np.array(AXES["Z"]) @ turn, np.array(AXES[letter]))
