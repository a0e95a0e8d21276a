"""Shapes of what comes in and goes out, as marshmallow schemas.

`JobIn` checks requests: types only, meaning is checked once, by the service. The others are not run on answers, which
are built by hand for speed; they document them in /openapi.json, and tests hold the answers to it.
"""

from __future__ import annotations

from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from qcjob.checks import JobRequest
from qcjob.errors import FieldError, InvalidRequest
from qcjob.lifecycle import VISIBLE


class Strict(Schema):
    """Unknown fields are refused, and documented so."""

    class Meta:
        unknown = RAISE


_ALLOWED = {
    "program": "a string: the program's text",
    "language": "a string; leave it out to have it detected",
    "runtime": "a string; leave it out for the default",
    "device": "a string; leave it out for the default",
    "shots": "a whole number",
    "name": "a string",
    "tags": "a list of strings",
    "seed": "a whole number",
    "options": "an object",
}


def _text(about: str, *, required: bool = False, empty: bool = False) -> fields.String:
    return fields.String(
        required=required, metadata={"description": about}, validate=None if empty else validate.Length(min=1)
    )


def _number(about: str) -> fields.Integer:
    return fields.Integer(strict=True, metadata={"description": about})


class JobIn(Strict):
    """A job to submit."""

    program = _text("The program's text, e.g. `X(90),Y(90), X(180)`.", required=True, empty=True)
    language = _text("`rotations`; detected when left out.")
    runtime = _text("`verbatim`, `optimized` (default), `simulated` or `echo`.")
    device = _text("A device's name; the configured default when left out.")
    shots = _number("1 to 1,000,000; 1,000 when left out.")
    name = _text("Yours to choose, at most 200 characters.", empty=True)
    tags = fields.List(fields.String(), metadata={"description": "At most 20, of at most 64 characters each."})
    seed = _number("The same seed gives the same counts.")
    options = fields.Dict(keys=fields.String(), metadata={"description": "Of the device, see its `job_options`."})


_JOB_IN = JobIn()
JOB_FIELDS = tuple(_JOB_IN.fields)


def job_request(document: dict[str, Any], location: str = "body") -> JobRequest:
    """A request of the right shape. Raises InvalidRequest with every wrong field and what is allowed in it."""
    try:
        found = _JOB_IN.load(document)
    except ValidationError as error:
        wrong = error.messages_dict
        raise InvalidRequest([_field_error(name, messages, location) for name, messages in wrong.items()]) from error
    found["tags"] = tuple(found.get("tags", ()))
    return JobRequest(**found)


def _field_error(name: str, messages: Any, location: str) -> FieldError:
    if name not in JOB_FIELDS:
        return FieldError(str(name)[:200], "is not a field of a job", JOB_FIELDS, location)
    while isinstance(messages, dict):  # a list's items are reported by their index
        messages = next(iter(messages.values()))
    text = str(messages[0]) if messages else "cannot be accepted"
    return FieldError(name, text[:1].lower() + text[1:].rstrip("."), _ALLOWED[name], location)


def _string(about: str = "", *, null: bool = False, **more: Any) -> fields.String:
    return fields.String(required=True, allow_none=null, metadata={"description": about} if about else {}, **more)


def _integer(about: str = "", *, null: bool = False) -> fields.Integer:
    return fields.Integer(required=True, allow_none=null, metadata={"description": about} if about else {})


def _time(about: str = "", *, null: bool = False) -> fields.String:
    pattern = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$"
    return fields.String(
        required=True,
        allow_none=null,
        validate=validate.Regexp(pattern) if not null else None,
        metadata={"description": f"{about} RFC 3339, UTC, six fractional digits.".strip(), "format": "date-time"},
    )


def _state() -> fields.String:
    return _string(validate=validate.OneOf([state.value for state in VISIBLE]))


class Queue(Strict):
    """Where a WAITING job stands among those of its device."""

    position = _integer("Counts from 1.")
    ahead = _integer("Jobs ranked before it.")


class RescueOut(Strict):
    """A worker that took over the attempt of one that was lost."""

    at = _time()
    worker = _string()
    fence = _integer()


class AttemptOut(Strict):
    """One try at running the job."""

    number = _integer("Counts from 1.")
    fence = _integer("A token that only grows: whose writes count.")
    worker = _string()
    handle = _string("The device's own name for the job, once it has it.", null=True)
    started_at = _time()
    ended_at = _time(null=True)
    outcome = _string("completed, failed, cancelled or put_back; null while it lasts.", null=True)
    rescues = fields.List(fields.Nested(RescueOut), required=True)


class MomentOut(Strict):
    """A state the job entered."""

    state = _state()
    at = _time()
    attempt = _integer()


class ErrorOut(Strict):
    """Why a job is FAILED, or was cancelled by the system."""

    code = _string("Stable.")
    message = _string("For people.")


class Links(Strict):
    """Relative paths."""

    self = _string()
    result = _string()
    program = _string()
    cancel = _string()


