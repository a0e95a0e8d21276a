"""OpenQASM 2 to a circuit: Qiskit's reader, its errors as ours, and the place of each operation.

Qiskit's circuit does not say where in the source an operation stood. But its operations are those of the statements in
order, so many for each as the registers it names have qubits; that is how places are found.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from qiskit.circuit import ControlFlowOp, Delay, QuantumCircuit, Qubit

from qcjob.circuits.blocks import Block
from qcjob.circuits.openqasm2_errors import Loading, refused
from qcjob.circuits.program import Place, Program
from qcjob.circuits.qiskit_errors import told
from qcjob.circuits.vocabulary import respelled
from qcjob.errors import InvalidProgram, ProgramError
from qcjob.languages.openqasm import Scan
from qcjob.languages.openqasm.tokens import MOST_SECONDS


def read_openqasm2(scan: Scan, limit: int, dt: float | None = None) -> Program:
    """The circuit of a program; `dt` are the seconds of the device's unit of time.

    `limit` is how many operations the library's u0(n), n times the identity, may be written out to.

    Raises InvalidProgram with all that Qiskit's reader does not take, and its own.
    """
    loading = Loading(scan)
    circuit, errors = loading.circuit, loading.errors
    block = Block()
    written = _Written(scan.gate_prefix, limit, dt)
    gone = {statement.first for statement in loading.without}
    places = _places(scan, circuit, gone) if circuit.data else ()
    for instruction, place in zip(circuit.data, places, strict=True):
        try:
            _add(instruction, place, block, written)
        except InvalidProgram as wrong:
            for error in wrong.errors:
                errors.setdefault(place, error)
    if errors:
        raise InvalidProgram(refused(errors))
    made = block.fill(circuit.copy_empty_like())
    own = {scan.gate_prefix + name: name for name in scan.registers}
    return Program(
        made,
        {
            own.get(register.name, register.name): [made.find_bit(bit).index for bit in register]
            for register in made.qregs
        },
        {
            own.get(register.name, register.name): [made.find_bit(bit).index for bit in register]
            for register in made.cregs
        },
        block.places,
    )


def _add(instruction: Any, place: Place, block: Block, written: _Written) -> None:
    operation = instruction.operation
    if not isinstance(operation, ControlFlowOp):
        written.add(instruction, list(instruction.qubits), block, place)
        return
    (body,) = operation.blocks
    outer = dict(zip(body.qubits, instruction.qubits, strict=True))
    then = Block()
    for inner in body.data:
        written.add(inner, [outer[qubit] for qubit in inner.qubits], then, place)
    register, value = operation.condition
    if value < 1 << len(register):  # any other value it never has
        block.branch(operation.condition, then, None, place)


_SAY_NOTHING = frozenset({"OPENQASM", "include", "qreg", "creg", "gate", "opaque"})


def _places(scan: Scan, circuit: QuantumCircuit, gone: set[int]) -> Iterator[Place]:
    """The place of the statement behind each operation of the circuit; those that begin at `gone` tokens made none."""
    sizes = {
        register.name.removeprefix(scan.gate_prefix): register.size for register in (*circuit.qregs, *circuit.cregs)
    }
    for statement in scan.statements:
        texts = scan.tokens.texts[statement.first : statement.last]
        if statement.parent is None and statement.first not in gone and texts and texts[0] not in _SAY_NOTHING:
            place = scan.place(scan.tokens.starts[statement.first])
            yield from [place] * _times(texts, sizes, circuit.num_qubits)


def _times(texts: list[str], sizes: Mapping[str, int], num_qubits: int) -> int:
    """How many operations a statement is: as many as the registers it names as a whole have bits, else one; none where
    one of them is empty.
    """
    if texts[0] == "if":
        texts = texts[texts.index(")") + 1 :]
    depth = 0
    whole = []
    members = 0
    for text, behind in pairwise([*texts[1:], ""]):
        depth += (text == "(") - (text == ")")
        if not depth and text in sizes:
            if behind == "[":
                members += 1
            else:
                whole.append(sizes[text])
    if texts[0] == "barrier":
        return int(bool(members or any(whole) or (not whole and num_qubits)))
    return 0 if 0 in whole else max(whole, default=1)


class _Written:
    """Operations with the program's own gates written out: Qiskit takes a gate for the one its name says."""

    def __init__(self, prefix: str, limit: int, dt: float | None) -> None:
        self._prefix, self._left, self._dt = prefix, limit, dt
        self._definitions: dict[tuple[Any, ...], QuantumCircuit | None] = {}
        self._told: set[str] = set()
        """The gates without a definition that were told of."""

    def add(self, instruction: Any, qubits: list[Qubit], block: Block, place: Place) -> None:
        """One operation, or those it is defined by. Raises InvalidProgram for a gate that has no definition."""
        if instruction.is_standard_gate() or instruction.name in ("measure", "reset", "barrier"):
            if not all(math.isfinite(angle) for angle in instruction.params):
                raise _refused(place, "infinite-parameter", "a parameter is not finite")
            block.add(respelled(instruction.operation), qubits, instruction.clbits, place)
            return
        operation = instruction.operation
        if isinstance(operation, Delay):
            block.add(self._wait(operation, place), qubits, (), place)
            return
        if instruction.name == "u0":
            self._left -= int(instruction.params[0])
            if self._left < 0:
                raise _refused(place, "too-many-operations", "written out, u0 is more operations than are allowed")
        key = (instruction.name, *instruction.params)
        if key not in self._definitions:
            self._definitions[key] = _definition(operation, place)
        definition = self._definitions[key]
        if definition is None:
            if operation.name in self._told:
                return
            self._told.add(operation.name)
            name = instruction.name.removeprefix(self._prefix)
            raise _refused(place, "unsupported", f"{name} is opaque: nobody says what it does; define it with `gate`")
        outer = dict(zip(definition.qubits, qubits, strict=True))
        for inner in definition.data:
            self.add(inner, [outer[qubit] for qubit in inner.qubits], block, place)

    def _wait(self, operation: Delay, place: Place) -> Delay:
        if self._dt is None:
            raise _refused(place, "unsupported", "delay is in dt, which this device does not have; leave it out")
        seconds = float(operation.duration) * self._dt
        if not 0 <= seconds <= MOST_SECONDS:
            raise _refused(
                place, "infinite-parameter", f"a delay of {seconds:g} s: 0 to {MOST_SECONDS:,} s are allowed"
            )
        return Delay(seconds, "s")


def _definition(operation: Any, place: Place) -> QuantumCircuit | None:
    try:
        definition: QuantumCircuit | None = operation.definition
    except Exception as error:  # a parameter for which the body has no value
        _, _, code, message = told(error)
        raise _refused(place, code, message) from error
    return definition


def _refused(place: Place, code: str, message: str) -> InvalidProgram:
    return InvalidProgram([ProgramError(*place, code, message)])
