"""Classical expressions of a compiled program (format 2), worked out on the bits measured so far.

A value is a number and its width in bits, None for a bool. Numbers wrap at their width, as OpenQASM's `uint` does.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

from qcjob.errors import Rejected

Value = tuple[int, int | None]

_COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    "and": lambda a, b: bool(a and b),
    "or": lambda a, b: bool(a or b),
    "equal": operator.eq,
    "not_equal": operator.ne,
    "less": operator.lt,
    "less_equal": operator.le,
    "greater": operator.gt,
    "greater_equal": operator.ge,
}
_ARITHMETIC: dict[str, Callable[[int, int], int]] = {
    "bit_and": operator.and_,
    "bit_or": operator.or_,
    "bit_xor": operator.xor,
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": lambda a, b: _divided(a, b),
}


def evaluate(expression: Sequence[Any], bits: int) -> int:
    """The number an expression has, 0 or 1 for a bool; bit i of `bits` is clbit i.

    Raises Rejected for a division by zero, and for what is no expression.
    """
    try:
        return _value(expression, bits)[0]
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise Rejected(f"{expression!r:.80} is no classical expression: {error!r:.100}") from error


def _value(expression: Sequence[Any], bits: int) -> Value:
    word, *parts = expression
    match word:
        case "lit":
            return _cast(int(parts[0]), parts[1])
        case "clbit":
            return bits >> parts[0] & 1, None
        case "creg":
            return sum((bits >> clbit & 1) << place for place, clbit in enumerate(parts[0])), len(parts[0])
        case "cast":
            return _cast(_value(parts[1], bits)[0], parts[0])
        case "not":
            return int(not _value(parts[0], bits)[0]), None
        case "bit_not":
            number, width = _value(parts[0], bits)
            return number ^ ((1 << (width or 1)) - 1), width
    (left, width), (right, other) = (_value(part, bits) for part in parts)
    if word in _COMPARISONS:
        return int(_COMPARISONS[word](left, right)), None
    if word == "index":
        return (left >> right & 1 if right < (width or 1) else 0), None
    if word == "shift_right":
        return left >> right, width
    if word == "shift_left":
        return _wrapped(left << right if right < (width or 1) else 0, width), width
    width = None if width is None and other is None else max(width or 1, other or 1)
    return _wrapped(_ARITHMETIC[word](left, right), width), width


def _cast(number: int, kind: Any) -> Value:
    return (int(number != 0), None) if kind == "bool" else (_wrapped(number, kind[1]), kind[1])


def _wrapped(number: int, width: int | None) -> int:
    return number & ((1 << (width or 1)) - 1)


def _divided(number: int, by: int) -> int:
    if by == 0:
        raise Rejected("the program divides by zero")
    return number // by
