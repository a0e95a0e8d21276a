"""What the operators and functions of the language make of values that are known: Python's bool, int, float, complex,
`Seconds` for durations, and `Sum` for what an input is part of.

Arithmetic is OpenQASM's: / of two integers drops the fraction. Integers beyond 1,024 bits and results that are not
finite are refused.
"""

from __future__ import annotations

import cmath
import math
import operator
from collections.abc import Callable
from typing import Any

from qcjob.circuits.openqasm3.faults import Fault
from qcjob.circuits.openqasm3.sums import NotLinear, Sum
from qcjob.languages.openqasm.rename import POWER

MAX_BITS = 1_024
CONSTANTS = {"pi": math.pi, "π": math.pi, "tau": math.tau, "τ": math.tau, "euler": math.e, "ℇ": math.e}

Kept = Callable[[Any], Any] | None


class Seconds(float):
    """A duration."""


def _divide(left: Any, right: Any) -> Any:
    if isinstance(left, int) and isinstance(right, int):
        whole = abs(left) // abs(right)
        return whole if (left < 0) == (right < 0) else -whole
    return left / right


def _power(left: Any, right: Any) -> Any:
    if isinstance(left, int) and isinstance(right, int) and abs(right) * left.bit_length() > MAX_BITS:
        raise OverflowError
    result = left**right
    if isinstance(result, complex) and not isinstance(left, complex) and not isinstance(right, complex):
        raise ValueError
    return result


def _shift(left: Any, right: Any) -> Any:
    if right > MAX_BITS:
        raise OverflowError
    return left << right


def _turned(value: int, distance: int, width: int) -> int:
    """rotl"""
    places = distance % width
    return (value << places | value >> (width - places)) & (1 << width) - 1


def _either(real: Callable[[Any], Any], of_complex: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: of_complex(value) if isinstance(value, complex) else real(value)


BINARY: dict[str, Callable[[Any, Any], Any]] = {
    **{"+": operator.add, "-": operator.sub, "*": operator.mul, "/": _divide, "%": math.fmod, "**": _power},
    **{"==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge},
    **{"&": operator.and_, "|": operator.or_, "^": operator.xor, "<<": _shift, ">>": operator.rshift},
    **{"&&": lambda left, right: bool(left and right), "||": lambda left, right: bool(left or right)},
}
FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{"arccos": math.acos, "arcsin": math.asin, "arctan": math.atan, "tan": math.tan, "log": math.log},
    **{"cos": _either(math.cos, cmath.cos), "sin": _either(math.sin, cmath.sin), "exp": _either(math.exp, cmath.exp)},
    **{"sqrt": _either(math.sqrt, cmath.sqrt), POWER: _power, "mod": math.fmod, "ceiling": math.ceil},
    **{"floor": math.floor, "popcount": lambda value: int(value).bit_count()},
    **{"rotl": _turned, "rotr": lambda value, distance, width: _turned(value, -distance, width)},
    **{"real": lambda value: complex(value).real, "imag": lambda value: complex(value).imag},
}
ROTATIONS = ("rotl", "rotr")
"""Functions that are given one argument more than the program writes: in how many bits they turn."""
_OF_SUMS = (operator.add, operator.sub, operator.mul, _divide)


def combined(node: Any, word: str, left: Any, right: Any) -> Any:
    """What an operator makes of two values. Raises Fault, and NotLinear."""
    return computed(node, BINARY[word], _kept(word, left, right), left, right)


def computed(node: Any, function: Callable[..., Any], kept: Kept, *values: Any) -> Any:
    """What a function makes of values. Raises Fault, and NotLinear."""
    if any(isinstance(value, Sum) for value in values) and function not in _OF_SUMS:
        raise NotLinear
    try:
        result = function(*values)
        return checked(node, kept(result) if kept else result)
    except ZeroDivisionError as error:
        raise Fault(node, "infinite-parameter", "a division by zero") from error
    except OverflowError as error:
        raise Fault(node, "infinite-parameter", f"the result has more than {MAX_BITS} bits, or no end") from error
    except (TypeError, ValueError) as error:
        raise Fault(node, "wrong-arguments", f"this cannot be worked out for {', '.join(map(repr, values))}") from error


def checked(node: Any, value: Any) -> Any:
    """The value; Fault where it is not finite, or too large."""
    if isinstance(value, float) and not math.isfinite(value):
        raise Fault(node, "infinite-parameter", "the value is not finite")
    if isinstance(value, complex) and not cmath.isfinite(value):
        raise Fault(node, "infinite-parameter", "the value is not finite")
    if isinstance(value, int) and value.bit_length() > MAX_BITS:
        raise Fault(node, "infinite-parameter", f"an integer of more than {MAX_BITS} bits")
    return value


def _kept(word: str, left: Any, right: Any) -> Kept:
    """What the result must be made again, because Python would make it a float."""
    if isinstance(left, Seconds) or isinstance(right, Seconds):
        is_ratio = word == "/" and isinstance(right, Seconds)
        return Seconds if word in ("+", "-", "*", "/") and not is_ratio else None
    return int if word == "%" and isinstance(left, int) and isinstance(right, int) else None
