"""In-process use: the user's example, and what holds of jobs that run without worker, broker and server."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import fakeredis
import pytest
from celery.result import AsyncResult

from qcjob.devices.config import SIMULATOR, DeviceConfig, Devices
from qcjob.errors import JobFailed, NoResult
from qcjob.lifecycle import JobState
from qcjob.security.caller import Caller
from qcjob.service import JobRequest, Service
from workers.app import app, drive
from workers.eager import in_process, run

HOUSE = Path(__file__).parents[2]
ADA = Caller("ada", "k1")
SECOND = DeviceConfig("second", SIMULATOR.driver, on_uncertain="rerun")
BUSY = DeviceConfig(
    "busy-in-process",
    "workers.drivers.scripted:Scripted",
    options={"script": {"submit": ["unavailable", "accept"]}},
)


@pytest.fixture
def service(client: fakeredis.FakeRedis) -> Iterator[Service]:
    devices = Devices({device.name: device for device in (SIMULATOR, SECOND, BUSY)}, SIMULATOR.name)
    with in_process(client, devices) as service:
        yield service


def test_the_example_prints_waiting_completed_and_the_counts() -> None:
    command = [sys.executable, str(HOUSE / "examples" / "in_process.py")]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    waiting, completed, counts = ended.stdout.splitlines()
    assert (waiting, completed) == ("WAITING", "COMPLETED")
    assert sum(ast.literal_eval(counts).values()) == 1_000
    assert not ended.stderr


def test_a_job_passes_through_every_state_in_one_attempt(service: Service) -> None:
    job = service.submit(ADA, JobRequest("X(180)", runtime="verbatim", shots=100))
    assert job.state is JobState.WAITING
    assert run() == 1
    ended = service.status(ADA, job.id)
    assert [moment.state for moment in ended.history] == ["WAITING", "SUBMITTED", "RUNNING", "COMPLETED"]
    [attempt] = ended.attempts
    assert (attempt.worker, attempt.outcome) == ("eager", "completed")
    assert service.result(ADA, job.id)["counts"] == {"1": 100}


def test_jobs_run_by_tier_and_within_a_tier_as_they_came(service: Service) -> None:
    tiers = [2, 0, 1, 2, 0, 1, 1, 2, 0, 2]
    jobs = [(tier, service.submit(Caller("ada", "k1", tier), JobRequest("X(1)")).id) for tier in tiers]
    assert run() == len(jobs)
    by_rank = [job_id for _, job_id in sorted(jobs, key=lambda job: job[0])]
    by_fence = sorted((service.status(ADA, job_id).attempts[0].fence, job_id) for _, job_id in jobs)
    assert [job_id for _, job_id in by_fence] == by_rank


def test_a_job_that_asks_to_fail_is_failed_with_its_code_and_nothing_is_raised(service: Service) -> None:
    job = service.submit(ADA, JobRequest("X(1)", runtime="echo", options={"error": "cryostat-warm"}))
    assert run() == 1
    ended = service.status(ADA, job.id)
    assert (ended.state, ended.error_code) == (JobState.FAILED, "cryostat-warm")
    with pytest.raises(NoResult, match="cryostat-warm"):
        service.result(ADA, job.id)


def test_celery_speaks_of_the_job_by_its_own_id(service: Service) -> None:
    job = service.submit(ADA, JobRequest("X(180)", shots=7))
    assert AsyncResult(job.id, app=app).state == "PENDING"
    run()
    assert AsyncResult(job.id, app=app).state == "SUCCESS"
    assert AsyncResult(job.id, app=app).result == {"counts": {"1": 7}}


def test_celery_is_told_of_a_failure_as_job_failed(service: Service) -> None:
    job = service.submit(ADA, JobRequest("X(1)", runtime="echo", options={"error": "cryostat-warm"}))
    run()
    failed = AsyncResult(job.id, app=app)
    assert failed.state == "FAILURE"
    assert isinstance(failed.result, JobFailed)


def test_applying_the_task_answers_none_when_nothing_waits(service: Service) -> None:
    assert drive.apply(queue="simulator") is None


def test_applying_the_task_runs_one_job_under_its_id(service: Service) -> None:
    first, second = (service.submit(ADA, JobRequest("X(1)")).id for _ in range(2))
    assert drive.apply(queue="simulator").id == first
    assert service.status(ADA, second).state is JobState.WAITING


def test_each_device_runs_its_own_jobs(service: Service) -> None:
    asked = {
        "simulator": JobRequest("X(180)"),
        "second": JobRequest("X(180)", device="second"),
        "ideal": JobRequest("X(180)", runtime="simulated"),
        "echo": JobRequest("X(180)", runtime="echo"),
    }
    jobs = {name: service.submit(ADA, request).id for name, request in asked.items()}
    assert run() == len(jobs)
    assert {name: service.status(ADA, job_id).device for name, job_id in jobs.items()} == {name: name for name in jobs}
    assert {service.status(ADA, job_id).state for job_id in jobs.values()} == {JobState.COMPLETED}


def test_a_cancelled_job_is_not_run(service: Service) -> None:
    job = service.submit(ADA, JobRequest("X(1)"))
    assert service.cancel(ADA, job.id).state is JobState.CANCELLED
    assert run() == 0
    assert AsyncResult(job.id, app=app).state == "REVOKED"


def test_a_job_that_its_device_cancelled_is_cancelled(client: fakeredis.FakeRedis) -> None:
    script = {"poll": "cancelled"}
    stopping = DeviceConfig("stopping-in-process", BUSY.driver, options={"script": script})
    with in_process(client, Devices({stopping.name: stopping}, stopping.name)) as service:
        job = service.submit(ADA, JobRequest("X(1)"))
        assert run() == 1
        assert service.status(ADA, job.id).state is JobState.CANCELLED


def test_a_job_whose_device_is_busy_waits_for_later(service: Service) -> None:
    job = service.submit(ADA, JobRequest("X(1)", device=BUSY.name))
    assert run() == 1
    again = service.status(ADA, job.id)
    assert (again.state, again.attempts[0].outcome) == (JobState.WAITING, None)
    assert run() == 0


def test_what_the_block_changed_is_put_back(client: fakeredis.FakeRedis) -> None:
    before = app.ledger, app.devices
    with pytest.raises(NoResult), in_process(client, Devices({"second": SECOND}, "second")):
        raise NoResult("what a block may end with")
    assert (app.ledger, app.devices) == before
    assert not app.conf.task_always_eager
    assert "send_event" not in vars(drive)


def test_blocks_do_not_nest(service: Service, client: fakeredis.FakeRedis) -> None:
    with pytest.raises(RuntimeError, match="in use already"), in_process(client):
        pass


def test_run_outside_of_a_block_is_refused() -> None:
    with pytest.raises(RuntimeError, match="in_process"):
        run()
