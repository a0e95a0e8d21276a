"""A batch as it comes in and goes out. Its jobs are checked one by one, so that each says what is wrong with it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from marshmallow import fields, validate

from qcjob.batch import MOST_JOBS
from qcjob.errors import FieldError, InvalidRequest, Refused
from qcjob.lifecycle import VISIBLE
from qcjob.service import JobRequest
from qcjob.service.batching import ON_ERROR, REFUSE, BatchRequest
from qcjob.web.schemas.jobs import ErrorOut, PartsOut
from qcjob.web.schemas.requests import JobIn, job_request
from qcjob.web.schemas.results import ResultOut
from qcjob.web.schemas.service import ProblemEntry
from qcjob.web.schemas.shapes import Strict, integer, load, moment, state, string, text

_ALLOWED = {"jobs": "a list of objects, each a job", "name": "a string", "on_error": "a string: refuse or skip"}


class BatchIn(Strict):
    """A batch to submit."""

    jobs = fields.List(
        fields.Nested(JobIn),
        required=True,
        validate=validate.Length(1, MOST_JOBS),
        metadata={"description": "In the order in which those of a device are to start."},
    )
    name = text("Yours to choose, at most 200 characters.", empty=True)
    on_error = fields.String(
        validate=validate.OneOf(ON_ERROR),
        metadata={
            "description": "`refuse` (default): a job that cannot be accepted refuses the batch. `skip`: the others are"
            " accepted.",
            "default": REFUSE,
        },
    )


class _Envelope(Strict):
    jobs = fields.List(fields.Raw(), required=True)
    name = text("", empty=True)
    on_error = fields.String()


class CountsOut(Strict):
    """How many of the batch's jobs are in each state."""

    WAITING = integer()
    SUBMITTED = integer()
    RUNNING = integer()
    COMPLETED = integer()
    FAILED = integer()
    CANCELLED = integer()


class BatchLinks(Strict):
    """Relative paths."""

    self = string()
    jobs = string()
    results = string()
    cancel = string()


class BatchOut(Strict):
    """A batch's descriptor."""

    id = string()
    state = state()
    version = integer("Grows with every change of one of its jobs; the ETag.")
    name = string(null=True)
    progress = fields.Nested(PartsOut, required=True)
    counts = fields.Nested(CountsOut, required=True)
    refused = integer("Jobs that were left out, with `on_error: skip`.")
    created_at = moment()
    updated_at = moment()
    cancel_requested_at = moment(null=True)
    links = fields.Nested(BatchLinks, required=True)


class BatchAcceptedOut(BatchOut):
    """A batch as its submit is answered: with the ids of its jobs, and what is wrong with those that were left out."""

    jobs = fields.List(
        fields.String(allow_none=True),
        required=True,
        metadata={"description": "Ids, in the order sent; null for a job left out."},
    )
    errors = fields.List(fields.Nested(ProblemEntry), required=True)


class BatchesOut(Strict):
    """A page of batches, newest first."""

    items = fields.List(fields.Nested(BatchOut), required=True)
    next = string("The cursor of the next page; null at the end.", null=True)


class BatchResultOut(Strict):
    """What a job of a batch came to."""

    id = string()
    index = integer("Its place among the jobs that were sent, from 0.")
    state = state()
    result = fields.Nested(
        ResultOut,
        required=True,
        allow_none=True,
        metadata={"description": "As of the job alone; null until COMPLETED."},
    )
    error = fields.Nested(ErrorOut, required=True, allow_none=True)


class BatchResultsOut(Strict):
    """A page of what the jobs of a batch came to, in the order in which they were sent."""

    items = fields.List(fields.Nested(BatchResultOut), required=True)
    next = string("The cursor of the next page; null at the end.", null=True)


_ENVELOPE = _Envelope()
assert {str(state) for state in VISIBLE} == set(CountsOut().fields)


def batch_request(document: dict[str, Any]) -> BatchRequest:
    """A request of the right shape, but for jobs, which may each be a refusal. Raises InvalidRequest."""
    found = load(_ENVELOPE, document, _ALLOWED, "a batch")
    jobs = found.pop("jobs")
    if len(jobs) > MOST_JOBS:  # before anything is done for each
        raise InvalidRequest([FieldError("jobs", f"{len(jobs)} jobs", f"1 to {MOST_JOBS} in one batch")])
    seen: dict[str, JobRequest] = {}
    return BatchRequest([_job(job, seen) for job in jobs], **found)


def _job(document: Any, seen: dict[str, JobRequest]) -> JobRequest | Refused:
    """What one job asks for. Most jobs of a batch have the fields of one `seen` before, but for the program."""
    if not isinstance(document, dict):
        return InvalidRequest([FieldError("jobs", "is not an object", "an object: a job")])
    rest = repr({name: value for name, value in document.items() if name != "program"})  # where 1, 1.0 and true differ
    program = document.get("program")
    if rest in seen and isinstance(program, str):
        return replace(seen[rest], program=program)
    try:
        found = job_request(document)
    except InvalidRequest as error:
        return error
    seen[rest] = found
    return found
