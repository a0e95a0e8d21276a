"""What the variable of a `for` loop is, round by round."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from openqasm3 import ast

from qcjob.circuits.openqasm3.faults import Fault, unsupported
from qcjob.circuits.openqasm3.kinds import converter
from qcjob.circuits.openqasm3.scope import Bits, Known, Scope, Symbol
from qcjob.circuits.openqasm3.values import Unknown, evaluate, indexes, known


def loop_values(node: ast.ForInLoop, scope: Scope) -> tuple[Sequence[Any], Callable[[Any], Symbol]]:
    """The values of a loop, and what makes of one what its variable stands for. Raises Fault."""
    over = node.set_declaration
    kind = converter(node.type, scope, node)
    if isinstance(over, ast.RangeDefinition):
        if not isinstance(node.type, ast.IntType | ast.UintType):
            raise unsupported(node, "a range of anything but integers", "use a set of the values")
        return indexes(over, scope), Known
    if isinstance(over, ast.DiscreteSet):
        return [kind(known(value, scope, "an element of a set")) for value in over.values], Known
    try:
        found = evaluate(over, scope)
    except Unknown:
        return scope.reader.into(over).bits, lambda bit: Bits((bit,), is_array=False)
    if isinstance(over, ast.BitstringLiteral):
        found = [found >> place & 1 for place in range(over.width)]
    elif isinstance(found, int) and isinstance(over, ast.Identifier):
        found = [found >> place & 1 for place, _ in enumerate(scope.reader.into(over).bits)]
    if not isinstance(found, list):
        raise Fault(over, "wrong-arguments", f"{found!r} has no elements to loop over")
    return [kind(value) for value in found], Known
