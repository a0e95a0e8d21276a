"""/v1/devices: what there is to run on."""

from __future__ import annotations

from typing import Any

from flask import Response, g, request

from qcjob.logs import get_logger
from qcjob.result import MAX_RESULT_BYTES
from qcjob.security.caller import OPERATOR
from qcjob.service.catalogue import DeviceView
from qcjob.web import bodies
from qcjob.web.answers import json_response
from qcjob.web.front import front
from qcjob.web.openapi import json_answer, ref, room, route
from qcjob.web.schemas.devices import device_change
from qcjob.web.times import to_text

blueprint = room("devices", "/v1/devices", "What there is to run on.")
log = get_logger("web.devices")


@route(blueprint, "GET", "", summary="List the devices", responses={"200": json_answer("Every device.", "Devices")})
def index() -> Response:
    """Every device, as its worker last published it: configured ones first, then the built-ins."""
    return json_response({"items": [device_document(view) for view in front().service.catalogue.views()]})


@route(
    blueprint,
    "GET",
    "/<name>",
    404,
    summary="Look at one device",
    responses={"200": json_answer("The device.", "Device")},
)
def one(name: str) -> Response:
    """Size, gates and their figures, connectivity, limits, calibration, status and queue length of one device."""
    view = front().service.catalogue.view(name)
    gates = view.target.as_dict()["gates"]
    document = {**device_document(view), "gates": gates}
    return json_response({**document, "session": _session(name), "reservations": _windows(name)})


def _session(name: str) -> dict[str, Any] | None:
    active = front().sessions.active_on(name)
    if active is None or active.activated_at is None:
        return None
    until = active.activated_at + round(active.max_seconds * 1_000_000)
    return {"from": to_text(active.activated_at), "to": to_text(until), "customer": _whose(active.customer)}


def _windows(name: str) -> list[dict[str, Any]]:
    found = front().reservations.of_device(name)
    return [{"from": to_text(one.begins), "to": to_text(one.ends), "customer": _whose(one.customer)} for one in found]


def _whose(customer: str) -> str | None:
    """A customer's name, for themselves and operators."""
    return customer if g.caller.role == OPERATOR or g.caller.customer == customer else None


@route(
    blueprint,
    "GET",
    "/<name>/target",
    404,
    summary="Read what programs for a device are compiled for",
    responses={"200": json_answer("The target as it is now; receipts name it by its hash.", "Target")},
)
def target(name: str) -> Response:
    """The target of one device, whole, in the form whose canonical JSON a receipt's `target_sha256` is the hash of."""
    return json_response(front().service.catalogue.view(name).target.as_dict())


@route(
    blueprint,
    "PATCH",
    "/<name>",
    403,
    404,
    413,
    415,
    summary="Drain a device, take it offline, or let it take jobs again",
    requestBody={"required": True, "content": {"application/json": {"schema": ref("DeviceChange")}}},
    responses={"200": json_answer("The device.", "Device")},
)
def change(name: str) -> Response:
    """For operators. What they say holds until they say otherwise, also when the device's worker starts anew."""
    said, why = device_change(bodies.json_of(request, g.body))
    front().operating.direct(g.caller, name, said, why=why)
    log.info("device directed", device=name, said=said, by=g.caller.customer)
    return one(name)


def device_document(view: DeviceView) -> dict[str, Any]:
    """A device as users see it, but for the figures of each gate on each qubit: those are many."""
    target = view.target
    calibrated = target.calibration_id is not None or target.calibrated_at is not None
    return {
        "name": view.name,
        "num_qubits": target.num_qubits,
        "native_gates": list(target.native_gates),
        "connectivity": None if target.connectivity is None else [list(pair) for pair in target.connectivity],
        "features": list(target.features),
        "dt": target.dt,
        "limits": {
            "max_shots": view.max_shots,
            "max_program_bytes": view.max_program_bytes,
            "max_result_bytes": MAX_RESULT_BYTES,
            "slots": view.slots,
            "max_simulated_qubits": view.max_simulated_qubits,
            **view.limits.as_dict(),
        },
        "calibration": {"id": target.calibration_id, "at": target.calibrated_at} if calibrated else None,
        "status": view.status,
        "status_reason": view.status_reason,
        "queue_length": view.queue_length,
        **(
            {"eta": {"within": view.starts_kept / view.starts_stated, "jobs": view.starts_stated}}
            if view.starts_stated
            else {}
        ),
        "runtimes": list(view.runtimes),
        "languages": list(view.languages),
        "job_options": list(view.job_options),
    }
