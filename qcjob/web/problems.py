"""Every refusal as RFC 9457 problem+json: the errors only HTTP can have, the table of all, and the answer itself.

`TABLE` is the one place where an error becomes an HTTP status; /problems/<code>, the OpenAPI document and
docs/http.md speak of its rows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response

from qcjob import errors

PROBLEM_JSON = "application/problem+json"


class MalformedJson(errors.Refused):
    """Not JSON, not UTF-8, or nested too deep."""

    code = "malformed-json"


class MalformedRequest(errors.Refused):
    """Not what HTTP calls a request: a body cut short, or one of two lengths."""

    code = "malformed-request"


class LengthRequired(errors.Refused):
    """A text body without Content-Length."""

    code = "length-required"


class MalformedText(errors.Refused):
    """A text/plain body that is not UTF-8."""

    code = "malformed-text"


class UnsupportedMediaType(errors.Refused):
    """A content type, charset or content encoding that is not read here."""

    code = "unsupported-media-type"


class BodyTooLarge(errors.Refused):
    """More than the body limit; it was read and thrown away."""

    code = "body-too-large"


class TooManyWaiting(errors.Refused):
    """Every place for a long-poll is taken in this process."""

    code = "too-many-waiting"


class NotReady(errors.Refused):
    """The ledger cannot be used yet, or no more."""

    code = "not-ready"


@dataclass(frozen=True, slots=True)
class Problem:
    """One type of refusal: its HTTP status, its title, and what the asker can do about it."""

    status: int
    code: str
    title: str
    remedy: str
    retry_after_seconds: int | None = None


_PROGRAM = "`errors` lists every fault with its line and column, counted from 1. Correct and resubmit."

TABLE: dict[type[BaseException], Problem] = {
    MalformedJson: Problem(
        400, "malformed-json", "The body is not JSON", "Send UTF-8 JSON: no NaN, no name twice, not nested deep."
    ),
    MalformedText: Problem(400, "malformed-text", "The body is not UTF-8 text", "Send the program in UTF-8."),
    MalformedRequest: Problem(
        400, "malformed-request", "The request cannot be read", "Send it again, whole: `detail` says what is amiss."
    ),
    LengthRequired: Problem(
        411, "length-required", "The body's length is missing", "Send a Content-Length, or the program in JSON."
    ),
    errors.NotAuthenticated: Problem(
        401, "not-authenticated", "An API key is needed", "Send `Authorization: Bearer KEY` with a valid key."
    ),
    errors.JobNotFound: Problem(
        404, "job-not-found", "No such job of yours", "The id is unknown, malformed, past its retention, or not yours."
    ),
    errors.DeviceNotFound: Problem(404, "device-not-found", "No such device", "GET /v1/devices lists them."),
    errors.ResultNotReady: Problem(
        409, "result-not-ready", "The job has not ended", "Ask again later; `Prefer: wait=20` helps."
    ),
    errors.NoResult: Problem(
        409, "no-result", "The job ended without counts", "`detail` says why; the job's `error` holds code and message."
    ),
    errors.NotCancellable: Problem(
        409, "not-cancellable", "The job has ended already", "A COMPLETED or FAILED job stays as it is."
    ),
    errors.ProgramTooLong: Problem(413, "program-too-long", "The program is too long", "The limit is in `errors`."),
    BodyTooLarge: Problem(413, "body-too-large", "The body is too large", "A body holds 1 MiB at most."),
    UnsupportedMediaType: Problem(
        415, "unsupported-media-type", "This content type is not read here", "Send JSON or text/plain, in UTF-8."
    ),
    errors.InvalidRequest: Problem(
        422, "invalid-request", "Some fields cannot be accepted", "`errors` names each field and what is allowed in it."
    ),
    errors.InvalidProgram: Problem(422, "invalid-program", "The program has faults", _PROGRAM),
    errors.IdempotencyKeyReused: Problem(
        422, "idempotency-key-reused", "This key stands for another request", "Take a new key for a new job."
    ),
    TooManyWaiting: Problem(
        503, "too-many-waiting", "Too many requests are waiting", "Ask again after Retry-After, or without Prefer.", 1
    ),
    NotReady: Problem(503, "not-ready", "Not ready", "`detail` says what is missing.", 1),
    errors.LedgerFull: Problem(
        503, "ledger-full", "The ledger has no room for more jobs", "Ask again later; the operator must make room.", 30
    ),
    errors.LedgerUnavailable: Problem(
        503, "ledger-unavailable", "The ledger does not answer", "Ask again; an Idempotency-Key keeps a job single.", 2
    ),
}
"""From an error's class (or the nearest base that stands here) to what the asker sees."""

PROGRAM_FAULTS: dict[str, Problem] = {
    code: Problem(422, code, title, _PROGRAM)
    for code, title in {
        "empty-program": "The program is empty",
        "missing-comma": "A comma is missing between two rotations",
        "unknown-axis": "A rotation has no such axis",
        "malformed-rotation": "A rotation is not written AXIS(ANGLE)",
        "angle-out-of-range": "An angle is out of range",
        "unsupported-gate": "The device has no such gate",
    }.items()
}
"""What a program can be refused for: `code` is then that of its first fault."""

NOT_FOUND = Problem(404, "not-found", "Nothing here", "/docs lists the routes there are.")
METHOD_NOT_ALLOWED = Problem(405, "method-not-allowed", "This method is not served here", "`Allow` lists what is.")
BAD_REQUEST = TABLE[MalformedRequest]
INTERNAL = Problem(500, "internal-error", "Something failed here", "Tell the operator the request_id.")

ALL: Mapping[str, Problem] = {
    problem.code: problem
    for problem in (*TABLE.values(), *PROGRAM_FAULTS.values(), NOT_FOUND, METHOD_NOT_ALLOWED, INTERNAL)
}
"""Every problem by its code."""


def problem_of(error: errors.QcjobError) -> Problem:
    """The row of an error; INTERNAL for one that no asker should ever see."""
    row = next((TABLE[cls] for cls in type(error).__mro__ if cls in TABLE), INTERNAL)
    if isinstance(error, errors.InvalidProgram) and error.code != row.code:
        return PROGRAM_FAULTS.get(error.code) or Problem(row.status, error.code, row.title, row.remedy)
    return row


def answer(
    problem: Problem,
    detail: str,
    *,
    request_id: str,
    instance: str,
    entries: list[dict[str, Any]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The problem document as a response."""
    document: dict[str, Any] = {
        "type": f"/problems/{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "detail": detail,
        "code": problem.code,
        "request_id": request_id,
        "instance": instance,
    }
    if entries is not None:
        document["errors"] = entries
    response = Response(json.dumps(document), problem.status, content_type=PROBLEM_JSON)
    if problem.retry_after_seconds is not None:
        response.headers["Retry-After"] = str(problem.retry_after_seconds)
    response.headers.extend(headers or {})
    return response


def entries_of(error: errors.QcjobError) -> list[dict[str, Any]] | None:
    """The `errors` list of a refusal that has one."""
    if isinstance(error, errors.InvalidProgram):
        return [{"line": e.line, "column": e.column, "code": e.code, "message": e.message} for e in error.errors]
    if isinstance(error, errors.InvalidRequest):
        return [
            {
                "field": e.field,
                "location": e.location,
                "message": e.message,
                "allowed": e.allowed if e.allowed is None or isinstance(e.allowed, str) else list(e.allowed),
            }
            for e in error.errors
        ]
    return None
