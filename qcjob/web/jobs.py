"""/v1/jobs: submit, follow, read, cancel and list."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

from flask import Response, g, request

from qcjob.errors import InvalidRequest, Limited, QcjobError
from qcjob.job import Job
from qcjob.logs import bind, get_logger
from qcjob.security.caller import OPERATOR, Caller
from qcjob.web import bodies, descriptor, headers
from qcjob.web.answers import json_response, retry_after
from qcjob.web.filters import FILTER_QUERY, list_arguments
from qcjob.web.following import etag, follow
from qcjob.web.front import Front, front
from qcjob.web.openapi import empty_answer, header, json_answer, ref, room, route
from qcjob.web.pages import page
from qcjob.web.reasons import operators_reason
from qcjob.web.schemas.requests import JobChange, job_change
from qcjob.web.submission import TEXT_QUERY, asked, located, relocate
from qcjob.web.waiting import wait_until

blueprint = room("jobs", "/v1/jobs", "Submit programs and follow them.")
log = get_logger("web.jobs")


@route(
    blueprint,
    "POST",
    "",
    403,
    409,
    411,
    413,
    415,
    429,
    summary="Submit a job",
    parameters=[*TEXT_QUERY, header("Idempotency-Key"), header("Prefer")],
    requestBody={
        "required": True,
        "content": {
            "application/json": {
                "schema": ref("JobRequest"),
                "examples": {"rotations": {"value": {"program": "X(90),Y(90), X(180)", "shots": 100}}},
            },
            "text/plain": {"schema": {"type": "string", "examples": ["X(90),Y(90), X(180)"]}},
        },
    },
    responses={
        "200": {
            **empty_answer("The job's end, under Prefer; or what would run.", "Location", "Preference-Applied"),
            "content": {"application/json": {"schema": {"anyOf": [ref("Job"), ref("DryRun")]}}},
        },
        "202": json_answer("Accepted: it will not be lost.", "Job", "Location", "Retry-After", "Preference-Applied"),
    },
)
def submit() -> Response:
    """Check, compile, record and rank a program; with `Prefer: wait=N`, wait for its end."""
    here, caller = front(), g.caller
    wanted, dry_run, key = asked(request, g.body)
    try:
        if dry_run:
            return json_response(descriptor.dry_run(here.service.dry_run(caller, wanted)))
        job = here.service.submit(caller, wanted, idempotency_key=key, request_id=g.request_id)
    except InvalidRequest as error:
        raise located(request, error) from error
    except Limited as error:
        relocate(request, error)
        raise
    bind(job_id=job.id)
    log.info("job accepted", device=job.device, runtime=job.runtime, shots=job.shots, state=job.state)
    applied = None
    seconds = headers.wait_seconds(request.environ.get("HTTP_PREFER"), here.settings.wait_limit_seconds)
    if seconds is not None:
        try:
            look = partial(here.service.status, caller)
            job = wait_until(here, job, look, lambda seen: seen.state.is_final, seconds)
            applied = seconds
        except QcjobError as error:
            log.info("cannot wait", reason=str(error))  # the job is accepted all the same: the answer must say so
    status = 200 if applied is not None and job.state.is_final else 202
    return _answer(job, status, {"Location": f"/v1/jobs/{job.id}", **headers.preference_applied(applied)})


@route(
    blueprint,
    "GET",
    "/<job_id>",
    404,
    summary="Follow a job",
    parameters=[header("Prefer"), header("If-None-Match")],
    responses={
        "200": json_answer("The job as it is now.", "Job", "ETag", "Retry-After", "Preference-Applied"),
        "304": empty_answer("The job still is at the version given.", "ETag", "Retry-After", "Preference-Applied"),
    },
)
def status(job_id: str) -> Response:
    """The job's descriptor; with `Prefer: wait=N`, after its next change or N seconds."""
    look = partial(front().service.status, g.caller)
    return follow(look(job_id), look, document=partial(described, front()), retry_after=_retry_after)


