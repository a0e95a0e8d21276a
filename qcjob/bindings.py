"""Bindings: the values that a program's parameters are run with, one binding after another."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping

from qcjob.errors import InvalidProgram, ProgramError

MAX_BINDINGS = 1_000
MAX_PARAMETERS = 100
MAX_PARTS = 1_000
ALLOWED = f'1 to {MAX_BINDINGS:,} objects with the same names, such as {{"theta": 0.5}}, and numbers'

Binding = Mapping[str, float]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


def fault_in(bindings: object) -> str | None:
    """What is wrong with bindings whatever the program, naming the binding, from 0, and the parameter; or None."""
    if not isinstance(bindings, list | tuple):
        return "is no list"
    if not 1 <= len(bindings) <= MAX_BINDINGS:
        return f"has {len(bindings):,} bindings"
    names = set(bindings[0]) if isinstance(bindings[0], Mapping) else set()
    if not 1 <= len(names) <= MAX_PARAMETERS:
        return f"number 0 is no object with 1 to {MAX_PARAMETERS} names"
    for number, binding in enumerate(bindings):
        if not isinstance(binding, Mapping):
            return f"number {number} is no object"
        if missing := names - set(binding):
            return f"number {number} has no {_listed(missing)}, which number 0 has"
        if more := set(binding) - names:
            return f"number {number} has {_listed(more)}, which number 0 has not"
        for name, value in binding.items():
            if not _NAME.fullmatch(name):
                return f"number {number} has {name[:70]!r}, which is no name"
            if isinstance(value, bool) or not isinstance(value, int | float) or not _is_finite(value):
                return f"number {number}: {name} is {str(value)[:40]}, not a finite number"
    return None


def check_names(given: Iterable[str], wanted: Iterable[str]) -> None:
    """Raises InvalidProgram `invalid-bindings` where a program has other parameters than its bindings name."""
    given, wanted = set(given), set(wanted)
    faults = [f"the program has no parameter {_listed(more)}"] if (more := given - wanted) else []
    faults += [f"the bindings have no value of {_listed(missing)}"] if (missing := wanted - given) else []
    if faults:
        raise InvalidProgram([ProgramError(1, 1, "invalid-bindings", "; ".join(faults))])


def check_parts(bindings: int, bases: int) -> None:
    """Raises InvalidProgram where bindings and bases come to more circuits than one job may have."""
    if bindings * bases > MAX_PARTS:
        message = f"{bindings} bindings in {bases} bases are {bindings * bases:,} circuits; {MAX_PARTS:,} are allowed"
        raise InvalidProgram([ProgramError(1, 1, "invalid-bindings", message)])


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(name[:64] for name in names))
