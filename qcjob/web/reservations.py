"""/v1/reservations: a device for a customer, for a while."""

from __future__ import annotations

from typing import Any

from flask import Response, g, request

from qcjob.logs import get_logger
from qcjob.reservation import Reservation
from qcjob.web import bodies
from qcjob.web.answers import json_response, no_content
from qcjob.web.front import front
from qcjob.web.openapi import empty_answer, json_answer, ref, room, route
from qcjob.web.schemas.reservations import reservation_request
from qcjob.web.times import to_text

blueprint = room("reservations", "/v1/reservations", "Devices for a customer, for a while.")
log = get_logger("web.reservations")


@route(
    blueprint,
    "POST",
    "",
    403,
    404,
    409,
    413,
    415,
    summary="Reserve a device",
    requestBody={
        "required": True,
        "content": {
            "application/json": {
                "schema": ref("ReservationRequest"),
                "examples": {"an hour": {"value": {"customer": "alice", "device": "simulator", "seconds": 3600}}},
            }
        },
    },
    responses={"201": json_answer("Reserved.", "Reservation")},
)
def reserve() -> Response:
    """For operators. In the window the customer's jobs run before all others but tier 0; others while it would idle."""
    wanted = reservation_request(bodies.json_of(request, g.body))
    found = front().reservations.add(g.caller, **wanted)
    log.info("device reserved", device=found.device, reservation=found.id, by=g.caller.customer)
    return json_response(_document(found), 201)


@route(
    blueprint,
    "GET",
    "",
    summary="List reservations",
    responses={"200": json_answer("Those that are not over.", "Reservations")},
)
def index() -> Response:
    """Your reservations that are not over, the first ones first; everybody's for operators."""
    return json_response({"items": [_document(one) for one in front().reservations.list(g.caller)]})


@route(
    blueprint,
    "DELETE",
    "/<reservation_id>",
    403,
    404,
    413,
    summary="Take a reservation away",
    responses={"204": empty_answer("It is not there any more.")},
)
def remove(reservation_id: str) -> Response:
    """For operators. Before its window or in it: it ends at once."""
    bodies.checked(g.body)
    front().reservations.remove(g.caller, reservation_id)
    log.info("reservation removed", reservation=reservation_id[:80], by=g.caller.customer)
    return no_content()


def _document(found: Reservation) -> dict[str, Any]:
    return {
        "id": found.id,
        "device": found.device,
        "customer": found.customer,
        "from": to_text(found.begins),
        "to": to_text(found.ends),
        "note": found.note,
        "created_at": to_text(found.created_at),
    }
