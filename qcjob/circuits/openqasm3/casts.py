"""Casts of values that are known: `uint[4](n)`, `float(n)`.

An integer or bits of a width have that many bits of what is cast, in two's complement: the rest is cut off, as it is
from a value that was measured.
"""

from __future__ import annotations

from typing import Any

from openqasm3 import ast

from qcjob.circuits.openqasm3.arithmetic import Seconds
from qcjob.circuits.openqasm3.faults import Fault, unsupported
from qcjob.circuits.openqasm3.sums import NotLinear, Sum

INTEGER_BITS = 32
"""Of an int or uint that does not say how many it has."""

_NAMES: dict[type, str] = {
    **{ast.IntType: "int", ast.UintType: "uint", ast.BitType: "bit", ast.BoolType: "bool", ast.FloatType: "float"},
    **{ast.AngleType: "angle", ast.ComplexType: "complex"},
}


def cast(node: ast.Cast, value: Any, width: int | None) -> Any:
    """The value in another type, of `width` bits where the cast says how many. Raises Fault, and NotLinear."""
    made = type(node.type)
    if made not in _NAMES:
        raise unsupported(node, "a cast to this type", f"to {', '.join(_NAMES.values())} there are some")
    if isinstance(value, Sum):
        if made not in (ast.FloatType, ast.AngleType):
            raise NotLinear
        return value
    if isinstance(value, list | Seconds) or (isinstance(value, complex) and made is not ast.ComplexType):
        raise Fault(node, "wrong-arguments", f"{value!r} cannot be cast to {_NAMES[made]}")
    if made is ast.BoolType:
        return bool(value)
    if made is ast.ComplexType:
        return complex(value)
    if made in (ast.FloatType, ast.AngleType):
        return float(value)
    return _whole(int(value), width, made)


def _whole(value: int, width: int | None, made: type) -> int:
    if width is None:
        if made is ast.BitType:
            return value & 1
        return value if made is ast.IntType or value >= 0 else value % 2**INTEGER_BITS
    whole = 1 << width
    cut = value % whole
    return cut - whole if made is ast.IntType and cut >> (width - 1) else cut
