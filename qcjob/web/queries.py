"""Query parameters: which are allowed, each once unless it is a list, every wrong one reported."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote_to_bytes, urlencode

from flask import Request

from qcjob.errors import FieldError, InvalidRequest
from qcjob.lifecycle import VISIBLE, JobState
from qcjob.service import JobFilter, Service
from qcjob.web import bodies, times
from qcjob.web.problems import MalformedJson

DRY_RUN = "dry_run"
TEXT_FIELDS = ("language", "runtime", "device", "shots", "name", "tags", "seed", "options")
FILTERS = ("state", "device", "tag", "created_after", "created_before")
LIST_PARAMETERS = (*FILTERS, "limit", "cursor")
LIMIT, LIMIT_MOST = 50, 200

_INTEGER = re.compile(r"[+-]?\d{1,30}", re.ASCII)
_TIME_ALLOWED = "an RFC 3339 time with its offset, such as 2025-01-31T12:00:00Z"


def refuse_all(request: Request) -> None:
    """For a route without parameters. Raises InvalidRequest if there is one."""
    _, errors = _parameters(request, ())
    if errors:
        raise InvalidRequest(errors)


def submit_fields(request: Request, *, text: bool) -> tuple[bool, dict[str, Any], list[FieldError]]:
    """Whether it is a dry run, the job's fields that stand in the query (with a text body), and what is wrong."""
    if not request.environ.get("QUERY_STRING"):
        return False, {}, []
    allowed = (DRY_RUN, *TEXT_FIELDS) if text else (DRY_RUN,)
    found, errors = _parameters(request, allowed, lists=("tags",))
    fields: dict[str, Any] = {}
    dry_run = False
    for name, values in found.items():
        value = values[-1]
        if name == DRY_RUN:
            dry_run = value == "true"
            if value not in ("true", "false"):
                errors.append(_wrong(name, value, ("true", "false")))
        elif name in ("shots", "seed"):
            if _INTEGER.fullmatch(value):
                fields[name] = int(value)
            else:
                errors.append(_wrong(name, value, "a whole number"))
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


def list_arguments(request: Request, service: Service) -> tuple[JobFilter, int, str | None]:
    """Filter, limit and cursor of a list. Raises InvalidRequest with everything that is wrong."""
    if not request.environ.get("QUERY_STRING"):
        return JobFilter(), LIMIT, None
    found, errors = _parameters(request, LIST_PARAMETERS)

    def take(name: str, read: Callable[[str], Any], allowed: str | Iterable[str]) -> Any:
        if name not in found:
            return None
        value = found[name][-1]
        try:
            return read(value)
        except ValueError:
            errors.append(_wrong(name, value, allowed if isinstance(allowed, str) else tuple(allowed)))
            return None

    filters = JobFilter(
        state=take("state", _state, [state.value for state in VISIBLE]),
        device=take("device", str, ""),
        tag=take("tag", _tag, "1 to 64 characters"),
        created_after=take("created_after", times.from_text, _TIME_ALLOWED),
        created_before=take("created_before", times.from_text, _TIME_ALLOWED),
    )
    limit = take("limit", _limit, f"a whole number from 1 to {LIMIT_MOST}")
    cursor = take("cursor", _cursor, "the `next` of an earlier page")
    if filters.device is not None and not any(view.name == filters.device for view in service.devices()):
        names = tuple(view.name for view in service.devices())
        errors.append(_wrong("device", filters.device, names))
    if errors:
        raise InvalidRequest(errors)
    return filters, LIMIT if limit is None else limit, cursor


def next_link(request: Request, cursor: str) -> str:
    """The Link header of a page that has another behind it: the same question, with the cursor."""
    asked = [(name, value) for name, value in request.args.items() if name != "cursor"]
    return f'<{request.path}?{urlencode([*asked, ("cursor", cursor)])}>; rel="next"'


def _parameters(
    request: Request, allowed: tuple[str, ...], lists: tuple[str, ...] = ()
) -> tuple[dict[str, list[str]], list[FieldError]]:
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


def _wrong(name: str, value: str, allowed: str | tuple[str, ...]) -> FieldError:
    return FieldError(name, f"{value[:80]!r} cannot be used", allowed, "query")


def _state(text: str) -> JobState:
    state = JobState(text)
    if state not in VISIBLE:
        raise ValueError(text)
    return state


def _tag(text: str) -> str:
    if not 1 <= len(text) <= 64:
        raise ValueError(text)
    return text


def _cursor(text: str) -> str:
    if not text or not text.isascii():
        raise ValueError(text)
    return text


def _limit(text: str) -> int:
    if not _INTEGER.fullmatch(text) or not 1 <= int(text) <= LIMIT_MOST:
        raise ValueError(text)
    return int(text)
