"""`if (c) { …; break; }` in a loop that is written out, where only the device knows whether.

What the loop would do behind it goes into the other branch: for `continue` the rest of the round, for `break` the rest
of the loop. So the device chooses, and has no loop to leave.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from openqasm3 import ast

from qcjob.circuits.blocks import Block
from qcjob.circuits.openqasm3.faults import place, unsupported
from qcjob.circuits.openqasm3.reading import Broken, Continued, Reading, Turn

MAX_DEPTH = 24
"""Each round of a loop that may be left stands in the one before."""


def decides(reading: Reading, node: ast.BranchingStatement) -> bool:
    """Whether it stands in a loop itself that is written out, and a branch of it ends with leaving that."""
    turn = reading.loops[-1] if reading.loops else None
    if not isinstance(turn, Turn) or turn.depth != reading.depth or turn.level + 1 != len(reading.within):
        return False
    return any(_ending(block) for block in (node.if_block, node.else_block))


def branch(reading: Reading, node: ast.BranchingStatement, condition: Any) -> None:
    """Reads both branches with what comes behind them. Raises Broken or Continued: no more is to be read here."""
    if reading.depth >= MAX_DEPTH:
        raise unsupported(node, f"a break on what was measured, in a loop of more than {MAX_DEPTH} rounds")
    turn = reading.loops[-1]
    assert isinstance(turn, Turn)
    statements, begun = reading.within[-1]
    blocks = (node.if_block, node.else_block)
    is_left = _breaks([*node.if_block, *node.else_block, *statements[begun:]])
    with reading.store.choice():
        then, otherwise = (_branch(reading, turn, block, statements[begun:], is_left=is_left) for block in blocks)
    reading.blocks[-1].branch(condition, then, otherwise, place(node))
    raise Broken if is_left else Continued


def _branch(reading: Reading, turn: Turn, statements: list[Any], rest: Any, *, is_left: bool) -> Block:
    ending = _ending(statements)
    with reading.block() as block, reading.store.branch(block):
        reading.loops.append(Turn(reading.depth, len(reading.within), turn.remaining))
        try:
            with reading.scope.inner():
                reading.body(statements[:-1] if ending else statements)
                if ending is None:
                    reading.run(rest)
        except Broken:
            ending = ast.BreakStatement
        except Continued:
            pass
        finally:
            reading.loops.pop()
        if is_left and ending is not ast.BreakStatement:
            turn.remaining()
    return block


def _breaks(statements: Sequence[Any]) -> bool:
    """Whether one of them, or of those in their branches, leaves the loop for good."""
    return any(
        isinstance(each, ast.BreakStatement)
        or (isinstance(each, ast.BranchingStatement) and _breaks([*each.if_block, *each.else_block]))
        or (isinstance(each, ast.CompoundStatement) and _breaks(each.statements))
        or (isinstance(each, ast.SwitchStatement) and _breaks(_cases(each)))
        for each in statements
    )


def _cases(node: ast.SwitchStatement) -> list[Any]:
    blocks = [body for _, body in node.cases] + ([node.default] if node.default is not None else [])
    return [statement for block in blocks for statement in block.statements]


def _ending(statements: list[Any]) -> type | None:
    last = type(statements[-1]) if statements else None
    return last if last in (ast.BreakStatement, ast.ContinueStatement) else None
