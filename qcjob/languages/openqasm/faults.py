"""The errors found in one text: collected in any order, told in the order they stand."""

from __future__ import annotations

from collections.abc import Collection

from qcjob.errors import InvalidProgram, ProgramError
from qcjob.languages.places import locator

MAX_ERRORS = 100
"""More are not told: whoever has a hundred errors has one, many times over."""


class Faults:
    """What is wrong with `source`; the first fault at a place counts, what follows from it does not."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._found: dict[int, tuple[str, str]] = {}

    def add(self, position: int, code: str, message: str) -> None:
        """A fault at a position of the text, from 0."""
        if len(self._found) < MAX_ERRORS:
            self._found.setdefault(position, (code, message))

    @property
    def is_full(self) -> bool:
        """Whether more would not be told."""
        return len(self._found) >= MAX_ERRORS

    def __len__(self) -> int:
        return len(self._found)

    def has(self, *codes: str) -> bool:
        """Whether one of these was found."""
        return any(code in codes for code, _ in self._found.values())

    def errors(self) -> dict[int, ProgramError]:
        """Every fault, by its position, in the order they stand."""
        locate = locator(self._source)
        return {place: ProgramError(*locate(place), *fault) for place, fault in sorted(self._found.items())}

    def only(self, *codes: str, beside: Collection[int] = ()) -> bool:
        """Whether nothing but these was found, beside what stands at some positions."""
        return all(code in codes for place, (code, _) in self._found.items() if place not in beside)

    def places(self, code: str) -> set[int]:
        """The positions of the faults of a code."""
        return {place for place, (found, _) in self._found.items() if found == code}

    def refuse(self) -> None:
        """Raises InvalidProgram with every fault; does nothing when there is none."""
        if self._found:
            raise InvalidProgram(list(self.errors().values()))


def shown(text: str, most: int = 40) -> str:
    """A piece of the program as a message may hold it: short, in plain ASCII."""
    return ascii(text if len(text) <= most else text[: most - 3] + "...")
