"""What comes in about a job: types only; meaning is checked once, by the service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from marshmallow import fields

from qcjob.errors import FieldError, InvalidRequest
from qcjob.service import JobRequest
from qcjob.web.schemas.shapes import Strict, Truth, load, number, text, time
from qcjob.web.times import TIME_ALLOWED

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
    "retries": "a whole number",
    "on_uncertain": "a string; leave it out for the device's own setting",
    "tier": "a whole number",
    "start_after": TIME_ALLOWED,
    "not_after": TIME_ALLOWED,
    "bindings": "a list of objects of numbers",
    "session": "a string: the id of an open session of yours",
    "ahead_of": "a string: the id of another WAITING job of yours",
    "held": "true or false",
    "why": "a string",
}


class JobIn(Strict):
    """A job to submit."""

    program = text("The program's text, e.g. `X(90),Y(90), X(180)`.", required=True, empty=True)
    language = text("`rotations`, `openqasm2` or `openqasm3`; detected when left out.")
    runtime = text("`verbatim`, `optimized` (default), `simulated` or `echo`.")
    device = text("A device's name; the configured default when left out.")
    shots = number("1 to 1,000,000; 1,000 when left out.")
    name = text("Yours to choose, at most 200 characters.", empty=True)
    tags = fields.List(fields.String(), metadata={"description": "At most 20, of at most 64 characters each."})
    seed = number("The same seed gives the same counts.")
    options = fields.Dict(
        keys=fields.String(),
        metadata={
            "description": "Of the device, see its `job_options`; and `optimization_level`, 0 to 3, of OpenQASM."
        },
    )
    retries = number("0 to 10: how often a run that is over without counts is tried again; 0 when left out.")
    on_uncertain = text(
        "`rerun` or `fail`: what becomes of the job when nobody knows whether it ran; else the device decides."
    )
    tier = number("0 to 2, not better than you are allowed; the best that you are allowed when left out.")
    start_after = time("The job is not started before this.")
    not_after = time("The job is CANCELLED, `expired`, if no device has taken it by then.")
    session = text("The id of an open session of yours: run in its turn, on its device.")
    bindings = fields.List(
        fields.Dict(keys=fields.String()),
        metadata={"description": "Values of the program's parameters, at most 1,000 times: one run after another."},
    )


class JobChangeIn(Strict):
    """A change of a WAITING job, one at a time; `held`, `device` and `why` are for operators."""

    ahead_of = text("The id of another WAITING job of yours on the same device, in the same tier: exchange places.")
    tier = number("0 to 2, not better than you are allowed: go behind all your jobs there.")
    held = Truth(metadata={"description": "true: it is not claimed, but keeps its rank, until this is false."})
    device = text("Wait for this device, compiled for it.")
    why = text("For the audit, and the job's owner.", empty=True)


_JOB_IN, _JOB_CHANGE_IN = JobIn(), JobChangeIn()


def job_request(document: dict[str, Any], location: str = "body") -> JobRequest:
    """A request of the right shape. Raises InvalidRequest with every wrong field and what is allowed in it."""
    found = load(_JOB_IN, document, _ALLOWED, "a job", location)
    found["tags"] = tuple(found.get("tags", ()))
    if "bindings" in found:
        found["bindings"] = tuple(found["bindings"])
    return JobRequest(**found)


@dataclass(frozen=True, slots=True)
class JobChange:
    """One change of a job: what, to what, and an operator's reason, None where none was given."""

    what: str
    to: Any
    why: str | None


def job_change(document: dict[str, Any]) -> JobChange:
    """What is to change. Raises InvalidRequest unless it is one thing."""
    found = load(_JOB_CHANGE_IN, document, _ALLOWED, "a change of a job")
    why = found.pop("why", None)
    if len(found) != 1:
        said = "are given together" if found else "are all missing"
        raise InvalidRequest([FieldError("ahead_of, tier, held, device", said, "exactly one of them")])
    [(what, to)] = found.items()
    return JobChange(what, to, why)
