"""One compile for all bindings where that can be, one for each where it cannot."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qiskit.exceptions import QiskitError

from qcjob.circuits.openqasm3.sums import NotLinear, Sum
from qcjob.compiler.parts import several
from qcjob.errors import InvalidProgram, ProgramError


@dataclass(frozen=True, slots=True)
class Made:
    """The circuits of one reading of a program: one, or one for each basis of its observables."""

    circuits: Sequence[Mapping[str, Any]]
    bases: Sequence[str]
    implicit_measurement: bool


Make = Callable[[Mapping[str, Any] | None], Made]
"""From the values of the program's inputs, numbers or sums, None where it has none, to its circuits."""


def swept(
    make: Make, bindings: Sequence[Mapping[str, float]] | None, most_operations: int
) -> tuple[Made, Mapping[str, Any]]:
    """What one reading gave, and the program of all bindings; the one circuit itself where there is nothing to vary.

    With bindings the program is first compiled with its inputs left open. Where one of its angles comes out as more
    than a sum over them, or the compiler wants their numbers, it is compiled for each binding. Raises InvalidProgram.
    """
    if bindings is None:
        made = make(None)
        if made.bases:
            _check(sum(len(circuit["ops"]) for circuit in made.circuits), most_operations)
        return made, several(made.circuits, _parts(made, 0)) if made.bases else made.circuits[0]
    try:
        made = make({name: Sum(((name, 1.0),)) for name in bindings[0]})
        circuits, parts = [*made.circuits], [part for binding in bindings for part in _parts(made, 0, binding)]
    except (NotLinear, InvalidProgram, QiskitError, TypeError, ValueError):  # what is wrong is told with the numbers
        circuits, parts, total = [], [], 0
        for binding in bindings:
            made = make(binding)
            parts += _parts(made, len(circuits), binding)
            circuits += made.circuits
            total += sum(len(circuit["ops"]) for circuit in made.circuits)
            _check(total, most_operations)
    _check(sum(len(circuit["ops"]) for circuit in circuits), most_operations)
    return made, several(circuits, parts)


def _parts(made: Made, first: int, binding: Mapping[str, float] | None = None) -> list[dict[str, Any]]:
    bound: dict[str, Any] = {} if binding is None else {"binding": dict(binding)}
    based: list[dict[str, Any]] = [{"basis": basis} for basis in made.bases] or [{}]
    return [{"circuit": first + at, **bound, **basis} for at, basis in enumerate(based)]


def _check(total: int, most: int) -> None:
    if total > most:
        message = f"its circuits have more than {most:,} operations in all, which are allowed"
        raise InvalidProgram([ProgramError(1, 1, "too-many-operations", message)])
