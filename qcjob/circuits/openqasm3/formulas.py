"""Formulas over single bits, for values that a measurement decides: not, and, or and exclusive or of clbits.

Every engine with classical control works these out, whatever else it lacks.

A bit is True or False where it is known, else a Formula. What is known is folded away at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from qiskit.circuit import Clbit
from qiskit.circuit.classical import expr

MAX_SIZE = 4_096
"""Operators in one formula; a sum of sums doubles it with each."""
MAX_DEPTH = 256
"""Operators inside of each other: whoever reads a formula goes down one call for each."""


class TooLarge(Exception):
    """A formula beyond MAX_SIZE or MAX_DEPTH."""


@dataclass(frozen=True, slots=True)
class Formula:
    """A bool of Qiskit's, how many operators it has, and how deep they stand in each other."""

    value: expr.Expr
    size: int = 1
    depth: int = 1


Bit = bool | Formula


def bit(clbit: Clbit) -> Formula:
    """What a clbit holds when it is asked."""
    return Formula(expr.lift(clbit))


def opposite(one: Bit) -> Bit:
    """not"""
    if isinstance(one, bool):
        return not one
    if isinstance(one.value, expr.Unary):
        return Formula(one.value.operand, one.size - 1, one.depth - 1)
    return _bounded(expr.logic_not(one.value), one)


def both(one: Bit, other: Bit) -> Bit:
    """and"""
    if isinstance(one, bool):
        return other if one else False
    if isinstance(other, bool):
        return one if other else False
    return _bounded(expr.logic_and(one.value, other.value), one, other)


def either(one: Bit, other: Bit) -> Bit:
    """or"""
    if isinstance(one, bool):
        return True if one else other
    if isinstance(other, bool):
        return True if other else one
    return _bounded(expr.logic_or(one.value, other.value), one, other)


def differ(one: Bit, other: Bit) -> Bit:
    """Exclusive or."""
    if isinstance(one, bool):
        return opposite(other) if one else other
    if isinstance(other, bool):
        return opposite(one) if other else one
    return _bounded(expr.bit_xor(one.value, other.value), one, other)


def _bounded(value: Any, *parts: Formula) -> Formula:
    made = Formula(value, 1 + sum(part.size for part in parts), 1 + max(part.depth for part in parts))
    if made.size > MAX_SIZE or made.depth > MAX_DEPTH:
        raise TooLarge
    return made
