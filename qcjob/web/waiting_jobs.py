"""/v1/devices/{name}/queue: every job that waits for a device, for operators."""

from __future__ import annotations

from typing import Any

from flask import Response, g, request

from qcjob.ledger.waiting import Waiting
from qcjob.web.front import front
from qcjob.web.openapi import json_answer, room, route
from qcjob.web.pages import page, page_arguments, page_query
from qcjob.web.times import to_text

blueprint = room("waiting", "/v1/devices", "Who waits for a device.")

_MICRO = 1_000_000


@route(
    blueprint,
    "GET",
    "/<name>/queue",
    403,
    404,
    summary="List the jobs that wait for a device",
    parameters=page_query("Jobs"),
    responses={"200": json_answer("A page of jobs, the next one to run first.", "WaitingJobs", "Link")},
)
def waiting(name: str) -> Response:
    """For operators. Everybody's, in the order in which they would be claimed now; then those that wait for a time, and
    those that are held. A page may be short, or empty, and there be a `next`."""
    limit, cursor = page_arguments(request)
    found = front().operating.waiting(g.caller, name, limit=limit, cursor=cursor)
    return page(request, [_document(one) for one in found.items], found.next)


def _document(one: Waiting) -> dict[str, Any]:
    return {
        "id": one.id,
        "position": one.position,
        "customer": one.customer,
        "name": one.name,
        "tier": one.tier,
        "start_tag": one.tag,
        "cost_seconds": one.cost / _MICRO,
        "shots": one.shots,
        "created_at": to_text(one.created_at),
        "session": one.session,
        "batch": one.batch,
        "held": one.held,
        "not_before": None if one.not_before is None else to_text(one.not_before),
        "reason": one.put_back_because,
        "links": {"self": f"/v1/jobs/{one.id}", "queue": f"/v1/jobs/{one.id}/queue"},
    }
