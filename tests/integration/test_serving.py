"""Which worker serves what, what the web says while none does, and one job followed through every log."""

from __future__ import annotations

import itertools
import json
import sys

import httpx

from qcjob.devices.config import load_devices
from tests.integration.cluster import PROGRAM, Cluster, moments, wait_for

SECRET_ANGLE = "12.3456789"


def test_the_web_takes_jobs_while_no_worker_is_up_and_a_worker_that_comes_runs_them(bare: Cluster) -> None:
    with httpx.Client(base_url=bare.web(), headers=bare.headers, trust_env=False, timeout=10) as web:
        answer = web.post("/v1/jobs", json={"program": PROGRAM})
        assert answer.status_code == 202, answer.text
        assert answer.json()["state"] == "WAITING"
        assert answer.json()["queue"]["reason"].startswith("simulator is offline: no worker")
        location = answer.headers["Location"]
        device = web.get("/v1/devices/simulator").json()
        assert (device["status"], device["queue_length"]) == ("offline", 1)
        assert device["status_reason"]
        bare.worker("simulator", wait=False)
        wait_for(lambda: web.get(location).json()["state"] == "COMPLETED", within=60)
        assert web.get("/v1/devices/simulator").json()["status"] == "online"


def test_one_grep_for_its_id_follows_a_job_through_web_and_worker_and_no_log_holds_a_secret(bare: Cluster) -> None:
    worker = bare.worker("simulator,echo")
    key = bare.headers["Authorization"].split()[1]
    with httpx.Client(base_url=bare.web(), headers=bare.headers, trust_env=False, timeout=10) as web:
        body = {"program": f"X({SECRET_ANGLE})", "options": {"duration": 0.2}}
        answer = web.post("/v1/jobs", json=body, headers={"Prefer": "wait=10", "X-Request-Id": "request-of-mine"})
        assert (answer.status_code, answer.json()["state"]) == (200, "COMPLETED"), answer.text
        job_id = answer.json()["id"]
        assert web.post("/v1/jobs", json={"program": f"X({SECRET_ANGLE}) Y(1)"}).status_code == 422
        assert web.get("/v1/jobs", headers={"Authorization": f"Bearer {key}x"}).status_code == 401
        failing = web.post(
            "/v1/jobs", json={"program": f"X({SECRET_ANGLE})", "runtime": "echo", "options": {"error": "no-luck"}}
        ).json()["id"]
        bare.wait_until(failing, "FAILED")
    lines = {}
    for process in (bare.web_process, worker):
        found = [line for line in process.text().splitlines() if job_id in line]
        lines[process.name] = [json.loads(line) for line in found]
    assert lines["web"], "the web says what became of the request"
    assert {line["job_id"] for line in lines["web"]} == {job_id}
    told = [line["event"] for line in lines["worker"]]
    assert told == ["job claimed", "job running", "job left the device"]
    request_ids = {line.get("request_id") for line in [*lines["web"], *lines["worker"]]}
    assert len(request_ids) == 1
    assert request_ids.pop()
    for line in lines["worker"]:
        assert (line["job_id"], line["device"], line["attempt"], line["customer"]) == (job_id, "simulator", 1, "alice")
    for process in bare.processes:
        assert key not in process.text()
        assert SECRET_ANGLE not in process.text()


def test_a_worker_of_one_queue_serves_only_its_device(bare: Cluster) -> None:
    worker = bare.worker("echo")
    other, own = bare.submit("simulator"), bare.submit("echo")
    bare.wait_until(own, "COMPLETED")
    assert bare.job(other).state == "WAITING"
    assert bare.client.llen("simulator") == 1
    assert len(worker.children()) == 2, "as many children as echo has slots"
    assert {line["device"] for line in worker.events("job claimed")} == {"echo"}


def test_two_workers_of_one_device_share_its_slots(bare: Cluster) -> None:
    for worker in [bare.worker("simulator", name, wait=False) for name in ("first", "second")]:
        bare.wait_until_ready(worker)
    jobs = bare.wait_all([bare.submit(duration=0.1) for _ in range(8)])
    runs = sorted((moments(job)["SUBMITTED"], moments(job)["COMPLETED"]) for job in jobs)
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(runs)), "a device of one slot ran two jobs"
    assert {job.attempts[0].worker.partition("@")[0] for job in jobs} <= {"first", "second"}


def test_a_worker_started_by_hand_serves_every_device_with_a_child_for_each_slot(bare: Cluster) -> None:
    worker = bare.worker()
    devices = load_devices(bare.settings.devices).all
    wait_for(lambda: len(worker.children()) == sum(device.slots for device in devices.values()), within=5)
    jobs = [bare.submit(name) for name in devices]
    assert {job.device for job in bare.wait_all(jobs)} == set(devices)
    wait_for(
        lambda: {view.status for view in bare.service.catalogue.views()} <= {"online", "busy"}, what="all are online"
    )


def test_a_queue_that_is_no_device_is_refused(bare: Cluster) -> None:
    worker = bare.start("worker", sys.executable, "-m", "celery", "-A", "workers.app", "worker", "-Q", "nowhere")
    wait_for(lambda: not worker.lives, within=60)
    assert "nowhere" in worker.text()
