"""Expressions whose value a measurement decides, as words of formulas over the bits that were measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from openqasm3 import ast

from qcjob.circuits.openqasm3.arithmetic import FUNCTIONS, ROTATIONS
from qcjob.circuits.openqasm3.casts import INTEGER_BITS
from qcjob.circuits.openqasm3.faults import Fault, unsupported
from qcjob.circuits.openqasm3.formulas import MAX_SIZE, Bit, TooLarge, bit, both, differ, either, opposite
from qcjob.circuits.openqasm3.scope import Bits, Scope, Stored
from qcjob.circuits.openqasm3.sums import NotLinear, Sum
from qcjob.circuits.openqasm3.values import Unknown, cast_width, evaluate, indexes, known, root, rotated_width, whole
from qcjob.circuits.openqasm3.words import (
    CannotWorkOut,
    Word,
    added,
    bitwise,
    counted,
    divided,
    equal,
    fitted,
    inverted,
    is_known,
    less,
    literal,
    multiplied,
    number,
    shifted,
    subtracted,
    truth,
    truth_word,
)

_ANSWERS: dict[str, Callable[[Word, Word], Bit]] = {
    "==": equal,
    "!=": lambda left, right: opposite(equal(left, right)),
    "<": less,
    ">": lambda left, right: less(right, left),
    "<=": lambda left, right: opposite(less(right, left)),
    ">=": lambda left, right: opposite(less(left, right)),
    "&&": lambda left, right: both(truth(left), truth(right)),
    "||": lambda left, right: either(truth(left), truth(right)),
}
_EACH = {"&": both, "|": either, "^": differ}


def word_of(node: Any, scope: Scope) -> Word:
    """The value of an expression. Raises Fault."""
    try:
        return _word(node, scope)
    except TooLarge as error:
        message = f"this takes more than {MAX_SIZE:,} operations on bits; give a part of it a name of its own"
        raise Fault(node, "too-many-operations", message) from error


def truth_of(node: Any, scope: Scope) -> Bit:
    """Whether the value of an expression is not zero. Raises Fault."""
    return truth(word_of(node, scope))


def calls(node: Any) -> bool:
    """Whether an expression calls a subroutine."""
    return any(isinstance(part, ast.FunctionCall) and part.name.name not in FUNCTIONS for part in parts(node))


def works_out_twice(node: Any, scope: Scope) -> bool:
    """Whether an expression has a call that is written out already when it is tried whether all of it is known."""
    return any(
        isinstance(part, ast.FunctionCall) and part.name.name not in FUNCTIONS and not scope.reader.gives_bits(part)
        for part in parts(node)
    )


def parts(node: Any) -> Iterator[Any]:
    """An expression, and those it is made of."""
    yield node
    for name in ("lhs", "rhs", "expression", "argument"):
        if (part := getattr(node, name, None)) is not None:
            yield from parts(part)
    for argument in getattr(node, "arguments", ()):
        yield from parts(argument)


def _word(node: Any, scope: Scope) -> Word:
    try:
        return _literal(node, evaluate(node, scope))
    except Unknown:
        pass
    match node:
        case ast.FunctionCall() if node.name.name in ROTATIONS:
            return _turned(node, scope)
        case ast.FunctionCall() if node.name.name in FUNCTIONS:
            if node.name.name != "popcount" or len(node.arguments) != 1:
                raise unsupported(node, f"the function {node.name.name} of what was measured")
            return counted(_word(node.arguments[0], scope))
        case ast.Identifier() | ast.IndexedIdentifier() | ast.IndexExpression() | ast.FunctionCall():
            return _named(node, scope)
        case ast.UnaryExpression():
            value = _word(node.expression, scope)
            if node.op.name == "!":
                return truth_word(opposite(truth(value)))
            return inverted(value) if node.op.name == "~" else subtracted(literal(0), value)
        case ast.BinaryExpression():
            if works_out_twice(node, scope):
                raise unsupported(node, "a call beside what was measured", "give what it returns a name first")
            return _binary(node, _word(node.lhs, scope), _word(node.rhs, scope), scope)
        case ast.Cast():
            return _cast(node, _word(node.argument, scope), scope)
    raise unsupported(node, "this with what was measured")


def _literal(node: Any, value: Any) -> Word:
    if isinstance(value, Sum):
        raise NotLinear
    if not isinstance(value, int):
        raise unsupported(node, f"{value!r} beside what was measured", "integers, bools and bits are")
    made = literal(value)
    return fitted(made, node.width) if isinstance(node, ast.BitstringLiteral) else made


def _named(node: Any, scope: Scope) -> Word:
    name, picked = root(node)
    found = scope.find(name.name) if isinstance(name, ast.Identifier) else None
    if not isinstance(found, Stored):
        found = scope.reader.returned(node)
    if isinstance(found, Stored):
        held = _held(found.bits, scope)
        whole_word = Word(held, found.shape.is_signed, found.shape.is_bool, has_width=True)
        return _picked(node, whole_word, picked, scope) if picked else whole_word
    bits = scope.reader.into(node)
    return Word(_held(bits, scope), is_bool=not bits.is_array, has_width=True)


def _held(bits: Bits, scope: Scope) -> tuple[Bit, ...]:
    values = scope.reader.store.values(bits.bits)
    return tuple(bit(each) if value is None else bool(value) for each, value in zip(bits.bits, values, strict=True))


def _picked(node: Any, value: Word, picked: list[Any], scope: Scope) -> Word:
    """A bit of an integer, or several."""
    places = bit_places(node, picked, len(value.bits), scope)
    if isinstance(places, int):
        return truth_word(value.bits[places])
    return Word(tuple(value.bits[place] for place in places), has_width=True)


def bit_places(node: Any, picked: list[Any], width: int, scope: Scope) -> int | list[int]:
    """Which bits of an integer are named by an index, or by a range or set. Raises Fault."""
    if len(picked) != 1 or (isinstance(picked[0], list) and len(picked[0]) != 1):
        raise unsupported(node, "more than one index")
    (index,) = picked if isinstance(picked[0], ast.DiscreteSet) else picked[0]
    is_many = isinstance(index, ast.DiscreteSet | ast.RangeDefinition)
    found = list(indexes(index, scope, width)) if is_many else [whole(index, scope, "an index")]
    for place in found:
        if not -width <= place < width:
            message = f"index {place} is out of range: there are {width}, from 0 to {width - 1}"
            raise Fault(node, "index-out-of-range", message)
    return [place % width for place in found] if is_many else found[0] % width


def _binary(node: ast.BinaryExpression, left: Word, right: Word, scope: Scope) -> Word:
    operator = node.op.name
    if operator in ("==", "!="):
        _may_be(node.lhs, left, right)
        _may_be(node.rhs, right, left)
    if operator in _ANSWERS:
        return truth_word(_ANSWERS[operator](left, right))
    if operator in _EACH:
        return bitwise(_EACH[operator], left, right)
    try:
        if operator == "+":
            return added(left, right)
        if operator == "-":
            return subtracted(left, right)
        if operator == "*":
            factor, value = (left, right) if is_known(left) else (right, left)
            if not is_known(factor):
                raise unsupported(node, "a product of two values that were measured")
            return multiplied(value, number(factor))
        if operator in ("/", "%"):
            return divided(left, _known(node.rhs, scope, "a divisor"), is_remainder=operator == "%")
        if operator in ("<<", ">>"):
            places = _known(node.rhs, scope, "a number of places")
            return shifted(left, places if operator == "<<" else -places)
    except CannotWorkOut:
        pass
    instead = "by a power of two they are, of what is not negative" if operator in ("/", "%") else ""
    raise unsupported(node, f"the operator {operator} on what was measured", instead)


def _known(operand: Any, scope: Scope, what: str) -> int:
    value = known(operand, scope, what)
    if not isinstance(value, int):
        raise Fault(operand, "wrong-arguments", f"{what} is {value!r}; wanted an integer")
    return int(value)


def _may_be(node: Any, value: Word, other: Word) -> None:
    """Fault where a cast of bits to `int[n]` is compared with what only a `uint[n]` can be: nobody means that."""
    if not isinstance(node, ast.Cast) or not isinstance(node.type, ast.IntType) or not is_known(other):
        return
    width, asked = len(value.bits), number(other)
    half = 1 << width - 1
    if half <= asked < 2 * half and not is_known(value):
        message = (
            f"an int[{width}] is never {asked}: with its sign it goes from {-half} to {half - 1}; use uint[{width}]"
        )
        raise Fault(node, "wrong-arguments", message)


def _cast(node: ast.Cast, value: Word, scope: Scope) -> Word:
    made: Any = node.type
    if isinstance(made, ast.BoolType):
        return truth_word(truth(value))
    if not isinstance(made, ast.IntType | ast.UintType | ast.BitType):
        raise unsupported(node, "this cast of what was measured", "to bool, bit, int and uint there are some")
    is_signed, width = isinstance(made, ast.IntType), cast_width(node, scope)
    if width is not None:
        return Word(fitted(value, width).bits, is_signed, has_width=True)
    if isinstance(made, ast.BitType):
        return Word(value.bits[:1])
    width = max(INTEGER_BITS, len(value.bits) + (is_signed and not value.is_signed))
    return Word(fitted(value, width).bits, is_signed, has_width=True)


def _turned(node: ast.FunctionCall, scope: Scope) -> Word:
    """rotl, and rotr, by a distance that is known."""
    width = rotated_width(node, scope)
    distance = whole(node.arguments[1], scope, "a distance")
    bits = fitted(_word(node.arguments[0], scope), width).bits
    places = (distance if node.name.name == "rotl" else -distance) % width
    return Word((*bits[width - places :], *bits[: width - places]), has_width=True)
