"""The machine's door: JSON over HTTP. `docs/reference-qc.md` is the protocol."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from workers.drivers.seeds import seed_of
from workers.reference_qc.machine import Machine, NotNow
from workers.reference_qc.programs import JOB_OPTIONS, MAX_SHOTS, Refused, read_request
from workers.reference_qc.runs import KeyReused, Run, Runs

MAX_BODY_BYTES = 16 * 2**20
STATES = ("online", "calibrating", "maintenance", "offline", "error")


class Problem(Exception):
    """An answer that is an error: {"error": {"code", "message"}}."""

    def __init__(self, status: int, code: str, message: str, *, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.retry_after = status, code, retry_after


def create_app(machine: Machine, runs: Runs, token: str | None = None) -> Flask:
    """The WSGI application of one machine; with a token every request must carry it."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    build = machine.build

    @app.before_request
    def authenticate() -> None:
        given = request.headers.get("Authorization", "")
        if token is not None and not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            raise Problem(401, "not-authenticated", "wanted Authorization: Bearer and the machine's token")

    @app.get("/v1/target")
    def target() -> dict[str, Any]:
        return {
            "num_qubits": build.num_qubits,
            "native_gates": list(build.native_gates),
            "connectivity": None,
            "formats": [1],
            "max_shots": MAX_SHOTS,
            "job_options": list(JOB_OPTIONS),
            "calibration": calibration(),
        }

    @app.get("/v1/calibration")
    def calibration() -> dict[str, Any]:
        name, at = machine.calibration() or machine.calibrate()
        return {"id": name, "at": _time(at)}

    @app.post("/v1/calibration")
    def calibrate() -> dict[str, Any]:
        machine.calibrate()
        return calibration()

    @app.get("/v1/status")
    def status() -> dict[str, Any]:
        state, reason = machine.status()
        queued, running = runs.lengths()
        return {"state": state, "reason": reason, "queued": queued, "running": running, "slots": build.slots}

    @app.put("/v1/status")
    def set_status() -> dict[str, Any]:
        body = _json()
        state, reason = body.get("state"), body.get("reason")
        if state not in STATES or not (reason is None or isinstance(reason, str)):
            raise Problem(422, "refused", f"wanted a state of {', '.join(STATES)}, and perhaps a reason")
        machine.set_status(state, reason)
        return status()

    @app.post("/v1/jobs")
    def submit() -> tuple[dict[str, Any], int]:
        key = request.headers.get("Idempotency-Key", "")
        if not 1 <= len(key) <= 200 or not key.isprintable():
            raise Problem(400, "bad-key", "wanted an Idempotency-Key of 1 to 200 printable characters")
        wanted = read_request(_json(), num_qubits=build.num_qubits, native_gates=build.native_gates)
        run, new = machine.submit(key, wanted)
        return _job(run), 201 if new else 200

    @app.get("/v1/jobs")
    def find() -> dict[str, Any]:
        if set(request.args) != {"key"}:
            raise Problem(422, "refused", "wanted the parameter key")
        run = runs.find_by_key(request.args["key"])
        return {"items": [] if run is None else [_job(run)]}

    @app.get("/v1/jobs/<handle>")
    def poll(handle: str) -> dict[str, Any]:
        return _job(_known(runs.find(handle)))

    @app.get("/v1/jobs/<handle>/result")
    def result(handle: str) -> dict[str, Any]:
        run = _known(runs.find(handle))
        if run.counts is None:
            raise Problem(409, "no-result", f"the job is {run.state}")
        return {"counts": run.counts, "shots": run.request.shots, "seed": seed_of(run.key, run.request.seed)}

    @app.post("/v1/jobs/<handle>/cancel")
    def cancel(handle: str) -> dict[str, Any]:
        run = _known(machine.cancel(handle))
        if run.state != "cancelled":
            raise Problem(409, "too-late", f"the job is {run.state}")
        return _job(run)

    @app.get("/starts")
    def starts() -> dict[str, Any]:
        return {"starts": runs.starts()}

    @app.errorhandler(Refused)
    def refused(error: Refused) -> Response:
        return _problem(Problem(422, "refused", str(error)))

    @app.errorhandler(KeyReused)
    def reused(error: KeyReused) -> Response:
        return _problem(Problem(409, "key-reused", "the key stands for a job with another body"))

    @app.errorhandler(NotNow)
    def not_now(error: NotNow) -> Response:
        status, code = (429, "queue-full") if error.full else (503, "not-taking-jobs")
        return _problem(Problem(status, code, str(error), retry_after=1))

    app.register_error_handler(Problem, _problem)
    app.register_error_handler(HTTPException, _http_problem)
    return app


def _json() -> dict[str, Any]:
    try:
        body = request.get_json(silent=True)
    except RecursionError:  # nested too deep, which is no ValueError
        body = None
    if not isinstance(body, dict):
        raise Problem(400, "bad-json", "wanted a JSON object, sent as application/json")
    return body


def _known(run: Run | None) -> Run:
    if run is None:
        raise Problem(404, "no-such-job", "no job has this id")
    return run


def _job(run: Run) -> dict[str, Any]:
    return {
        "id": run.handle,
        "key": run.key,
        "state": run.state,
        "message": run.message,
        "position": run.position,
        "accepted_at": _time(run.accepted_at),
        "started_at": _time(run.started_at),
        "ended_at": _time(run.ended_at),
    }


def _time(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _problem(error: Problem) -> Response:
    response = jsonify({"error": {"code": error.code, "message": str(error)}})
    response.status_code = error.status
    response.headers["Connection"] = "close"  # the body may not have been read: nothing may follow on this connection
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _http_problem(error: HTTPException) -> Response:
    code = (error.name or "error").lower().replace(" ", "-")
    return _problem(Problem(error.code or 500, code, error.description or "that did not work"))
