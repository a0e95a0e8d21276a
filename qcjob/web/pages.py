"""Lists in pages: how many items, from which cursor on, and the way to the next page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from flask import Request, Response

from qcjob.errors import DamagedRecord, InvalidRequest
from qcjob.web import queries
from qcjob.web.answers import json_response
from qcjob.web.openapi import query

LIMIT, LIMIT_MOST = 50, 200
LIMIT_ALLOWED = f"a whole number from 1 to {LIMIT_MOST}"
CURSOR_ALLOWED = "the `next` of an earlier page"

_PLACE = re.compile(r"\d{1,4}", re.ASCII)


def page_query(what: str) -> list[dict[str, Any]]:
    """The query parameters of a list in pages, for the OpenAPI document."""
    limit = {"type": "integer", "minimum": 1, "maximum": LIMIT_MOST, "default": LIMIT}
    return [query("limit", f"{what} on a page.", limit), query("cursor", "The `next` of an earlier page.")]


def page_arguments(request: Request) -> tuple[int, str | None]:
    """Limit and cursor of a list without filters. Raises InvalidRequest with everything that is wrong."""
    found, errors = queries.parameters(request, ("limit", "cursor"))
    limit, cursor = LIMIT, found.get("cursor", [None])[-1]
    if "limit" in found:
        try:
            limit = limit_of(found["limit"][-1])
        except ValueError:
            errors.append(queries.wrong("limit", found["limit"][-1], LIMIT_ALLOWED))
    if errors:
        raise InvalidRequest(errors)
    return limit, cursor


def limit_of(text: str) -> int:
    """How many items a page may have. Raises ValueError."""
    if not queries.INTEGER.fullmatch(text) or not 1 <= int(text) <= LIMIT_MOST:
        raise ValueError(text)
    return int(text)


def place(cursor: str | None) -> int:
    """The place in a batch that a cursor names, 0 without one. Raises InvalidRequest."""
    text = "0" if cursor is None else cursor
    if not _PLACE.fullmatch(text):
        raise InvalidRequest([queries.wrong("cursor", text, CURSOR_ALLOWED)])
    return int(text)


def page(
    request: Request,
    items: Sequence[dict[str, Any]],
    following: str | None,
    damaged: Sequence[DamagedRecord] = (),
) -> Response:
    """The answer: items, the cursor of the page behind them, and where there is one, the Link that leads to it.

    `damaged` jobs cannot be shown, and are named.
    """
    link = {} if following is None else {"Link": _next_link(request, following)}
    named = [{"id": record.job_id, "detail": record.said} for record in damaged]
    return json_response({"items": items, "next": following, **({"damaged": named} if named else {})}, 200, link)


def _next_link(request: Request, cursor: str) -> str:
    """The Link header of a page that has another behind it: the same question, with the cursor."""
    asked = [(name, value) for name, value in request.args.items() if name != "cursor"]
    return f'<{request.path}?{urlencode([*asked, ("cursor", cursor)])}>; rel="next"'
