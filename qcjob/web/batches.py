"""/v1/batches: many jobs submitted, followed and cancelled as one."""

from __future__ import annotations

from functools import partial

from flask import Response, g, request

from qcjob.errors import InvalidRequest
from qcjob.logs import get_logger
from qcjob.web import bodies, descriptor, headers
from qcjob.web.answers import json_response
from qcjob.web.following import follow
from qcjob.web.front import front
from qcjob.web.jobs import described
from qcjob.web.openapi import empty_answer, header, json_answer, ref, room, route
from qcjob.web.pages import page, page_arguments, page_query, place
from qcjob.web.reasons import operators_reason
from qcjob.web.results import paged
from qcjob.web.schemas.batches import batch_request

blueprint = room("batches", "/v1/batches", "Submit many programs at once.")
log = get_logger("web.batches")

_RETRY_SECONDS = "1"
_EXAMPLE = {"jobs": [{"program": "X(90)", "shots": 100}, {"program": "Y(90)", "shots": 100}]}


@route(
    blueprint,
    "POST",
    "",
    409,
    413,
    415,
    429,
    summary="Submit a batch",
    parameters=[header("Idempotency-Key")],
    requestBody={
        "required": True,
        "content": {
            "application/json": {"schema": ref("BatchRequest"), "examples": {"two": {"value": _EXAMPLE}}},
        },
    },
    responses={"202": json_answer("Accepted: none will be lost.", "BatchAccepted", "Location", "Retry-After")},
)
def submit() -> Response:
    """Check, compile, record and rank up to 1,000 jobs, all or none of them, unless `on_error` says otherwise. Jobs of
    one device start in the order in which they stand."""
    key, wrong = headers.idempotency_key(request.environ.get("HTTP_IDEMPOTENCY_KEY"))
    document = bodies.json_of(request, g.body)
    try:
        wanted = batch_request(document)
    except InvalidRequest as error:
        raise InvalidRequest([*wrong, *error.errors]) from error
    if wrong:
        raise InvalidRequest(wrong)
    found = front().batching.submit(g.caller, wanted, idempotency_key=key, request_id=g.request_id)
    log.info("batch accepted", batch_id=found.batch.id, jobs=found.batch.size, refused=len(found.errors))
    more = {"Location": f"/v1/batches/{found.batch.id}", "Retry-After": _RETRY_SECONDS}
    return json_response(descriptor.accepted_batch(found), 202, more)


@route(
    blueprint,
    "GET",
    "/<batch_id>",
    404,
    summary="Follow a batch",
    parameters=[header("Prefer"), header("If-None-Match")],
    responses={
        "200": json_answer("The batch as it is now.", "Batch", "ETag", "Retry-After", "Preference-Applied"),
        "304": empty_answer("The batch still is at the version given.", "ETag", "Retry-After", "Preference-Applied"),
    },
)
def status(batch_id: str) -> Response:
    """How many of its jobs are in which state; with `Prefer: wait=N`, after the next change or N seconds."""
    look = partial(front().batching.status, g.caller)
    return follow(look(batch_id), look, document=descriptor.batch, retry_after=lambda _: _RETRY_SECONDS)


@route(
    blueprint,
    "GET",
    "/<batch_id>/jobs",
    404,
    summary="List the jobs of a batch",
    parameters=page_query("Items"),
    responses={"200": json_answer("A page of jobs.", "Jobs", "Link")},
)
def jobs(batch_id: str) -> Response:
    """The batch's jobs in the order in which they were sent; those past their retention are left out."""
    limit, cursor = page_arguments(request)
    start = place(cursor)
    here = front()
    batch = here.batching.status(g.caller, batch_id)
    found = here.batching.jobs(g.caller, batch_id, start=start, limit=limit)
    following = str(start + limit) if start + limit < batch.size else None
    return page(request, [described(here, job) for job in found.items], following, found.damaged)


@route(
    blueprint,
    "GET",
    "/<batch_id>/results",
    404,
    summary="Read the results of a batch",
    parameters=page_query("Jobs"),
    responses={"200": json_answer("A page of jobs with what they came to.", "BatchResults", "Link")},
)
def results(batch_id: str) -> Response:
    """What the batch's jobs came to, in the order in which they were sent: also while others have not ended. A page
    ends early where results are large; those past their retention are left out."""
    limit, cursor = page_arguments(request)
    start = place(cursor)
    batching = front().batching
    size = batching.status(g.caller, batch_id).size
    found = batching.results(g.caller, batch_id, start=start, limit=limit)
    following = str(start + found.places) if start + found.places < size else None
    items = [descriptor.batch_result(one.job, None if one.result is None else paged(one.result)) for one in found.items]
    return page(request, items, following)


@route(
    blueprint,
    "POST",
    "/<batch_id>/cancel",
    403,
    404,
    409,
    413,
    415,
    summary="Cancel a batch",
    requestBody={"required": False, "content": {"application/json": {"schema": ref("Reason")}}},
    responses={"202": json_answer("Cancelled, or asked to stop.", "Batch", "Retry-After")},
)
def cancel(batch_id: str) -> Response:
    """Its waiting jobs are CANCELLED at once, those that run are asked to stop; 409 when all have ended already.
    Operators may cancel anybody's, with a reason; of others a body is not looked at."""
    here, caller, why = front(), g.caller, operators_reason("a cancel")
    if why is None:
        batch = here.batching.cancel(caller, batch_id)
    else:
        batch = here.operating.cancel_batch(caller, batch_id, why=why)
    log.info("batch cancel asked", batch_id=batch_id, state=batch.state)
    return json_response(descriptor.batch(batch), 202, {} if batch.is_final else {"Retry-After": _RETRY_SECONDS})


@route(
    blueprint,
    "GET",
    "",
    summary="List your batches",
    parameters=page_query("Items"),
    responses={"200": json_answer("A page of batches.", "Batches", "Link")},
)
def index() -> Response:
    """Your batches, newest first."""
    limit, cursor = page_arguments(request)
    found = front().batching.list(g.caller, limit=limit, cursor=cursor)
    return page(request, [descriptor.batch(batch) for batch in found.items], found.next)
