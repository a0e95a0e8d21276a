"""The operations of a compiled program, as nested lists (docs/drivers.md): walks over them, without Qiskit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Op = list[Any]

BLOCKS = frozenset({"if", "while", "switch"})
"""The operations that hold others; they make a program format 2."""


def blocks_of(op: Op) -> list[list[Op]]:
    """The lists of operations inside of an operation; none for one that is not of BLOCKS."""
    if op[0] == "switch":
        return [block for _, block in op[2]]
    return op[2:] if op[0] in BLOCKS else []


def walk(ops: list[Op]) -> Iterator[Op]:
    """Every operation, those inside of another one after it."""
    for op in ops:
        yield op
        for block in blocks_of(op):
            yield from walk(block)


def wires_of(op: Op) -> list[int]:
    """The wires that something is done to; a barrier's are not, nor those of a block."""
    return [] if op[0] in BLOCKS or op[0] in ("barrier", "break", "continue") else op[1]
