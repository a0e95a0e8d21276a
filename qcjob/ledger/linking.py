"""A script gets what it uses of the shared Lua, and no more.

Redis runs a script's text from its top at each call, so every function above the move itself is made anew each time:
all of them together take 20 microseconds, as much as many a move.
"""

from __future__ import annotations

import re
from functools import cache

_TOP = re.compile(r"^(?=[A-Za-z])(?!end\b)", re.MULTILINE)
_DEFINED = re.compile(r"(?:local )?(?:function )?([\w, ]+?)\s*(?:=|\(|--|$)", re.MULTILINE)
_TEXT = re.compile(r"--.*|'[^'\n]*'|\[==\[.*?\]==\]")
_NAME = re.compile(r"(?<![\w.])[A-Za-z_]\w*")


def linked(library: str, script: str) -> str:
    """`script` behind what it uses of `library`, directly or by way of what it uses, in the library's order.

    The library is Lua: definitions that begin at the left margin, `local function f(…)`, `local A, B = …`, or `f =
    function(…)` for a name that was declared above; all other lines are indented, comments, or closing ones.
    """
    definitions = _definitions(library)
    used = [False] * len(definitions)
    wanted = _names(script)
    while True:
        found = [at for at, (_, defined, _) in enumerate(definitions) if not used[at] and defined & wanted]
        if not found:
            break
        for at in found:
            used[at] = True
            wanted |= definitions[at][2]
    return "\n".join([*(text for is_used, (text, _, _) in zip(used, definitions, strict=True) if is_used), script])


@cache
def _definitions(library: str) -> tuple[tuple[str, set[str], set[str]], ...]:
    """Each text that defines something, without the comments about it, the names it defines, and all that it says.

    Kept: every script of a process is put behind the same library.
    """
    found = []
    for text in _TOP.split(library)[1:]:
        lines = [line for line in text.splitlines() if line and not line.lstrip().startswith("--")]
        defined = _DEFINED.match(lines[0])
        assert defined is not None, lines[0]
        bare = "\n".join(lines)
        found.append((bare, set(defined[1].replace(" ", "").split(",")), _names(bare)))
    return tuple(found)


def _names(text: str) -> set[str]:
    return set(_NAME.findall(_TEXT.sub("", text)))
