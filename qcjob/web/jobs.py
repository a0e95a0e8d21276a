"""/v1/jobs: submit, follow, read, cancel and list."""

from __future__ import annotations

import json
from dataclasses import replace

from flask import Response, g, request

from qcjob.checks import JobRequest
from qcjob.errors import InvalidRequest, JobNotFound, QcjobError
from qcjob.ids import is_job_id
from qcjob.job import Job
from qcjob.lifecycle import VISIBLE
from qcjob.logs import bind, get_logger
from qcjob.web import bodies, descriptor, headers, queries, schemas
from qcjob.web.answers import RETRY_AFTER_SECONDS, json_response
from qcjob.web.front import Front, front
from qcjob.web.openapi import empty_answer, header, json_answer, query, ref, room, route
from qcjob.web.waiting import wait_until

blueprint = room("jobs", "/v1/jobs", "Submit programs and follow them.")
log = get_logger("web.jobs")

_TEXT_QUERY = [
    query("dry_run", "`true`: check and compile only, and answer what would run.", {"enum": ["true", "false"]}),
    query("language", "With text/plain: see the JSON field."),
    query("runtime", "With text/plain: see the JSON field."),
    query("device", "With text/plain: see the JSON field."),
    query("shots", "With text/plain: see the JSON field.", {"type": "integer"}),
    query("name", "With text/plain: see the JSON field."),
    query("tags", "With text/plain: one tag; may be repeated.", {"type": "array", "items": {"type": "string"}}),
    query("seed", "With text/plain: see the JSON field.", {"type": "integer"}),
    query("options", "With text/plain: a JSON object.", {"type": "string"}),
]
_TIME = {"type": "string", "format": "date-time"}


@route(
    blueprint,
    "POST",
    "",
    411,
    413,
    415,
    summary="Submit a job",
    parameters=[*_TEXT_QUERY, header("Idempotency-Key"), header("Prefer")],
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
    wanted, dry_run, key = _asked()
    try:
        if dry_run:
            new = here.service.dry_run(caller, wanted)
            return json_response(descriptor.dry_run(new, json.loads(new.compiled)))
        job = here.service.submit(caller, wanted, idempotency_key=key, request_id=g.request_id)
    except InvalidRequest as error:
        raise _located(error) from error
    bind(job_id=job.id)
    log.info("job accepted", device=job.device, runtime=job.runtime, shots=job.shots, state=job.state)
    applied = None
    seconds = headers.wait_seconds(request.environ.get("HTTP_PREFER"), here.settings.wait_limit_seconds)
    if seconds is not None:
        try:
            job = wait_until(here, caller, job, lambda seen: seen.state.is_final, seconds)
            applied = seconds
        except QcjobError as error:
            log.info("cannot wait", reason=str(error))  # the job is accepted all the same: the answer must say so
    status = 200 if applied is not None and job.state.is_final else 202
    return _job_response(job, status, applied, {"Location": f"/v1/jobs/{job.id}"})


def _asked() -> tuple[JobRequest, bool, str | None]:
    """The request for a job, whether it is a dry run, its idempotency key. Raises every refusal of a wrong shape."""
    body, text = bodies.checked(g.body), bodies.content_type(request) == bodies.TEXT
    dry_run, fields, errors = queries.submit_fields(request, text=text)
    key = None
    if not dry_run:
        key, wrong = headers.idempotency_key(request.environ.get("HTTP_IDEMPOTENCY_KEY"))
        errors += wrong
    try:
        if text:
            document = {**fields, "program": bodies.text_of(bodies.of_known_length(request, body))}
        else:
            document = bodies.object_of(body)
        wanted = schemas.job_request(document, "query" if text else "body")
    except InvalidRequest as error:
        raise InvalidRequest([*errors, *error.errors]) from error
    if errors:
        raise InvalidRequest(errors)
    return wanted, dry_run, key


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
    here, caller = front(), g.caller
    job = here.service.status(caller, job_id)
    environ = request.environ
    seen = environ.get("HTTP_IF_NONE_MATCH")
    applied = None
    if prefer := environ.get("HTTP_PREFER"):
        applied = headers.wait_seconds(prefer, here.settings.wait_limit_seconds)
        if applied is not None:
            job = _next_change(here, job, seen, applied)
    log.debug("job polled", state=job.state, version=job.version)
    if seen is not None and headers.matches(seen, str(job.version)):
        return _job_response(None, 304, applied, _poll_headers(job))
    return _job_response(job, 200, applied, _poll_headers(job))


def _next_change(here: Front, job: Job, seen: str | None, seconds: float) -> Job:
    known = str(job.version) if seen is None else seen

    def changed(now: Job) -> bool:
        version = str(now.version)
        return now.state.is_final or (version != known if seen is None else not headers.matches(known, version))

    return wait_until(here, g.caller, job, changed, seconds)


def _poll_headers(job: Job) -> dict[str, str]:
    found = {"ETag": f'"{job.version}"'}
    if not job.state.is_final:
        found["Retry-After"] = RETRY_AFTER_SECONDS
    return found


@route(
    blueprint,
    "GET",
    "/<job_id>/result",
    404,
    409,
    summary="Read the counts",
    responses={"200": json_answer("Counts, and what ran.", "Result")},
)
def result(job_id: str) -> Response:
    """The counts of a COMPLETED job; before its end, and for FAILED and CANCELLED, 409 with the reason."""
    return json_response(front().service.result(g.caller, job_id))


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
    404,
    409,
    413,
    summary="Cancel a job",
    responses={"202": json_answer("Cancelled, or asked to stop.", "Job", "Retry-After")},
)
def cancel(job_id: str) -> Response:
    """A waiting job is CANCELLED at once, a running one is asked to stop; 409 for one that COMPLETED or FAILED."""
    bodies.checked(g.body)
    if not is_job_id(job_id):
        raise JobNotFound(f"no job {job_id[:80]!r} of yours")
    job = front().service.cancel(g.caller, job_id)
    log.info("job cancel asked", state=job.state, device=job.device)
    return _job_response(job, 202, None, {})


