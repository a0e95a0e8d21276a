"""After a statement that was refused: which names nobody knows the meaning, or the value, of any more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from openqasm3 import ast

_GIVEN = {
    ast.QubitDeclaration: "qubit",
    ast.ClassicalDeclaration: "identifier",
    ast.ConstantDeclaration: "identifier",
    ast.IODeclaration: "identifier",
    ast.AliasStatement: "target",
    ast.QuantumGateDefinition: "name",
    ast.SubroutineDefinition: "name",
    ast.ExternDeclaration: "name",
}


def declared(statement: Any) -> list[str]:
    """The names that a statement would have given a meaning."""
    attribute = _GIVEN.get(type(statement))
    return [] if attribute is None else [getattr(statement, attribute).name]


def assigned(statement: Any) -> list[str]:
    """The names that it would have given another value."""
    target: Any = None
    if isinstance(statement, ast.ClassicalAssignment):
        target = statement.lvalue
    elif isinstance(statement, ast.QuantumMeasurementStatement):
        target = statement.target
    if target is None:
        return []
    return [(target if isinstance(target, ast.Identifier) else target.name).name]


def changed(statements: Any) -> set[str]:
    """The names that statements, or those in their blocks, give another value to."""
    return {name for statement in within(statements) for name in assigned(statement)}


def within(statements: Any) -> Iterator[Any]:
    """Statements, and those in their blocks."""
    for node in statements:
        if isinstance(node, list | tuple):
            yield from within(node)
        elif isinstance(node, ast.Statement | ast.CompoundStatement):
            yield node
            inner = vars(node).values()
            yield from within([each for each in inner if isinstance(each, list | tuple | ast.CompoundStatement)])
