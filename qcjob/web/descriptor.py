"""The job as users see it. Built by hand, for speed; a test holds it to the schema."""

from __future__ import annotations

from typing import Any

from qcjob.job import Attempt, Job, NewJob
from qcjob.service import ProgramRecord
from qcjob.web.times import to_text


def descriptor(job: Job) -> dict[str, Any]:
    """The descriptor of api.md: exactly its keys."""
    path = f"/v1/jobs/{job.id}"
    return {
        "id": job.id,
        "state": job.state,
        "version": job.version,
        "name": job.name,
        "tags": list(job.tags),
        "device": job.device,
        "runtime": job.runtime,
        "language": job.language,
        "shots": job.shots,
        "seed": job.seed,
        "options": dict(job.options),
        "created_at": to_text(job.created_at),
        "updated_at": to_text(job.updated_at),
        "cancel_requested_at": _moment(job.cancel_requested_at),
        "queue": None if job.ahead is None else {"position": job.ahead + 1, "ahead": job.ahead},
        "attempts": [_attempt(attempt) for attempt in job.attempts],
        "history": [{"state": m.state, "at": to_text(m.at), "attempt": m.attempt} for m in job.history],
        "error": None if job.error_code is None else {"code": job.error_code, "message": job.error_message or ""},
        "links": {"self": path, "result": f"{path}/result", "program": f"{path}/program", "cancel": f"{path}/cancel"},
    }


def dry_run(job: NewJob, compiled: dict[str, Any]) -> dict[str, Any]:
    """What would run: nothing was recorded, so there is no id."""
    return {
        "dry_run": True,
        "language": job.language,
        "runtime": job.runtime,
        "device": job.device,
        "shots": job.shots,
        "seed": job.seed,
        "options": dict(job.options),
        "name": job.name,
        "tags": list(job.tags),
        "program": compiled,
    }


def program(record: ProgramRecord) -> dict[str, Any]:
    """Source and compiled program."""
    return {
        "id": record.id,
        "language": record.language,
        "runtime": record.runtime,
        "source": record.source,
        "compiled": dict(record.compiled),
    }


def _attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "number": attempt.number,
        "fence": attempt.fence,
        "worker": attempt.worker,
        "handle": attempt.handle,
        "started_at": to_text(attempt.started_at),
        "ended_at": _moment(attempt.ended_at),
        "outcome": attempt.outcome,
        "rescues": [{"at": to_text(r.at), "worker": r.worker, "fence": r.fence} for r in attempt.rescues],
    }


def _moment(microseconds: int | None) -> str | None:
    return None if microseconds is None else to_text(microseconds)
