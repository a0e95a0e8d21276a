"""Workers that are asked to stop: short runs are ended, long ones handed over, none is started twice."""

from __future__ import annotations

import os
import signal
import time

from tests.integration.cluster import Cluster, Process, rescues, states, wait_for


def ended(worker: Process, within: float) -> float:
    """Seconds from SIGTERM until the worker's main process has ended."""
    asked_at = time.monotonic()
    os.kill(worker.pid, signal.SIGTERM)
    wait_for(lambda: not worker.lives, within=within, what="the worker ends")
    return time.monotonic() - asked_at


def test_a_long_run_on_a_device_is_handed_over_and_started_once(bare: Cluster) -> None:
    leaving = bare.worker("scripted", "leaving", QCJOB_GRACE_SECONDS="0.3")
    job_id = bare.submit("scripted", script={"duration": 6})
    bare.wait_until(job_id, "RUNNING")
    staying = bare.worker("scripted", "staying")
    assert ended(leaving, within=5) < 4
    job = bare.wait_until(job_id, "COMPLETED", within=15)
    assert bare.starts("scripted").count(job_id) == 1
    assert (len(job.attempts), rescues(job)) == (1, 1)
    assert states(job) == ["WAITING", "SUBMITTED", "RUNNING", "COMPLETED"]
    assert leaving.events("job handed over", job_id=job_id)
    assert staying.events("job claimed", job_id=job_id, rescue=True)


def test_a_run_that_ends_within_the_grace_is_ended_where_it_is(bare: Cluster) -> None:
    leaving = bare.worker("scripted", "leaving", QCJOB_GRACE_SECONDS="5")
    job_id = bare.submit("scripted", script={"duration": 1.5})
    bare.wait_until(job_id, "RUNNING")
    assert ended(leaving, within=8) < 5
    job = bare.job(job_id)
    assert (job.state, rescues(job), len(job.attempts)) == ("COMPLETED", 0, 1)


def test_a_run_inside_the_worker_is_waited_for(bare: Cluster) -> None:
    leaving = bare.worker("simulator", "leaving", QCJOB_GRACE_SECONDS="0.3")
    job_id = bare.submit(duration=2)
    bare.wait_until(job_id, "RUNNING")
    ended(leaving, within=8)
    job = bare.job(job_id)
    assert (job.state, rescues(job), len(job.attempts)) == ("COMPLETED", 0, 1)
