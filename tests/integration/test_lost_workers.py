"""Workers that die, hang or freeze while they have a job: the job goes on, and says what happened."""

from __future__ import annotations

import os
import signal
import time

import pytest

from tests.integration.cluster import Cluster, Process, moments, rescues, states, wait_for


def one_story(cluster: Cluster, job_id: str) -> None:
    """The job has one final state, its last, and the ledger holds no lease for it any more."""
    job = cluster.job(job_id)
    assert [state for state in states(job) if state in ("COMPLETED", "FAILED", "CANCELLED")] == [job.state]
    assert states(job)[-1] == job.state
    assert cluster.client.zscore(f"qcjob:leases:{job.device}", job_id) is None


def test_a_worker_killed_mid_run_loses_no_job_and_the_job_says_so(bare: Cluster) -> None:
    worker = bare.worker("simulator")
    running, waiting = bare.submit(duration=0.6), bare.submit()
    bare.wait_until(running, "RUNNING")
    worker.kill_main()
    bare.worker("simulator")
    job = bare.wait_until(running, "COMPLETED")
    assert [attempt.outcome for attempt in job.attempts] == ["put_back", "completed"]
    assert rescues(job) == 1
    bare.wait_until(waiting, "COMPLETED")
    one_story(bare, running)


def test_another_worker_takes_over_from_one_that_was_killed(bare: Cluster) -> None:
    workers = {name: bare.worker("simulator", name, wait=False) for name in ("first", "second")}
    for worker in workers.values():
        bare.wait_until_ready(worker)
    job_id = bare.submit(duration=0.6)
    lost = bare.wait_until(job_id, "RUNNING").attempts[0].worker.partition("@")[0]
    workers[lost].kill_main()
    job = bare.wait_until(job_id, "COMPLETED", within=8)
    assert job.attempts[-1].worker.partition("@")[0] != lost
    one_story(bare, job_id)


def test_a_killed_child_is_rescued_at_once_by_the_same_worker(bare: Cluster) -> None:
    worker = bare.worker("simulator", QCJOB_LEASE_SECONDS="30")
    job_id = bare.submit(duration=0.6)
    os.kill(worker.child_of(job_id), signal.SIGKILL)
    killed_at = time.monotonic()
    wait_for(lambda: rescues(bare.job(job_id)), within=3, what="a rescue long before the lease of 30 s ends")
    job = bare.wait_until(job_id, "COMPLETED")
    assert time.monotonic() - killed_at < 10
    assert job.attempts[0].rescues[0].worker == job.attempts[0].worker
    assert worker.lives
    assert worker.events("task lost", job_id=job_id)
    one_story(bare, job_id)


def test_a_stopped_child_is_killed_by_the_keeper_and_the_job_completes(bare: Cluster) -> None:
    worker = bare.worker("simulator")
    job_id = bare.submit(duration=0.6)
    child = worker.child_of(job_id)
    os.kill(child, signal.SIGSTOP)
    bare.wait_until(job_id, "COMPLETED")
    assert rescues(bare.job(job_id)) >= 1
    assert child not in worker.children()
    assert worker.events("child killed: its claim is void", job_id=job_id)
    bare.wait_until(bare.submit(), "COMPLETED")
    one_story(bare, job_id)


def test_a_submit_that_hangs_is_ended_with_its_child(bare: Cluster) -> None:
    worker = bare.worker("scripted")
    job_id = bare.submit("scripted", script={"submit": ["hang", "accept"]})
    job = bare.wait_until(job_id, "COMPLETED")
    assert bare.starts("scripted") == [job_id]
    assert [len(attempt.rescues) for attempt in job.attempts] == [1]
    assert worker.events("child killed: its claim is void", job_id=job_id)


def test_a_hung_child_is_ended_even_when_another_child_has_taken_its_job_over(bare: Cluster) -> None:
    worker = bare.worker("scripted,hasty")
    job_id = bare.submit("scripted", script={"submit": ["hang", "accept"]})
    bare.wait_until(job_id, "SUBMITTED")
    [[task]] = bare.celery.control.inspect(timeout=2, limit=1).active().values()
    bare.wait_until(job_id, "COMPLETED")
    wait_for(lambda: task["worker_pid"] not in worker.children(), within=5, what="the hung child is ended")


def test_a_frozen_worker_that_wakes_up_late_is_refused_and_says_so(bare: Cluster) -> None:
    workers = {name: bare.worker("simulator", name, wait=False) for name in ("first", "second")}
    for worker in workers.values():
        bare.wait_until_ready(worker)
    job_id = bare.submit(duration=1.5)
    name = bare.wait_until(job_id, "RUNNING").attempts[0].worker.partition("@")[0]
    frozen = workers[name]
    frozen.child_of(job_id)
    frozen.signal_all(signal.SIGSTOP)
    after = bare.wait_until(job_id, "COMPLETED")
    assert rescues(after) == 1
    frozen.signal_all(signal.SIGCONT)

    def refused() -> list[object]:
        return [*frozen.events("stale writer refused", job_id=job_id), *frozen.events("lease lost", job_id=job_id)]

    wait_for(refused, what="the frozen worker says that it was refused")
    wait_for(lambda: frozen.events("stale writer refused", job_id=job_id), what="the task was refused too")
    assert bare.job(job_id) == after
    one_story(bare, job_id)
    bare.wait_all([bare.submit(duration=0.1) for _ in range(4)])
    assert all(worker.lives for worker in workers.values())


def test_a_warm_shutdown_leaves_no_job_behind(bare: Cluster) -> None:
    worker = bare.worker("simulator")
    running, waiting = bare.submit(duration=0.6), bare.submit()
    bare.wait_until(running, "RUNNING")
    os.kill(worker.pid, signal.SIGTERM)
    wait_for(lambda: not worker.lives, what="the worker ended")
    bare.worker("simulator")
    bare.wait_all([running, waiting])
    one_story(bare, running)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGQUIT], ids=["SIGTERM", "SIGQUIT"])
def test_a_signal_to_the_whole_group_ends_no_job(bare: Cluster, number: signal.Signals) -> None:
    worker = bare.worker("simulator")
    job_id = bare.submit(duration=0.6)
    bare.wait_until(job_id, "RUNNING")
    worker.signal_all(number)
    bare.worker("simulator")
    job = bare.wait_until(job_id, "COMPLETED")
    assert moments(job)["COMPLETED"] > moments(job)["RUNNING"]
    one_story(bare, job_id)


def test_a_job_that_kills_its_worker_does_not_do_so_for_ever(bare: Cluster) -> None:
    worker: Process = bare.worker("scripted")
    job_id, after = bare.submit("scripted", script={"submit": "crash"}), bare.submit("scripted")
    job = bare.wait_until(job_id, "FAILED", within=60)
    assert job.error_code == "worker-lost"
    assert rescues(job) <= 7
    bare.wait_until(after, "COMPLETED")
    assert worker.lives
