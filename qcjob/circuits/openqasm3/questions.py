"""Conditions on what was measured, as Qiskit's: a pair (bit, bool) or (register, int) where that says it, else expr."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

from openqasm3 import ast
from qiskit.circuit import Clbit
from qiskit.circuit.classical import expr, types

from qcjob.circuits.openqasm3.arithmetic import FUNCTIONS, Seconds
from qcjob.circuits.openqasm3.faults import Fault, unsupported
from qcjob.circuits.openqasm3.measured import calls, parts, truth_of, works_out_twice
from qcjob.circuits.openqasm3.scope import Bits, Scope, Stored
from qcjob.circuits.openqasm3.values import Unknown, cast_width, evaluate

Look = Callable[[Any], Bits]
"""The bits that an expression names. Raises Fault."""

_COMPARED = {"==": expr.equal, "!=": expr.not_equal, "<": expr.less, "<=": expr.less_equal}
_COMPARED |= {">": expr.greater, ">=": expr.greater_equal}
_BITWISE = {"&": expr.bit_and, "|": expr.bit_or, "^": expr.bit_xor}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_SHIFTS = {"<<": expr.shift_left, ">>": expr.shift_right}


def condition(node: Any, scope: Scope, look: Look) -> Any:
    """A bool if it is known now, else what Qiskit's control flow takes as a condition. Raises Fault."""
    try:
        value = _value(node, scope, look)
        if isinstance(value, int | float):
            return bool(value)
        if isinstance(value, Bits):
            value = _whole(value, node)
    except Fault as fault:
        if fault.code != "unsupported" or calls(node):
            raise
        found = truth_of(node, scope)
        return found if isinstance(found, bool) else _plain(found.value)
    if value.type.kind is types.Uint:
        value = expr.not_equal(value, 0)
    return _plain(value)


def target(node: Any, scope: Scope, look: Look) -> Any:
    """What a switch looks at: an int if it is known now, else a Qiskit value. Raises Fault."""
    value = _value(node, scope, look)
    return _whole(value, node) if isinstance(value, Bits) else value


def _value(node: Any, scope: Scope, look: Look) -> Any:
    """An int or bool, Bits that are no register, or an expr.Expr."""
    try:
        return evaluate(node, scope)
    except Unknown:
        pass
    match node:
        case ast.Identifier() | ast.IndexedIdentifier() | ast.IndexExpression() | ast.FunctionCall():
            if isinstance(node, ast.FunctionCall) and node.name.name in FUNCTIONS:
                raise unsupported(node, f"the function {node.name.name} of what was measured")
            found = _stored(node, scope) or look(node)
            if (held := _held(found, scope, node)) is not None:
                return held
            if not found.is_array:
                return expr.lift(found.bits[0])
            return found if found.register is None else expr.lift(found.register)
        case ast.UnaryExpression() if node.op.name in ("!", "~"):
            if node.op.name == "~":
                _keeps_its_width(node.expression)
            value = _value(node.expression, scope, look)
            value = _whole(value, node) if isinstance(value, Bits) else value
            return expr.bit_not(value) if node.op.name == "~" else expr.logic_not(value)
        case ast.BinaryExpression():
            if works_out_twice(node, scope):
                raise unsupported(node, "a call beside what was measured", "give what it returns a name first")
            left, right = _value(node.lhs, scope, look), _value(node.rhs, scope, look)
            return _binary(node, left, right)
        case ast.Cast() if isinstance(node.type, ast.BoolType):
            return expr.cast(_whole(_value(node.argument, scope, look), node), types.Bool())
        case ast.Cast() if isinstance(node.type, ast.IntType | ast.UintType):
            value = _whole(_value(node.argument, scope, look), node)
            width = cast_width(node, scope)
            if width is not None and width < _width(value) + isinstance(node.type, ast.IntType):
                raise unsupported(node, "a cast that changes the value")
            return value
    raise unsupported(node, "this in a condition on what was measured")


def _stored(node: Any, scope: Scope) -> Bits | None:
    """The bits of a variable, or of what a call returned, that is no signed integer."""
    found = scope.find(node.name) if isinstance(node, ast.Identifier) else scope.reader.returned(node)
    if isinstance(found, Stored):
        if found.shape.is_signed:
            raise unsupported(node, "a signed integer")
        return Bits(found.bits.bits, not found.shape.is_bool, found.bits.register)
    return None


