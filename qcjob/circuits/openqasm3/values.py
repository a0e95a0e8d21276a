"""Expressions whose value is known when the program is compiled.

A string of bits is an int; see `arithmetic` for the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from openqasm3 import ast

from qcjob.circuits.openqasm3.arithmetic import FUNCTIONS, MAX_BITS, ROTATIONS, Seconds, checked, combined, computed
from qcjob.circuits.openqasm3.casts import INTEGER_BITS, cast
from qcjob.circuits.openqasm3.faults import Fault, unsupported
from qcjob.circuits.openqasm3.picks import Key, keys_of, member
from qcjob.circuits.openqasm3.scope import Bits, Known, Qubits, Scope, Stored
from qcjob.circuits.openqasm3.sums import NotLinear, Sum


class Unknown(Exception):
    """The value depends on a measurement."""


_UNITS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}


def evaluate(node: Any, scope: Scope) -> Any:
    """The value of an expression. Raises Unknown when a measurement decides it, and Fault."""
    match node:
        case ast.IntegerLiteral() | ast.FloatLiteral() | ast.BooleanLiteral() | ast.BitstringLiteral():
            return checked(node, node.value)
        case ast.ImaginaryLiteral():
            return checked(node, complex(0, node.value))
        case ast.ArrayLiteral():
            return [evaluate(value, scope) for value in node.values]
        case ast.Identifier():
            return _named(node, scope)
        case ast.IndexedIdentifier() | ast.IndexExpression():
            return _indexed(node, scope)
        case ast.UnaryExpression():
            return checked(node, _unary(node, evaluate(node.expression, scope), scope))
        case ast.BinaryExpression():
            value = combined(node, node.op.name, evaluate(node.lhs, scope), evaluate(node.rhs, scope))
            width = width_of(node.lhs, scope) if node.op.name == "<<" else None
            return value if width is None else value & (1 << width) - 1
        case ast.FunctionCall() if node.name.name in FUNCTIONS:
            values = [evaluate(argument, scope) for argument in node.arguments]
            if node.name.name in ROTATIONS:
                values.append(rotated_width(node, scope))
            return computed(node, FUNCTIONS[node.name.name], None, *values)
        case ast.FunctionCall():
            return scope.reader.called(node)
        case ast.Cast():
            return cast(node, evaluate(node.argument, scope), cast_width(node, scope))
        case ast.DurationLiteral():
            return Seconds(node.value * _unit(node, scope))
        case ast.DurationOf():
            raise unsupported(node, "durationof", "how long operations take is known when they are compiled")
        case ast.SizeOf() if isinstance(node.target, ast.Identifier):
            return _size_of(node, scope)
        case ast.QuantumMeasurement():
            raise Unknown
    raise unsupported(node, f"{kind_of(node)} in an expression")


def _unit(node: ast.DurationLiteral, scope: Scope) -> float:
    seconds = scope.reader.dt if node.unit.name == "dt" else _UNITS[node.unit.name]
    if seconds is None:
        raise unsupported(node, "dt", "this device has no dt: write the duration in s, ms, us or ns")
    return float(seconds)


def index(node: Any, scope: Scope, size: int | None = None) -> Key:
    """One index, or those of a range or set, for something of a size."""
    if isinstance(node, ast.DiscreteSet | ast.RangeDefinition):
        return indexes(node, scope, size)
    return whole(node, scope, "an index")


def indexes(node: ast.DiscreteSet | ast.RangeDefinition, scope: Scope, size: int | None = None) -> Sequence[int]:
    """The integers of a set, or of a range with both its ends; an end left out, or negative, counts in `size` bits."""
    if isinstance(node, ast.DiscreteSet):
        return [whole(value, scope, "an element of a set") for value in node.values]
    step = 1 if node.step is None else whole(node.step, scope, "a step")
    if step == 0:
        raise Fault(node, "wrong-arguments", "a step of 0")
    if size is None and (node.start is None or node.end is None):
        raise Fault(node, "wrong-arguments", "a range to loop over needs both of its ends")
    last = (size or 0) - 1
    start = (0 if step > 0 else last) if node.start is None else whole(node.start, scope, "the start of a range")
    end = (last if step > 0 else 0) if node.end is None else whole(node.end, scope, "the end of a range")
    if size is not None:
        start, end = (start + size if start < 0 else start), (end + size if end < 0 else end)
    return range(start, end + (1 if step > 0 else -1), step)


def root(node: Any) -> tuple[Any, list[Any]]:
    """The name that indexes stand behind, and the indexes."""
    found: list[Any] = []
    while isinstance(node, ast.IndexExpression):
        found.insert(0, node.index)
        node = node.collection
    if isinstance(node, ast.IndexedIdentifier):
        return node.name, [*node.indices, *found]
    return node, found


def _indexed(node: Any, scope: Scope) -> Any:
    name, picked = root(node)
    found = scope.get(name) if isinstance(name, ast.Identifier) else None
    if isinstance(found, Known | Stored):
        value = _named(name, scope)
        keys = keys_of(picked, lambda each, size: index(each, scope, size), value)
        return _given(node, member(value, keys, node))
    if isinstance(found, Qubits):
        raise Fault(node, "wrong-arguments", "qubits have no value: measure them")
    return _held(scope.reader.into(node), scope)


def _held(bits: Bits, scope: Scope) -> int:
    """What bits hold that a measurement did not decide."""
    values = scope.reader.store.values(bits.bits)
    if any(value is None for value in values):
        raise Unknown
    return sum(value << place for place, value in enumerate(values))


def _stored(variable: Stored, scope: Scope) -> int | bool:
    """What a variable holds that no measurement decides after all."""
    held, shape = _held(variable.bits, scope), variable.shape
    if shape.is_bool:
        return bool(held)
    return held - (1 << shape.width) if shape.is_signed and held >> (shape.width - 1) else held


def _size_of(node: ast.SizeOf, scope: Scope) -> int:
    target: Any = node.target
    found = scope.get(target)
    dimension = 0 if node.index is None else whole(node.index, scope, "a dimension")
    if isinstance(found, Qubits | Bits) and dimension == 0:
        return len(found.bits)
    value = found.value if isinstance(found, Known) else None
    for _ in range(dimension):
        value = value[0] if isinstance(value, list) and value else None
    if not isinstance(value, list):
        raise Fault(node, "wrong-arguments", f"{target.name!r} has no such size")
    return len(value)


def whole(node: Any, scope: Scope, what: str) -> int:
    """The value of an expression that must be an integer, and known."""
    value = known(node, scope, what)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Fault(node, "wrong-arguments", f"{what} is {value!r}; wanted an integer")
    return value


def number(node: Any, scope: Scope, what: str) -> float:
    """The value of an expression that must be a finite number, and known."""
    value = known(node, scope, what)
    if isinstance(value, Sum):
        raise NotLinear
    if isinstance(value, Seconds) or not isinstance(value, int | float):
        raise Fault(node, "wrong-arguments", f"{what} is {value!r}; wanted a number")
    try:
        return float(value)
    except OverflowError as error:
        raise Fault(node, "infinite-parameter", f"{what} is too large for a float") from error


def angle(node: Any, scope: Scope, what: str) -> Any:
    """A number, or a sum over inputs, as a gate takes it."""
    value = known(node, scope, what)
    return value.as_parameters() if isinstance(value, Sum) else number(node, scope, what)


def known(node: Any, scope: Scope, what: str) -> Any:
    """The value of an expression that no measurement may decide."""
    try:
        return evaluate(node, scope)
    except Unknown as error:
        raise unsupported(node, f"{what} that depends on a measurement") from error


def _named(node: ast.Identifier, scope: Scope) -> Any:
    found = scope.find(node.name)
    if isinstance(found, Known):
        return _given(node, found.value)
    if isinstance(found, Bits):
        return _held(found, scope)
    if isinstance(found, Stored):
        return _stored(found, scope)
    scope.get(node)
    raise Fault(node, "wrong-arguments", f"{node.name!r} is no value")


def _given(node: Any, value: Any) -> Any:
    if value is None:
        raise Fault(node, "undefined-name", f"{root(node)[0].name!r} has no value yet")
    return value


def _unary(node: ast.UnaryExpression, value: Any, scope: Scope) -> Any:
    if isinstance(value, list):
        raise Fault(node, "wrong-arguments", f"{node.op.name} does not work on an array")
    if node.op.name == "!":
        return not value
    if node.op.name == "-":
        return Seconds(-value) if isinstance(value, Seconds) else -value
    if isinstance(value, bool) or not isinstance(value, int):
        raise Fault(node, "wrong-arguments", f"{value!r} has no bits; ~ works on bits and integers")
    width = width_of(node.expression, scope)
    return ~value if width is None else value ^ (1 << width) - 1


def cast_width(node: ast.Cast, scope: Scope) -> int | None:
    """How many bits a cast makes; None where it does not say. Raises Fault for none and for far too many."""
    size = getattr(node.type, "size", None)
    width = None if size is None else whole(size, scope, "a width")
    if width is not None and not 0 < width <= MAX_BITS:
        raise Fault(node, "wrong-arguments", f"a width of {width}; wanted from 1 to {MAX_BITS}")
    return width


def rotated_width(node: ast.FunctionCall, scope: Scope) -> int:
    """In how many bits `rotl` or `rotr` turns what it is given. Raises Fault where that is no bits, or for no call."""
    name = node.name.name
    if len(node.arguments) != 2:
        raise Fault(node, "wrong-arguments", f"{name} takes bits and a distance; found {len(node.arguments)} arguments")
    width = width_of(node.arguments[0], scope)
    if width is None:
        raise Fault(node, "wrong-arguments", f"{name} takes bits, or a uint, and this has no width of its own")
    return width


def width_of(node: Any, scope: Scope) -> int | None:
    """How many bits an expression without a sign has; None where that is not declared."""
    match node:
        case ast.BitstringLiteral():
            return node.width
        case ast.Cast() if isinstance(node.type, ast.UintType | ast.BitType):
            return cast_width(node, scope) or (1 if isinstance(node.type, ast.BitType) else INTEGER_BITS)
        case ast.UnaryExpression() if node.op.name == "~":
            return width_of(node.expression, scope)
        case ast.BinaryExpression() if node.op.name in ("<<", ">>"):
            return width_of(node.lhs, scope)
        case ast.BinaryExpression() if node.op.name in ("&", "|", "^"):
            widths = [width_of(side, scope) for side in (node.lhs, node.rhs)]
            return max((width for width in widths if width is not None), default=None)
        case ast.FunctionCall() if node.name.name in ROTATIONS and node.arguments:
            return width_of(node.arguments[0], scope)
        case ast.Identifier() | ast.IndexedIdentifier() | ast.IndexExpression():
            return _declared_width(node, scope)
    return None


def _declared_width(node: Any, scope: Scope) -> int | None:
    name, picked = root(node)
    found = scope.find(name.name) if isinstance(name, ast.Identifier) else None
    if isinstance(found, Known | Stored):
        shape = found.shape
        return None if picked or shape is None or shape.is_signed else shape.width
    return len(scope.reader.into(node).bits) if isinstance(found, Bits) else None


def kind_of(node: Any) -> str:
    """What a node is, in words: 'a while loop'."""
    if isinstance(node, ast.IODeclaration):
        return f"an {node.io_identifier.name}"
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in type(node).__name__)
    return f"a{'n' if words[1] in 'aeiou' else ''}{words}"
