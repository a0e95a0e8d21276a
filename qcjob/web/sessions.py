"""/v1/sessions: jobs of a customer that run one after another."""

from __future__ import annotations

from typing import Any

from flask import Response, g, request

from qcjob.logs import get_logger
from qcjob.session import Session
from qcjob.web import bodies
from qcjob.web.answers import json_response
from qcjob.web.front import front
from qcjob.web.openapi import json_answer, ref, room, route
from qcjob.web.pages import page, page_arguments, page_query
from qcjob.web.reasons import reason_sent
from qcjob.web.schemas.sessions import session_request
from qcjob.web.times import to_text

blueprint = room("sessions", "/v1/sessions", "Jobs that run one after another.")
log = get_logger("web.sessions")


@route(
    blueprint,
    "POST",
    "",
    404,
    413,
    415,
    429,
    summary="Open a session",
    requestBody={
        "required": True,
        "content": {
            "application/json": {
                "schema": ref("SessionRequest"),
                "examples": {"half an hour": {"value": {"max_seconds": 1800, "idle_seconds": 120}}},
            }
        },
    },
    responses={"201": json_answer("It waits for its first job.", "Session", "Location")},
)
def open_session() -> Response:
    """Jobs submitted with its id run one after another once the first of them has been claimed."""
    wanted = session_request(bodies.json_of(request, g.body))
    session = front().sessions.open(
        g.caller, wanted.get("device"), wanted.get("max_seconds"), wanted.get("idle_seconds")
    )
    log.info("session opened", session=session.id, device=session.device)
    return json_response(_document(session), 201, {"Location": f"/v1/sessions/{session.id}"})


@route(
    blueprint,
    "GET",
    "",
    summary="List your sessions",
    parameters=page_query("Sessions"),
    responses={"200": json_answer("A page of sessions.", "Sessions", "Link")},
)
def index() -> Response:
    """Your sessions, newest first, closed ones too until their retention is over."""
    limit, cursor = page_arguments(request)
    found = front().sessions.list(g.caller, limit=limit, cursor=cursor)
    return page(request, [_document(one) for one in found.items], found.next)


@route(
    blueprint,
    "GET",
    "/<session_id>",
    404,
    summary="Look at one session",
    responses={"200": json_answer("The session as it is now.", "Session")},
)
def one(session_id: str) -> Response:
    """One session of yours; anybody's for operators."""
    return json_response(_document(front().sessions.read(g.caller, session_id)))


@route(
    blueprint,
    "POST",
    "/<session_id>/close",
    403,
    404,
    413,
    415,
    summary="Close a session",
    requestBody={"required": False, "content": {"application/json": {"schema": ref("Reason")}}},
    responses={"200": json_answer("Closed, for ever.", "Session")},
)
def close(session_id: str) -> Response:
    """It takes no more jobs; those that wait are ranked as any others, those that run go on. Operators may close
    anybody's, with a reason."""
    session = front().sessions.close(g.caller, session_id, why=reason_sent("the closing of a session"))
    log.info("session closed", session=session.id, device=session.device, because=session.closed_because)
    return json_response(_document(session))


def _document(session: Session) -> dict[str, Any]:
    return {
        "id": session.id,
        "device": session.device,
        "state": session.state,
        "max_seconds": session.max_seconds,
        "idle_seconds": session.idle_seconds,
        "created_at": to_text(session.created_at),
        "activated_at": _moment(session.activated_at),
        "closes_at": _moment(session.closes_at),
        "closed_at": _moment(session.closed_at),
        "closed_because": session.closed_because,
        "jobs": dict(session.jobs),
    }


def _moment(microseconds: int | None) -> str | None:
    return None if microseconds is None else to_text(microseconds)
