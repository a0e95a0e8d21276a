"""The numpy engine: what each gate does, and programs that part where something is measured."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from qcjob.errors import Rejected
from qcjob.gates import GATES
from workers.drivers.classical import evaluate
from workers.drivers.matrices import MATRICES
from workers.drivers.operations import split_last
from workers.drivers.statevector import memory_of, sample

ANGLES = (0.3, 0.7, -1.1, 0.4)


def measure(qubit: int, clbit: int) -> list[Any]:
    return ["measure", [qubit], [], [clbit]]


def counts(qubits: int, clbits: int, *ops: list[Any], shots: int = 10_000, flip: float = 0.0) -> dict[str, int]:
    compiled = {"format": 2, "qubits": qubits, "clbits": clbits, "registers": {}, "layout": [], "ops": list(ops)}
    return sample(compiled, shots, 5, flip=flip, max_qubits=8)


def test_every_gate_that_has_a_name_has_a_matrix_of_its_size_that_keeps_lengths() -> None:
    assert set(MATRICES) == set(GATES)
    for name, (qubits, angles) in GATES.items():
        matrix = MATRICES[name](*ANGLES[:angles])
        assert matrix.shape == (2**qubits, 2**qubits)
        assert np.allclose(matrix @ matrix.conj().T, np.eye(2**qubits)), name


@pytest.mark.parametrize("name", GATES)
def test_a_gate_does_what_qiskits_gate_of_that_name_does(name: str) -> None:
    pytest.importorskip("qiskit")
    from qiskit import QuantumCircuit
    from qiskit.quantum_info import Operator

    from qcjob.circuits.vocabulary import gate

    qubits, angles = GATES[name]
    circuit = QuantumCircuit(qubits)
    circuit.append(gate(name, ANGLES[:angles]), range(qubits)[::-1])  # Qiskit's qubit 0 is the lowest bit
    assert np.allclose(Operator(circuit).data, MATRICES[name](*ANGLES[:angles]))


@pytest.mark.parametrize("on", [[0, 1, 2], [2, 0, 1], [3, 1, 0]])
def test_controls_come_first_wherever_the_qubits_lie(on: list[int]) -> None:
    every = [measure(qubit, qubit) for qubit in range(4)]
    first, second, target = on
    both = {f"{1 << first | 1 << second | 1 << target:04b}": 10_000}
    assert counts(4, 4, ["x", [first], []], ["x", [second], []], ["ccx", on, []], *every) == both
    assert counts(4, 4, ["x", [target], []], ["ccx", on, []], *every) == {f"{1 << target:04b}": 10_000}


def test_what_was_measured_does_not_change_by_being_measured_again() -> None:
    seen = counts(1, 3, ["h", [0], []], measure(0, 2), measure(0, 1), ["x", [0], []], measure(0, 0))
    assert set(seen) == {"001", "110"}
    assert seen["001"] == pytest.approx(5_000, abs=250)


def test_the_other_half_of_a_pair_knows_what_was_measured() -> None:
    seen = counts(2, 2, ["ry", [0], [1.0]], ["cx", [0, 1], []], measure(0, 0), ["h", [0], []], measure(1, 1))
    assert set(seen) == {"00", "11"}
    assert seen["11"] == pytest.approx(10_000 * math.sin(0.5) ** 2, abs=250)


def test_a_reset_qubit_is_0_and_leaves_the_others_as_they_are() -> None:
    seen = counts(2, 2, ["h", [0], []], ["cx", [0, 1], []], ["reset", [0], []], measure(0, 0), measure(1, 1))
    assert set(seen) == {"00", "10"}
    assert seen["10"] == pytest.approx(5_000, abs=250)


def test_the_last_of_two_measurements_into_a_clbit_is_read() -> None:
    assert counts(2, 1, ["x", [0], []], measure(0, 0), measure(1, 0)) == {"0": 10_000}


def test_a_bit_read_wrong_is_wrong_for_who_chooses_by_it_and_the_qubit_is_not() -> None:
    seen = counts(
        2, 3, ["x", [0], []], measure(0, 0), ["if", ["clbit", 0], [["x", [1], []]], []], measure(1, 1), flip=0.1
    )
    expected = {"011": 8_100, "001": 900, "000": 900, "010": 100}
    assert seen == pytest.approx(expected, abs=200)


def test_control_flow_goes_where_the_bits_say() -> None:
    register = ["creg", [0, 1]]
    flips = [["x", [0], []], measure(0, 0)]
    assert counts(1, 2, *flips, ["if", ["not", ["clbit", 0]], [], [["x", [0], []]]], measure(0, 0)) == {"00": 10_000}
    for value, key in ((1, "101"), (2, "001")):
        cases = [[[3, value], [["x", [1], []]]], ["default", [["id", [1], []]]]]
        assert counts(2, 3, *flips, ["switch", register, cases], measure(1, 2)) == {key: 10_000}


def test_a_loop_ends_when_its_condition_does_and_break_and_continue_leave_it() -> None:
    again = [["h", [0], []], measure(0, 0)]
    assert counts(1, 1, ["x", [0], []], measure(0, 0), ["while", ["clbit", 0], again]) == {"0": 10_000}
    always, left = ["lit", True, "bool"], ["if", ["clbit", 0], [["break"]], []]
    seen = counts(1, 2, ["while", always, [*again, left, ["continue"], ["x", [0], []], measure(0, 1)]])
    assert seen == {"01": 10_000}
    inner = ["while", always, [["break"]]]
    assert counts(1, 1, ["while", always, [inner, *again, left]], ["x", [0], []], measure(0, 0)) == {"0": 10_000}


def test_numbers_are_worked_out_at_their_width() -> None:
    bits = 0b1101
    low, high = ["creg", [0, 1]], ["creg", [2, 3]]  # 1 and 3
    for expression, value in (
        (["add", low, high], 0),
        (["sub", low, high], 2),
        (["mul", high, high], 1),
        (["div", high, low], 3),
        (["bit_not", low], 2),
        (["bit_not", ["clbit", 0]], 0),
        (["bit_xor", low, high], 2),
        (["shift_left", high, ["lit", 1, ["uint", 8]]], 2),
        (["shift_left", high, ["lit", 2**70, ["uint", 80]]], 0),
        (["shift_right", high, ["lit", 1, ["uint", 8]]], 1),
        (["index", high, low], 1),
        (["index", low, high], 0),
        (["less", low, high], 1),
        (["greater_equal", low, high], 0),
        (["cast", "bool", high], 1),
        (["cast", ["uint", 1], high], 1),
        (["and", ["clbit", 0], ["not", ["clbit", 1]]], 1),
    ):
        assert evaluate(expression, bits) == value, expression


@pytest.mark.parametrize("expression", [["div", ["creg", [0]], ["creg", [1]]], ["pow", ["clbit", 0], ["clbit", 0]], []])
def test_what_cannot_be_worked_out_is_rejected(expression: list[Any]) -> None:
    with pytest.raises(Rejected):
        evaluate(expression, 0b01)


def test_only_measurements_that_nothing_depends_on_are_put_off_to_the_end() -> None:
    first, second, third = measure(0, 0), measure(1, 1), measure(2, 0)
    assert split_last([first, second, third]) == ([first], {1: 1, 0: 2})
    assert split_last([first, ["barrier", [0], []], second]) == ([["barrier", [0], []]], {0: 0, 1: 1})
    choice = ["if", ["clbit", 0], [], []]
    assert split_last([first, choice, second]) == ([first, choice], {1: 1})


def test_memory_has_every_shot_of_the_counts_in_an_order_of_the_seeds() -> None:
    seen = {"00": 70, "11": 30}
    memory = memory_of(seen, 3)
    assert {key: memory.count(key) for key in seen} == seen
    assert memory == memory_of(seen, 3) != memory_of(seen, 4)
    assert 10 < memory[:50].count("11") < 20
