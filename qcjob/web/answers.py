"""JSON answers, those of refusals too, built without detours: this is on the path of every poll."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from flask import Response

from qcjob.job import Job
from qcjob.web.problems import PROBLEM_JSON, Problem

RETRY_AFTER_MOST = 60

_PIECE = 250
"""Entries of `errors` that are written in one go; half a millisecond."""


def retry_after(job: Job, now: float) -> str:
    """Seconds after which to look again at a job that has not ended; `now` is in seconds.

    1 to 60: until the earliest start that was foreseen, or that it asked for. It costs no look at the queue.
    """
    start = max(job.starts_from or 0, job.not_before or 0) if job.ahead is not None else 0
    return str(min(RETRY_AFTER_MOST, max(1, math.ceil(start / 1_000_000 - now))))


def json_response(document: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON response."""
    return Response(json.dumps(document), status, headers, content_type="application/json")


def no_content() -> Response:
    """204: done, and nothing to say; so it says no type either."""
    response = Response(status=204)
    del response.headers["Content-Type"]
    return response


def problem_response(
    problem: Problem,
    detail: str,
    *,
    request_id: str,
    instance: str,
    entries: Iterable[dict[str, Any]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A refusal, as application/problem+json."""
    document: dict[str, Any] = {
        "type": f"/problems/{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "detail": detail,
        "code": problem.code,
        "request_id": request_id,
        "instance": instance,
    }
    response = Response(_body(document, entries), problem.status, content_type=PROBLEM_JSON)
    if problem.retry_after_seconds is not None:
        response.headers["Retry-After"] = str(problem.retry_after_seconds)
    response.headers.extend(headers or {})
    return response


def _body(document: dict[str, Any], entries: Iterable[dict[str, Any]] | None) -> list[bytes]:
    """The document with its `errors`, in pieces: to write a quarter of a million at once stops all other threads."""
    if entries is None:
        return [json.dumps(document).encode()]
    left = iter(entries)
    pieces = iter(lambda: json.dumps(list(islice(left, _PIECE)))[1:-1], "")
    body = [f"{', ' if number else ''}{piece}".encode() for number, piece in enumerate(pieces)]
    return [json.dumps(document)[:-1].encode() + b', "errors": [', *body, b"]}"]
