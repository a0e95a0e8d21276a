"""Strings of rotations."""

from __future__ import annotations

from tests.attack.programs.attack import rotations

MOST = 262_144
MALFORMED, AXIS, COMMA, RANGE = "malformed-rotation", "unknown-axis", "missing-comma", "angle-out-of-range"

ATTACKS = (
    rotations("nothing", "", "empty-program"),
    rotations("nothing but blanks", lambda: " \t\r\n" * 60_000, "empty-program"),
    rotations("a byte too many", lambda: ("X(90)," * 50_000)[: MOST + 1], "program-too-long"),
    rotations("ten megabytes", lambda: "X(90)," * 1_700_000, "program-too-long"),
    rotations("two bytes a character", lambda: "X(9\u00e9)" + " " * (MOST - 5), "program-too-long"),
    rotations("an angle of 1e400", "X(1e400)", RANGE),
    rotations("-1e99999", "X(90), Y(-1e99999)", RANGE, 8),
    rotations("infinity", "X(Infinity)", RANGE),
    rotations("a little over", "X(3600.0000000000000000001)", RANGE),
    rotations("two hundred thousand digits", lambda: "X(" + "9" * 200_000 + ")", RANGE),
    rotations("an exponent of two hundred thousand digits", lambda: "X(1e" + "9" * 200_000 + ")", RANGE),
    rotations("nan", "X(nan)", MALFORMED),
    rotations("hexadecimal", "X(0x5A)", MALFORMED),
    rotations("underscores", "X(1_0)", MALFORMED),
    rotations("digits of full width", "X(\uff19\uff10)", MALFORMED),
    rotations("digits of Arabic", "X(\u0669\u0660)", MALFORMED),
    rotations("an expression", "X(90+90)", MALFORMED),
    rotations("a call", "X(__import__('os').system('id'))", MALFORMED),
    rotations("a hundred thousand brackets", lambda: "X" + "(" * 100_000 + "90" + ")" * 100_000, MALFORMED),
    rotations("brackets never closed", lambda: "X(" * 100_000, MALFORMED),
    rotations("a quarter of a million commas", lambda: "," * MOST, MALFORMED),
    rotations("a quarter of a million minuses", lambda: "X(" + "-" * (MOST - 10) + "1)", MALFORMED),
    rotations("no comma, fifty thousand times", lambda: "X(90)" * 50_000, COMMA, 6),
    rotations("a NUL for a comma", "X(90)\0Y(90)", COMMA, 6),
    rotations("a semicolon for a comma", "X(90); DROP TABLE jobs", COMMA, 6),
    rotations("a comma of full width", "X(90)\uff0cY(90)", COMMA, 6),
    rotations("a Cyrillic X", "\u0425(90)", AXIS),
    rotations("writing turned round", "\u202eX(90)", AXIS),
    rotations("a surrogate for an axis", "\ud800(90)", AXIS),
    rotations("two byte order marks before X", "\ufeff\ufeffX(90)", AXIS),
    rotations("an axis of a hundred thousand letters", lambda: "X" * 100_000 + "(90)", AXIS),
    rotations("fifty thousand unknown axes", lambda: ",".join(["Q(1)"] * 50_000), AXIS),
)
