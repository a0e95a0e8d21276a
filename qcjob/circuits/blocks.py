"""Operations in order, each with its place in the source."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from qiskit.circuit import (
    Bit,
    CircuitInstruction,
    ClassicalRegister,
    Clbit,
    IfElseOp,
    QuantumCircuit,
    Qubit,
    Store,
    SwitchCaseOp,
    WhileLoopOp,
)
from qiskit.circuit.classical import expr
from qiskit.circuit.operation import Operation

from qcjob.circuits.program import Place


class Block:
    """What a body holds. A block in a block touches only the bits it uses, so that the others can go on beside it."""

    def __init__(self) -> None:
        self.instructions: list[CircuitInstruction] = []
        self.places: list[Place] = []
        self._qubits: dict[Qubit, None] = {}  # a set that keeps its order
        self._clbits: dict[Clbit, None] = {}
        self._registers: dict[ClassicalRegister, None] = {}

    def add(self, operation: Operation, qubits: Iterable[Qubit], clbits: Iterable[Clbit], place: Place) -> None:
        """One operation, behind those there are."""
        instruction = CircuitInstruction(operation, qubits, clbits)
        self.instructions.append(instruction)
        self.places.append(place)
        self._qubits.update(dict.fromkeys(instruction.qubits))
        self._clbits.update(dict.fromkeys(instruction.clbits))

    def assign(self, bit: Clbit, value: expr.Expr, place: Place) -> None:
        """A bit gets the value of a bool, which may ask bits, no registers."""
        self.instructions.append(CircuitInstruction(Store(expr.lift(bit), value), (), ()))
        self.places.append(place)
        self.reach([bit, *_asked(value)[0]])

    @property
    def clbits(self) -> Iterable[Clbit]:
        """The bits that are written or asked in it."""
        return self._clbits

    def reach(self, bits: Iterable[Bit]) -> None:
        """Makes the block touch these bits too: nothing on them may move across what it does."""
        for bit in bits:
            (self._qubits if isinstance(bit, Qubit) else self._clbits)[bit] = None

    def branch(self, condition: Any, then: Block, otherwise: Block | None, place: Place) -> None:
        """if"""
        blocks = [then] if otherwise is None else [then, otherwise]
        circuits = self._circuits(condition, blocks)
        self._control(IfElseOp(condition, *circuits), circuits[0], blocks, place)

    def loop(self, condition: Any, body: Block, place: Place) -> None:
        """while"""
        (circuit,) = self._circuits(condition, [body])
        self._control(WhileLoopOp(condition, circuit), circuit, [body], place)

    def switch(self, target: Any, cases: list[tuple[Any, Block]], place: Place) -> None:
        """switch; a case is a tuple of values, or CASE_DEFAULT, and its block."""
        blocks = [block for _, block in cases]
        circuits = self._circuits(target, blocks)
        operation = SwitchCaseOp(target, [(values, made) for (values, _), made in zip(cases, circuits, strict=True)])
        self._control(operation, circuits[0], blocks, place)

    def fill(self, circuit: QuantumCircuit) -> QuantumCircuit:
        """The circuit, with the operations of this block."""
        for instruction in self.instructions:
            circuit.append(instruction, copy=False)
        return circuit

    def _control(self, operation: Operation, circuit: QuantumCircuit, blocks: list[Block], place: Place) -> None:
        self.add(operation, circuit.qubits, circuit.clbits, place)
        for block in blocks:
            self.places.extend(block.places)

    def _circuits(self, condition: Any, blocks: list[Block]) -> list[QuantumCircuit]:
        """The blocks as circuits on the same bits: all that they, and the condition, use."""
        asked_bits, asked_registers = _asked(condition)
        registers = dict.fromkeys([*asked_registers, *(one for block in blocks for one in block._registers)])
        qubits = dict.fromkeys(qubit for block in blocks for qubit in block._qubits)
        clbits = dict.fromkeys([*asked_bits, *(bit for block in blocks for bit in block._clbits)])
        clbits.update(dict.fromkeys(bit for register in registers for bit in register))
        self._registers.update(registers)
        return [block.fill(QuantumCircuit(list(qubits), list(clbits), *registers)) for block in blocks]


def _asked(condition: Any) -> tuple[list[Clbit], list[ClassicalRegister]]:
    """The bits and registers that a condition, or the target of a switch, depends on."""
    if isinstance(condition, expr.Expr):
        found = [node.var for node in expr.iter_vars(condition)]
    else:
        found = [condition[0] if isinstance(condition, tuple) else condition]
    return [one for one in found if isinstance(one, Clbit)], [
        one for one in found if isinstance(one, ClassicalRegister)
    ]
