"""/v1/devices: what there is to run on."""

from __future__ import annotations

from typing import Any

from flask import Response

from qcjob.catalogue import DeviceView
from qcjob.web.answers import json_response
from qcjob.web.front import front
from qcjob.web.openapi import json_answer, room, route

blueprint = room("devices", "/v1/devices", "What there is to run on.")


@route(blueprint, "GET", "", summary="List the devices", responses={"200": json_answer("Every device.", "Devices")})
def index() -> Response:
    """Every device, as its worker last published it: configured ones first, then the built-ins."""
    return json_response({"items": [device_document(view) for view in front().service.devices()]})


@route(
    blueprint,
    "GET",
    "/<name>",
    404,
    summary="Look at one device",
    responses={"200": json_answer("The device.", "Device")},
)
def one(name: str) -> Response:
    """Size, gates, connectivity, limits, calibration, status and queue length of one device."""
    return json_response(device_document(front().service.device(name)))


def device_document(view: DeviceView) -> dict[str, Any]:
    """A device as users see it."""
    target = view.target
    calibrated = target.calibration_id is not None or target.calibrated_at is not None
    return {
        "name": view.name,
        "num_qubits": target.num_qubits,
        "native_gates": list(target.native_gates),
        "connectivity": None if target.connectivity is None else [list(pair) for pair in target.connectivity],
        "limits": {
            "max_shots": view.max_shots,
            "max_program_bytes": view.max_program_bytes,
            "slots": view.slots,
        },
        "calibration": {"id": target.calibration_id, "at": target.calibrated_at} if calibrated else None,
        "status": view.status,
        "status_reason": view.status_reason,
        "queue_length": view.queue_length,
        "runtimes": list(view.runtimes),
        "job_options": list(view.job_options),
    }