@route(
    blueprint,
    "GET",
    "",
    summary="List your jobs",
    parameters=[
        query("state", "Only jobs in this state.", {"type": "string", "enum": [state.value for state in VISIBLE]}),
        query("device", "Only jobs of this device."),
        query("tag", "Only jobs with this tag."),
        query("created_after", "Only jobs created later than this.", _TIME),
        query("created_before", "Only jobs created earlier than this.", _TIME),
        query(
            "limit",
            "Jobs on a page.",
            {"type": "integer", "minimum": 1, "maximum": queries.LIMIT_MOST, "default": queries.LIMIT},
        ),
        query("cursor", "The `next` of an earlier page."),
    ],
    responses={"200": json_answer("A page of jobs.", "Jobs", "Link")},
)
def index() -> Response:
    """Your jobs, newest first."""
    here = front()
    wanted, limit, cursor = queries.list_arguments(request, here.service)
    page = here.service.list(g.caller, wanted, limit=limit, cursor=cursor)
    items = [descriptor.descriptor(job) for job in page.items]
    link = {} if page.next is None else {"Link": queries.next_link(request, page.next)}
    return json_response({"items": items, "next": page.next}, 200, link)


def _job_response(job: Job | None, status: int, waited: float | None, more: dict[str, str]) -> Response:
    if waited is not None:
        more["Preference-Applied"] = f"wait={waited:g}"
    if job is None:
        return Response(status=status, headers=more)
    if not job.state.is_final:
        more["Retry-After"] = RETRY_AFTER_SECONDS
    return json_response(descriptor.descriptor(job), status, more)


def _located(error: InvalidRequest) -> InvalidRequest:
    """The service does not know where a field stood: with a text body, all stood in the query."""
    if bodies.content_type(request) == bodies.JSON:
        return error
    return InvalidRequest([replace(entry, location="query") for entry in error.errors])
