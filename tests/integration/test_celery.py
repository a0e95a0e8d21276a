"""Celery's own tools speak of the job by its own id, and say what the ledger says."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.cluster import Cluster, Process, wait_for


@pytest.fixture(scope="module")
def flower(shared: Cluster) -> Callable[[str], Any]:
    read = shared.flower()
    wait_for(lambda: read("/api/workers?refresh=1"), within=60, what="Flower knows the worker")
    return read


def test_flower_tells_the_same_story_as_the_ledger_under_the_jobs_own_ids(
    shared: Cluster, flower: Callable[[str], Any]
) -> None:
    before = set(flower("/api/tasks"))
    completed = shared.submit()
    failed = shared.submit("echo", error="device-error")
    cancelled = shared.submit(duration=30)
    shared.wait_until(completed, "COMPLETED")
    shared.wait_until(failed, "FAILED")
    shared.wait_until(cancelled, "RUNNING")
    assert shared.ledger.cancel(cancelled) is not None
    shared.wait_until(cancelled, "CANCELLED")
    wanted = {completed: "SUCCESS", failed: "FAILURE", cancelled: "REVOKED"}

    def story() -> dict[str, str]:
        return {key: task["state"] for key, task in flower("/api/tasks").items() if key not in before}

    wait_for(lambda: story() == wanted, what=f"Flower says {wanted}")
    assert not [key for key in flower("/api/tasks") if "wake-up" in key]
    assert flower(f"/api/task/info/{completed}")["result"] == f"'{completed}'"


def test_inspect_shows_the_running_job_by_its_id(shared: Cluster) -> None:
    job_id = shared.submit(duration=30)
    shared.wait_until(job_id, "RUNNING")
    active = shared.celery.control.inspect(timeout=2, limit=1).active()
    shared.ledger.cancel(job_id)
    assert [task["id"] for tasks in active.values() for task in tasks] == [job_id]
    shared.wait_until(job_id, "CANCELLED")


def test_celery_result_prints_the_counts(shared: Cluster) -> None:
    job_id = shared.submit(program="X(180)", shots=7)
    shared.wait_until(job_id, "COMPLETED")
    answer = shared.celery_command("result", job_id)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.strip() == "{'counts': {'1': 7}}"


def test_async_result_waits_for_a_job_and_gets_its_counts_or_its_error(shared: Cluster) -> None:
    from qcjob.errors import JobFailed

    job_id = shared.submit(program="X(180)", shots=9, duration=0.3)
    assert shared.celery.AsyncResult(job_id).get(timeout=10) == {"counts": {"1": 9}}
    failing = shared.submit("echo", error="no-luck")
    with pytest.raises(JobFailed, match="no-luck"):
        shared.celery.AsyncResult(failing).get(timeout=10)


@pytest.mark.parametrize("terminate", [False, True], ids=["revoke", "terminate"])
def test_revoke_and_terminate_ask_for_a_cancel_and_leave_the_child_alive(
    shared: Cluster, shared_worker: Process, *, terminate: bool
) -> None:
    job_id = shared.submit(duration=30)
    shared.wait_until(job_id, "RUNNING")
    child = shared_worker.child_of(job_id)
    shared.celery.control.revoke(job_id, terminate=terminate, signal="SIGKILL")
    job = shared.wait_until(job_id, "CANCELLED")
    assert job.cancel_requested_at is not None
    assert not job.attempts[-1].rescues
    os.kill(child, 0)
    assert child in shared_worker.children()
    shared.wait_until(shared.submit(), "COMPLETED")


def test_revoke_cancels_a_job_that_waits(shared: Cluster) -> None:
    blocker, waiting = shared.submit(duration=30), shared.submit()
    shared.wait_until(blocker, "RUNNING")
    shared.celery.control.revoke(waiting)
    assert not shared.wait_until(waiting, "CANCELLED").attempts
    shared.ledger.cancel(blocker)
    shared.wait_until(blocker, "CANCELLED")


def test_no_celery_result_is_kept_beside_the_ledger(shared: Cluster) -> None:
    shared.wait_until(shared.submit(), "COMPLETED")
    assert not shared.client.keys("*celery-task-meta*")
    assert not shared.client.keys("*wake-up*")
    assert not shared.client.keys("unacked*")


def test_what_celery_is_told_holds_no_program(shared: Cluster) -> None:
    job_id = shared.submit(program="X(12.3456789)", duration=30)
    shared.wait_until(job_id, "RUNNING")
    active = shared.celery.control.inspect(timeout=2, limit=1).active()
    shared.ledger.cancel(job_id)
    shared.wait_until(job_id, "CANCELLED")
    assert "12.3456789" not in json.dumps(active)
