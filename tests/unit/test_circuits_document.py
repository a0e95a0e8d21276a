"""Circuits become compiled programs and circuits again; devices become Qiskit's targets and back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from qiskit.circuit import Parameter, QuantumCircuit
from qiskit.circuit.classical import expr, types
from qiskit.circuit.library import RZGate, XGate
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit.transpiler import generate_preset_pass_manager
from qiskit_aer import AerSimulator

from qcjob.circuits.conditions import NotExpressible
from qcjob.circuits.document import to_circuit, to_document
from qcjob.circuits.targets import from_qiskit, is_mixed, prepare, qiskit_target
from qcjob.circuits.vocabulary import gate, our_name, qiskit_name
from qcjob.gates import GATES
from qcjob.target import ASSIGNMENTS, FEATURES, Figures, Target
from tests.correctness.exact import distribution
from tests.correctness.oracle import same_outcomes


def everything() -> QuantumCircuit:
    """All that a compiled program has a word for."""
    circuit = QuantumCircuit(4, 3)
    for name, (qubits, angles) in GATES.items():
        circuit.append(gate(name, [0.25 * (place + 1) for place in range(angles)]), range(qubits))
    circuit.barrier()
    circuit.delay(100, 0, unit="ns")
    circuit.reset(1)
    circuit.measure([0, 1], [0, 1])
    register, bit = circuit.cregs[0], circuit.clbits[2]
    with circuit.if_test((register, 2)) as otherwise:
        circuit.x(2)
    with otherwise:
        circuit.y(2)
    with circuit.if_test(expr.logic_and(expr.less(register, 5), expr.logic_not(bit))):
        circuit.h(0)
    with circuit.if_test(expr.equal(expr.bit_xor(register, 3), expr.lift(1, types.Uint(3)))):
        circuit.z(0)
    with circuit.while_loop((bit, False)):
        circuit.h(2)
        circuit.measure(2, 2)
        with circuit.if_test((circuit.clbits[0], True)):
            circuit.break_loop()
    with circuit.switch(register) as case:
        with case(1, 2):
            circuit.x(0)
        with case(case.DEFAULT):
            circuit.y(0)
    circuit.measure([0, 1, 2], [0, 1, 2])
    return circuit


def test_a_document_survives_json_and_being_a_circuit() -> None:
    document = to_document(everything())
    assert json.loads(json.dumps(document)) == document
    again = to_document(to_circuit(document))
    assert again["ops"] == document["ops"] and again["registers"] == document["registers"]
    assert document["format"] == again["format"] == 2


def test_the_circuit_of_a_document_does_what_the_document_says() -> None:
    document = to_document(everything())
    aer = AerSimulator(seed_simulator=5)
    in_aers_words = generate_preset_pass_manager(0, backend=aer).run(to_circuit(document))
    counts = aer.run(in_aers_words, shots=4_000).result().get_counts()
    wanted = distribution(document["ops"], document["qubits"], document["clbits"])
    assert {key for key, chance in wanted.items() if chance > 0.01} <= set(counts) <= set(wanted)
    assert all(abs(counts.get(key, 0) / 4_000 - chance) < 0.05 for key, chance in wanted.items())


def test_idle_qubits_and_their_barriers_are_left_out() -> None:
    circuit = QuantumCircuit(5, 1)
    circuit.barrier(0, 1)
    circuit.x(3)
    circuit.barrier()
    circuit.measure(3, 0)
    document = to_document(circuit)
    assert document["layout"] == [3] and document["qubits"] == 1
    assert document["ops"] == [["x", [0], []], ["barrier", [0], []], ["measure", [0], [], [0]]]


@pytest.mark.parametrize("number", range(3))
def test_what_has_no_word_is_refused(number: int) -> None:
    circuit = QuantumCircuit(1, 1)
    if number == 0:
        circuit.initialize([0, 1], 0)
    elif number == 1:
        circuit.add_var("a", expr.lift(circuit.clbits[0]))
    else:
        with circuit.for_loop(range(2)):
            circuit.x(0)
    with pytest.raises(NotExpressible):
        to_document(circuit)


def test_a_condition_on_bits_that_are_no_register_is_asked_bit_by_bit() -> None:
    document: dict[str, Any] = {
        "qubits": 2,
        "clbits": 3,
        "registers": {"c": [0, 1, 2]},
        "ops": [
            *(["x", [0], []], ["measure", [0], [], [2]]),
            ["if", ["equal", ["creg", [2, 0]], ["lit", 1, ["uint", 2]]], [["x", [1], []]], []],
            ["measure", [1], [], [1]],
        ],
    }
    assert same_outcomes(document, {"110": 1.0})
    counts = AerSimulator().run(to_circuit(document), shots=10).result().get_counts()
    assert set(counts) == {"110"}
    document["ops"][2][1][0] = "less"
    with pytest.raises(NotExpressible):
        to_circuit(document)


def test_every_gate_is_qiskits_under_a_name_that_leads_back() -> None:
    for name in GATES:
        assert our_name(qiskit_name(name)) == name
        assert gate(name, [0.5] * GATES[name][1]).name == qiskit_name(name)


UNEVEN = Target(
    3,
    ("rz", "sx", "x", "cx", "ecr"),
    ((0, 1), (1, 2)),
    gates={"cx": {(0, 1): Figures(3e-7, 0.01)}, "ecr": {(2, 1): Figures(5e-7, None)}, "measure": {(0,): Figures(1e-6)}},
    features=("reset", "conditionals"),
)


def test_qiskit_is_told_where_a_gate_works_and_at_what_cost() -> None:
    made = qiskit_target(UNEVEN)
    assert made.num_qubits == 3 and set(made["cx"]) == {(0, 1)} and set(made["measure"]) == {(0,)}
    assert made["cx"][(0, 1)].duration == 3e-7 and made["cx"][(0, 1)].error == 0.01
    assert {"reset", "if_else", "switch_case", "delay"} <= set(made.operation_names)
    assert not {"while_loop", "break_loop"} & set(made.operation_names)


def test_a_device_of_127_qubits_all_to_all_lists_no_pairs() -> None:
    made = qiskit_target(Target(127, ("rx", "ry", "rz", "cz"), None, features=FEATURES))
    assert made.build_coupling_map() is None and list(made["cz"] or [None]) == [None]


@pytest.mark.parametrize(
    ("target", "mixed"),
    [
        (UNEVEN, True),
        (Target(3, ("rz", "cx", "cz"), ((0, 1), (1, 2))), False),
        (Target(3, ("rz", "cz"), None), False),
        (Target(3, ("u", "ecr"), ((0, 1),), gates={"ecr": {(0, 1): Figures()}}), False),
    ],
)
def test_a_device_is_mixed_where_a_pair_lacks_what_another_has(target: Target, mixed: bool) -> None:
    assert is_mixed(target) is mixed


def test_a_device_is_prepared_once() -> None:
    assert prepare(UNEVEN) is prepare(Target.from_dict(UNEVEN.as_dict()))


def test_a_target_of_qiskit_becomes_ours_with_its_figures() -> None:
    backend = GenericBackendV2(5, coupling_map=[[0, 1], [1, 0], [1, 2], [2, 3], [3, 4]], control_flow=True, seed=1)
    target = from_qiskit(backend.target, "monday", "2026-01-05T08:00:00.000000Z")
    assert target.num_qubits == 5 and target.connectivity == ((0, 1), (1, 2), (2, 3), (3, 4))
    assert set(target.native_gates) == {"cx", "id", "rz", "sx", "x"}
    assert set(target.features) == {*FEATURES} - {ASSIGNMENTS}
    assert target.supports("cx", (1, 0)) and not target.supports("cx", (2, 1))
    figures = backend.target["cx"][(0, 1)]
    assert target.figures("cx", (0, 1)) == Figures(figures.duration, figures.error)
    assert Target.from_dict(json.loads(json.dumps(target.as_dict()))) == target
    assert target.dt == backend.target.dt is not None


def test_a_target_of_qiskit_that_names_no_pairs_is_all_to_all() -> None:
    from qiskit.transpiler import Target as QiskitTarget

    theirs = QiskitTarget(num_qubits=4)
    theirs.add_instruction(XGate())
    theirs.add_instruction(RZGate(Parameter("angle")))
    ours = from_qiskit(theirs)
    assert (ours.connectivity, ours.native_gates, ours.gates) == (None, ("x", "rz"), {})
