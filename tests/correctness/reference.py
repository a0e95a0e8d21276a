"""Programs read by somebody else: Qiskit's readers on the text as it was sent, and its matrices.

Neither qcjob's own reader of OpenQASM 3 nor its renaming is asked; what these readers cannot read, or read wrongly, has
what is expected of it written at its head.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import openqasm3
import qiskit_qasm3_import
from qiskit import qasm2
from qiskit.circuit import (
    ClassicalRegister,
    Clbit,
    ControlFlowOp,
    ForLoopOp,
    Gate,
    IfElseOp,
    QuantumCircuit,
    WhileLoopOp,
)
from qiskit.quantum_info import Operator

from tests.correctness.exact import distribution


def read(source: str) -> QuantumCircuit:
    """The circuit as Qiskit alone reads the text. Raises whatever its readers do for what they cannot read."""
    if "OPENQASM 2" in source:
        return qasm2.loads(source, include_path=(), custom_instructions=qasm2.LEGACY_CUSTOM_INSTRUCTIONS)
    return qiskit_qasm3_import.convert(openqasm3.parse(source))


def expected(circuit: QuantumCircuit) -> dict[str, float]:
    """The exact distribution over all of a circuit's clbits."""
    bits = {bit: number for number, bit in enumerate(circuit.clbits)}
    qubits = {bit: number for number, bit in enumerate(circuit.qubits)}
    ops = operations(circuit, qubits, bits)
    clbits = circuit.num_clbits
    if not any(op[0] == "measure" for op in _flat(ops)):
        ops += [["measure", [qubit], [], [clbits + qubit]] for qubit in range(circuit.num_qubits)]
        clbits += circuit.num_qubits
    return distribution(ops, circuit.num_qubits, clbits)


def operations(circuit: QuantumCircuit, qubits: Mapping[Any, int], bits: Mapping[Any, int]) -> list[Any]:
    """The circuit as the exact simulator takes it, every gate as Qiskit's matrix of it."""
    ops: list[Any] = []
    for instruction in circuit.data:
        operation = instruction.operation
        on = [qubits[qubit] for qubit in instruction.qubits]
        into = [bits[bit] for bit in instruction.clbits]
        if isinstance(operation, ForLoopOp):
            values, parameter, body = operation.params
            for value in values:
                bound = body if parameter is None else body.assign_parameters({parameter: value}, strict=False)
                ops += _block(bound, on, into)
        elif isinstance(operation, ControlFlowOp):
            blocks = [_block(block, on, into) for block in operation.blocks]
            if isinstance(operation, IfElseOp):
                ops.append(["if", _asked(operation.condition, bits), blocks[0], blocks[1] if blocks[1:] else []])
            else:
                assert isinstance(operation, WhileLoopOp), operation
                ops.append(["while", _asked(operation.condition, bits), blocks[0]])
        elif operation.name in ("break_loop", "continue_loop"):
            ops.append([operation.name.removesuffix("_loop")])
        elif operation.name in ("measure", "reset", "barrier", "delay"):
            ops.append([operation.name, on, [], into])
        else:
            assert isinstance(operation, Gate), operation
            ops.append(["matrix", on, [], _first_qubit_first(np.asarray(Operator(operation).data))])
    return ops


def _block(block: QuantumCircuit, on: list[int], into: list[int]) -> list[Any]:
    return operations(block, dict(zip(block.qubits, on, strict=True)), dict(zip(block.clbits, into, strict=True)))


def _asked(condition: Any, bits: Mapping[Any, int]) -> Any:
    what, value = condition
    if isinstance(what, Clbit):
        return ["clbit", bits[what]] if value else ["not", ["clbit", bits[what]]]
    assert isinstance(what, ClassicalRegister)
    return ["equal", ["creg", [bits[bit] for bit in what]], ["lit", int(value), ["uint", 64]]]


def _first_qubit_first(matrix: np.ndarray) -> np.ndarray:
    """Qiskit's last qubit is its first factor."""
    size = int(np.log2(len(matrix)))
    axes = [*reversed(range(size)), *reversed(range(size, 2 * size))]
    return matrix.reshape((2,) * (2 * size)).transpose(axes).reshape(matrix.shape)


def _flat(ops: list[Any]) -> list[Any]:
    inner = [block for op in ops if op[0] in ("if", "while") for block in op[2:]]
    return [*ops, *(one for block in inner for one in _flat(block))]
