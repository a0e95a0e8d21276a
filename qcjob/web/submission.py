"""What a submit asks for: a JSON body, or a program as text with everything else in the query."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Request

from qcjob.errors import FieldError, InvalidRequest, Limited
from qcjob.service import JobRequest
from qcjob.web import bodies, headers, queries
from qcjob.web.openapi import query
from qcjob.web.refusals import MalformedJson
from qcjob.web.schemas.requests import job_request

DRY_RUN = "dry_run"

_TIME = {"type": "string", "format": "date-time"}
TEXT_QUERY = [
    query("dry_run", "`true`: check and compile only, and answer what would run.", {"enum": ["true", "false"]}),
    query("language", "With text/plain: see the JSON field."),
    query("runtime", "With text/plain: see the JSON field."),
    query("device", "With text/plain: see the JSON field."),
    query("shots", "With text/plain: see the JSON field.", {"type": "integer"}),
    query("name", "With text/plain: see the JSON field."),
    query("tags", "With text/plain: one tag; may be repeated.", {"type": "array", "items": {"type": "string"}}),
    query("seed", "With text/plain: see the JSON field.", {"type": "integer"}),
    query("options", "With text/plain: a JSON object.", {"type": "string"}),
    query("retries", "With text/plain: see the JSON field.", {"type": "integer"}),
    query("on_uncertain", "With text/plain: see the JSON field."),
    query("tier", "With text/plain: see the JSON field.", {"type": "integer"}),
    query("start_after", "With text/plain: see the JSON field.", _TIME),
    query("not_after", "With text/plain: see the JSON field.", _TIME),
    query("session", "With text/plain: see the JSON field."),
]
"""For the OpenAPI document."""

_TEXT_FIELDS = tuple(parameter["name"] for parameter in TEXT_QUERY)


def asked(request: Request, body: bytes) -> tuple[JobRequest, bool, str | None]:
    """The request for a job, whether it is a dry run, its idempotency key. Raises every refusal of a wrong shape."""
    checked, text = bodies.checked(body), bodies.content_type(request) == bodies.TEXT
    dry_run, fields, errors = _fields(request, text=text)
    key = None
    if not dry_run:
        key, wrong = headers.idempotency_key(request.environ.get("HTTP_IDEMPOTENCY_KEY"))
        errors += wrong
    try:
        if text:
            document = {**fields, "program": bodies.text_of(bodies.of_known_length(request, checked))}
        else:
            document = bodies.object_of(checked)
        wanted = job_request(document, "query" if text else "body")
    except InvalidRequest as error:
        raise InvalidRequest([*errors, *error.errors]) from error
    if errors:
        raise InvalidRequest(errors)
    return wanted, dry_run, key


def located(request: Request, error: InvalidRequest) -> InvalidRequest:
    """The service does not know where a field stood: with a text body, all stood in the query."""
    if bodies.content_type(request) == bodies.JSON:
        return error
    return InvalidRequest([replace(entry, location="query") for entry in error.errors])


def relocate(request: Request, error: Limited) -> None:
    """The same where one of the job's own fields is beyond a limit."""
    if bodies.content_type(request) == bodies.TEXT:
        error.errors = tuple(
            replace(entry, location="query") if entry.field in _TEXT_FIELDS else entry for entry in error.errors
        )


def _fields(request: Request, *, text: bool) -> tuple[bool, dict[str, Any], list[FieldError]]:
    """Whether it is a dry run, the job's fields that stand in the query (with a text body), and what is wrong."""
    if not request.environ.get("QUERY_STRING"):
        return False, {}, []
    allowed = _TEXT_FIELDS if text else (DRY_RUN,)
    found, errors = queries.parameters(request, allowed, lists=("tags",))
    fields: dict[str, Any] = {}
    dry_run = False
    for name, values in found.items():
        value = values[-1]
        if name == DRY_RUN:
            dry_run = value == "true"
            if value not in ("true", "false"):
                errors.append(queries.wrong(name, value, ("true", "false")))
        elif name in ("shots", "seed", "retries", "tier"):
            if queries.INTEGER.fullmatch(value):
                fields[name] = int(value)
            else:
                errors.append(queries.wrong(name, value, "a whole number"))
        elif name == "options":
            try:
                fields[name] = bodies.object_of(value, where="query", field=name)
            except MalformedJson as error:
                errors.append(FieldError(name, str(error), "a JSON object", "query"))
            except InvalidRequest as error:
                errors.extend(error.errors)
        else:
            fields[name] = values if name == "tags" else value
    return dry_run, fields, errors
