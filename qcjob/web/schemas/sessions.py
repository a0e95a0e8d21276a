"""Sessions, as they come in and go out."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from qcjob.session import (
    CLOSED_BECAUSE,
    DEFAULT_IDLE_SECONDS,
    DEFAULT_SECONDS,
    MOST_IDLE_SECONDS,
    MOST_SECONDS,
    SessionState,
)
from qcjob.web.schemas.customers import Number
from qcjob.web.schemas.shapes import Strict, load, moment, string, text

_ALLOWED = {
    "device": "a string; leave it out for the default",
    "max_seconds": "a number",
    "idle_seconds": "a number",
}


class SessionIn(Strict):
    """A session to open."""

    device = text("A device's name; the configured default when left out.")
    max_seconds = Number(
        metadata={"description": f"How long it may be active, 1 to {MOST_SECONDS}; {DEFAULT_SECONDS} when left out."}
    )
    idle_seconds = Number(
        metadata={
            "description": "After so long with no job of it that waits or runs it closes itself, 1 to "
            f"{MOST_IDLE_SECONDS}; {DEFAULT_IDLE_SECONDS} when left out."
        }
    )


class SessionOut(Strict):
    """A session."""

    id = string()
    device = string()
    state = string(validate=validate.OneOf([state.value for state in SessionState]))
    max_seconds = fields.Float(required=True)
    idle_seconds = fields.Float(required=True)
    created_at = moment()
    activated_at = moment("When its first job was claimed in its turn.", null=True)
    closes_at = moment("When it closes itself if nothing happens before; null while nothing says so.", null=True)
    closed_at = moment(null=True)
    closed_because = string(f"{', '.join(CLOSED_BECAUSE)}; null while it is open.", null=True)
    jobs = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        required=True,
        metadata={"description": "How many jobs of it are in each state."},
    )


class SessionsOut(Strict):
    """A page of sessions, newest first."""

    items = fields.List(fields.Nested(SessionOut), required=True)
    next = string("The cursor of the next page; null at the end.", null=True)


_SESSION_IN = SessionIn()


def session_request(document: dict[str, Any]) -> dict[str, Any]:
    """What a session is opened with. Raises InvalidRequest with every wrong field and what is allowed in it."""
    return load(_SESSION_IN, document, _ALLOWED, "a session")


COMPONENTS: dict[str, type[Schema]] = {
    "SessionRequest": SessionIn,
    "Session": SessionOut,
    "Sessions": SessionsOut,
}