class JobOut(Strict):
    """A job's descriptor."""

    id = _string()
    state = _state()
    version = _integer("Grows with every change; the ETag.")
    name = _string(null=True)
    tags = fields.List(fields.String(), required=True)
    device = _string()
    runtime = _string()
    language = _string()
    shots = _integer()
    seed = _integer(null=True)
    options = fields.Dict(keys=fields.String(), required=True)
    created_at = _time()
    updated_at = _time()
    cancel_requested_at = _time(null=True)
    queue = fields.Nested(Queue, required=True, allow_none=True)
    attempts = fields.List(fields.Nested(AttemptOut), required=True)
    history = fields.List(fields.Nested(MomentOut), required=True)
    error = fields.Nested(ErrorOut, required=True, allow_none=True)
    links = fields.Nested(Links, required=True)


class JobsOut(Strict):
    """A page of jobs, newest first."""

    items = fields.List(fields.Nested(JobOut), required=True)
    next = _string("The cursor of the next page; null at the end.", null=True)


class DryRunOut(Strict):
    """What a submit would run."""

    dry_run = fields.Boolean(required=True)
    language = _string()
    runtime = _string()
    device = _string()
    shots = _integer()
    seed = _integer(null=True)
    options = fields.Dict(keys=fields.String(), required=True)
    name = _string(null=True)
    tags = fields.List(fields.String(), required=True)
    program = fields.Dict(required=True, metadata={"description": "The compiled program a driver would be given."})


class ProgramOut(Strict):
    """A job's program, as given and as compiled."""

    id = _string()
    language = _string()
    runtime = _string()
    source = _string()
    compiled = fields.Dict(required=True)


class RanOut(Strict):
    """What produced the counts."""

    program = fields.Dict(required=True)
    language = _string()
    device = _string()
    runtime = _string()
    compiler = fields.Raw(required=True, allow_none=True)
    seed = _integer(null=True)
    calibration = fields.Raw(required=True, allow_none=True)


class ResultOut(Strict):
    """A COMPLETED job's result."""

    schema = _integer("The version of this document's form: 1.")
    id = _string()
    counts = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    shots = _integer()
    bit_order = _string()
    ran = fields.Nested(RanOut, required=True)


class Limits(Strict):
    """What a job for the device may not exceed, and how many it runs at a time."""

    max_shots = _integer()
    max_program_bytes = _integer()
    slots = _integer()


class Calibration(Strict):
    """Which calibration the device works with."""

    id = _string(null=True)
    at = _string(null=True)


class DeviceOut(Strict):
    """A device, as its worker last published it."""

    name = _string()
    num_qubits = _integer()
    native_gates = fields.List(fields.String(), required=True)
    connectivity = fields.List(
        fields.List(fields.Integer()),
        required=True,
        allow_none=True,
        metadata={"description": "Coupled qubit pairs; null: all to all."},
    )
    limits = fields.Nested(Limits, required=True)
    calibration = fields.Nested(Calibration, required=True, allow_none=True)
    status = _string("online, busy, calibrating, maintenance, offline or error.")
    status_reason = _string(null=True)
    queue_length = _integer("Jobs WAITING for it.")
    runtimes = fields.List(fields.String(), required=True)
    job_options = fields.List(fields.String(), required=True)


class DevicesOut(Strict):
    """Every device."""

    items = fields.List(fields.Nested(DeviceOut), required=True)


class HealthOut(Strict):
    """A probe's answer."""

    status = _string()


class ProblemEntry(Schema):
    """A fault of a program (line, column, code, message) or of a field (field, location, message, allowed)."""

    message = _string()
    line = fields.Integer()
    column = fields.Integer()
    code = fields.String()
    field = fields.String()
    location = fields.String(metadata={"description": "body, query or header."})
    allowed = fields.Raw(allow_none=True, metadata={"description": "A sentence, or the list of allowed values."})


class ProblemOut(Strict):
    """A refusal, RFC 9457."""

    type = _string("/problems/<code>: a page that explains it.")
    title = _string()
    status = _integer()
    detail = _string()
    code = _string("Stable.")
    request_id = _string("The X-Request-ID of this answer.")
    instance = _string("The path that was asked.")
    errors = fields.List(fields.Nested(ProblemEntry))


COMPONENTS: dict[str, type[Schema]] = {
    "JobRequest": JobIn,
    "Queue": Queue,
    "Rescue": RescueOut,
    "Attempt": AttemptOut,
    "Moment": MomentOut,
    "JobError": ErrorOut,
    "Links": Links,
    "Job": JobOut,
    "Jobs": JobsOut,
    "DryRun": DryRunOut,
    "Program": ProgramOut,
    "Ran": RanOut,
    "Result": ResultOut,
    "Limits": Limits,
    "Calibration": Calibration,
    "Device": DeviceOut,
    "Devices": DevicesOut,
    "Health": HealthOut,
    "ProblemEntry": ProblemEntry,
    "Problem": ProblemOut,
}
"""The names under which /openapi.json speaks of them."""
