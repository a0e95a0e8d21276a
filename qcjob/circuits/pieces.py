"""A program in OpenQASM 3 in pieces: what is read of it when not all of it can be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from qcjob.circuits.openqasm3.parse import Piece
from qcjob.languages.openqasm import Scan
from qcjob.languages.openqasm.rename import renamed_column
from qcjob.languages.openqasm.statements import Statement, innermost
from qcjob.languages.openqasm.tokens import Kind


def left_out(scan: Scan) -> list[Statement]:
    """The statements with the scan's errors, which have been told."""
    found = scan.statements
    tokens = [scan.tokens.starts.index(position) for position in scan.refused]
    return [found[at] for token in tokens if (at := innermost(found, token)) is not None]


def names_in(scan: Scan, statement: Statement) -> frozenset[str]:
    """The words of a statement; those for gates of the program's own as they are in the renamed program, too."""
    tokens = scan.tokens
    indexes = range(statement.first, statement.last + 1)
    words = {tokens.texts[index] for index in indexes if tokens.kinds[index] == Kind.WORD}
    return frozenset(words | {scan.gate_prefix + word for word in words & scan.gates.keys()})


def pieces(scan: Scan, text: str, without: Sequence[Statement]) -> Iterator[Piece]:
    """The statements that stand in no other, one by one, of the renamed program `text`."""
    lines = text.split("\n")
    for statement in scan.statements:
        if statement.parent is None and statement not in without:
            yield _piece(scan, lines, statement)


def _piece(scan: Scan, lines: list[str], statement: Statement) -> Piece:
    starts, texts = scan.tokens.starts, scan.tokens.texts
    first, begin = scan.place(starts[statement.first])
    last, end = scan.place(starts[statement.last])
    begin, end = renamed_column(scan, first, begin), renamed_column(scan, last, end) + len(texts[statement.last])
    mine = lines[first - 1 : last]
    mine[-1] = mine[-1][: end - 1]
    mine[0] = " " * (begin - 1) + mine[0][begin - 1 :]
    return Piece("\n".join(mine), first, names_in(scan, statement))
