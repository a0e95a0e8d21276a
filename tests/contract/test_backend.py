"""Only the task ends a job: what Celery stores by itself, at every occasion it has, never does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from billiard.exceptions import TimeLimitExceeded, WorkerLostError
from celery.app.task import Context
from celery.exceptions import Retry

from qcjob.errors import JobFailed
from qcjob.job import NewJob
from qcjob.ledger import Claim, Ledger
from qcjob.lifecycle import JobState
from workers.app import app

COUNTS = {"counts": {"0": 10}, "seed": 1, "compiler": "qcjob", "calibration": None}


@pytest.fixture
def claim(ledger: Ledger, new_job: Callable[..., NewJob], monkeypatch: pytest.MonkeyPatch) -> Claim:
    """A job that is RUNNING, on the ledger that the app's backend now reads."""
    monkeypatch.setattr(app, "ledger", ledger)
    ledger.submit(new_job())
    claim = ledger.claim("simulator", "worker@a")
    assert claim is not None
    ledger.start(claim.id, claim.fence, "h")
    return claim


def context(claim: Claim) -> Context:
    return Context({"id": claim.id, "claim": claim.as_header()})


def state_of(ledger: Ledger, claim: Claim) -> JobState:
    job = ledger.read(claim.id)
    assert job is not None
    return job.state


@pytest.mark.parametrize(
    "store",
    [
        lambda backend, claim: backend.mark_as_done(claim.id, claim.id, context(claim)),
        lambda backend, claim: backend.mark_as_started(claim.id),
        lambda backend, claim: backend.store_result(claim.id, None, "RECEIVED"),
        lambda backend, claim: backend.mark_as_failure(claim.id, JobFailed("x", "y"), request=context(claim)),
    ],
    ids=["SUCCESS", "STARTED", "RECEIVED", "JobFailed"],
)
def test_what_the_task_has_told_before_changes_nothing(ledger: Ledger, claim: Claim, store: Any) -> None:
    before = ledger.read(claim.id)
    store(app.backend, claim)
    assert ledger.read(claim.id) == before
    assert ledger.claim("simulator", "other") is None


@pytest.mark.parametrize(
    "store",
    [
        lambda backend, claim: backend.mark_as_failure(claim.id, WorkerLostError("signal 9"), request=context(claim)),
        lambda backend, claim: backend.mark_as_failure(claim.id, TimeLimitExceeded(3), request=context(claim)),
        lambda backend, claim: backend.mark_as_failure(claim.id, RuntimeError("a bug"), request=context(claim)),
        lambda backend, claim: backend.mark_as_retry(claim.id, Retry("x"), request=context(claim)),
        lambda backend, claim: backend.mark_as_revoked(claim.id, "terminated", request=context(claim)),
    ],
    ids=["WorkerLost", "time limit", "bug", "RETRY", "terminated"],
)
def test_a_lost_task_lets_its_lease_lapse_so_that_rescue_starts_at_once(
    ledger: Ledger, claim: Claim, store: Any
) -> None:
    ledger.client.delete("simulator")
    store(app.backend, claim)
    assert state_of(ledger, claim) is JobState.RUNNING
    assert ledger.client.llen("simulator") == 1
    rescue = ledger.claim("simulator", "other")
    assert rescue is not None and rescue.rescue and rescue.handle == "h"


def test_a_lost_task_of_an_older_fence_touches_nothing(ledger: Ledger, claim: Claim) -> None:
    ledger.lapse(claim.id, claim.fence)
    assert ledger.claim("simulator", "other") is not None
    before = ledger.read(claim.id)
    app.backend.mark_as_failure(claim.id, WorkerLostError("late"), request=context(claim))
    assert ledger.read(claim.id) == before and ledger.claim("simulator", "third") is None


@pytest.mark.parametrize("request_", [None, "with a fence"])
def test_revoked_is_a_request_to_cancel(ledger: Ledger, claim: Claim, request_: object) -> None:
    app.backend.mark_as_revoked(claim.id, "revoked", request=context(claim) if request_ else None)
    job = ledger.read(claim.id)
    assert job is not None and job.state is JobState.RUNNING and job.cancel_requested_at is not None


def test_nothing_celery_stores_leaves_a_final_state(ledger: Ledger, claim: Claim) -> None:
    ledger.complete(claim.id, claim.fence, COUNTS)
    done = ledger.read(claim.id)
    app.backend.mark_as_failure(claim.id, WorkerLostError("late"), request=context(claim))
    app.backend.mark_as_retry(claim.id, Retry("x"), request=context(claim))
    app.backend.mark_as_revoked(claim.id, "terminated", request=context(claim))
    app.backend.mark_as_revoked(claim.id, "revoked")
    app.backend.mark_as_started(claim.id)
    app.backend.forget(claim.id)
    assert ledger.read(claim.id) == done


def test_a_ledger_that_is_away_does_not_kill_the_worker(
    ledger: Ledger, claim: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    import redis

    def gone(*_: Any, **__: Any) -> None:
        raise redis.ConnectionError("gone")

    monkeypatch.setattr(ledger.client, "execute_command", gone)
    app.backend.mark_as_failure(claim.id, WorkerLostError("signal 9"), request=context(claim))


def test_async_results_tell_the_ledgers_story(ledger: Ledger, claim: Claim, new_job: Callable[..., NewJob]) -> None:
    waiting = ledger.submit(new_job())
    assert app.AsyncResult(waiting.id).state == "PENDING"
    assert app.AsyncResult(claim.id).state == "STARTED"
    ledger.complete(claim.id, claim.fence, COUNTS)
    assert app.AsyncResult(claim.id).result == {"counts": {"0": 10}}
    ledger.cancel(waiting.id)
    assert app.AsyncResult(waiting.id).state == "REVOKED"
    ledger.submit(new_job())
    failing = ledger.claim("simulator", "worker@a")
    assert failing is not None
    assert app.AsyncResult(failing.id).state == "RECEIVED"
    ledger.fail(failing.id, failing.fence, "device-error", "no light")
    result = app.AsyncResult(failing.id)
    assert result.state == "FAILURE"
    assert isinstance(result.result, JobFailed) and result.result.code == "device-error"
    assert app.AsyncResult("nobody").state == "PENDING"
    assert not list(ledger.client.scan_iter("celery-task-meta-*"))