def _held(bits: Bits, scope: Scope, node: ast.QASMNode) -> int | None:
    """What bits hold, where no measurement decides it; None where it decides all of them."""
    values = scope.reader.store.values(bits.bits)
    if None in values and any(value is not None for value in values):
        raise unsupported(node, "bits of which some are known")
    return None if None in values else sum(value << place for place, value in enumerate(values))


def _binary(node: ast.BinaryExpression, left: Any, right: Any) -> Any:
    word = node.op.name
    if word in _SHIFTS:
        _keeps_its_width(node.lhs)
        if isinstance(left, int):
            raise unsupported(node, "a shift of what is known by what was measured")
    elif isinstance(left, int | float):
        left, right, word = right, left, _MIRRORED.get(word, word)
    if isinstance(right, Seconds | float):
        raise unsupported(node, "a comparison of bits with a number that is no integer")
    if word in ("&&", "||"):
        parts = [_truth(part, node) for part in (left, right)]
        return (expr.logic_and if word == "&&" else expr.logic_or)(*parts)
    if isinstance(left, Bits) and isinstance(right, int) and word in ("==", "!="):
        return _each(left, right, word)
    left = _whole(left, node)
    if isinstance(right, int):
        if left.type.kind is types.Bool:
            return _bit(left, right, word, node)
        right = int(right)
        if right < 0:
            raise Fault(node, "wrong-arguments", f"{right} is compared with bits, which are never negative")
        width = max(left.type.width, right.bit_length())
        if width > left.type.width:
            left = expr.cast(left, types.Uint(width))
        right = expr.lift(right, types.Uint(width))
    elif not isinstance(right, expr.Expr):
        right = _whole(right, node)
    made = _COMPARED.get(word) or _BITWISE.get(word) or _SHIFTS.get(word)
    if made is None:
        raise unsupported(node, f"the operator {word} on what was measured")
    try:
        return made(left, right)
    except TypeError as error:
        raise unsupported(node, f"{word} of bits of two widths") from error


def _bit(bit: expr.Expr, value: int, word: str, node: ast.QASMNode) -> expr.Expr:
    if word not in ("==", "!=") or value not in (0, 1):
        raise unsupported(node, f"a bit {word} {value}", "a bit is compared with 0 or 1 by == or !=")
    return bit if (value == 1) == (word == "==") else expr.logic_not(bit)


def _each(bits: Bits, value: int, word: str) -> Any:
    """Bits that are no register, one by one."""
    if not 0 <= value < 1 << len(bits.bits):
        return word == "!="
    asked = [
        expr.lift(bit) if value >> place & 1 else expr.logic_not(expr.lift(bit)) for place, bit in enumerate(bits.bits)
    ]
    both = reduce(expr.logic_and, asked)
    return both if word == "==" else expr.logic_not(both)


def _truth(value: Any, node: ast.QASMNode) -> expr.Expr:
    if isinstance(value, int):
        return expr.lift(bool(value))
    value = _whole(value, node)
    return value if value.type.kind is types.Bool else expr.not_equal(value, 0)


def _whole(value: Any, node: ast.QASMNode) -> expr.Expr:
    if isinstance(value, Bits):
        raise unsupported(node, "this with a part of a register", "use the whole register, or compare with == or !=")
    return value if isinstance(value, expr.Expr) else expr.lift(value)


def _keeps_its_width(node: Any) -> None:
    """Where a cast makes a value wider, its expr.Expr has the old width: what looks at the width may not take it."""
    if any(isinstance(part, ast.Cast) for part in parts(node)):
        raise unsupported(node, "a cast here")


def _width(value: expr.Expr) -> int:
    return 1 if value.type.kind is types.Bool else int(value.type.width)


def _plain(value: expr.Expr) -> Any:
    match value:
        case expr.Var(var=Clbit() as bit):
            return bit, True
        case expr.Unary(op=expr.Unary.Op.LOGIC_NOT, operand=expr.Var(var=Clbit() as bit)):
            return bit, False
        case expr.Binary(op=expr.Binary.Op.EQUAL, left=expr.Var(var=register), right=expr.Value(value=number)):
            return register, number
    return value
