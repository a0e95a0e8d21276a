"""From whatever was raised to the one error shape, logged once."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from qcjob.entries import Entry, entries_of, entries_of_many
from qcjob.errors import BatchRefused, Limited, NotAuthenticated, QcjobError
from qcjob.logs import get_logger
from qcjob.web import problems
from qcjob.web.answers import problem_response
from qcjob.web.problems import Problem
from qcjob.web.refusals import BodyTooLarge, UnsupportedMediaType

log = get_logger("web")

_DETAIL_CHARACTERS = 2_000  # a message quotes what was sent; an answer need not repeat a megabyte
_IN_A_PATH = "/:@!$&'*+,;=~()"  # what RFC 3986 lets stand in one as it is


def register(app: Flask) -> None:
    """Handle every error of the application here."""
    app.register_error_handler(QcjobError, _ours)
    app.register_error_handler(HTTPException, _werkzeugs)
    app.register_error_handler(Exception, _unexpected)


def _answer(problem: Problem, detail: str, **more: object) -> Response:
    return problem_response(
        problem,
        detail[:_DETAIL_CHARACTERS],
        request_id=g.get("request_id", ""),
        instance=quote(request.path, safe=_IN_A_PATH),
        **more,  # type: ignore[arg-type]
    )


def _ours(error: QcjobError) -> Response:
    problem = problems.problem_of(error)
    if problem is problems.INTERNAL:
        return _unexpected(error)
    headers = {"WWW-Authenticate": "Bearer"} if isinstance(error, NotAuthenticated) else {}
    if isinstance(error, Limited) and error.retry_after_seconds is not None:
        headers["Retry-After"] = str(error.retry_after_seconds)
    tell = log.warning if problem.status >= 500 else log.info
    tell("refused", status=problem.status, code=problem.code, method=request.method, path=request.path)
    return _answer(problem, str(error), entries=_entries(error), headers=headers)


def _entries(error: QcjobError) -> Iterable[Entry] | None:
    return entries_of_many(error.refused) if isinstance(error, BatchRefused) else entries_of(error)


def _werkzeugs(error: HTTPException) -> Response:
    status = error.code or 500
    headers = {name: value for name, value in error.get_headers() if name.lower() not in ("content-type", "location")}
    log.info("refused", status=status, method=request.method, path=request.path)
    if status == 404:
        return _answer(problems.NOT_FOUND, f"there is nothing at {request.path}")
    if status == 405:
        return _answer(
            problems.METHOD_NOT_ALLOWED, f"{request.method} is not served at {request.path}", headers=headers
        )
    if status == 413:
        return _answer(problems.TABLE[BodyTooLarge], "the body is too large", headers=headers)
    if status == 415:
        return _answer(problems.TABLE[UnsupportedMediaType], "wanted application/json or text/plain")
    if 400 <= status < 500:
        problem = problems.BAD_REQUEST
        return _answer(Problem(status, problem.code, problem.title, problem.remedy), error.name, headers=headers)
    return _unexpected(error)


def _unexpected(error: Exception) -> Response:
    log.error("request failed", method=request.method, path=request.path, exc_info=error)
    return _answer(problems.INTERNAL, "the request was not carried out, or not to its end")
