r"""The rotation job string: `X(90),Y(90), X(180)`.

    program   = rotation *("," rotation)
    rotation  = axis "(" angle ")"
    axis      = "X" | "Y" | "Z"
    angle     = [ "+" | "-" ] ( digits [ "." [digits] ] | "." digits ) [ ("e" | "E") [ "+" | "-" ] digits ]
    digits    = one or more of 0 to 9

Spaces, tabs and line breaks (\n, \r\n, \r) may stand around everything, not inside an angle. Angles are degrees,
at most 3600 in size.

An error stands at the first character of its rotation. A missing comma is charged to the rotation before it and stands
where the comma should be; a rotation that is wrong already is not charged for the comma as well, so that each rotation
has one error at most. An empty place has no first character: its error stands at the comma that ends it, or, after the
last comma of the text, just behind that comma.

Every pattern here takes what it takes and gives nothing back (`*+`, `++`, `(?>…)`), so that any text is read in linear
time. A group is never followed by `?+`: Python 3.11.2 then takes half of what it does not match.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from qcjob.errors import InvalidProgram, ProgramError
from qcjob.languages.faults import Faults
from qcjob.languages.places import BYTE_ORDER_MARK, locator
from qcjob.languages.program import Rotation

MAX_DEGREES = 3600

_Fault = tuple[str, str]
"""An error's code and message."""

_BLANK = r"[ \t\r\n]*+"
_LETTERS = r"[^\W\d_]++"
_NUMBER = r"[+-]?+(?:[0-9]++(?>\.[0-9]*|)|\.[0-9]++)(?>[eE][+-]?[0-9]+|)"

_blank = re.compile(_BLANK)
_rotation = re.compile(rf"([XYZ]){_BLANK}\({_BLANK}({_NUMBER}){_BLANK}\){_BLANK}")
_name = re.compile(rf"{_LETTERS}|[^\x00-\x7f]")
_infinite = re.compile(rf"[XYZ]{_BLANK}\({_BLANK}[+-]?(?:inf|infinity){_BLANK}\)", re.IGNORECASE | re.ASCII)
# How far a wrong rotation reaches: to its bracket, also where a decimal comma stands inside: X(1,5).
_wrong = re.compile(rf"(?:{_LETTERS})?{_BLANK}\((?:[^(),]*+|[0-9+\-.eE_ \t\r\n,]*+)\)")
# Where to go on after a wrong rotation (a comma, or a closed bracket with a rotation behind it) ...
_after_wrong = re.compile(rf"(?:\){_BLANK}(?={_LETTERS}{_BLANK}\()|(?=,))(?P<here>)")
# ... and after a missing comma (a comma, or the next thing that looks like a rotation).
_after_gap = re.compile(rf"(?P<here>)(?:,|(?<![^\W\d_])(?={_LETTERS}{_BLANK}\())")

_EMPTY_PLACE = "a rotation is missing here: commas stand between rotations only"


def parse_rotations(source: str) -> tuple[Rotation, ...]:
    """The rotations in the order they are applied, at least one. Raises InvalidProgram with every error."""
    source = source.removeprefix(BYTE_ORDER_MARK)
    first = _skip_blank(source, 0)
    if first == len(source):
        raise InvalidProgram([ProgramError(1, 1, "empty-program", "the program is empty; try X(90)")])
    rotations: list[Rotation] = []
    faults = Faults()
    locate = locator(source)
    for position, found in _places(source, first):
        if isinstance(found, tuple):
            faults.add(*locate(position), *found)
        else:
            rotations.append(Rotation(found[1], float(found[2]), *locate(position)))  # type: ignore[arg-type]  # an Axis
    if faults:
        raise InvalidProgram(faults)
    return tuple(rotations)


def _places(source: str, position: int) -> Iterator[tuple[int, re.Match[str] | _Fault]]:
    """Each good rotation's match and each error's code and message, with the position it stands at."""
    end = len(source)
    comma = -1
    while True:
        if position == end or source[position] == ",":
            yield (position if position < end else comma + 1), ("malformed-rotation", _EMPTY_PLACE)
        elif found := _rotation.match(source, position):
            fits = _fits(found[2])
            yield position, found if fits else _out_of_range(found[2])
            position = found.end()
            if position < end and source[position] != ",":
                if fits:
                    yield position, _missing_comma(source, position)
                position = _resume(_after_gap, source, position)
        else:
            bracket = _wrong.match(source, position)
            resume = _resume(_after_wrong, source, bracket.end() - 1 if bracket else position)
            yield position, _fault(source, position, bracket.end() if bracket else resume)
            position = resume
        if position == end:
            return
        if source[position] == ",":
            comma = position
            position = _skip_blank(source, comma + 1)


def _skip_blank(source: str, position: int) -> int:
    return _blank.match(source, position).end()  # type: ignore[union-attr]  # it matches the empty string too


def _resume(where: re.Pattern[str], source: str, position: int) -> int:
    """Where reading goes on after an error: at a comma, at what looks like a rotation, or at the end."""
    found = where.search(source, position)
    return found.start("here") if found else len(source)


def _fault(source: str, position: int, end: int) -> _Fault:
    """What is wrong with the rotation that reaches from `position` to `end`."""
    name = _name.match(source, position)
    if not name:
        return "malformed-rotation", f"{source[position]!r} cannot begin a rotation: wanted an axis, as in X(90)"
    if name[0] not in ("X", "Y", "Z"):
        hint = ""
        if name[0] in ("x", "y", "z"):
            hint = f"; an axis is upper case: {name[0].upper()}"
        elif not name[0].isascii():
            hint = f"; {_codes(name[0])} is not one of the ASCII letters X, Y and Z"
        return "unknown-axis", f"unknown axis {name[0][:20]!r}: wanted X, Y or Z{hint}"
    if _infinite.match(source, position):
        return _out_of_range("an infinite angle")
    text = source[position : min(end, position + 30)]
    hint = "; a parameter is a whole angle, X({theta}), and bindings give its values" if "{" in text else ""
    wanted = f"wanted an axis and a number of degrees, as in {name[0]}(90){hint}"
    return "malformed-rotation", f"{text!r} is no rotation: {wanted}"


def _fits(angle: str) -> bool:
    degrees = abs(float(angle))  # infinite for 1e400
    if degrees == MAX_DEGREES:  # or a little more, which a float rounds away
        return abs(Decimal(angle)) <= MAX_DEGREES
    return degrees < MAX_DEGREES


def _missing_comma(source: str, position: int) -> _Fault:
    return "missing-comma", f"a comma is missing between two rotations: found {source[position]!r}"


def _out_of_range(angle: str) -> _Fault:
    return (
        "angle-out-of-range",
        f"{angle[:20]} is out of range: angles are -{MAX_DEGREES} to {MAX_DEGREES} degrees",
    )


def _codes(name: str) -> str:
    return next(f"U+{ord(character):04X}" for character in name if not character.isascii())
