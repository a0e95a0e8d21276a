"""What an expression comes to, as far as it can be known before the program runs.

A value is a whole number, a float, or a Range of whole numbers (a loop's variable: it is each of them in turn).
Anything that depends on more, or that is not an expression, is None: the parser behind has the last word on it.
Operators are applied with a stack of our own, so that no text can make Python recurse.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from qcjob.languages.openqasm.tokens import Kind, Tokens


class Range(NamedTuple):
    """Every whole number from `low` to `high`."""

    low: int
    high: int


Value = int | float | Range | None

_MOST_DIGITS = 100
MOST_BITS = 1024
"""Whole numbers beyond this are not worked out."""

CONSTANTS = {"pi": math.pi, "tau": math.tau, "euler": math.e, "true": 1, "false": 0}
CONSTANTS |= {"π": math.pi, "τ": math.tau, "ℇ": math.e}


class NotFinite(ArithmeticError):
    """The value is infinite, or no number at all."""


def evaluate(tokens: Tokens, start: int, end: int, names: Mapping[str, Any], *, power: str) -> Value:
    """The value of tokens `start` to `end` (excluded), where `names` holds what is known. `power` is `^` or `**`.

    Raises NotFinite where any part of it is.
    """
    kinds, texts = tokens.kinds, tokens.texts
    values: list[Value] = []
    waiting: list[str] = []
    after_value = False
    index = start
    while index < end:
        text, kind = texts[index], kinds[index]
        if kind == Kind.NUMBER:
            values.append(number(text))
            after_value = True
        elif kind == Kind.WORD and index + 1 < end and texts[index + 1] == "(" and not after_value:
            waiting.append(text)
        elif kind == Kind.WORD:
            values.append(_known(CONSTANTS.get(text, names.get(text))))
            after_value = True
        elif text == "(":
            waiting.append("(")
            after_value = False
        elif text == ")":
            while waiting and waiting[-1] != "(":
                _apply(waiting.pop(), values)
            if not waiting:
                return None
            waiting.pop()
            if waiting and waiting[-1] not in _RANK and waiting[-1] != "(":
                _apply(waiting.pop(), values)
        elif not after_value and text in ("-", "+"):
            waiting.append(f"unary {text}")
        else:
            name = "**" if text == power else text
            rank = _RANK.get(name)
            if rank is None or (text == "**" and power != "**"):
                return None
            while waiting and _RANK.get(waiting[-1], -1) >= rank + (name == "**"):
                _apply(waiting.pop(), values)
            waiting.append(name)
            after_value = False
        index += 1
    while waiting:
        _apply(waiting.pop(), values)
    return values[0] if len(values) == 1 else None


def number(text: str) -> Value:
    """The value of a number as it is written; None for a duration, an imaginary or an infinite one."""
    text = text.replace("_", "").lower()
    try:
        if text.isdigit():
            return int(text[:_MOST_DIGITS])  # where it is cut it is too large for anything all the same
        if text[:2] in ("0x", "0b", "0o"):
            return int(text[:_MOST_DIGITS], 0)
        value = float(text)
        return value if math.isfinite(value) else None
    except ValueError:
        return None


def _known(value: Any) -> Value:
    return value if isinstance(value, int | float | Range) else None


def _finite(value: Any) -> Value:
    if isinstance(value, complex):
        raise NotFinite("it is no real number")
    if isinstance(value, float) and not math.isfinite(value):
        raise NotFinite("it is too large for a number")
    if isinstance(value, int) and value.bit_length() > MOST_BITS:
        raise NotFinite("it is too large for a number")
    return value  # type: ignore[no-any-return]


def _power(base: float, exponent: float) -> float:
    if isinstance(base, int) and isinstance(exponent, int) and exponent >= 0:
        if max(1, base.bit_length()) * exponent <= MOST_BITS:
            return int(base**exponent)
        if abs(base) <= 1:
            return base if exponent % 2 else abs(base)
    return pow(float(base), float(exponent))  # type: ignore[no-any-return]  # complex too, which is refused


def _divide(left: float, right: float) -> float:
    """As in OpenQASM 3 for two whole numbers that go; an angle keeps its fraction otherwise."""
    whole = isinstance(left, int) and isinstance(right, int) and right != 0 and left % right == 0
    return left // right if whole else left / right


_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divide,
    "%": operator.mod,
    "**": _power,
}
_RANK = {"+": 1, "-": 1, "*": 2, "/": 2, "%": 2, "unary -": 3, "unary +": 3, "**": 4}
_FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    **{name: getattr(math, name) for name in ("sin", "cos", "tan", "exp", "sqrt", "ceil", "floor")},
    **{name: getattr(math, name) for name in ("asin", "acos", "atan")},
    **{"ln": math.log, "log": math.log, "arcsin": math.asin, "arccos": math.acos, "arctan": math.atan},
}


def _apply(name: str, values: list[Value]) -> None:
    """The top of the stack by what an operator or a function makes of it."""
    if not values or name == "(":
        values.append(None)
        return
    last = values.pop()
    try:
        if name in _BINARY:
            first = values.pop() if values else None
            values.append(_two(name, first, last))
        elif name.startswith("unary"):
            values.append(_unary(name[-1], last))
        elif name in _FUNCTIONS and isinstance(last, int | float):
            values.append(_finite(_FUNCTIONS[name](last)))
        else:
            values.append(None)
    except OverflowError as error:
        raise NotFinite("it is too large for a number") from error
    except ZeroDivisionError as error:
        raise NotFinite("it divides by zero") from error
    except ValueError as error:
        raise NotFinite("it is no real number") from error


def _two(name: str, first: Value, last: Value) -> Value:
    if name in ("/", "%") and last == 0 and not isinstance(last, Range):
        raise NotFinite("it divides by zero")
    if isinstance(first, Range) or isinstance(last, Range):
        return _of_ranges(name, first, last)
    if first is None or last is None:
        return None
    return _finite(_BINARY[name](first, last))


def _of_ranges(name: str, first: Value, last: Value) -> Value:
    """The smallest Range that holds every outcome; None for what is not worked out."""
    if name not in ("+", "-", "*"):
        return None
    ends = [_ends(first), _ends(last)]
    if None in ends:
        return None
    outcomes = [_BINARY[name](left, right) for left in ends[0] or () for right in ends[1] or ()]
    if max(abs(outcome) for outcome in outcomes).bit_length() > MOST_BITS:
        return None
    return Range(min(outcomes), max(outcomes))


def _ends(value: Value) -> tuple[int, ...] | None:
    if isinstance(value, Range):
        return tuple(value)
    return (value,) if isinstance(value, int) else None


def _unary(sign: str, value: Value) -> Value:
    if value is None or sign == "+":
        return value
    return Range(-value.high, -value.low) if isinstance(value, Range) else -value
