"""Brackets, and operators: how deep a program nests, and how long its expressions are.

Parsers go down one call for each level of either, so both are bounded before any parser sees the text. An index or a
call on top of another (`a[0][1]`) is an operator here, because a parser goes down for it as for `+`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from qcjob.languages.openqasm.faults import Faults
from qcjob.languages.openqasm.limits import Limits
from qcjob.languages.openqasm.tokens import Kind, Tokens

_CLOSES = {")": "(", "]": "[", "}": "{"}
_OPERATORS = {
    *("+", "-", "*", "/", "%", "^", "&", "|", "~", "!", "**", "++", "<<", ">>", "&&", "||", "==", "!=", "<", ">"),
    *("<=", ">="),
}
_WHAT = dict.fromkeys(_OPERATORS, 0) | {";": 1, "(": 2, "[": 2, "{": 2, ")": 3, "]": 3, "}": 3}


@dataclass(slots=True)
class Brackets:
    """Where each opening bracket closes, by their indexes in the tokens.

    `broken` are the first and last tokens of statements whose own brackets do not match; none of those is in `closed`.
    `is_sound`: where all other statements begin and end is beyond doubt.
    """

    closed: dict[int, int] = field(default_factory=dict)
    broken: dict[int, int] = field(default_factory=dict)
    is_sound: bool = True


def measure_brackets(tokens: Tokens, limits: Limits, faults: Faults) -> Brackets:
    """The brackets of a program. A statement ends at its semicolon, whatever of its brackets is open then."""
    found = _Reading(tokens, faults)
    operators = 0
    texts, starts = tokens.texts, tokens.starts
    for index, what in enumerate(map(_WHAT.get, texts)):
        if what is None:
            continue
        text = texts[index]
        if what == 1 or text in ("{", "}"):
            operators = 0
        elif what == 0 or (what == 2 and texts[index - 1] in ("]", ")")):
            operators += 1
            if operators == limits.operators_per_statement + 1:
                most = limits.operators_per_statement
                faults.add(starts[index], "too-many-operators", f"this statement has more than {most} operators")
        if what == 1:
            found.semicolon(index)
        elif what == 2:
            found.open(index, text)
            if len(found.opened) == limits.nesting + 1:
                faults.add(starts[index], "nested-too-deep", f"brackets stand more than {limits.nesting} deep here")
                found.brackets.is_sound = not found.is_in_expression  # so deep, the rest is not worth its time
        elif what == 3:
            found.close(index, text)
        if not found.brackets.is_sound:
            return found.brackets
    found.end()
    return found.brackets


class _Reading:
    """Brackets from the first token to the last, and the statement that is being read."""

    def __init__(self, tokens: Tokens, faults: Faults) -> None:
        self.brackets = Brackets()
        self.opened: list[int] = []
        self._tokens, self._faults = tokens, faults
        self._blocks: set[int] = set()
        self._begin = 0
        self._closed: list[int] = []
        """Those that this statement opened and closed."""
        self._is_broken = False
        self._is_ragged = False
        """Whether a block ends in the middle of a statement, so that it may be taken to go on behind it."""

    def open(self, index: int, text: str) -> None:
        """A bracket opens; a brace does so around statements, unless it stands where a value does."""
        if text == "{" and self._is_in_block and self._tokens.texts[index - 1] not in ("=", "in"):
            self.brackets.is_sound = not self._is_broken
            self._blocks.add(index)
            self._next(index)
        self.opened.append(index)

    def close(self, index: int, text: str) -> None:
        """A bracket closes the one that was opened last, or nothing."""
        if self.opened and self._tokens.texts[self.opened[-1]] == _CLOSES[text]:
            opening = self.opened.pop()
            self.brackets.closed[opening] = index
            if opening in self._blocks:
                self.brackets.is_sound = not self._is_broken
                self._is_ragged |= any(self._tokens.kinds[at] != Kind.RAW for at in range(self._begin, index))
                self._next(index)
            else:
                self._closed.append(opening)
            return
        missing = f"{self._tokens.texts[self.opened[-1]]} is still open" if self.opened else "nothing is open"
        self._tell(index, f"{text} closes nothing: {missing}")
        self.brackets.is_sound = text != "}"

    def semicolon(self, index: int) -> None:
        """The end of a statement; inside of durationof({ … }) of one in another."""
        if not self._is_in_block and self._is_within_a_call:
            return
        if self._is_broken or not self._is_in_block:
            while not self._is_in_block:
                opening = self.opened.pop()
            if not self._is_broken:
                self._tell(opening, f"{self._tokens.texts[opening]} is never closed")
            for opening in self._closed:
                del self.brackets.closed[opening]
            while self._tokens.kinds[self._begin] == Kind.RAW:
                self._begin += 1
            self.brackets.broken[self._begin] = index
            self.brackets.is_sound = self._tokens.texts[self._begin] != "else"  # which would go with what comes behind
        self._next(index)

    def end(self) -> None:
        """The text ends here."""
        if self.opened:
            opening = self.opened[0]
            self._tell(opening, f"{self._tokens.texts[opening]} is never closed")
        self.brackets.is_sound = not self._is_broken and not (self._is_ragged and self.brackets.broken)

    @property
    def _is_in_block(self) -> bool:
        """Whether no bracket of this statement is open."""
        return not self.opened or self.opened[-1] in self._blocks

    @property
    def is_in_expression(self) -> bool:
        """Whether a bracket of this statement is open around the one that was opened last."""
        return len(self.opened) > 1 and self.opened[-2] not in self._blocks

    @property
    def _is_within_a_call(self) -> bool:
        texts = self._tokens.texts
        return len(self.opened) > 1 and texts[self.opened[-1]] == "{" and texts[self.opened[-2]] == "("

    def _next(self, index: int) -> None:
        """Another statement begins behind a token."""
        self._begin, self._is_broken = index + 1, False
        self._closed.clear()

    def _tell(self, index: int, message: str) -> None:
        self._faults.add(self._tokens.starts[index], "syntax-error", message)
        self._is_broken = True
