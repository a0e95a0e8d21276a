"""Query parameters: which are allowed, each once unless it is a list, every wrong one reported."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from flask import Request

from qcjob.errors import FieldError, InvalidRequest

INTEGER = re.compile(r"[+-]?\d{1,30}", re.ASCII)


def refuse_all(request: Request) -> None:
    """For a route without parameters. Raises InvalidRequest if there is one."""
    _, errors = parameters(request, ())
    if errors:
        raise InvalidRequest(errors)


def numbers(
    request: Request,
    wanted: Mapping[str, tuple[int, int | None, int]],
    words: Mapping[str, tuple[str, ...]] | None = None,
) -> dict[str, Any]:
    """Whole numbers (least, most or None, what counts when left out), and words, of which the first counts then.

    Raises InvalidRequest with every wrong one.
    """
    words = words or {}
    found, errors = parameters(request, (*wanted, *words))
    values: dict[str, Any] = {}
    for name, (least, most, default) in wanted.items():
        text = found.get(name, [str(default)])[-1]
        if not INTEGER.fullmatch(text) or int(text) < least or (most is not None and int(text) > most):
            up_to = "on" if most is None else f"to {most:,}"
            errors.append(wrong(name, text, f"a whole number from {least} {up_to}"))
        else:
            values[name] = int(text)
    for name, allowed in words.items():
        values[name] = found.get(name, [allowed[0]])[-1]
        if values[name] not in allowed:
            errors.append(wrong(name, values[name], allowed))
    if errors:
        raise InvalidRequest(errors)
    return values


def parameters(
    request: Request, allowed: tuple[str, ...], lists: tuple[str, ...] = ()
) -> tuple[dict[str, list[str]], list[FieldError]]:
    """The values of those that are allowed, and what is wrong; `lists` may be given several times.

    Raises InvalidRequest where the query is no text.
    """
    try:
        unquote_to_bytes(request.query_string).decode()
    except UnicodeDecodeError:
        raise InvalidRequest([FieldError("query", "is not UTF-8", "UTF-8, percent-encoded", "query")]) from None
    given = request.args.to_dict(flat=False)
    errors = [
        FieldError(name[:200], "is not a parameter here", allowed or "none", "query")
        for name in given
        if name not in allowed
    ]
    errors += [
        FieldError(name, f"is given {len(values)} times", "once", "query")
        for name, values in given.items()
        if name in allowed and name not in lists and len(values) > 1
    ]
    return {name: values for name, values in given.items() if name in allowed}, errors


def wrong(name: str, value: str, allowed: str | tuple[str, ...]) -> FieldError:
    """A parameter with a value that cannot be used."""
    return FieldError(name, f"{value[:80]!r} cannot be used", allowed, "query")
