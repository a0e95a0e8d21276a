"""A quantum computer outside, reached over HTTP: workers die, it dies, it hangs; each run is started once."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator

import pytest

from tests.integration.cluster import ALICE, Cluster, Process, cluster_in, rescues, states, wait_for
from tests.reference_server import ReferenceServer

DEVICES = """
[devices.qc]
driver = "workers.drivers.http:HttpDevice"
slots = 3
submit_timeout = 5
job_options = ["duration", "readout_error"]
options = {{ url = "{url}", read_timeout = 0.5, submit_seconds = 2.0, circuit_seconds = 0.5 }}
"""


@pytest.fixture(scope="module")
def _qc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReferenceServer]:
    server = ReferenceServer(tmp_path_factory.mktemp("qc"))
    server.start()
    yield server
    server.kill()


@pytest.fixture
def qc(_qc: ReferenceServer) -> Iterator[ReferenceServer]:
    """The machine, running again after whatever a test did to it."""
    yield _qc
    _qc.kill()
    _qc.start()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, _qc: ReferenceServer) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("lab")
    devices = folder / "lab.toml"
    devices.write_text(DEVICES.format(url=_qc.url))
    with cluster_in(folder, QCJOB_DEVICES=str(devices)) as cluster:
        cluster.worker("qc")
        yield cluster


@pytest.fixture
def worker(lab: Cluster) -> Iterator[Process]:
    """The worker that lives; whatever a test does to it, there is one afterwards."""
    yield [process for process in lab.processes if process.name == "worker"][-1]
    last = [process for process in lab.processes if process.name == "worker"][-1]
    last.signal_all(signal.SIGCONT)
    if not last.lives:
        lab.worker("qc")


def completed_once(lab: Cluster, qc: ReferenceServer, job_id: str) -> None:
    """The job COMPLETED in its first attempt, and the machine started it once."""
    job = lab.wait_until(job_id, "COMPLETED", within=60)
    assert [attempt.outcome for attempt in job.attempts] == ["completed"]
    assert qc.starts()[job_id] == 1


def says(lab: Cluster, status: str) -> Callable[[], bool]:
    return lambda: lab.service.catalogue.view("qc").status == status


def test_counts_come_from_outside_and_say_on_which_calibration(lab: Cluster, qc: ReferenceServer) -> None:
    job_id = lab.submit("qc", seed=7)
    completed_once(lab, qc, job_id)
    result = lab.service.result(ALICE, job_id)
    assert sum(result["counts"].values()) == 100
    assert result["ran"]["calibration"] == "cal-1"


def test_a_worker_killed_after_the_handle_is_recorded_is_replaced_and_its_runs_are_re_attached(
    lab: Cluster, qc: ReferenceServer, worker: Process
) -> None:
    jobs, handles = [], []
    for duration in (1.0, 1.0, 0.2):  # one after the other, so that the machine has them in this order
        jobs.append(lab.submit("qc", duration=duration))
        handles.append(lab.wait_until(jobs[-1], "RUNNING").attempts[0].handle)
    worker.signal_all(signal.SIGSTOP)

    def on_the_machine() -> list[str]:
        return [qc.ask("GET", f"/v1/jobs/{handle}")["state"] for handle in handles]

    wait_for(lambda: on_the_machine() == ["done", "running", "queued"], what="a job at each moment after the handle")
    worker.signal_all(signal.SIGKILL)
    lab.worker("qc")
    for job_id, handle in zip(jobs, handles, strict=True):
        completed_once(lab, qc, job_id)
        job = lab.job(job_id)
        assert job.attempts[0].handle == handle
        assert states(job) == ["WAITING", "SUBMITTED", "RUNNING", "COMPLETED"]
        assert rescues(job) == 1


def test_a_worker_killed_while_its_submit_is_under_way_submits_again_and_the_run_starts_once(
    lab: Cluster, qc: ReferenceServer, worker: Process
) -> None:
    qc.freeze()
    job_id = lab.submit("qc")
    lab.wait_until(job_id, "SUBMITTED")
    os.killpg(worker.pid, signal.SIGKILL)
    qc.thaw()
    lab.worker("qc")
    completed_once(lab, qc, job_id)


def test_a_machine_killed_in_the_middle_of_a_run_and_started_again_completes_it(
    lab: Cluster, qc: ReferenceServer
) -> None:
    job_id, after = lab.submit("qc", duration=1.0), lab.submit("qc", duration=0.1)
    lab.wait_until(job_id, "RUNNING")
    wait_for(lambda: qc.starts().get(job_id))
    qc.kill()
    qc.start()
    for job in (job_id, after):
        completed_once(lab, qc, job)
        assert rescues(lab.job(job)) == 0


def test_while_the_machine_cannot_be_reached_jobs_wait_and_its_status_says_why(
    lab: Cluster, qc: ReferenceServer
) -> None:
    qc.kill()
    early = lab.submit("qc")
    wait_for(says(lab, "offline"), what="the device is offline")
    assert f"{qc.url} cannot be reached" in (lab.service.catalogue.view("qc").status_reason or "")
    late = lab.submit("qc")
    for job in (early, late):
        lab.wait_until(job, "WAITING")
    qc.start()
    for job in (late, early):
        completed_once(lab, qc, job)
    assert states(lab.job(late)) == ["WAITING", "SUBMITTED", "RUNNING", "COMPLETED"]


def test_a_machine_that_hangs_holds_no_worker_for_long_and_its_jobs_wait(
    lab: Cluster, qc: ReferenceServer, worker: Process
) -> None:
    running = lab.submit("qc", duration=0.5)
    lab.wait_until(running, "RUNNING")
    qc.freeze()
    hanging = lab.submit("qc")
    wait_for(lambda: states(lab.job(hanging))[-2:] == ["SUBMITTED", "WAITING"], within=8, what="the submit is given up")
    wait_for(says(lab, "offline"), what="the device is offline")
    assert "did not answer" in (lab.service.catalogue.view("qc").status_reason or "")
    qc.thaw()
    for job in (running, hanging):
        completed_once(lab, qc, job)
        assert rescues(lab.job(job)) == 0
    assert worker.lives


def test_a_running_job_is_cancelled_on_the_machine(lab: Cluster, qc: ReferenceServer) -> None:
    job_id = lab.submit("qc", duration=60)
    handle = lab.wait_until(job_id, "RUNNING").attempts[0].handle
    lab.service.cancel(ALICE, job_id)
    lab.wait_until(job_id, "CANCELLED")
    assert qc.ask("GET", f"/v1/jobs/{handle}")["state"] == "cancelled"


def test_a_machine_that_forgot_a_job_runs_it_again_only_for_an_owner_who_granted_retries(
    lab: Cluster, qc: ReferenceServer
) -> None:
    job_id, retried = lab.submit("qc", duration=60), lab.submit("qc", duration=2, retries=1)
    for job in (job_id, retried):
        lab.wait_until(job, "RUNNING")
    qc.kill()
    for kept in (qc.log.parent / "state").glob("runs.sqlite*"):
        kept.unlink()
    qc.start()
    job = lab.wait_until(job_id, "FAILED")
    assert job.error_code == "uncertain"
    assert [attempt.outcome for attempt in lab.wait_until(retried, "COMPLETED").attempts] == ["put_back", "completed"]
    assert qc.starts() == {f"{retried}~2": 1}
