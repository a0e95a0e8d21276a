"""What is wrong with a tree, at one of its nodes."""

from __future__ import annotations

from openqasm3.ast import Identifier, QASMNode

from qcjob.errors import ProgramError


class Fault(Exception):
    """One fault, told of at a node, or at the statement around it where the node has no place."""

    def __init__(self, node: QASMNode | None, code: str, message: str) -> None:
        super().__init__(message)
        self.node = node
        self.code = code

    def at(self, statement: QASMNode, source: str) -> ProgramError:
        """The error as users read it."""
        node = self.node if self.node is not None and self.node.span else statement
        line, column = place(node)
        if isinstance(node, Identifier):
            line, column = place_of_name(node, source)
        return ProgramError(line, column, self.code, str(self))


class Follows(Exception):
    """Something is wrong here because something else is, which was told where it stands."""


class Enough(Exception):
    """There are as many errors as are told, or one after which nothing can be said."""


def place(node: QASMNode) -> tuple[int, int]:
    """Line and column from 1; (1, 1) for a node that has none."""
    return (node.span.start_line, node.span.start_column + 1) if node.span else (1, 1)


def place_of_name(node: Identifier, text: str) -> tuple[int, int]:
    """The same for a name that stands alone in the grammar of openqasm3 1.0: that gives it the column of its place in
    the whole text.
    """
    line, column = place(node)
    lines = text.split("\n")
    if not lines[line - 1].startswith(node.name, column - 1):
        column -= sum(len(before) + 1 for before in lines[: line - 1])
    return line, column


def unsupported(node: QASMNode | None, what: str, instead: str = "") -> Fault:
    """A construct that is legal and not supported."""
    return Fault(node, "unsupported", f"{what} is not supported{'; ' if instead else ''}{instead}")
