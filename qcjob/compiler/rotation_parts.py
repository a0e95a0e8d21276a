"""A rotation program as several circuits: for each binding of its parameters, in each basis of its observables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from qcjob.bindings import Binding, check_names, check_parts
from qcjob.compiler import compile_program
from qcjob.compiler.parts import several
from qcjob.errors import InvalidProgram, ProgramError
from qcjob.languages import Program, Rotation
from qcjob.languages.rotations import MAX_DEGREES
from qcjob.observables import bases_of, read_for
from qcjob.target import Target

_TURNS: Mapping[str, tuple[tuple[str, float], ...]] = {"X": (("Y", -90.0),), "Y": (("X", 90.0),), "Z": ()}
"""The rotation that turns a letter's axis to Z, where the qubit is read."""


def compile_parts(
    program: Program,
    runtime: str,
    target: Target,
    *,
    observables: Sequence[Any] | None = None,
    bindings: Sequence[Binding] | None = None,
    named: Mapping[int, str] | None = None,
    most_operations: int,
) -> dict[str, Any]:
    """The program as `runtime` runs it on `target`: format 3. `named`: the parameter, by the number of its rotation.

    Every binding has circuits of its own: they are fused in microseconds, and fused angles are no sums. Raises
    InvalidProgram as `compile_program` does, for observables that are not of one qubit, for names that are not the
    program's, and for more rotations in all than `most_operations`.
    """
    bases = () if observables is None else bases_of(read_for(observables, program.num_qubits), program.num_qubits)
    if bindings is not None:
        check_names(bindings[0], (named or {}).values())
        check_parts(len(bindings), len(bases) or 1)
    total = len(program.rotations) * len(bindings or (0,)) * len(bases or (0,))
    if total > most_operations:
        message = f"its circuits have {total:,} rotations in all; {most_operations:,} are allowed"
        raise InvalidProgram([ProgramError(1, 1, "too-many-operations", message)])
    circuits: list[dict[str, Any]] = []
    parts: list[dict[str, Any]] = []
    for number, binding in enumerate(bindings or (None,)):
        bound = program if binding is None else _bound(program, number, binding, named or {})
        for basis in bases or (None,):
            said = {"circuit": len(circuits), "binding": binding, "basis": basis}
            parts.append({name: value for name, value in said.items() if value is not None})
            circuits.append(compile_program(bound if basis is None else _turned(bound, basis), runtime, target))
    return several(circuits, parts)


def _bound(program: Program, number: int, binding: Binding, named: Mapping[int, str]) -> Program:
    rotations = list(program.rotations)
    errors = []
    for at, name in named.items():
        rotation = rotations[at] = replace(rotations[at], degrees=float(binding[name]))
        if abs(rotation.degrees) > MAX_DEGREES:
            said = f"binding {number}: {name} = {rotation.degrees:g} degrees is out of range"
            message = f"{said}: at most {MAX_DEGREES} in size"
            errors.append(ProgramError(rotation.line, rotation.column, "angle-out-of-range", message))
    if errors:
        raise InvalidProgram(errors)
    return replace(program, rotations=tuple(rotations))


def _turned(program: Program, basis: str) -> Program:
    last = program.rotations[-1]
    turns = tuple(Rotation(axis, degrees, last.line, last.column) for axis, degrees in _TURNS[basis])  # type: ignore[arg-type]
    return replace(program, rotations=(*program.rotations, *turns))
