r"""The tokens of OpenQASM, and what can be wrong with one of them.

Every part of the patterns takes what it takes and gives nothing back (`*+`, `++`), so that any text is read in linear
time. Outside of comments a program is printable ASCII, tabs and line breaks, and in OpenQASM 3 names may have every
language's letters. A comment may hold more, but nothing that cannot be seen: no control characters, and none that turn
the direction of writing round.
"""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass
from enum import IntEnum
from math import inf
from unicodedata import category

from qcjob.languages.openqasm.faults import Faults, shown
from qcjob.languages.openqasm.limits import Limits


class Kind(IntEnum):
    """What a token is: the number of its group in the patterns."""

    WORD = 1
    SYMBOL = 2
    NUMBER = 3
    STRING = 4
    COMMENT = 5
    PHYSICAL = 6
    """A qubit of the device, `$0`; OpenQASM 3 alone has these, and the next."""
    RAW = 7
    """An annotation or a pragma with the rest of its line, which is not looked into."""
    ODD = 8
    END = 9


@dataclass(frozen=True, slots=True)
class Tokens:
    """A text's tokens but its comments, side by side: `texts[i]` is a `kinds[i]` that begins at `starts[i]`, from 0.

    The last one is an END without text. `comments` are (start, end).
    """

    kinds: bytearray
    texts: list[str]
    starts: array[int]
    comments: list[tuple[int, int]]


_NEVER = r"(?!)()"
_UNIT = r"(?>[ \t]*(?:dt|ns|us|µs|ms|s|im)(?!\w)|)"
_DECIMAL = r"(?:[0-9][0-9_]*+(?>\.[0-9_]*|)|\.[0-9][0-9_]*+)(?>[eE][+-]?[0-9][0-9_]*|)"
_BASED = r"0[xX][0-9a-fA-F_]++|0[bB][01_]++|0[oO][0-7_]++"
_OPERATORS = r"\*\*=?+|->|\+\+|(?:<<|>>)=?+|&&|\|\||[-+*%&|^~=!<>]=?+|/(?![/*])=?+"
_OTHER_RULES = r"(?:pragma|cal|defcal|defcalgrammar)\b"


def _pattern(word: str, symbol: str, number: str, physical: str = _NEVER, raw: str = _NEVER) -> re.Pattern[str]:
    return re.compile(
        rf"[ \t\r\n]*+(?:({word})|({symbol})|({number})"
        r'|("[^"\r\n]*+"|\'[^\'\r\n]*+\')'
        r"|(//[^\r\n]*+|/\*(?s:.*?)\*/)"
        rf"|{physical}|{raw}"
        rf"|((?:def)?cal(?:grammar)?\b|[^\t\r\n -~]++|.)|(\Z))"
    )


