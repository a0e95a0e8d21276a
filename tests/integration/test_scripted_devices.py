"""A device that fails, hangs, lies or is lost on demand: what becomes of the job, and how often the device started it.

The device keeps its runs in a folder of its own and a log of every start, as a real one outside the worker would.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.cluster import ALICE, Cluster, Process, cluster_in, moments, rescues, states, wait_for


@pytest.fixture(scope="module")
def devices(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster_in(tmp_path_factory.mktemp("devices")) as cluster:
        cluster.worker("scripted,untold,hasty,forgetful")
        yield cluster


@pytest.fixture
def worker(devices: Cluster) -> Process:
    """The worker of `devices` that lives."""
    return [process for process in devices.processes if process.name == "worker"][-1]


def holds_a_slot(cluster: Cluster, job_id: str) -> bool:
    """Whether a slot of the job's device is held for it, though it left."""
    names: list[bytes] = cluster.client.zrange(f"qcjob:holds:{cluster.job(job_id).device}", 0, -1)  # type: ignore[assignment]
    return any(name.decode().startswith(job_id) for name in names)


def test_a_worker_killed_after_the_handle_is_recorded_is_replaced_and_the_run_is_re_attached(
    devices: Cluster, worker: Process
) -> None:
    job_id = devices.submit("scripted", script={"duration": 2})
    handle = devices.wait_until(job_id, "RUNNING").attempts[0].handle
    worker.kill_main()
    devices.worker("scripted,untold,hasty,forgetful")
    job = devices.wait_until(job_id, "COMPLETED")
    assert devices.starts("scripted").count(job_id) == 1
    [attempt] = job.attempts
    assert (attempt.handle, attempt.outcome, len(attempt.rescues)) == (handle, "completed", 1)
    assert states(job) == ["WAITING", "SUBMITTED", "RUNNING", "COMPLETED"]


def test_a_worker_lost_between_submit_and_start_submits_again_and_the_device_starts_it_once(devices: Cluster) -> None:
    job_id = devices.submit("scripted", script={"submit": ["accept crash", "accept"]})
    job = devices.wait_until(job_id, "COMPLETED")
    assert devices.starts("scripted").count(job_id) == 1
    assert [len(attempt.rescues) for attempt in job.attempts] == [1]


def test_a_worker_lost_in_submit_on_a_device_that_cannot_tell_fails_uncertain_and_holds_the_slot(
    devices: Cluster,
) -> None:
    job_id = devices.submit("untold", script={"submit": "accept crash"})
    job = devices.wait_until(job_id, "FAILED")
    assert job.error_code == "uncertain"
    assert devices.starts("untold").count(job_id) == 1
    assert holds_a_slot(devices, job_id)


def test_an_uncertain_submit_fails_and_the_slot_is_held(devices: Cluster) -> None:
    job_id = devices.submit("untold", script={"submit": "uncertain"})
    job = devices.wait_until(job_id, "FAILED")
    assert job.error_code == "uncertain"
    assert len(job.attempts) == 1
    assert holds_a_slot(devices, job_id)
    after = devices.submit("untold")
    held = moments(devices.wait_until(after, "COMPLETED"))["SUBMITTED"] - moments(job)["FAILED"]
    assert held >= 1_500_000, "the slot is held for submit_timeout"


def test_an_unavailable_device_gets_the_job_later_in_the_same_attempt(devices: Cluster) -> None:
    job_id = devices.submit("scripted", script={"submit": ["unavailable", "unavailable", "accept"]})
    job = devices.wait_until(job_id, "COMPLETED")
    assert states(job) == [
        "WAITING",
        "SUBMITTED",
        "WAITING",
        "SUBMITTED",
        "WAITING",
        "SUBMITTED",
        "RUNNING",
        "COMPLETED",
    ]
    assert len(job.attempts) == 1
    assert devices.starts("scripted").count(job_id) == 1
    claimed = [moment.at for moment in job.history if moment.state == "SUBMITTED"]
    assert claimed[1] - claimed[0] >= 500_000
    assert claimed[2] - claimed[1] >= 1_000_000


