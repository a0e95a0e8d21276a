"""A program that was read: its circuit, and what Qiskit's circuit cannot say of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from qiskit.circuit import Bit, CircuitInstruction, QuantumCircuit

Place = tuple[int, int]
"""Line and column in the source, from 1."""


@dataclass(frozen=True, slots=True)
class Program:
    """A circuit of gates that Qiskit knows by name, without loops that can be written out.

    `qubits` and `clbits` number the circuit's, by register, in order of declaration. `places` has one for each
    operation, in order; those of an operation that holds blocks are followed by those of its blocks. `physical`: qubit
    n of the circuit is the device's qubit n, as the program asked with `$n`.
    """

    circuit: QuantumCircuit
    qubits: Mapping[str, Sequence[int]]
    clbits: Mapping[str, Sequence[int]]
    places: Sequence[Place] = field(default_factory=list)
    physical: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One operation on qubits and clbits of the whole circuit, by number."""

    instruction: CircuitInstruction
    qubits: tuple[int, ...]
    clbits: tuple[int, ...]
    place: Place | None
    in_loop: bool
    """Whether it may be done more than once."""


def steps(program: Program) -> Iterator[Step]:
    """Every operation of a program, those in blocks after the one that holds them."""
    places = iter(program.places)
    qubits = {bit: number for number, bit in enumerate(program.circuit.qubits)}
    clbits = {bit: number for number, bit in enumerate(program.circuit.clbits)}
    yield from _steps(program.circuit, qubits, clbits, places, in_loop=False)


def _steps(
    circuit: QuantumCircuit,
    qubits: Mapping[Any, int],
    clbits: Mapping[Any, int],
    places: Iterator[Place],
    *,
    in_loop: bool,
) -> Iterator[Step]:
    for instruction in circuit.data:
        on = tuple(qubits[bit] for bit in instruction.qubits)
        into = tuple(clbits[bit] for bit in instruction.clbits)
        yield Step(instruction, on, into, next(places, None), in_loop)
        if instruction.is_control_flow():
            inside = in_loop or instruction.name == "while_loop"
            for block in instruction.operation.blocks:
                numbers = _numbered(block.qubits, on), _numbered(block.clbits, into)
                yield from _steps(block, *numbers, places, in_loop=inside)


def _numbered(bits: Sequence[Bit], numbers: Sequence[int]) -> dict[Bit, int]:
    return dict(zip(bits, numbers, strict=True))
