"""A program that measures nothing, once for each basis in which its observables are to be measured."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from qiskit.circuit import ClassicalRegister, QuantumCircuit

from qcjob.circuits.program import Program, steps
from qcjob.circuits.vocabulary import qiskit_name
from qcjob.errors import InvalidProgram, ProgramError
from qcjob.observables import bases_of, measured, read_for
from qcjob.target import Target

_Gate = tuple[str, tuple[float, ...]]
_QUARTER = math.pi / 2

CHANGES: dict[str, tuple[tuple[_Gate, ...], ...]] = {
    "X": (
        (("h", ()),),
        (("ry", (-_QUARTER,)),),
        (("prx", (-_QUARTER, _QUARTER)),),
        (("rz", (_QUARTER,)), ("sx", ())),
        (("u", (_QUARTER, 0.0, math.pi)),),
    ),
    "Y": (
        (("sdg", ()), ("h", ())),
        (("rx", (_QUARTER,)),),
        (("prx", (_QUARTER, 0.0)),),
        (("sx", ()),),
        (("u", (_QUARTER, 0.0, _QUARTER)),),
    ),
    "Z": ((),),
}
"""What turns a letter's axis to Z, where qubits are read; the first way of which the device has every gate is taken."""


def observed(
    program: Program, observables: object, register: str, native_to: Target | None
) -> Iterator[tuple[str, Program]]:
    """Each basis, and the program that ends by measuring in it, into `register`, in the order of `bases`.

    `native_to`: use this device's own gates, for what is not to be compiled. Raises InvalidProgram for observables that
    do not fit the program, for one that measures by itself, and for a device that has no gate to turn with.
    """
    circuit = program.circuit
    for step in steps(program):
        if step.clbits or step.instruction.is_control_flow():
            message = "observables are measured for you, at the end: leave out measurements and what depends on them"
            raise InvalidProgram([ProgramError(*(step.place or (1, 1)), "invalid-observables", message)])
    for basis in bases_of(read_for(observables, circuit.num_qubits), circuit.num_qubits):
        yield basis, _in_basis(program, basis, register, native_to)


def _in_basis(program: Program, basis: str, register: str, native_to: Target | None) -> Program:
    circuit, qubits = QuantumCircuit(program.circuit.qubits), measured(basis)
    for qreg in program.circuit.qregs:
        circuit.add_register(qreg)
    for instruction in program.circuit.data:
        circuit.append(instruction.operation, instruction.qubits)
    for qubit in qubits:
        for name, angles in _change(basis[-1 - qubit], qubit, native_to):
            getattr(circuit, qiskit_name(name))(*angles, qubit)
    into = ClassicalRegister(len(qubits), register)
    circuit.add_register(into)
    circuit.measure(qubits, list(into))
    added = len(circuit.data) - len(program.places)
    places = [*program.places, *[program.places[-1] if program.places else (1, 1)] * added]
    return Program(circuit, program.qubits, {register: range(len(qubits))}, places, program.physical)


def _change(letter: str, qubit: int, native_to: Target | None) -> Sequence[_Gate]:
    for way in CHANGES[letter]:
        if native_to is None or all(native_to.supports(name, (qubit,)) for name, _ in way):
            return way
    message = f"to measure {letter} of qubit {qubit} takes a gate that the device has not; use the runtime optimized"
    raise InvalidProgram([ProgramError(1, 1, "unsupported-gate", message)])
