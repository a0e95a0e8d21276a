"""Pauli observables: how a user writes them, the fewest bases to measure them in, and their values from what was seen.

A Pauli string has one letter of I, X, Y and Z for each qubit of the program; the rightmost one belongs to qubit 0. An
observable is one string, or an object from strings to real coefficients. Strings that agree wherever both are not I
are measured together, in one basis.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qcjob.errors import InvalidProgram, ProgramError

MAX_OBSERVABLES = 100
MAX_TERMS = 1_000
MAX_BASES = 100
MAX_COEFFICIENT = 1e100
"""In size: squares of sums of so many are numbers still, where larger ones would have an error of 0 or none at all."""

ALLOWED = f'1 to {MAX_OBSERVABLES} Pauli strings such as "ZZI", or objects such as {{"ZZI": 0.5, "XII": -1}}'

_PAULI = re.compile("[IXYZ]+")


@dataclass(frozen=True, slots=True)
class Observable:
    """A real sum of Pauli strings."""

    terms: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Estimate:
    """An expectation value and its standard error, from the shots that were taken."""

    value: float
    standard_error: float


def read_observables(items: object, num_qubits: int | None = None) -> tuple[Observable, ...]:
    """The observables a user asked for; all as long as the first where the program's qubits are not known yet.

    Raises ValueError that says which one is wrong, and how.
    """
    if not isinstance(items, list) or not 1 <= len(items) <= MAX_OBSERVABLES:
        raise ValueError(f"wanted a list of {ALLOWED}")
    found = []
    for number, item in enumerate(items):
        terms = item if isinstance(item, dict) else {item: 1.0} if isinstance(item, str) else {}
        if not terms:
            raise ValueError(f"number {number} is neither a Pauli string nor an object with at least one")
        num_qubits = len(next(iter(terms))) if num_qubits is None else num_qubits
        for pauli, coefficient in terms.items():
            _check(number, pauli, coefficient, num_qubits)
        found.append(Observable(tuple((pauli, float(coefficient)) for pauli, coefficient in terms.items())))
    if (total := sum(len(observable.terms) for observable in found)) > MAX_TERMS:
        raise ValueError(f"there are {total:,} terms in all; {MAX_TERMS:,} are allowed")
    if (total := len(bases(found))) > MAX_BASES:
        raise ValueError(f"they need {total} measurement bases; {MAX_BASES} are allowed")
    return tuple(found)


def read_for(items: object, num_qubits: int) -> tuple[Observable, ...]:
    """The observables of a program with so many qubits. Raises InvalidProgram `invalid-observables`."""
    try:
        return read_observables(items, num_qubits)
    except ValueError as error:
        raise InvalidProgram([ProgramError(1, 1, "invalid-observables", f"observables: {error}")]) from error


def _check(number: int, pauli: str, coefficient: object, num_qubits: int) -> None:
    if not _PAULI.fullmatch(pauli):
        raise ValueError(f"number {number} has {pauli[:40]!r}: a Pauli string is made of I, X, Y and Z")
    if len(pauli) != num_qubits:
        raise ValueError(f"number {number} has {len(pauli)} letters; the program has {num_qubits} qubits")
    if (
        isinstance(coefficient, bool)
        or not isinstance(coefficient, int | float)
        or not abs(coefficient) <= MAX_COEFFICIENT
    ):
        wanted = f"a real number of at most {MAX_COEFFICIENT:g} in size"
        raise ValueError(f"number {number} has the coefficient {str(coefficient)[:40]}; wanted {wanted}")


def bases(observables: Sequence[Observable]) -> tuple[str, ...]:
    """The bases to measure in, as Pauli strings, I where a qubit need not be measured; the longest terms come first."""
    found: list[str] = []
    terms = {pauli for observable in observables for pauli, _ in observable.terms if set(pauli) != {"I"}}
    for pauli in sorted(terms, key=lambda pauli: (pauli.count("I"), pauli)):
        for at, basis in enumerate(found):
            if _agree(pauli, basis):
                found[at] = "".join(b if a == "I" else a for a, b in zip(pauli, basis, strict=True))
                break
        else:
            found.append(pauli)
    return tuple(found)


def bases_of(observables: Sequence[Observable], num_qubits: int) -> tuple[str, ...]:
    """The bases to run a program in, which is run in any case: in Z where only constants are asked for."""
    return bases(observables) or ("Z" * num_qubits,)


def measured(basis: str) -> tuple[int, ...]:
    """The qubits that a basis measures, lowest first: the i-th of them is read into clbit i."""
    return tuple(qubit for qubit, letter in enumerate(reversed(basis)) if letter != "I")


def estimate(observable: Observable, seen: Mapping[str, Mapping[str, float]], shots: int) -> Estimate:
    """The observable's value from what was seen in each basis: outcomes (clbit 0 rightmost) to counts or chances.

    Each basis was measured with `shots` shots of its own.
    """
    value, variance = 0.0, 0.0
    in_basis: dict[str, list[tuple[str, float]]] = {}
    for pauli, coefficient in observable.terms:
        if set(pauli) == {"I"}:
            value += coefficient
        else:
            basis = next(basis for basis in seen if _covers(basis, pauli))
            in_basis.setdefault(basis, []).append((pauli, coefficient))
    for basis, terms in in_basis.items():
        masks = [(_mask(basis, pauli), coefficient) for pauli, coefficient in terms]
        total = sum(seen[basis].values())
        mean = square = 0.0
        for outcome, weight in seen[basis].items():
            bits = int(outcome, 2)
            here = sum(-c if (bits & mask).bit_count() & 1 else c for mask, c in masks)
            mean += weight / total * here
            square += weight / total * here * here
        value += mean
        variance += max(0.0, square - mean * mean) / shots
    return Estimate(value, math.sqrt(variance))


def _agree(first: str, second: str) -> bool:
    return all(a == b or "I" in (a, b) for a, b in zip(first, second, strict=True))


def _covers(basis: str, pauli: str) -> bool:
    return all(a in ("I", b) for a, b in zip(pauli, basis, strict=True))


def _mask(basis: str, pauli: str) -> int:
    """The clbits whose parity the Pauli string is."""
    return sum(1 << clbit for clbit, qubit in enumerate(measured(basis)) if pauli[-1 - qubit] != "I")
