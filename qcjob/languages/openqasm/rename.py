r"""The same program with names of its own for the gates that it defines.

A parser that knows a gate `x` takes the program's own `x` for it, and runs something else than the program says. So
each gate that a program defines goes to the parser as `ug_x` (or with another prefix, where the program has names that
begin like that), wherever it is defined or applied.

The function `pow` goes under a name of its own, too: the grammar of the parser knows the word as a modifier alone.

Comments are blanked out on the way, and every line break becomes `\n`: so no parser can disagree on what is code, or
on which line it stands. Lines stay as they are; columns shift behind a new name, and `source_place` shifts them back.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from qcjob.languages.openqasm.prescan import Scan
from qcjob.languages.openqasm.statements import Statement
from qcjob.languages.openqasm.tokens import Kind

POWER = "p\N{HANGUL FILLER}w"
"""The function `pow` for the parser: as long, so that no place changes, and a name that no program may have."""

_line_break = re.compile(r"\r\n?+")
_visible = re.compile(r"[^\r\n\t ]")


def rename_gates(scan: Scan, without: Sequence[Statement] = ()) -> str:
    """The program for a parser: without comments, each of its own gates under its name in `gate_prefix`.

    Blanks stand in the place of the statements it is to be `without`, so that no place changes.
    """
    starts, texts = scan.tokens.starts, scan.tokens.texts
    hidden = {index for statement in without for index in range(statement.first, statement.last + 1)}
    blank = " " * len(scan.gate_prefix)
    edits = [(starts[index], starts[index], blank if index in hidden else scan.gate_prefix) for index in scan.named]
    edits += [(starts[index], starts[index] + len(texts[index]), " " * len(texts[index])) for index in hidden]
    edits += [(starts[index], starts[index] + len(POWER), POWER) for index in _powers(scan) if index not in hidden]
    edits += [(start, end, _visible.sub(" ", scan.source[start:end])) for start, end in scan.tokens.comments]
    pieces, position = [], 0
    for start, end, text in sorted(edits):
        pieces += [scan.source[position:start], text]
        position = end
    pieces.append(scan.source[position:])
    return _line_break.sub("\n", "".join(pieces))


def _powers(scan: Scan) -> list[int]:
    """The tokens that are the function `pow`, and not `pow(2) @`, nor that without its @."""
    texts = scan.tokens.texts
    if scan.language != "openqasm3" or "pow" not in texts:
        return []
    opened: list[int] = []
    found = []
    for index, text in enumerate(texts):
        if text == "(":
            opened.append(index)
        elif text == ")" and opened:
            before = opened.pop() - 1
            is_modifier = texts[index + 1] == "@" or scan.tokens.kinds[index + 1] in (Kind.WORD, Kind.PHYSICAL)
            if texts[before] == "pow" and not is_modifier:
                found.append(before)
    return found


def source_place(scan: Scan, line: int, column: int) -> tuple[int, int]:
    """Where in the user's text stands what a parser found at this line and column, from 1, of the renamed one."""
    for index in scan.named:
        named_line, named_column = scan.place(scan.tokens.starts[index])
        if named_line == line and named_column < column:
            column = max(named_column, column - len(scan.gate_prefix))
        elif named_line > line:
            break
    return line, column


def renamed_column(scan: Scan, line: int, column: int) -> int:
    """The column in the renamed program of one in the source; the inverse of `source_place`."""
    before = [scan.place(scan.tokens.starts[index]) for index in scan.named]
    return column + len(scan.gate_prefix) * sum(at == line and place < column for at, place in before)


def in_own_words(scan: Scan, message: str) -> str:
    """A parser's message with the user's own names for gates."""
    message = message.replace(POWER, "pow").replace(ascii(POWER)[1:-1], "pow")
    names = "|".join(map(re.escape, [*scan.gates, *scan.registers]))
    return re.sub(rf"\b{scan.gate_prefix}({names})\b", r"\1", message) if names else message
