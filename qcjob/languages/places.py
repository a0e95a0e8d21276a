r"""Where something stands in a text: lines end at \n, \r\n or \r; lines and columns count from 1, in characters."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable

_line_break = re.compile(r"\r\n|\n|\r")


BYTE_ORDER_MARK = "\ufeff"
"""What some editors put before a text. It is no part of the program, and no column counts it."""


def locator(source: str) -> Callable[[int], tuple[int, int]]:
    """A function from a position in the text, from 0, to its line and column."""
    starts = line_starts(source)

    def locate(position: int) -> tuple[int, int]:
        line = bisect_right(starts, position)
        return line, position - starts[line - 1] + 1

    return locate


def line_starts(source: str) -> list[int]:
    """The position, from 0, at which each line begins."""
    return [0, *(match.end() for match in _line_break.finditer(source))]
