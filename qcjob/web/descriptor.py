"""The job as users see it. Built by hand, for speed; a test holds it to the schema."""

from __future__ import annotations

from typing import Any

from qcjob.acts import Act
from qcjob.batch import Batch
from qcjob.compiler.stats import with_shots
from qcjob.job import Attempt, Job, NewJob
from qcjob.service.batching import Accepted
from qcjob.service.building import DryRun
from qcjob.service.results import ProgramRecord
from qcjob.web.times import to_text


def descriptor(job: Job, held: str | None = None) -> dict[str, Any]:
    """The descriptor. `held`: why the job's device takes no jobs now, of a job that waits for it.

    Its keys are always the same, but for those that are there only where they say something: `retries`,
    `on_uncertain`, `tier`, `start_after`, `not_after`, `session` and `batch`, `parts` of a job of several, an attempt's
    `error`, `acts` of operators, and the queue's `reason`.
    """
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
        **_if_asked(job),
        **({} if job.batch is None else {"batch": {"id": job.batch, "index": job.index}}),
        **({"parts": {"done": job.parts_done, "of": job.parts}} if job.parts > 1 else {}),
        "created_at": to_text(job.created_at),
        "updated_at": to_text(job.updated_at),
        "cancel_requested_at": _moment(job.cancel_requested_at),
        "queue": None if job.ahead is None else _queue(job, job.ahead, held),
        "attempts": [_attempt(attempt) for attempt in job.attempts],
        "history": [{"state": m.state, "at": to_text(m.at), "attempt": m.attempt} for m in job.history],
        **({"acts": [_act(act) for act in job.acts]} if job.acts else {}),
        "error": _error(job),
        "links": {"self": path, "result": f"{path}/result", "program": f"{path}/program", "cancel": f"{path}/cancel"},
    }


def batch(found: Batch) -> dict[str, Any]:
    """The descriptor of a batch."""
    path = f"/v1/batches/{found.id}"
    return {
        "id": found.id,
        "state": found.state,
        "version": found.version,
        "name": found.name,
        "progress": {"done": found.done, "of": found.size},
        "counts": dict(found.counts),
        "refused": found.asked - found.size,
        "created_at": to_text(found.created_at),
        "updated_at": to_text(found.updated_at),
        "cancel_requested_at": _moment(found.cancel_requested_at),
        "links": {"self": path, "jobs": f"{path}/jobs", "results": f"{path}/results", "cancel": f"{path}/cancel"},
    }


def batch_result(job: Job, result: dict[str, Any] | None) -> dict[str, Any]:
    """What a job of a batch came to."""
    return {"id": job.id, "index": job.index, "state": job.state, "result": result, "error": _error(job)}


def accepted_batch(found: Accepted) -> dict[str, Any]:
    """The descriptor of a batch, with the ids of its jobs and what was refused."""
    return {**batch(found.batch), "jobs": list(found.job_ids), "errors": list(found.errors)}


def dry_run(trial: DryRun) -> dict[str, Any]:
    """What would run, and what it costs: nothing was recorded, so there is no id."""
    job = trial.job
    return {
        "dry_run": True,
        "language": job.language,
        "runtime": job.runtime,
        "device": job.device,
        "shots": job.shots,
        "seed": job.seed,
        "options": dict(job.options),
        **_if_asked(job),
        "name": job.name,
        "tags": list(job.tags),
        "program": dict(trial.compiled.program),
        "compilation": {**with_shots(trial.compiled.stats, job.shots), "cost": job.cost},
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


def _if_asked(job: Job | NewJob) -> dict[str, Any]:
    tier = job.tier if isinstance(job, Job) or job.asked_tier else None
    times = {"start_after": _moment(job.start_after), "not_after": _moment(job.not_after)}
    asked = {"retries": job.retries, "on_uncertain": job.on_uncertain, "tier": tier, **times, "session": job.session}
    return {name: value for name, value in asked.items() if value is not None}


def _queue(job: Job, ahead: int, held: str | None) -> dict[str, Any]:
    queue: dict[str, Any] = {"position": ahead + 1, "ahead": ahead}
    if job.held is not None:
        queue["reason"] = f"an operator holds {'this job' if job.held == 'job' else 'its customer'}"
    elif held is not None:
        queue["reason"] = held
    elif job.not_before is not None and job.put_back_because is None:
        queue["reason"] = f"starts after {to_text(job.not_before)}, as asked"
    elif job.not_before is not None:
        queue["reason"] = f"tried again at {to_text(job.not_before)}: {job.put_back_because}"
    return queue


def _attempt(attempt: Attempt) -> dict[str, Any]:
    error = {"code": attempt.error_code, "message": attempt.error_message}
    return {
        "number": attempt.number,
        "fence": attempt.fence,
        "worker": attempt.worker,
        "handle": attempt.handle,
        "started_at": to_text(attempt.started_at),
        "ended_at": _moment(attempt.ended_at),
        "outcome": attempt.outcome,
        "rescues": [{"at": to_text(r.at), "worker": r.worker, "fence": r.fence} for r in attempt.rescues],
        **({} if attempt.error_code is None else {"error": error}),
    }


def _act(act: Act) -> dict[str, str]:
    told = {"at": to_text(act.at), "by": act.by, "what": act.what, "before": act.before, "after": act.after}
    return {**told, "why": act.why}


def audited(act: Act) -> dict[str, str]:
    """An act as the audit tells it."""
    return {**_act(act), "on": act.on, "key": act.key}


def _error(job: Job) -> dict[str, str] | None:
    return None if job.error_code is None else {"code": job.error_code, "message": job.error_message or ""}


def _moment(microseconds: int | None) -> str | None:
    return None if microseconds is None else to_text(microseconds)
