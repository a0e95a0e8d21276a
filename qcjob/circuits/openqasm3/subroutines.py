"""Subroutines, written out where they are called."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from openqasm3 import ast

from qcjob.circuits.openqasm3 import giving, operations
from qcjob.circuits.openqasm3.arguments import bound_to, stand_in
from qcjob.circuits.openqasm3.faults import Fault, Follows, unsupported
from qcjob.circuits.openqasm3.kinds import converter, shape_of
from qcjob.circuits.openqasm3.reading import Call, Reading
from qcjob.circuits.openqasm3.scope import Bits, Scope, Shape, Stored
from qcjob.circuits.openqasm3.values import Unknown, evaluate, known, whole


@dataclass(frozen=True, slots=True)
class Subroutine:
    """def name(arguments) { ... }"""

    node: ast.SubroutineDefinition


class Returned(Exception):
    """`return`, with the value that is known now; None where it went into the caller's bits."""

    def __init__(self, value: Any = None) -> None:
        super().__init__()
        self.value = value


def define(reading: Reading, node: ast.SubroutineDefinition) -> None:
    """The body is looked into when it is called. Where the name is taken, what calls it is not to blame."""
    try:
        reading.scope.define(node.name.name, Subroutine(node), node)
    except Fault:
        reading.scope.lost.add(node.name.name)
        raise
    reading.unread[node.name.name] = node


def is_call(scope: Scope, node: Any) -> bool:
    """Whether this is a call of a subroutine, not of a function of the language."""
    return isinstance(node, ast.FunctionCall) and isinstance(scope.find(node.name.name), Subroutine)


def statement(reading: Reading, node: ast.ExpressionStatement) -> None:
    """name(arguments); as a statement."""
    if not isinstance(node.expression, ast.FunctionCall):
        raise unsupported(node, "an expression as a statement")
    name = node.expression.name.name
    reading.scope.get(node.expression.name)
    if not is_call(reading.scope, node.expression):
        if name in reading.scope.lost:
            raise Follows
        raise Fault(node, "wrong-arguments", f"{name!r} is no subroutine: only what a def defines is called like this")
    value(reading, node.expression, as_bits=reading.gives_bits(node.expression))


def value(reading: Reading, node: ast.FunctionCall, *, as_bits: bool = False) -> Any:
    """What a call in an expression comes to: the value, or the Bits where they are asked for. Raises Unknown for bits
    that are not.
    """
    found = reading.scope.get(node.name)
    if not isinstance(found, Subroutine):
        raise Fault(node, "wrong-arguments", f"{node.name.name!r} is no function")
    if not reading.gives_bits(node):
        if as_bits:
            raise Fault(node, "wrong-arguments", f"{node.name.name} does not return bits")
        return call(reading, node, None)
    if not as_bits:
        raise Unknown
    declared: Any = found.node.return_type
    size = declared.size
    number = 1 if size is None else whole(size, reading.scope, "a size")
    made = reading.local(node, "unnamed", number, is_array=size is not None)
    call(reading, node, made)
    return made


