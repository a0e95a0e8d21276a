"""Devices and their limits."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from qcjob.web.schemas.reservations import WindowOut
from qcjob.web.schemas.shapes import Strict, figure, integer, load, string, text


class Limits(Strict):
    """What a job for the device may not exceed, and how many it runs at a time. See docs/languages.md."""

    max_shots = integer()
    max_program_bytes = integer("Of a program of rotations.")
    max_result_bytes = integer("Of the counts and the memory that a job could come to.")
    slots = integer()
    max_simulated_qubits = integer("The most qubits a run may use; null: all the device has.", null=True)
    openqasm2_bytes = integer()
    openqasm3_bytes = integer()
    nesting = integer()
    operators_per_statement = integer()
    literal_characters = integer()
    identifier_characters = integer()
    clbits = integer()
    modifiers = integer()
    gate_depth = integer()
    operations = integer("With loops, broadcasts and the program's own gates written out.")
    compile_seconds = integer()
    compile_memory_bytes = integer()


class Calibration(Strict):
    """Which calibration the device works with."""

    id = string(null=True)
    at = string(null=True)


class FiguresOut(Strict):
    """What a gate costs on some qubits."""

    qubits = fields.List(fields.Integer(), required=True)
    duration = figure("Seconds.")
    error = figure("The chance that it goes wrong.")


class EtaOut(Strict):
    """How good the windows are in which jobs are foreseen to start, when they are submitted."""

    within = fields.Float(required=True, metadata={"description": "The share that started inside theirs, 0 to 1."})
    jobs = integer("How many that were.")


class DeviceOut(Strict):
    """A device, as its worker last published it."""

    name = string()
    num_qubits = integer()
    native_gates = fields.List(fields.String(), required=True)
    connectivity = fields.List(
        fields.List(fields.Integer()),
        required=True,
        allow_none=True,
        metadata={"description": "Coupled qubit pairs; null: all to all."},
    )
    features = fields.List(
        fields.String(),
        required=True,
        metadata={
            "description": "Of reset, mid-circuit-measurement, conditionals, loops and assignments: what the device "
            "can do."
        },
    )
    dt = figure("Seconds of one sample, the unit dt of OpenQASM 3; null: the device has none.")
    gates = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.Nested(FiguresOut)),
        metadata={
            "description": "For a native gate, measure or reset exactly the qubits it works on; one that is not here "
            "works on every qubit or coupled pair. Not in the list of devices."
        },
    )
    limits = fields.Nested(Limits, required=True)
    calibration = fields.Nested(Calibration, required=True, allow_none=True)
    status = string("online, busy, calibrating, maintenance, offline or error.")
    status_reason = string(null=True)
    queue_length = integer("Jobs WAITING for it.")
    eta = fields.Nested(EtaOut, metadata={"description": "Only where a job was told when it would start."})
    session = fields.Nested(
        WindowOut,
        allow_none=True,
        metadata={
            "description": "The session whose jobs run next, since when, and until when at the latest; null for none. "
            "Not in the list of devices."
        },
    )
    reservations = fields.List(
        fields.Nested(WindowOut),
        metadata={"description": "Windows that are not over, the first ones first. Not in the list of devices."},
    )
    runtimes = fields.List(fields.String(), required=True)
    languages = fields.List(fields.String(), required=True)
    job_options = fields.List(fields.String(), required=True)


class TargetOut(Strict):
    """What a device can run: what programs for it are compiled for."""

    num_qubits = integer()
    native_gates = fields.List(fields.String(), required=True)
    connectivity = fields.List(
        fields.List(fields.Integer()),
        required=True,
        allow_none=True,
        metadata={"description": "Coupled qubit pairs; null: all to all."},
    )
    calibration_id = string(null=True)
    calibrated_at = string(null=True)
    gates = fields.Dict(keys=fields.String(), values=fields.List(fields.Nested(FiguresOut)), required=True)
    features = fields.List(fields.String(), required=True)
    dt = fields.Float(metadata={"description": "Seconds of one sample; not there where the device has none."})


class DeviceChangeIn(Strict):
    """An operator's word on a device."""

    status = text("`online`; or `drained` or `offline`: it finishes what runs, and takes no more.", required=True)
    why = text("For the audit, and those who wait.", empty=True)


class DevicesOut(Strict):
    """Every device."""

    items = fields.List(fields.Nested(DeviceOut), required=True)


_DEVICE_CHANGE_IN = DeviceChangeIn()


def device_change(document: dict[str, Any]) -> tuple[str, str]:
    """What is said of a device, and why. Raises InvalidRequest."""
    found = load(_DEVICE_CHANGE_IN, document, {"status": "a string", "why": "a string"}, "a change of a device")
    return found["status"], found.get("why", "")
