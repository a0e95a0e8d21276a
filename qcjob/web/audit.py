"""/v1/audit: what operators did. For operators."""

from __future__ import annotations

from flask import Response, g, request

from qcjob.web.descriptor import audited
from qcjob.web.front import front
from qcjob.web.openapi import json_answer, room, route
from qcjob.web.pages import page, page_arguments, page_query

blueprint = room("audit", "/v1/audit", "What operators did. For operators.")


@route(
    blueprint,
    "GET",
    "",
    403,
    summary="Read the audit",
    parameters=page_query("Acts"),
    responses={"200": json_answer("A page of acts.", "Audit", "Link")},
)
def index() -> Response:
    """Who did what to which job, device or customer, when and why, newest first; of the last ten thousand acts."""
    limit, cursor = page_arguments(request)
    found = front().operating.audit(g.caller, limit=limit, cursor=cursor)
    return page(request, [audited(act) for act in found.items], found.next)