def test_a_run_that_fails_is_tried_again_as_a_run_of_its_own(devices: Cluster) -> None:
    """The device knows an id again: under the one it has seen, it would answer with the run that failed."""
    job_id = devices.submit("scripted", script={"poll": "failed:laser-off"}, retries=2)
    job = devices.wait_until(job_id, "FAILED")
    assert [(attempt.outcome, attempt.error_code) for attempt in job.attempts] == [
        ("put_back", "laser-off"),
        ("put_back", "laser-off"),
        ("failed", None),
    ]
    assert job.error_code == "laser-off"
    assert [run["attempt"] for run in devices.runs("scripted") if run["job_id"] == job_id] == [1, 2, 3]
    claimed = [moment.at for moment in job.history if moment.state == "SUBMITTED"]
    assert claimed[1] - claimed[0] >= 500_000
    assert claimed[2] - claimed[1] >= 1_000_000


def test_an_unanswered_submit_is_made_again_and_the_device_starts_it_once(devices: Cluster) -> None:
    job_id = devices.submit("scripted", script={"submit": ["accept uncertain", "raise", "accept"]})
    job = devices.wait_until(job_id, "COMPLETED")
    assert (len(job.attempts), rescues(job)) == (1, 0)
    assert devices.starts("scripted").count(job_id) == 1


def test_an_owner_may_have_an_uncertain_job_run_again_where_the_device_would_not(devices: Cluster) -> None:
    job_id = devices.submit("untold", script={"submit": ["uncertain", "accept"]}, on_uncertain="rerun")
    job = devices.wait_until(job_id, "COMPLETED")
    assert [attempt.outcome for attempt in job.attempts] == ["put_back", "completed"]


def test_while_a_job_waits_for_an_unavailable_device_others_go_on(devices: Cluster) -> None:
    waiting = devices.submit("scripted", script={"submit": "unavailable"})
    devices.wait_all([devices.submit("scripted") for _ in range(3)])
    devices.service.cancel(ALICE, waiting)
    devices.wait_until(waiting, "CANCELLED")


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ({"submit": "rejected"}, "rejected"),
        ({"submit": "failed:calibration-drift"}, "calibration-drift"),
        ({"poll": "failed:cryostat-warm"}, "cryostat-warm"),
        ({"result": "wrong-total"}, "bad-result"),
        ({"result": "wrong-width"}, "bad-result"),
        ({"result": "negative"}, "bad-result"),
        ({"result": "nonsense"}, "bad-result"),
        ({"poll": "lost"}, "uncertain"),
        ({"submit": "raise"}, "uncertain"),
    ],
    ids=str,
)
def test_what_goes_wrong_on_the_device_is_the_jobs_error(devices: Cluster, script: dict[str, str], code: str) -> None:
    job = devices.wait_until(devices.submit("scripted", script=script), "FAILED")
    assert job.error_code == code
    assert job.error_message
    assert [attempt.outcome for attempt in job.attempts] == ["failed"]
    assert rescues(job) == 0


def test_a_submit_that_hangs_is_given_up_after_its_timeout_and_the_job_is_rescued(devices: Cluster) -> None:
    job_id = devices.submit("scripted", script={"submit": ["hang", "accept"]})
    job = devices.wait_until(job_id, "COMPLETED")
    assert devices.starts("scripted").count(job_id) == 1
    assert [len(attempt.rescues) for attempt in job.attempts] == [1]
    assert moments(job)["COMPLETED"] - moments(job)["SUBMITTED"] < 6_000_000


def test_a_poll_that_answers_nonsense_is_asked_again(devices: Cluster) -> None:
    job_id = devices.submit("scripted", script={"poll": ["nonsense", "raise", "nonsense", "done"]})
    job = devices.wait_until(job_id, "COMPLETED")
    assert rescues(job) == 0
    assert len(job.attempts) == 1


