"""Which language a text is most likely written in."""

from __future__ import annotations

import re

# Blanks and comments before the first word; a text of rotations has neither comments nor lower-case words.
_before = re.compile(r"[ \t\r\n\ufeff]+|//[^\r\n]*|/\*(?s:.*?)\*/")
_version = re.compile(r"OPENQASM\b")
_two = re.compile(r"2\b")
_KEYWORDS = (
    r"include|gate|opaque|qreg|creg|qubit|bit|barrier|measure|reset|if|for|while|def|let|const|input|output|u?int|float"
    r"|angle|bool|duration|stretch|array|extern|cal|defcal|defcalgrammar|box|delay|gphase|ctrl|inv|pow|switch"
)
# `h q[0];` or `rx(pi/2) $0;`, a gate and what it is applied to.
_APPLIED = r"[A-Za-z_][A-Za-z0-9_]*+(?>[ \t]*\([^();]*\)|)[ \t]++(?:\$[0-9]|[^\WA-Z\d_]\w*+[ \t]*+[\[,;])"
_first_word = re.compile(rf"(?:(?:{_KEYWORDS})\b|\#?pragma\b|@[A-Za-z]|{_APPLIED})")
_telling = re.compile(r"(\bqelib1\.inc\b|\bqreg\b|\bcreg\b|\bopaque\b)|\bstdgates\.inc\b|\bqubit\b|\bbit\b|\$[0-9]")


def detect(source: str) -> str:
    """The language: by its version if the text says one, else by the words it begins with.

    A program in OpenQASM without a version is of the edition whose words come first in it. Everything else is taken for
    rotations, whose parser says best what is wrong with it.
    """
    begin = _skipped(source, 0)
    if found := _version.match(source, begin):
        return "openqasm2" if _two.match(source, _skipped(source, found.end())) else "openqasm3"
    if not _first_word.match(source, begin):
        return "rotations"
    found = _telling.search(source)
    return "openqasm2" if found and found[1] else "openqasm3"


def _skipped(source: str, begin: int) -> int:
    """Where blanks and comments end."""
    while found := _before.match(source, begin):
        begin = found.end()
    return begin
