"""Parameters of a rotation string: `X({theta}),Y(90)`, whose values bindings give, in degrees."""

from __future__ import annotations

import re

_PLACEHOLDER = re.compile(r"(?<=\()([ \t\r\n]*)\{([A-Za-z_][A-Za-z0-9_]*)\}([ \t\r\n]*)(?=\))")


def without_placeholders(source: str) -> tuple[str, dict[int, str]]:
    """The string with an angle of zero, as wide, for every parameter; and by the number of the rotation its name.

    A brace that is not the whole of an angle stays, for the parser to refuse at its place.
    """
    named = {source.count("(", 0, found.start()) - 1: found[2] for found in _PLACEHOLDER.finditer(source)}
    return _PLACEHOLDER.sub(lambda found: found[1] + "0" * (len(found[2]) + 2) + found[3], source), named
