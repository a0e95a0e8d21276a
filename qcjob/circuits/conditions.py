"""What was measured, asked about: classical expressions as nested lists (docs/drivers.md), and as Qiskit's.

    ["clbit", 3]   ["creg", [0, 1]]   ["lit", 2, ["uint", 2]]   ["equal", e1, e2]   ["not", e]   ["cast", type, e]

A type is "bool" or ["uint", bits]. Lists of bits begin with bit 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from qiskit.circuit import ClassicalRegister, Clbit
from qiskit.circuit.classical import expr, types

Condition = list[Any]

ASKS = frozenset({"and", "or", "equal", "not_equal", "less", "less_equal", "greater", "greater_equal"})
"""The words of two operands whose answer is a bool, whatever the operands are."""

BINARY: dict[expr.Binary.Op, str] = {
    expr.Binary.Op.BIT_AND: "bit_and",
    expr.Binary.Op.BIT_OR: "bit_or",
    expr.Binary.Op.BIT_XOR: "bit_xor",
    expr.Binary.Op.LOGIC_AND: "and",
    expr.Binary.Op.LOGIC_OR: "or",
    expr.Binary.Op.EQUAL: "equal",
    expr.Binary.Op.NOT_EQUAL: "not_equal",
    expr.Binary.Op.LESS: "less",
    expr.Binary.Op.LESS_EQUAL: "less_equal",
    expr.Binary.Op.GREATER: "greater",
    expr.Binary.Op.GREATER_EQUAL: "greater_equal",
    expr.Binary.Op.SHIFT_LEFT: "shift_left",
    expr.Binary.Op.SHIFT_RIGHT: "shift_right",
    expr.Binary.Op.ADD: "add",
    expr.Binary.Op.SUB: "sub",
    expr.Binary.Op.MUL: "mul",
    expr.Binary.Op.DIV: "div",
}
UNARY: dict[expr.Unary.Op, str] = {expr.Unary.Op.LOGIC_NOT: "not", expr.Unary.Op.BIT_NOT: "bit_not"}

_binary = {name: op for op, name in BINARY.items()}
_unary = {name: op for op, name in UNARY.items()}


class NotExpressible(ValueError):
    """A classical value that a compiled program has no word for, such as a variable that is no clbit."""


def to_lists(condition: Any, index: Mapping[Clbit, int]) -> Condition:
    """A Qiskit condition, pair or target of a switch as lists; `index` numbers the clbits. Raises NotExpressible."""
    if isinstance(condition, tuple):
        what, value = condition
        if isinstance(what, Clbit):
            return ["clbit", index[what]] if value else ["not", ["clbit", index[what]]]
        return ["equal", to_lists(what, index), ["lit", int(value), ["uint", len(what)]]]
    if isinstance(condition, Clbit):
        return ["clbit", index[condition]]
    if isinstance(condition, ClassicalRegister):
        return ["creg", [index[bit] for bit in condition]]
    if isinstance(condition, expr.Var) and not condition.standalone:
        return to_lists(condition.var, index)
    if isinstance(condition, expr.Value):
        return ["lit", condition.value, _type_as_list(condition.type)]
    if isinstance(condition, expr.Cast):
        return ["cast", _type_as_list(condition.type), to_lists(condition.operand, index)]
    if isinstance(condition, expr.Unary) and condition.op in UNARY:
        return [UNARY[condition.op], to_lists(condition.operand, index)]
    if isinstance(condition, expr.Binary) and condition.op in BINARY:
        return [BINARY[condition.op], to_lists(condition.left, index), to_lists(condition.right, index)]
    if isinstance(condition, expr.Index):
        return ["index", to_lists(condition.target, index), to_lists(condition.index, index)]
    raise NotExpressible(f"a classical value of the kind {type(condition).__name__}")


def from_lists(
    condition: Condition, bits: Sequence[Clbit], register: Callable[[list[int]], ClassicalRegister]
) -> expr.Expr:
    """The inverse of `to_lists`. `register` gives the register of these clbits."""
    word, *parts = condition
    if word == "lit":
        return expr.Value(parts[0], _type_from_list(parts[1]))
    if word == "clbit":
        return expr.Var(bits[parts[0]], types.Bool())
    if word == "creg":
        return expr.Var(register(parts[0]), types.Uint(len(parts[0])))
    if word == "cast":
        return expr.Cast(from_lists(parts[1], bits, register), _type_from_list(parts[0]))
    operands = [from_lists(part, bits, register) for part in parts]
    if word == "index":
        return expr.Index(*operands, types.Bool())
    if word in _unary:
        return expr.Unary(_unary[word], *operands, operands[0].type)
    return expr.Binary(_binary[word], *operands, types.Bool() if word in ASKS else operands[0].type)


def _type_as_list(kind: types.Type) -> Any:
    if isinstance(kind, types.Bool):
        return "bool"
    if isinstance(kind, types.Uint):
        return ["uint", kind.width]
    raise NotExpressible(f"a classical value of type {kind}")


def _type_from_list(kind: Any) -> types.Type:
    return types.Bool() if kind == "bool" else types.Uint(kind[1])