_pattern_of = {
    "openqasm2": _pattern(r"[A-Za-z_][A-Za-z0-9_]*+", rf"[\[\](){{}},;]|{_OPERATORS}", _DECIMAL),
    "openqasm3": _pattern(
        rf"(?!{_OTHER_RULES})[^\W\d]\w*+",
        rf"[\[\](){{}},;:]|\.(?![0-9])|@(?![^\W\d])|\#dim\b|{_OPERATORS}",
        rf"{_BASED}|{_DECIMAL}{_UNIT}",
        r"(\$[0-9]++)",
        r"((?:@[^\W\d]|\#?pragma\b)[^\r\n]*+)",
    ),
}
_may_be_infinite = re.compile(r"[eE][+-]?+[0-9_]{3}|[0-9_.][ \t]*+(?:dt|ns|us|µs|ms|s)\b")
_number = re.compile(r"([0-9_.]++(?>[eE][+-]?[0-9_]+|))[ \t]*+(dt|ns|us|µs|ms|s|im)?")
_SECONDS = {"dt": 1e-12, "ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0}
"""A device's own unit, dt, is taken for a picosecond: none has a shorter one."""
MOST_SECONDS = 86_400
"""No device waits for more than a day inside of one shot."""
_unusual = re.compile(r"[^\t\r\n -~]")
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_LETTERS = {"Lu", "Ll", "Lt", "Lm", "Lo", "Nl"}
"""What names are made of beside digits, in the grammar of OpenQASM 3."""
_FILLERS = {"\u115f", "\u1160", "\u3164", "\uffa0"}
"""Letters that cannot be seen."""


def tokenize(source: str, language: str, limits: Limits, faults: Faults) -> Tokens:
    """The tokens of the text. What is wrong with one goes to `faults`; reading ends where it cannot go on."""
    found = Tokens(bytearray(), [], array("L"), [])
    add_kind, add_text, add_start = found.kinds.append, found.texts.append, found.starts.append
    for match in _pattern_of[language].finditer(source):
        kind = match.lastindex or Kind.END
        start = match.start(kind)
        text = match[kind]
        if kind >= Kind.COMMENT:
            if kind == Kind.COMMENT:
                found.comments.append(match.span(kind))
                continue
            if kind == Kind.ODD and not _can_go_on(source, start, text, faults):
                kind, text = Kind.END, ""
            if kind == Kind.END:
                break
        add_kind(kind)
        add_text(text)
        add_start(start)
    found.kinds.append(Kind.END)
    found.texts.append("")
    found.starts.append(start)
    if _unusual.search(source):
        _check_texts(source, found, faults)
    _check_lengths(found, limits, faults)
    if _may_be_infinite.search(source):
        _check_numbers(found, faults)
    return found


def _can_go_on(source: str, start: int, text: str, faults: Faults) -> bool:
    """Says what is wrong with text that is no token; False where what follows cannot be told from what does not."""
    if source.startswith("/*", start):
        faults.add(start, "syntax-error", "this comment has no end: */ is missing")
        return False
    if text in ('"', "'"):
        faults.add(start, "syntax-error", f"this text has no end: {text} is missing on its line")
        return False
    if len(text) > 1 and text.isascii() and text.isprintable():
        faults.add(start, "unsupported", f"{text}: calibrations are not supported")
        return False
    if text.isascii() and text.isprintable():
        faults.add(start, "syntax-error", f"{shown(text)} has no meaning here")
    else:
        _not_printable(text[0], start, faults)
    return True


def _not_printable(character: str, position: int, faults: Faults) -> None:
    code = f"U+{ord(character):04X}"
    faults.add(
        position,
        "not-printable-ascii",
        f"found {code}: beside names in OpenQASM 3, and comments, a program is printable ASCII, tabs and line breaks,"
        " and nothing unseen stands anywhere",
    )


def _check_texts(source: str, tokens: Tokens, faults: Faults) -> None:
    """Texts are ASCII, names are letters, what is not read can be seen: a fault for the first character that is not."""
    for kind, text, start in zip(tokens.kinds, tokens.texts, tokens.starts, strict=True):
        wrong = _unusual.search(text)
        if kind == Kind.WORD:
            wrong = next((found for found in _unusual.finditer(text) if not _is_letter(found[0])), None)
        elif kind == Kind.RAW:
            wrong = next((found for found in _unusual.finditer(text) if category(found[0]) in _UNSEEN), None)
        elif kind != Kind.STRING:
            continue
        if wrong:
            _not_printable(wrong[0], start + wrong.start(), faults)
    for start, end in tokens.comments:
        for match in _unusual.finditer(source, start, end):
            if category(match[0]) in _UNSEEN:
                _not_printable(match[0], match.start(), faults)
                break


def _is_letter(character: str) -> bool:
    return category(character) in _LETTERS and character not in _FILLERS


def _check_lengths(tokens: Tokens, limits: Limits, faults: Faults) -> None:
    longest = min(limits.identifier_characters, limits.literal_characters, limits.clbits)
    if max(map(len, tokens.texts)) <= longest:
        return
    rules = {
        Kind.WORD: ("identifier-too-long", "name", limits.identifier_characters),
        Kind.NUMBER: ("literal-too-long", "number", limits.literal_characters),
        Kind.PHYSICAL: ("literal-too-long", "number", limits.literal_characters),
        Kind.STRING: ("literal-too-long", "text", limits.clbits),
    }
    for kind, text, start in zip(tokens.kinds, tokens.texts, tokens.starts, strict=True):
        if len(text) > longest and kind in rules and len(text) > rules[Kind(kind)][2]:
            code, noun, most = rules[Kind(kind)]
            faults.add(start, code, f"this {noun} has {len(text):,} characters; {most:,} are allowed")


def _check_numbers(tokens: Tokens, faults: Faults) -> None:
    """Numbers are finite, and times no longer than a day."""
    for kind, text, start in zip(tokens.kinds, tokens.texts, tokens.starts, strict=True):
        if kind == Kind.NUMBER and (found := _number.fullmatch(text)):
            value = float(found[1].replace("_", ""))
            if value == inf:
                faults.add(start, "infinite-parameter", f"{shown(text)} is too large for a number")
            elif value * _SECONDS.get(found[2], 0) > MOST_SECONDS:
                faults.add(
                    start,
                    "infinite-parameter",
                    f"{shown(text)} is for ever: at most {MOST_SECONDS:,} s, a day, are allowed",
                )
