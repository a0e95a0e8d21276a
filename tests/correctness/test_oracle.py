"""The oracles see what they are there to see: each mutant of a right answer is told from it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from qiskit.transpiler import generate_preset_pass_manager

from qcjob.circuits.build import build
from qcjob.circuits.document import to_document
from qcjob.circuits.vocabulary import gate
from qcjob.gates import GATES
from qcjob.languages.openqasm import Limits
from tests.correctness import reference
from tests.correctness.devices import DEVICES
from tests.correctness.exact import distribution, run
from tests.correctness.matrices import MATRICES
from tests.correctness.oracle import is_native, same_on, same_operator, same_outcomes

Document = dict[str, Any]

GATES_ALONE = """OPENQASM 2.0;
include "qelib1.inc";
qreg q[3];
qreg a[1];
creg b[1];
rx(0.3) q[0]; ry(0.5) q[1]; cx q[0], q[1]; rz(0.7) q[1]; cx q[2], q[0]; ry(1.1) q[2]; cz q[1], q[2]; rx(0.4) q[1];
measure a[0] -> b[0];
"""
WHAT_THEY_ARE = [
    *(["rx", [0], [0.3]], ["ry", [1], [0.5]], ["cx", [0, 1], []], ["rz", [1], [0.7]], ["cx", [2, 0], []]),
    *(["ry", [2], [1.1]], ["cz", [1, 2], []], ["rx", [1], [0.4]]),
]
MEASURED = """OPENQASM 2.0;
include "qelib1.inc";
qreg q[3];
creg c[2];
creg d[1];
rx(0.3) q[0]; ry(1.2) q[1]; cx q[0], q[2]; ry(0.9) q[2];
measure q[0] -> c[0]; measure q[1] -> c[1]; measure q[2] -> d[0];
"""
AS_MEASURED = [
    *(["rx", [0], [0.3]], ["ry", [1], [1.2]], ["cx", [0, 2], []], ["ry", [2], [0.9]]),
    *(["measure", [0], [], [0]], ["measure", [1], [], [1]], ["measure", [2], [], [2]]),
]


def built(source: str, device: str = "line", level: int = 2) -> Document:
    return build(source, "openqasm2", "optimized", DEVICES[device], Limits(), level).compiled


def drop(place: int) -> Callable[[Document], None]:
    return lambda document: document["ops"].pop(place)


def swap_layout(document: Document) -> None:
    wires = document["final_layout"]["q"]
    wires[0], wires[1] = wires[1], wires[0]


def wrong_sign(document: Document) -> None:
    turn = next(op for op in document["ops"] if op[2] and abs(np.sin(op[2][0] / 2)) > 0.1)
    turn[2][0] = -turn[2][0]


def turn_round(document: Document) -> None:
    pair = next(op for op in document["ops"] if op[0] == "cx")
    pair[1].reverse()


def wrong_pair(document: Document) -> None:
    for op in document["ops"]:
        op[1] = [{0: 1, 1: 0}.get(wire, wire) for wire in op[1]]


def measured_elsewhere(document: Document) -> None:
    first, second = [op for op in document["ops"] if op[0] == "measure"][:2]
    first[1], second[1] = second[1], first[1]


def bits_reversed(document: Document) -> None:
    for op in document["ops"]:
        if op[0] == "measure":
            op[3] = [document["clbits"] - 1 - op[3][0]]


def registers_swapped(document: Document) -> None:
    """d before c, though c was declared first."""
    for op in document["ops"]:
        if op[0] == "measure":
            op[3] = [{0: 1, 1: 2, 2: 0}[op[3][0]]]


@pytest.mark.parametrize("name", GATES)
def test_the_matrices_of_this_suite_are_those_of_the_gates(name: str) -> None:
    qubits, angles = GATES[name]
    turns = [0.3 + 0.4 * number for number in range(angles)]
    axes = [*reversed(range(qubits)), *reversed(range(qubits, 2 * qubits))]
    theirs = gate(name, turns).to_matrix().reshape((2,) * (2 * qubits)).transpose(axes).reshape((2**qubits,) * 2)
    assert np.allclose(MATRICES[name](*turns), theirs)


@pytest.mark.parametrize("device", DEVICES)
def test_a_right_answer_passes_every_oracle(device: str) -> None:
    document = built(GATES_ALONE, device)
    assert same_operator(document, WHAT_THEY_ARE, 3) and is_native(document, DEVICES[device])
    assert same_outcomes(built(MEASURED, device), distribution(AS_MEASURED, 3, 3))


@pytest.mark.parametrize("mutant", [swap_layout, wrong_sign, turn_round, wrong_pair])
def test_a_mutant_of_the_gates_is_another_operator(mutant: Callable[[Document], Any]) -> None:
    document = built(GATES_ALONE)
    mutant(document)
    assert not same_operator(document, WHAT_THEY_ARE, 3)
    random = np.random.default_rng(1).normal(size=(2, 2, 2, 2))
    state = (random[0] + 1j * random[1]) / np.linalg.norm(random)
    assert not same_on(document, WHAT_THEY_ARE, state)


@pytest.mark.parametrize("level", [0, 2])
@pytest.mark.parametrize("device", ["line", "all-to-all", "mixed"])
def test_no_gate_can_be_dropped_unseen(device: str, level: int) -> None:
    document = built(GATES_ALONE, device, level)
    assert document["qubits"] == 4, "a gate on a wire that is nobody's, and in 0, may be nothing"
    for place, op in enumerate(document["ops"]):
        if op[0] in ("measure", "barrier") or (op[2] and abs(np.sin(op[2][0] / 2)) < 1e-6):
            continue  # a turn of nothing is nothing
        mutant = copy.deepcopy(document)
        drop(place)(mutant)
        assert not same_operator(mutant, WHAT_THEY_ARE, 3), op


@pytest.mark.parametrize("mutant", [bits_reversed, registers_swapped, wrong_sign, measured_elsewhere])
def test_a_mutant_of_what_is_measured_has_other_outcomes(mutant: Callable[[Document], Any]) -> None:
    document = built(MEASURED)
    if mutant is wrong_sign:  # of ry(1.2), as ry(1.2 + pi/2): alone in front of a measurement the sign is nothing
        document["ops"].insert(0, ["ry", [document["qubit_registers"]["q"][1]], [np.pi / 2]])
    mutant(document)
    assert not same_outcomes(document, distribution(AS_MEASURED, 3, 3))


SHADOWED = "OPENQASM 2.0; gate x a { U(0.4, 0, 0) a; } qreg q[1]; creg c[1]; x q[0]; measure q[0] -> c[0];"
WHAT_IT_IS = [["ry", [0], [0.4]], ["measure", [0], [], [0]]]


def test_a_gate_under_a_standard_name_that_is_not_renamed_has_other_outcomes() -> None:
    wanted = distribution(WHAT_IT_IS, 1, 1)
    assert same_outcomes(built(SHADOWED), wanted)
    as_qiskit_has_it = generate_preset_pass_manager(2, basis_gates=["rz", "sx", "x", "cx"]).run(
        reference.read(SHADOWED)
    )
    assert not same_outcomes(to_document(as_qiskit_has_it), wanted)


def test_a_gate_the_device_has_not_is_seen() -> None:
    document = built(GATES_ALONE)
    document["ops"].insert(0, ["h", [0], []])
    assert not is_native(document, DEVICES["line"])


def test_the_exact_simulator_follows_loops_and_choices() -> None:
    coin = [["h", [0], []], ["measure", [0], [], [0]]]
    again = ["while", ["not", ["clbit", 0]], coin]
    assert distribution([again, ["x", [0], []], ["measure", [0], [], [1]]], 1, 2) == pytest.approx({"01": 1.0})
    three = [*coin, ["if", ["clbit", 0], [["x", [1], []]], [["h", [1], []]]], ["measure", [1], [], [1]]]
    assert distribution(three, 2, 2) == pytest.approx({"11": 0.5, "00": 0.25, "10": 0.25})
    leaving = ["while", ["lit", True, "bool"], [*coin, ["if", ["clbit", 0], [["break"]], []]]]
    assert distribution([leaving], 1, 1) == pytest.approx({"1": 1.0})
    assert run([], []) == []
