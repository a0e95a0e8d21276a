"""Which jobs to list: the filters of GET /v1/jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flask import Request

from qcjob.errors import InvalidRequest
from qcjob.lifecycle import VISIBLE, JobState
from qcjob.service.catalogue import Catalogue
from qcjob.service.jobs import JobFilter
from qcjob.web import queries, times
from qcjob.web.openapi import query
from qcjob.web.pages import CURSOR_ALLOWED, LIMIT, LIMIT_ALLOWED, limit_of, page_query

_TIME = {"type": "string", "format": "date-time"}
FILTER_QUERY = [
    query("state", "Only jobs in this state.", {"type": "string", "enum": [state.value for state in VISIBLE]}),
    query("device", "Only jobs of this device."),
    query("tag", "Only jobs with this tag."),
    query("created_after", "Only jobs created later than this.", _TIME),
    query("created_before", "Only jobs created earlier than this.", _TIME),
    query("customer", "For operators: the jobs of this customer instead of one's own."),
    *page_query("Jobs"),
]
"""All that a list of jobs may be asked with, for the OpenAPI document."""

_NAMES = tuple(parameter["name"] for parameter in FILTER_QUERY)


def list_arguments(request: Request, catalogue: Catalogue) -> tuple[JobFilter, int, str | None]:
    """Filter, limit and cursor of a list of jobs of devices that are, or were. Raises InvalidRequest with all that is
    wrong, LedgerUnavailable."""
    if not request.environ.get("QUERY_STRING"):
        return JobFilter(), LIMIT, None
    found, errors = queries.parameters(request, _NAMES)

    def take(name: str, read: Callable[[str], Any], allowed: str | Iterable[str]) -> Any:
        if name not in found:
            return None
        value = found[name][-1]
        try:
            return read(value)
        except ValueError:
            errors.append(queries.wrong(name, value, allowed if isinstance(allowed, str) else tuple(allowed)))
            return None

    filters = JobFilter(
        state=take("state", _state, [state.value for state in VISIBLE]),
        device=take("device", str, ""),
        tag=take("tag", _tag, "1 to 64 characters"),
        created_after=take("created_after", times.from_text, times.TIME_ALLOWED),
        created_before=take("created_before", times.from_text, times.TIME_ALLOWED),
        customer=take("customer", _customer, "the name of a customer"),
    )
    limit = take("limit", limit_of, LIMIT_ALLOWED)
    cursor = take("cursor", _cursor, CURSOR_ALLOWED)
    if filters.device is not None and not catalogue.is_known(filters.device):
        errors.append(queries.wrong("device", filters.device, catalogue.names))
    if errors:
        raise InvalidRequest(errors)
    return filters, LIMIT if limit is None else limit, cursor


def _state(text: str) -> JobState:
    state = JobState(text)
    if state not in VISIBLE:
        raise ValueError(text)
    return state


def _tag(text: str) -> str:
    if not 1 <= len(text) <= 64:
        raise ValueError(text)
    return text


def _customer(text: str) -> str:
    if not text:
        raise ValueError(text)
    return text


def _cursor(text: str) -> str:
    if not text or not text.isascii():
        raise ValueError(text)
    return text