@route(
    blueprint,
    "PATCH",
    "/<job_id>",
    403,
    404,
    409,
    413,
    415,
    summary="Change a waiting job",
    requestBody={
        "required": True,
        "content": {
            "application/json": {
                "schema": ref("JobChange"),
                "examples": {"ahead_of": {"value": {"ahead_of": "01a20c7e-5726-747c-bc98-91e7d6a992b5"}}},
            }
        },
    },
    responses={"200": json_answer("The job in its new place.", "Job", "ETag", "Retry-After")},
)
def change(job_id: str) -> Response:
    """Let a waiting job exchange places with another of yours, or go to another tier. Operators also hold any job,
    release it, move it to another device, and change its tier."""
    wanted = job_change(bodies.json_of(request, g.body))
    job = _changed(front(), g.caller, job_id, wanted)
    log.info("job changed", device=job.device, what=wanted.what, to=wanted.to, ahead=job.ahead)
    return _answer(job, 200, {"ETag": etag(job)})


def _changed(here: Front, caller: Caller, job_id: str, wanted: JobChange) -> Job:
    why = wanted.why or ""
    if wanted.what == "ahead_of":
        return here.service.rank_ahead(caller, job_id, wanted.to)
    if wanted.what == "held":
        return here.operating.hold(caller, job_id, held=wanted.to, why=why)
    if wanted.what == "device":
        return here.operating.move(caller, job_id, wanted.to, why=why)
    if caller.role == OPERATOR or wanted.why is not None:
        return here.operating.change_tier(caller, job_id, wanted.to, why=why)
    return here.service.change_tier(caller, job_id, wanted.to)


@route(
    blueprint,
    "GET",
    "/<job_id>/program",
    404,
    summary="Read the program",
    responses={"200": json_answer("Source and compiled program.", "Program")},
)
def program(job_id: str) -> Response:
    """The job's program as given and as compiled, in every state."""
    return json_response(descriptor.program(front().service.program(g.caller, job_id)))


@route(
    blueprint,
    "POST",
    "/<job_id>/cancel",
    403,
    404,
    409,
    413,
    415,
    summary="Cancel a job",
    requestBody={"required": False, "content": {"application/json": {"schema": ref("Reason")}}},
    responses={"202": json_answer("Cancelled, or asked to stop.", "Job", "Retry-After")},
)
def cancel(job_id: str) -> Response:
    """A waiting job is CANCELLED at once, a running one is asked to stop; 409 for one that COMPLETED or FAILED.
    Operators may cancel anybody's, with a reason; of others a body is not looked at."""
    here, caller, why = front(), g.caller, operators_reason("a cancel")
    if why is None:
        job = here.service.cancel(caller, job_id)
    else:
        job = here.operating.cancel(caller, job_id, why=why)
    log.info("job cancel asked", state=job.state, device=job.device)
    return _answer(job, 202, {})


@route(
    blueprint,
    "GET",
    "",
    403,
    summary="List your jobs",
    parameters=FILTER_QUERY,
    responses={"200": json_answer("A page of jobs.", "Jobs", "Link")},
)
def index() -> Response:
    """Your jobs, newest first; for an operator who names a customer, theirs."""
    here = front()
    wanted, limit, cursor = list_arguments(request, here.service.catalogue)
    found = here.service.list(g.caller, wanted, limit=limit, cursor=cursor)
    return page(request, [described(here, job) for job in found.items], found.next, found.damaged)


def _answer(job: Job, status: int, more: dict[str, str]) -> Response:
    if not job.state.is_final:
        more["Retry-After"] = _retry_after(job)
    return json_response(described(front(), job), status, more)


def _retry_after(job: Job) -> str:
    return retry_after(job, time.time())


def described(here: Front, job: Job) -> dict[str, Any]:
    """The descriptor, with why the device takes no jobs where it takes none."""
    return descriptor.descriptor(job, None if job.ahead is None else here.service.catalogue.held(job.device))
