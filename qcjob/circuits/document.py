"""A circuit as a compiled program, formats 1 and 2 (docs/drivers.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qiskit.circuit import BreakLoopOp, ContinueLoopOp, Delay, IfElseOp, QuantumCircuit, Store, SwitchCaseOp
from qiskit.circuit import WhileLoopOp as WhileOp
from qiskit.circuit.controlflow import CASE_DEFAULT

from qcjob.circuits.conditions import NotExpressible, to_lists
from qcjob.circuits.openqasm3.sums import as_sum
from qcjob.circuits.operations import BLOCKS, walk, wires_of
from qcjob.circuits.playback import to_circuit
from qcjob.circuits.vocabulary import our_name
from qcjob.gates import GATES

__all__ = ["NotExpressible", "to_circuit", "to_document"]

Registers = Mapping[str, Sequence[int]]
"""name: the indexes of its bits, bit 0 first"""

SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9, "ps": 1e-12}
"""The units of a delay."""


def to_document(
    circuit: QuantumCircuit,
    registers: Registers | None = None,
    starts: Registers | None = None,
    ends: Registers | None = None,
) -> dict[str, Any]:
    """The compiled program of a circuit whose qubits are the device's and whose gates are of GATES.

    `registers` number the circuit's clbits, default its own; `starts` and `ends` say for each of the program's qubit
    registers at which of the circuit's qubits its qubits are before and after, default its own. The circuit's global
    phase is left out: nothing that is measured depends on it. Raises NotExpressible for an operation without a name in
    GATES and for classical variables.
    """
    ops = _operations(circuit, range(circuit.num_qubits), {bit: i for i, bit in enumerate(circuit.clbits)})
    wires = {qubit: wire for wire, qubit in enumerate(sorted({qubit for op in walk(ops) for qubit in wires_of(op)}))}
    own = {register.name: [circuit.find_bit(bit).index for bit in register] for register in circuit.qregs}
    classical = {register.name: [circuit.find_bit(bit).index for bit in register] for register in circuit.cregs}
    starts = own if starts is None else starts
    ops = _on_wires(ops, wires)
    return {
        "format": 2 if any(op[0] in BLOCKS or op[0] == "assign" for op in ops) else 1,
        "qubits": len(wires),
        "clbits": circuit.num_clbits,
        "registers": {name: list(bits) for name, bits in (classical if registers is None else registers).items()},
        "layout": list(wires),
        "qubit_registers": _placed(starts, wires),
        "final_layout": _placed(starts if ends is None else ends, wires),
        "ops": ops,
    }


def _operations(circuit: QuantumCircuit, qubits: Sequence[int], clbits: Mapping[Any, int]) -> list[list[Any]]:
    """The operations of a circuit or block, on the qubits and clbits of the whole circuit."""
    number = dict(zip(circuit.qubits, qubits, strict=True))
    ops: list[list[Any]] = []
    for instruction in circuit.data:
        on = [number[qubit] for qubit in instruction.qubits]
        name = our_name(instruction.name)
        if name in GATES:
            ops.append([name, on, [as_sum(angle) for angle in instruction.params]])
        elif name == "measure":
            ops.append(["measure", on, [], [clbits[instruction.clbits[0]]]])
        elif name in ("reset", "barrier"):
            ops.append([name, on, []])
        else:
            into = [clbits[bit] for bit in instruction.clbits]
            ops.append(_other(instruction.operation, on, into, clbits))
    return ops


def _other(operation: Any, on: list[int], into: list[int], clbits: Mapping[Any, int]) -> list[Any]:
    """What is neither gate nor measurement; made of Qiskit's operation, which takes time to ask for."""
    blocks = [
        _operations(block, on, dict(zip(block.clbits, into, strict=True))) for block in getattr(operation, "blocks", ())
    ]
    if isinstance(operation, Delay) and operation.unit in SECONDS:
        return ["delay", on, [float(operation.duration) * SECONDS[operation.unit]]]
    if isinstance(operation, BreakLoopOp | ContinueLoopOp):
        return ["break" if isinstance(operation, BreakLoopOp) else "continue"]
    if isinstance(operation, Store):
        return ["assign", [], [], to_lists(operation.lvalue, clbits)[1:], to_lists(operation.rvalue, clbits)]
    if isinstance(operation, IfElseOp):
        return ["if", to_lists(operation.condition, clbits), blocks[0], blocks[1] if len(blocks) > 1 else []]
    if isinstance(operation, WhileOp):
        return ["while", to_lists(operation.condition, clbits), blocks[0]]
    if isinstance(operation, SwitchCaseOp):
        values = [
            ["default" if value is CASE_DEFAULT else int(value) for value in case]
            for case, _ in operation.cases_specifier()
        ]
        cases = [["default" if "default" in case else case, block] for case, block in zip(values, blocks, strict=True)]
        return ["switch", to_lists(operation.target, clbits), cases]
    raise NotExpressible(f"the operation {operation.name!r}")


def _on_wires(ops: list[list[Any]], wires: Mapping[int, int]) -> list[list[Any]]:
    """The same on wires; a barrier keeps those of its qubits that are used, and goes when none is."""
    moved: list[list[Any]] = []
    for op in ops:
        if op[0] == "switch":
            moved.append(["switch", op[1], [[case, _on_wires(block, wires)] for case, block in op[2]]])
        elif op[0] in BLOCKS:
            moved.append([*op[:2], *(_on_wires(block, wires) for block in op[2:])])
        elif op[0] in ("break", "continue", "assign"):
            moved.append(op)
        elif on := [wires[qubit] for qubit in op[1] if qubit in wires]:
            moved.append([op[0], on, *op[2:]])
    return moved


def _placed(registers: Registers, wires: Mapping[int, int]) -> dict[str, list[int | None]]:
    return {name: [wires.get(qubit) for qubit in qubits] for name, qubits in registers.items()}
