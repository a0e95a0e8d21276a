"""The application factory: what comes before every view, what comes after it, and which rooms there are."""

from __future__ import annotations

import redis
from flask import Flask, Response, g, request

from qcjob.ids import is_job_id
from qcjob.logs import bind, clear
from qcjob.settings import Settings
from qcjob.web import (
    audit,
    auth,
    batches,
    bodies,
    customers,
    devices,
    docs,
    formats,
    handlers,
    headers,
    health,
    jobs,
    queries,
    queue,
    receipts,
    reservations,
    results,
    sessions,
    waiting_jobs,
)
from qcjob.web.front import EXTENSION, build_front, front
from qcjob.web.openapi import build_api

READS_QUERY = frozenset(
    {
        "batches.index",
        "batches.jobs",
        "batches.results",
        "jobs.submit",
        "jobs.index",
        "results.result",
        "results.memory",
        "sessions.index",
        "audit.index",
        "waiting.waiting",
    }
)
"""The views that look at the query; every other one has none."""


def create_app(settings: Settings, client: redis.Redis | None = None) -> Flask:
    """A plain WSGI application on the configured Redis, or on the client given.

    Nothing is asked of Redis before the first request: the web starts, and says why it is not ready, without one.
    """
    app = Flask("qcjob.web", static_folder=None, template_folder="templates")
    app.config.update(PROVIDE_AUTOMATIC_OPTIONS=False)
    app.url_map.merge_slashes = False
    app.extensions[EXTENSION] = build_front(settings, client)
    app.before_request(_before)
    app.after_request(_after)
    api = build_api(app)
    for part in (
        jobs,
        batches,
        queue,
        results,
        receipts,
        devices,
        waiting_jobs,
        sessions,
        reservations,
        customers,
        audit,
        formats,
        health,
        docs,
    ):
        api.register_blueprint(part.blueprint)
    docs.publish(app, api)
    handlers.register(app)
    return app


def _before() -> None:
    """Name the request, let the right people in, take its body off the wire, refuse unknown parameters."""
    clear()
    environ = request.environ
    g.request_id = headers.request_id(environ.get("HTTP_X_REQUEST_ID"))
    bind(request_id=g.request_id)
    most = bodies.BODY_BYTES
    try:
        if request.path.startswith("/v1/"):
            g.caller = auth.authenticate(request, front().keys)
            bind(customer=g.caller.customer)
            if request.endpoint == "batches.submit":
                most = bodies.BATCH_BYTES  # who may keep so much is known
    finally:
        g.body = bodies.read(request, most)  # in any case: see there
    rule = request.url_rule
    if rule is None:
        return
    job_id = (request.view_args or {}).get("job_id")
    if job_id is not None and is_job_id(job_id):
        bind(job_id=job_id)
    if environ.get("QUERY_STRING") and rule.endpoint not in READS_QUERY:
        queries.refuse_all(request)


def _after(response: Response) -> Response:
    found = response.headers
    found["X-Request-ID"] = g.get("request_id", "")
    found["X-Content-Type-Options"] = "nosniff"
    found.setdefault("Cache-Control", "no-store")
    return response
