"""The types of the language: what a value of each is here, and the arrays of them.

An array is a list of lists, which a variable has for itself; `mutable` arguments of subroutines share their caller's.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from openqasm3 import ast

from qcjob.circuits.openqasm3.arithmetic import Seconds
from qcjob.circuits.openqasm3.casts import INTEGER_BITS
from qcjob.circuits.openqasm3.faults import Fault, unsupported
from qcjob.circuits.openqasm3.scope import Scope, Shape
from qcjob.circuits.openqasm3.sums import Sum
from qcjob.circuits.openqasm3.values import kind_of, whole

Make = Callable[[Any], Any]

_PLAIN: dict[type, Make] = {
    ast.FloatType: float,
    ast.AngleType: float,
    ast.BoolType: bool,
    ast.ComplexType: complex,
    ast.DurationType: Seconds,
}
_NAMES: dict[Any, str] = {float: "number", bool: "bool", complex: "complex number", Seconds: "duration"}


def converter(declared: Any, scope: Scope, node: ast.QASMNode) -> Make:
    """What makes a value of a type, and raises Fault for one that is none. Raises Fault for types without values here.

    An unsigned integer that is too large wraps round, as the language has it; what does not fit into a signed one is
    refused.
    """
    match declared:
        case ast.IntType() | ast.UintType():
            width = None if declared.size is None else whole(declared.size, scope, "a width")
            return lambda value: _integer(value, width, node, is_signed=isinstance(declared, ast.IntType))
        case ast.BitType():
            size = None if declared.size is None else whole(declared.size, scope, "a width")
            return lambda value: _integer(value, size or 1, node, is_signed=False)
        case ast.ArrayType():
            lengths = [whole(length, scope, "a length") for length in declared.dimensions]
            return lambda value: _array(value, lengths, converter(declared.base_type, scope, node), node)
        case ast.ArrayReferenceType():
            return lambda value: value if isinstance(value, list) else _no(value, "array", node)
    if type(declared) not in _PLAIN:
        raise unsupported(node, f"a variable of {kind_of(declared)}")
    make = _PLAIN[type(declared)]
    return lambda value: _made(make, value, node)


def element_converter(declared: Any, scope: Scope, node: ast.QASMNode) -> Make:
    """The same for the elements of an array; of any other type it is that of the type."""
    if isinstance(declared, ast.ArrayType | ast.ArrayReferenceType):
        declared = declared.base_type
    return converter(declared, scope, node)


def shape_of(declared: Any, scope: Scope) -> Shape | None:
    """What a value of a type is as bits, when a measurement decides it; None for types that have none."""
    match declared:
        case ast.BoolType():
            return Shape(1, is_bool=True)
        case ast.IntType() | ast.UintType():
            width = INTEGER_BITS if declared.size is None else whole(declared.size, scope, "a width")
            return Shape(width, is_signed=isinstance(declared, ast.IntType)) if width > 0 else None
    return None


def first_value(declared: Any, scope: Scope, node: ast.QASMNode) -> Any:
    """What a variable has that is given none: an array has room for its elements."""
    if not isinstance(declared, ast.ArrayType):
        return None
    made: Any = None
    for length in reversed([whole(length, scope, "a length") for length in declared.dimensions]):
        made = [deepcopy(made) for _ in range(length)]
    return made


def _made(make: Make, value: Any, node: ast.QASMNode) -> Any:
    if isinstance(value, Sum) and make is float:
        return value
    is_fitting = not isinstance(value, list) and (make is Seconds) == isinstance(value, Seconds)
    if not is_fitting or (isinstance(value, complex) and make is not complex):
        return _no(value, _NAMES[make], node)
    return make(value)


def _integer(value: Any, width: int | None, node: ast.QASMNode, *, is_signed: bool) -> int:
    if isinstance(value, list | Seconds | complex):
        return int(_no(value, "integer", node))
    made = int(value)
    if width is None:
        return made
    if not is_signed:
        return made % 2**width if made >= 0 else _too_large(made, width, node)
    half = 2 ** (width - 1)
    return made if -half <= made < half else _too_large(made, width, node)


def _array(value: Any, lengths: list[int], make: Make, node: ast.QASMNode) -> Any:
    if not lengths:
        return make(value)
    if not isinstance(value, list) or len(value) != lengths[0]:
        found = f"an array of {len(value)}" if isinstance(value, list) else repr(value)
        raise Fault(node, "wrong-arguments", f"found {found}; wanted an array of {lengths[0]}")
    return [_array(each, lengths[1:], make, node) for each in value]


def _no(value: Any, wanted: str, node: ast.QASMNode) -> Any:
    raise Fault(node, "wrong-arguments", f"{value!r} is no {wanted}")


def _too_large(value: int, width: int, node: ast.QASMNode) -> int:
    raise Fault(node, "wrong-arguments", f"{value} does not fit into {width} bits")
