"""A source in OpenQASM as a circuit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qcjob.bindings import check_names
from qcjob.circuits.openqasm2 import read_openqasm2
from qcjob.circuits.openqasm3 import read_openqasm3
from qcjob.circuits.pieces import left_out, names_in, pieces
from qcjob.circuits.program import Program
from qcjob.errors import InvalidProgram, ProgramError
from qcjob.languages.openqasm import Limits, Scan, in_own_words, rename_gates, source_place, survey


def read(
    source: str,
    language: str,
    limits: Limits,
    num_qubits: int,
    inputs: Mapping[str, Any] | None = None,
    dt: float | None = None,
) -> Program:
    """The circuit of a program for a device of `num_qubits`. `language` is openqasm2 or openqasm3.

    `inputs` are the values of an OpenQASM 3 program's inputs: numbers, or sums (openqasm3.sums); `dt` are the seconds
    of the device's unit of time, where it has one.

    Raises InvalidProgram with every fault that can be told, lines and columns those of `source`; ProgramTooLong.
    """
    scanned = survey(source, language, limits, num_qubits)
    num_qubits = max(num_qubits, scanned.num_qubits)
    if language == "openqasm2":
        check_names(inputs or (), ())
        return read_openqasm2(scanned, limits.operations, dt)
    without = left_out(scanned)
    text = rename_gates(scanned, without)
    lost = {name for statement in without for name in names_in(scanned, statement)}
    errors = {(error.line, error.column): error for error in scanned.errors.values()}
    try:
        program = read_openqasm3(
            text,
            limits,
            num_qubits,
            inputs,
            dt,
            lost=lost,
            gate_prefix=scanned.gate_prefix,
            pieces=lambda: pieces(scanned, text, without),
        )
    except InvalidProgram as refused:
        for error in (_as_written(scanned, error) for error in refused.errors):
            errors.setdefault((error.line, error.column), error)
        raise InvalidProgram([errors[place] for place in sorted(errors)]) from refused
    if errors:
        raise InvalidProgram(list(errors.values()))
    return _mended(scanned, program)


def _as_written(scanned: Scan, error: ProgramError) -> ProgramError:
    """An error in the program with its gates renamed, as one in the program as it was sent."""
    place = source_place(scanned, error.line, error.column)
    return ProgramError(*place, error.code, in_own_words(scanned, error.message))


def _mended(scanned: Scan, program: Program) -> Program:
    """The program with the places of the source."""
    if not scanned.named:
        return program
    places = {place: source_place(scanned, *place) for place in set(program.places)}
    return Program(
        program.circuit, program.qubits, program.clbits, [places[place] for place in program.places], program.physical
    )
