"""What is wrong with one program, fault by fault, in little room however many there are."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import overload

from qcjob.errors import ProgramError


class Faults(Sequence[ProgramError]):
    """Errors in the order they were added. Each is made when it is asked for.

    A quarter of a million objects are made one by one, but die all at once: Python lets no other thread run meanwhile,
    some twenty milliseconds long. Numbers in an array die without a pause, and what is told of one kind is kept once.
    """

    def __init__(self) -> None:
        self._lines = array("L")
        self._columns = array("L")
        self._told: list[tuple[str, str]] = []
        self._kinds: dict[tuple[str, str], tuple[str, str]] = {}

    def add(self, line: int, column: int, code: str, message: str) -> None:
        """One error more; line and column count from 1."""
        told = (code, message)
        self._lines.append(line)
        self._columns.append(column)
        self._told.append(self._kinds.setdefault(told, told))

    def __len__(self) -> int:
        return len(self._told)

    @overload
    def __getitem__(self, index: int) -> ProgramError: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[ProgramError, ...]: ...
    def __getitem__(self, index: int | slice) -> ProgramError | tuple[ProgramError, ...]:
        if isinstance(index, slice):
            return tuple(self[each] for each in range(*index.indices(len(self))))
        return ProgramError(self._lines[index], self._columns[index], *self._told[index])
