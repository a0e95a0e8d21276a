"""The reason that comes with an act which needs no other body."""

from __future__ import annotations

from flask import g, request

from qcjob.security.caller import OPERATOR
from qcjob.web import bodies
from qcjob.web.schemas.reasons import reason


def reason_sent(act: str) -> str:
    """Why somebody does this, empty where no body was sent. Raises InvalidRequest, and as `bodies.json_of` does."""
    return reason(bodies.json_of(request, g.body), act) if bodies.checked(g.body) else ""


def operators_reason(act: str) -> str | None:
    """The same of an operator; None of others, of whose body only the size is looked at. Raises as that does."""
    if g.caller.role == OPERATOR:
        return reason_sent(act)
    bodies.checked(g.body)
    return None
