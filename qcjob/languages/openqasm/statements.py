"""Where statements begin and end, those in blocks too: what there is to read when one of them cannot be read.

A statement with a block ends with its block, and an `if` with its last `else`. Braces in brackets, or behind `=`, `in`
or a comma, hold the members of a set or an array, and no statements.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from qcjob.languages.openqasm.tokens import Kind, Tokens


@dataclass(slots=True)
class Statement:
    """The tokens `first` to `last`, both included; in a block, the index of the statement whose block it is."""

    first: int
    last: int
    parent: int | None

    def holds(self, token: int) -> bool:
        """Whether a token is one of it."""
        return self.first <= token <= self.last


def statements(tokens: Tokens, broken: Mapping[int, int]) -> list[Statement]:
    """Every statement, in the order they begin. Brackets must be closed but in those that are `broken`, which are given
    by their first and last tokens.
    """
    kinds, texts = tokens.kinds, tokens.texts
    found: list[Statement] = []
    owners: list[int] = []  # statements whose blocks are open
    current: int | None = None
    members = 0  # brackets, and braces that hold no statements, that are open
    done = -1
    for index, text in enumerate(texts):
        kind = kinds[index]
        if kind == Kind.END:
            break
        if index <= done:
            continue
        if current is None and index in broken:
            done = broken[index]
            found.append(Statement(index, done, owners[-1] if owners else None))
            continue
        if kind == Kind.RAW and current is None:
            continue
        if text == "}" and not members and kind == Kind.SYMBOL:
            current = owners.pop() if owners else None
            if current is not None:
                found[current].last = index
                current = current if texts[index + 1] == "else" else None
            continue
        if current is None:
            found.append(Statement(index, index, owners[-1] if owners else None))
            current = len(found) - 1
        found[current].last = index
        if kind != Kind.SYMBOL:
            continue
        if text in ("(", "[") or (text == "{" and (members or texts[index - 1] in ("=", "in", ","))):
            members += 1
        elif text in (")", "]") or (text == "}" and members):
            members -= 1
        elif text == "{":
            owners.append(current)
            current = None
        elif text == ";" and not members and texts[index + 1] != "else":
            current = None
    return found


def innermost(found: list[Statement], token: int) -> int | None:
    """The index of the smallest statement that holds a token."""
    return next((at for at in range(len(found) - 1, -1, -1) if found[at].holds(token)), None)
