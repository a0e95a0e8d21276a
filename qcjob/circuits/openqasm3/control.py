"""Control flow: worked out now where it can be, left to the device where a measurement decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from openqasm3 import ast
from qiskit.circuit import CASE_DEFAULT, BreakLoopOp, ContinueLoopOp
from qiskit.circuit.classical import expr

from qcjob.circuits.blocks import Block
from qcjob.circuits.openqasm3 import giving, leaving, questions
from qcjob.circuits.openqasm3.faults import Fault, Follows, place, unsupported
from qcjob.circuits.openqasm3.measured import calls, word_of
from qcjob.circuits.openqasm3.reading import Broken, Continued, Reading, Turn
from qcjob.circuits.openqasm3.recovery import changed, within
from qcjob.circuits.openqasm3.rounds import loop_values
from qcjob.circuits.openqasm3.scope import Shape
from qcjob.circuits.openqasm3.values import whole


class Ended(Exception):
    """`end;`"""


def branch(reading: Reading, node: ast.BranchingStatement) -> None:
    """if (...) { ... } else { ... }"""
    try:
        condition = questions.condition(node.condition, reading.scope, reading.into)
    except (Fault, Follows) as refused:
        _unknown(reading, refused, node, node.if_block, node.else_block)
        return
    if isinstance(condition, bool):
        reading.body(node.if_block if condition else node.else_block)
        return
    reading.count(node)
    if leaving.decides(reading, node):
        leaving.branch(reading, node, condition)
    with reading.store.choice():
        then, otherwise = _block(reading, node.if_block), _block(reading, node.else_block)
    has_else = bool(node.else_block or otherwise.instructions)
    reading.blocks[-1].branch(condition, then, otherwise if has_else else None, place(node))


def while_loop(reading: Reading, node: ast.WhileLoop) -> None:
    """while (...) { ... }"""
    while True:
        try:
            condition = questions.condition(node.while_condition, reading.scope, reading.into)
        except (Fault, Follows) as refused:
            _unknown(reading, refused, node, node.block)
            return
        if not isinstance(condition, bool):
            _device_loop(reading, node, condition)
            return
        if not condition or not _turn(reading, node.block, node, lambda: while_loop(reading, node)):
            return


def _device_loop(reading: Reading, node: ast.WhileLoop, condition: Any) -> None:
    """A loop that goes on for as long as the device says."""
    is_called, others = calls(node.while_condition), changed(node.block)
    if is_called and any(isinstance(each, ast.ContinueStatement) for each in within(node.block)):
        raise unsupported(node, "a continue in a loop whose condition is a call", "call it in the body")
    reading.count(node)
    giving.release_all(reading, sorted(others))
    if not is_called:
        condition = questions.condition(node.while_condition, reading.scope, reading.into)
    with reading.block() as body, reading.store.loop(body, node):
        reading.loops.append(body)
        try:
            reading.body(node.block)
        finally:
            reading.loops.pop()
        if is_called:  # once more, for the next round; its bits are the same
            questions.condition(node.while_condition, reading.scope, reading.into)
    reading.blocks[-1].loop(condition, body, place(node))


def for_loop(reading: Reading, node: ast.ForInLoop) -> None:
    """for int i in [0:3] { ... }, written out."""
    try:
        values, meaning = loop_values(node, reading.scope)
    except (Fault, Follows) as refused:
        with reading.scope.inner():
            reading.scope.lose(node.identifier.name)
            _unknown(reading, refused, node, node.block)
        return
    _rounds(reading, node, values, meaning)


def _rounds(reading: Reading, node: ast.ForInLoop, values: Sequence[Any], meaning: Callable[[Any], Any]) -> None:
    for begun, value in enumerate(values, 1):
        with reading.scope.inner():
            reading.scope.define(node.identifier.name, meaning(value), node)
            rest = partial(_rounds, reading, node, values[begun:], meaning)
            if not _turn(reading, node.block, node, rest):
                break


def switch(reading: Reading, node: ast.SwitchStatement) -> None:
    """switch (...) { case 0, 1 { ... } default { ... } }"""
    try:
        target, shape = _target(reading, node.target)
    except (Fault, Follows) as refused:
        others = [] if node.default is None else [node.default.statements]
        _unknown(reading, refused, node, *(body.statements for _, body in node.cases), *others)
        return
    cases = [([whole(value, reading.scope, "a case") for value in values], body) for values, body in node.cases]
    everything = [value for values, _ in cases for value in values]
    if len(set(everything)) != len(everything):
        raise Fault(node, "already-defined", "two cases of a switch have the same value")
    default = node.default.statements if node.default is not None else []
    if isinstance(target, int):
        found = [body.statements for values, body in cases if target in values]
        reading.body(found[0] if found else default)
        return
    blocks: list[tuple[Any, Block]] = []
    reading.count(node)
    with reading.store.choice():
        for values, body in cases:
            if fitting := tuple(value % 2**shape.width for value in values if _meets(value, shape)):
                blocks.append((fitting, _block(reading, body.statements)))
            else:
                reading.trial(body.statements)
        blocks.append((CASE_DEFAULT, _block(reading, default)))
    reading.blocks[-1].switch(target, blocks, place(node))


def _target(reading: Reading, node: Any) -> tuple[Any, Shape]:
    """What a switch looks at, and what it is as bits: an expression is given to bits of its own first."""
    try:
        found = questions.target(node, reading.scope, reading.into)
    except Fault as fault:
        if fault.code != "unsupported" or calls(node):
            raise
        word = word_of(node, reading.scope)
        shape = Shape(len(word.bits), word.is_signed)
        bits = giving.new_variable(reading, "unnamed", shape, node, node).bits
        reading.store.release(bits.bits, reading.blocks[-1])  # the device looks at all of them
        return expr.lift(bits.register), shape
    return found, Shape(getattr(getattr(found, "type", None), "width", 1))


def _meets(value: int, shape: Shape) -> bool:
    """Whether a case is ever met."""
    lowest = -1 << (shape.width - 1) if shape.is_signed else 0
    return lowest <= value < lowest + (1 << shape.width)


def compound(reading: Reading, node: ast.CompoundStatement) -> None:
    """{ ... }"""
    reading.body(node.statements)


def leave(reading: Reading, node: ast.BreakStatement | ast.ContinueStatement) -> None:
    """break; continue;"""
    word = "break" if isinstance(node, ast.BreakStatement) else "continue"
    if not reading.loops:
        raise Fault(node, "syntax-error", f"{word} outside of a loop")
    loop = reading.loops[-1]
    if loop is None:
        return
    if isinstance(loop, Turn):
        if loop.depth != reading.depth:
            raise unsupported(
                node,
                f"this {word} of a loop that is written out, where only the device decides whether",
                "it stands last in an if that stands in the loop itself",
            )
        raise Broken if word == "break" else Continued
    reading.store.leave(reading.blocks[-1], node)
    reading.count(node)
    inside = reading.blocks[reading.blocks.index(loop) :]
    for block in inside:
        block.reach(reading.all_bits())
    qubits, bits = len(reading.circuit.qubits), len(reading.circuit.clbits)
    operation = BreakLoopOp(qubits, bits) if word == "break" else ContinueLoopOp(qubits, bits)
    reading.blocks[-1].add(operation, reading.circuit.qubits, reading.circuit.clbits, place(node))


def end(reading: Reading, node: ast.EndStatement) -> None:
    """end;"""
    if reading.is_trial:
        return
    if reading.depth:
        raise unsupported(node, "an end that depends on a measurement")
    raise Ended


def _unknown(reading: Reading, refused: Fault | Follows, node: ast.QASMNode, *bodies: list[Any]) -> None:
    """The head of a statement is refused: that is told, and what is wrong in its bodies."""
    reading.tell(refused, node)
    for body in bodies:
        reading.trial(body)


def _block(reading: Reading, statements: list[Any]) -> Block:
    with reading.block() as block, reading.store.branch(block):
        reading.body(statements)
    return block


def _turn(reading: Reading, statements: list[Any], node: ast.QASMNode, remaining: Callable[[], None]) -> bool:
    """One turn of a loop that is written out; whether another is to follow."""
    reading.count(node)
    reading.loops.append(Turn(reading.depth, len(reading.within), remaining))
    try:
        reading.body(statements)
    except Broken:
        return False
    except Continued:
        pass
    finally:
        reading.loops.pop()
    return True
