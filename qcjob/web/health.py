"""/livez and /readyz: is this process alive, and can it accept jobs."""

from __future__ import annotations

from flask import Response

from qcjob.errors import ConfigurationError
from qcjob.web.answers import json_response
from qcjob.web.front import front
from qcjob.web.openapi import json_answer, room, route
from qcjob.web.refusals import NotReady

blueprint = room("health", "", "Probes; no key needed.")


@route(
    blueprint,
    "GET",
    "/livez",
    public=True,
    summary="Is it alive",
    responses={"200": json_answer("It answers.", "Health")},
)
def livez() -> Response:
    """Always 200: the process answers, whatever else is down."""
    return json_response({"status": "alive"})


@route(
    blueprint,
    "GET",
    "/readyz",
    503,
    public=True,
    summary="Is it ready",
    responses={"200": json_answer("It accepts jobs.", "Health")},
)
def readyz() -> Response:
    """200 when the ledger answers, can be written, and its schema is one this version knows.

    A ledger that has no room for more jobs is ready: whoever is sent elsewhere could not read a result there either.
    """
    try:
        front().ledger.check_schema()
    except ConfigurationError as error:
        raise NotReady(str(error)) from error
    return json_response({"status": "ready"})
