"""The text as a tree, or the places where the parser gave up."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import openqasm3
from openqasm3 import ast
from openqasm3.parser import QASM3ParsingError

from qcjob.circuits.openqasm3.faults import place, place_of_name
from qcjob.errors import InvalidProgram, ProgramError


@dataclass(frozen=True, slots=True)
class Piece:
    """A statement of a program: the lines it is in, with blanks in the place of all else, and the number of the first.

    `names` are the words in it.
    """

    text: str
    line: int
    names: frozenset[str]

    @property
    def has_include(self) -> bool:
        """Whether an include may be part of what cannot be read."""
        return "include" in self.names


@dataclass(frozen=True, slots=True)
class Unread:
    """In the place of a statement that cannot be read: the names of which nobody knows what it made of them."""

    names: frozenset[str]
    has_include: bool


_empty = re.compile(r"(?:\s|//[^\n\r]*|/\*(?:[^*]|\*(?!/))*\*/)*")
_place = re.compile(r"L(\d+):C(\d+): (.*)", re.DOTALL)


def parse(source: str) -> ast.Program:
    """The tree of a program. Raises InvalidProgram `syntax-error`; the parser stops at the first."""
    if _empty.fullmatch(source):
        return ast.Program([])  # the parser trips over it
    try:
        with contextlib.redirect_stderr(io.StringIO()):  # ANTLR prints what it raises, too
            return openqasm3.parse(source)
    except QASM3ParsingError as error:
        raise InvalidProgram([_told(error)]) from error
    except Exception as error:  # its walk over ANTLR's tree trips over what the grammar let through
        raise InvalidProgram([ProgramError(1, 1, "syntax-error", "this is no OpenQASM 3 that can be read")]) from error


def parse_one_by_one(pieces: Iterable[Piece]) -> tuple[list[Any], list[ProgramError]]:
    """The statements of the pieces of a program that can be read, and what is wrong with the others."""
    found: list[Any] = []
    errors: list[ProgramError] = []
    for piece in pieces:
        try:
            read = parse(piece.text).statements
        except InvalidProgram as refused:
            for error in refused.errors:
                line = error.line + piece.line - 1
                errors.append(ProgramError(line, error.column, error.code, error.message))
            found.append(Unread(piece.names, piece.has_include))
        else:
            for statement in read:
                _move(statement, piece)
            found += read
    return found, errors


def _move(node: Any, piece: Piece) -> None:
    """The spans of a tree to where its piece stands in the program."""
    if isinstance(node, list | tuple):
        for each in node:
            _move(each, piece)
    if not isinstance(node, ast.QASMNode):
        return
    if node.span is not None:
        line, column = place_of_name(node, piece.text) if isinstance(node, ast.Identifier) else place(node)
        node.span = replace(node.span, start_line=line + piece.line - 1, start_column=column - 1)
    for each in vars(node).values():
        _move(each, piece)


def _told(error: QASM3ParsingError) -> ProgramError:
    if found := _place.fullmatch(str(error)):
        return ProgramError(int(found[1]), int(found[2]) + 1, "syntax-error", found[3].strip()[:200])
    cause: Any = error.__cause__
    while cause is not None and not hasattr(cause, "offendingToken"):
        cause = cause.args[0] if cause.args and isinstance(cause.args[0], Exception) else None
    token = getattr(cause, "offendingToken", None)
    if token is None:
        return ProgramError(1, 1, "syntax-error", str(error)[:200] or "this is no OpenQASM 3")
    found_text = "the end of the program" if token.type == -1 else ascii(token.text[:40])
    return ProgramError(
        token.line, token.column + 1, "syntax-error", f"found {found_text}, which cannot stand here in OpenQASM 3"
    )
