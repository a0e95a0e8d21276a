"""Following a job or a batch: its version as an ETag, 304 while that is known, `Prefer: wait` for the next one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, request

from qcjob.logs import get_logger
from qcjob.web import headers
from qcjob.web.answers import json_response
from qcjob.web.front import front
from qcjob.web.waiting import Followed, wait_until

log = get_logger("web.following")


def follow(
    found: Followed,
    look: Callable[[str], Followed],
    *,
    document: Callable[[Followed], dict[str, Any]],
    retry_after: Callable[[Followed], str],
) -> Response:
    """What was found, or under `Prefer: wait` what it is after its next change; `look` finds it anew, by its id.

    `retry_after` says in how many seconds to ask again where it has not ended.
    """
    here, environ = front(), request.environ
    seen: str | None = environ.get("HTTP_IF_NONE_MATCH")
    waited = headers.wait_seconds(environ.get("HTTP_PREFER"), here.settings.wait_limit_seconds)
    if waited is not None:
        known = etag(found) if seen is None else seen
        found = wait_until(here, found, look, lambda now: _is_news(now, known), waited)
    log.debug("followed", state=found.state, version=found.version)
    more = {"ETag": etag(found), **headers.preference_applied(waited)}
    if not found.state.is_final:
        more["Retry-After"] = retry_after(found)
    if seen is not None and headers.matches(seen, str(found.version)):
        return Response(status=304, headers=more)
    return json_response(document(found), 200, more)


def etag(found: Followed) -> str:
    """Its version in double quotes."""
    return f'"{found.version}"'


def _is_news(found: Followed, known: str) -> bool:
    return found.state.is_final or not headers.matches(known, str(found.version))
