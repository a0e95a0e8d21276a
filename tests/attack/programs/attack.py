"""What a hostile program is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Attack:
    """A program and its due: the code of its first error, and where that stands. `source` is the text or makes it.

    `code` is what is said before any parser sees the program; None where nothing is to be said yet, because the program
    is legal as far as that goes. Then `behind` are the codes of which the compiler may answer one; "" means that it
    may also compile.
    """

    name: str
    language: str
    source: str | Callable[[], str]
    code: str | None
    line: int = 1
    column: int = 1
    behind: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return self.source if isinstance(self.source, str) else self.source()


def openqasm2(name: str, source: str | Callable[[], str], code: str, column: int = 1, line: int = 1) -> Attack:
    return Attack(name, "openqasm2", source, code, line, column)


def openqasm3(name: str, source: str | Callable[[], str], code: str, column: int = 1, line: int = 1) -> Attack:
    return Attack(name, "openqasm3", source, code, line, column)


def rotations(name: str, source: str | Callable[[], str], code: str, column: int = 1, line: int = 1) -> Attack:
    return Attack(name, "rotations", source, code, line, column)
