"""A job's end as Celery's result backend tells it: what `AsyncResult` reads, and what waiting clients are sent."""

from __future__ import annotations

import json
from typing import Any

from qcjob.job import Job
from qcjob.lifecycle import JobState

CELERY_STATE = {
    JobState.WAITING: "PENDING",
    JobState.SUBMITTED: "RECEIVED",
    JobState.RUNNING: "STARTED",
    JobState.COMPLETED: "SUCCESS",
    JobState.FAILED: "FAILURE",
    JobState.CANCELLED: "REVOKED",
}


def completed(job_id: str, counts: object) -> str:
    """The meta of a COMPLETED job: its result is {"counts": …}."""
    return _meta(job_id, JobState.COMPLETED, {"counts": counts})


def failed(job_id: str, code: str, message: str) -> str:
    """The meta of a FAILED job: a JobFailed(code, message) for whoever asks for its result."""
    return _meta(job_id, JobState.FAILED, _exception("JobFailed", "qcjob.errors", code, message))


def cancelled(job_id: str) -> str:
    """The meta of a CANCELLED job."""
    return _meta(job_id, JobState.CANCELLED, _exception("TaskRevokedError", "celery.exceptions", "cancelled"))


def of(job: Job, counts: object) -> str:
    """The meta of a job in any state; `counts` matter only for COMPLETED."""
    if job.state is JobState.COMPLETED:
        return completed(job.id, counts)
    if job.state is JobState.FAILED:
        return failed(job.id, job.error_code or "", job.error_message or "")
    if job.state is JobState.CANCELLED:
        return cancelled(job.id)
    return _meta(job.id, job.state, None)


def _exception(kind: str, module: str, *message: str) -> dict[str, Any]:
    return {"exc_type": kind, "exc_module": module, "exc_message": message}


def _meta(job_id: str, state: JobState, result: object) -> str:
    return json.dumps(
        {"status": CELERY_STATE[state], "result": result, "traceback": None, "children": [], "task_id": job_id}
    )