@pytest.mark.parametrize("poll", ["nonsense", "raise", "running"])
def test_a_run_is_ended_after_max_run_seconds_whatever_the_device_says(devices: Cluster, poll: str) -> None:
    job = devices.wait_until(devices.submit("hasty", script={"poll": poll}), "FAILED")
    assert job.error_code == "ran-too-long"
    assert rescues(job) == 0
    assert moments(job)["FAILED"] - moments(job)["RUNNING"] < 3_000_000


def test_a_job_of_a_device_that_does_not_answer_can_be_cancelled(devices: Cluster) -> None:
    job_id = devices.submit("scripted", script={"poll": "raise", "duration": 60})
    devices.wait_until(job_id, "RUNNING")
    devices.service.cancel(ALICE, job_id)
    devices.wait_until(job_id, "CANCELLED", within=4)


def test_a_device_that_stops_only_later_keeps_its_slot_until_then(devices: Cluster) -> None:
    running = devices.submit("scripted", script={"cancel": "too-late", "duration": 1})
    after = devices.submit("scripted")
    devices.wait_until(running, "RUNNING")
    devices.service.cancel(ALICE, running)
    done = devices.wait_until(running, "COMPLETED")
    assert done.cancel_requested_at is not None
    assert moments(devices.wait_until(after, "COMPLETED"))["SUBMITTED"] >= moments(done)["COMPLETED"]


def test_a_job_cancelled_while_its_worker_is_gone_is_cancelled_on_the_device_by_the_next(
    devices: Cluster, worker: Process
) -> None:
    job_id = devices.submit("scripted", script={"duration": 60})
    devices.wait_until(job_id, "RUNNING")
    os.killpg(worker.pid, signal.SIGKILL)
    assert devices.service.cancel(ALICE, job_id).state == "RUNNING"
    devices.worker("scripted,untold,hasty,forgetful")
    job = devices.wait_until(job_id, "CANCELLED")
    assert devices.starts("scripted").count(job_id) == 1
    assert rescues(job) == 1


def test_a_job_cancelled_while_its_submit_hangs_is_cancelled_on_the_device_too(devices: Cluster) -> None:
    job_id = devices.submit("scripted", script={"submit": ["accept hang", "accept"], "duration": 60})
    wait_for(lambda: job_id in devices.starts("scripted"))
    devices.service.cancel(ALICE, job_id)
    devices.wait_until(job_id, "CANCELLED")
    run = json.loads(Path(devices.state, "scripted", f"{job_id}.json").read_text())
    assert run["cancelled"], "the device goes on with a job that the ledger calls CANCELLED"
    assert devices.starts("scripted").count(job_id) == 1


def test_a_device_that_is_offline_holds_its_jobs_and_says_why(devices: Cluster) -> None:
    told = Path(devices.state, "scripted", "status")

    def shown(status: str) -> bool:
        return devices.service.catalogue.view("scripted").status == status

    told.write_text("maintenance:a new cable")
    wait_for(lambda: shown("maintenance"), what="the device is in maintenance")
    assert devices.service.catalogue.view("scripted").status_reason == "a new cable"
    job_id = devices.submit("scripted")
    assert devices.service.catalogue.view("scripted").queue_length == 1
    assert devices.service.catalogue.held("scripted") == "scripted is maintenance: a new cable"
    told.unlink()
    wait_for(lambda: shown("online"), what="the device is online")
    job = devices.wait_until(job_id, "COMPLETED")
    assert moments(job)["SUBMITTED"] - moments(job)["WAITING"] > 100_000


def test_a_result_is_kept_though_the_device_cannot_say_what_it_is(devices: Cluster) -> None:
    job_id = devices.submit("forgetful")
    job = devices.wait_until(job_id, "COMPLETED")
    assert rescues(job) == 0
