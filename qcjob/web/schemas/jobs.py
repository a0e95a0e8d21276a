"""A job as its owner sees it."""

from __future__ import annotations

from marshmallow import fields

from qcjob.web.schemas.programs import AskedOut
from qcjob.web.schemas.shapes import Strict, integer, moment, state, string


class Queue(Strict):
    """Where a WAITING job stands among those of its device."""

    position = integer("Counts from 1.")
    ahead = integer("Jobs ranked before it.")
    reason = fields.String(
        metadata={"description": "Only while the device takes no jobs, or this one is held or for later: why."}
    )


class RescueOut(Strict):
    """A worker that took over the attempt of one that was lost."""

    at = moment()
    worker = string()
    fence = integer()


class ErrorOut(Strict):
    """Why a job is FAILED, or was cancelled by the system; or why an attempt was followed by another."""

    code = string("Stable.")
    message = string("For people.")


class AttemptOut(Strict):
    """One try at running the job."""

    number = integer("Counts from 1.")
    fence = integer("A token that only grows: whose writes count.")
    worker = string()
    handle = string("The device's own name for the job, once it has it.", null=True)
    started_at = moment()
    ended_at = moment(null=True)
    outcome = string("completed, failed, cancelled or put_back; null while it lasts.", null=True)
    rescues = fields.List(fields.Nested(RescueOut), required=True)
    error = fields.Nested(ErrorOut, metadata={"description": "Only where another attempt follows."})


class MomentOut(Strict):
    """A state the job entered."""

    state = state()
    at = moment()
    attempt = integer()


class ActOut(Strict):
    """What an operator did to the job."""

    at = moment()
    by = string()
    what = string("hold, release, move, change tier or cancel.")
    before = string()
    after = string()
    why = string("Empty where they did not say.")


class Links(Strict):
    """Relative paths."""

    self = string()
    result = string()
    program = string()
    cancel = string()


class BatchPlace(Strict):
    """Where a job came from."""

    id = string("The batch's.")
    index = integer("Its place in what was sent, from 0.")


class PartsOut(Strict):
    """How far a job of several circuits, or a batch, has come."""

    done = integer()
    of = integer()


class JobOut(AskedOut):
    """A job's descriptor."""

    id = string()
    state = state()
    version = integer("Grows with every change; the ETag.")
    batch = fields.Nested(BatchPlace, metadata={"description": "Only of a job that came in a batch."})
    parts = fields.Nested(PartsOut, metadata={"description": "Only of a job of several circuits."})
    created_at = moment()
    updated_at = moment()
    cancel_requested_at = moment(null=True)
    queue = fields.Nested(Queue, required=True, allow_none=True)
    attempts = fields.List(fields.Nested(AttemptOut), required=True)
    history = fields.List(fields.Nested(MomentOut), required=True)
    acts = fields.List(fields.Nested(ActOut), metadata={"description": "Only where an operator touched the job."})
    error = fields.Nested(ErrorOut, required=True, allow_none=True)
    links = fields.Nested(Links, required=True)


class DamagedOut(Strict):
    """A job that cannot be shown."""

    id = string()
    detail = string("Which fields of its record are damaged. An operator can mend it.")


class JobsOut(Strict):
    """A page of jobs, newest first."""

    items = fields.List(fields.Nested(JobOut), required=True)
    next = string("The cursor of the next page; null at the end.", null=True)
    damaged = fields.List(
        fields.Nested(DamagedOut), metadata={"description": "Only where a job's record cannot be read."}
    )