def call(reading: Reading, node: ast.FunctionCall, target: Bits | None) -> Any:
    """The body, with the arguments in the place of its names. Bits that it returns go to `target`; any other value is
    what this returns.
    """
    definition = reading.scope.get(node.name).node
    name = definition.name.name
    if any(each.name == name for each in reading.calls):
        raise Fault(node, "recursive-gate", f"{name} calls itself")
    if len(node.arguments) != len(definition.arguments):
        message = f"{name} takes {len(definition.arguments)} arguments; found {len(node.arguments)}"
        raise Fault(node, "wrong-arguments", message)
    if target is not None and definition.return_type is None:
        raise Fault(node, "wrong-arguments", f"{name} returns nothing")
    bound = [bound_to(reading, *pair) for pair in zip(definition.arguments, node.arguments, strict=True)]
    if target is not None and isinstance(definition.return_type, ast.BitType):
        _check_size(reading, definition, target, node)
    reading.unread.pop(name, None)
    local = _returned_name(definition)
    given = {bit for symbol in bound if isinstance(symbol, Bits) for bit in symbol.bits}
    if target is not None and not given.isdisjoint(target.bits):
        local = None
    told = len(reading.errors)
    shape = None if definition.return_type is None else shape_of(definition.return_type, reading.scope)
    reading.calls.append(Call(name, reading.depth, target, local, shape))
    try:
        with reading.scope.apart():
            for argument, symbol in zip(definition.arguments, bound, strict=True):
                reading.scope.define(argument.name.name, symbol, argument)
            reading.run(definition.body)
        if len(reading.errors) > told:
            raise Follows
        if target is not None and not reading.is_trial:
            raise Fault(node, "wrong-arguments", f"{name} does not end with a return")
    except Returned as returned:
        if definition.return_type is None or target is not None:
            return None
        if isinstance(returned.value, Stored):
            return returned.value
        return converter(definition.return_type, reading.scope, node)(returned.value)
    finally:
        reading.calls.pop()
    return None


def give_back(reading: Reading, node: ast.ReturnStatement) -> None:
    """return; return n; return b; return measure q;"""
    frame = reading.calls[-1]
    if reading.is_trial:
        _look_at(reading, node.expression)
        return
    if frame.depth != reading.depth:
        raise unsupported(node, "a return where only the device decides whether")
    if node.expression is None:
        raise Returned
    if frame.target is None:
        if isinstance(node.expression, ast.QuantumMeasurement):
            raise Fault(node, "wrong-arguments", f"{frame.name} returns bits, and does not say so")
        raise Returned(_value_of(reading, node, frame.shape))
    if isinstance(node.expression, ast.QuantumMeasurement):
        operations.measure_into(reading, node.expression, frame.target, node)
    else:
        giving.to_bits(reading, frame.target, node.expression, node)
    raise Returned


def _value_of(reading: Reading, node: ast.ReturnStatement, shape: Shape | None) -> Any:
    """What is returned that is no bits: a value that is known, or a variable of the device."""
    if shape is None:
        return known(node.expression, reading.scope, "what a subroutine returns")
    try:
        return evaluate(node.expression, reading.scope)
    except Unknown:
        return giving.new_variable(reading, "unnamed", shape, node.expression, node)


def _look_at(reading: Reading, expression: Any) -> None:
    """What is wrong with it, and nothing else."""
    if isinstance(expression, ast.QuantumMeasurement):
        reading.on(expression.qubit)
    elif expression is not None:
        with suppress(Unknown):
            evaluate(expression, reading.scope)


def look_at_the_others(reading: Reading) -> None:
    """What nothing has called is read for its errors."""
    while reading.unread:
        _, definition = reading.unread.popitem()
        reading.calls.append(Call(definition.name.name, reading.depth, None, None))
        try:
            with reading.scope.apart():
                for argument in definition.arguments:
                    stand_in(reading, argument)
                reading.trial(definition.body)
        finally:
            reading.calls.pop()


def _check_size(reading: Reading, definition: ast.SubroutineDefinition, target: Bits, node: ast.QASMNode) -> None:
    declared: Any = definition.return_type
    size = declared.size
    wanted = 1 if size is None else whole(size, reading.scope, "a size")
    if wanted != len(target.bits):
        message = f"{definition.name.name} returns {wanted} bits; found {len(target.bits)} to take them"
        raise Fault(node, "register-size-mismatch", message)


def _returned_name(definition: ast.SubroutineDefinition) -> str | None:
    """The one variable that is returned at the end: it can be the caller's bits themselves."""
    last = definition.body[-1] if definition.body else None
    if isinstance(last, ast.ReturnStatement) and isinstance(last.expression, ast.Identifier):
        return last.expression.name
    return None
