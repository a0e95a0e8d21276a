"""Wake-ups that are lost, doubled, strayed or spoilt: no job is lost, none runs twice, no worker dies."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from qcjob.ledger.wakeup import TASK_NAME, message
from tests.integration.cluster import Cluster, Process, moments, states, wait_for


@pytest.fixture(autouse=True)
def _same_worker(shared: Cluster, shared_worker: Process) -> Iterator[None]:
    """Whatever a test pushes, the worker is the same before and after, and still runs jobs, each once."""
    yield
    job = shared.wait_until(shared.submit(), "COMPLETED")
    assert len(job.attempts) == 1
    assert not job.attempts[0].rescues
    assert shared_worker.lives


def spoilt(change: Callable[[dict[str, Any]], object], device: str = "simulator") -> bytes:
    """A wake-up with something changed."""
    envelope = json.loads(message(device))
    change(envelope)
    return json.dumps(envelope).encode()


def drained(cluster: Cluster, device: str) -> bool:
    return cluster.client.llen(device) == 0


def test_a_wake_up_pushed_twenty_times_runs_each_job_once(shared: Cluster) -> None:
    for _ in range(20):
        shared.client.lpush("four", message("four"))
    job_ids = [shared.submit("four", duration=0.05) for _ in range(6)]
    for _ in range(20):
        shared.client.lpush("four", message("four"))
    for job in shared.wait_all(job_ids):
        assert states(job) == ["WAITING", "SUBMITTED", "RUNNING", "COMPLETED"]
        assert len(job.attempts) == 1
    wait_for(lambda: drained(shared, "four"), what="stray wake-ups are used up")


def test_a_task_sent_by_hand_is_only_a_wake_up(shared: Cluster) -> None:
    sent = [shared.celery.send_task(TASK_NAME, queue="simulator") for _ in range(3)]
    sent.append(shared.celery.send_task(TASK_NAME, args=("an-id-of-mine",), queue="simulator", task_id="mine"))
    job = shared.wait_until(shared.submit(), "COMPLETED")
    assert len(job.attempts) == 1
    wait_for(lambda: drained(shared, "simulator"))
    assert {result.state for result in sent} == {"PENDING"}


@pytest.mark.parametrize("device", ["ideal", "nowhere", "scripted", "", "*", 7, None, ["simulator"], {"a": 1}])
def test_a_wake_up_that_names_a_device_not_served_is_dropped(shared: Cluster, device: object) -> None:
    def readdress(envelope: dict[str, Any]) -> None:
        envelope["properties"]["delivery_info"]["routing_key"] = device

    shared.client.lpush("simulator", spoilt(readdress))
    wait_for(lambda: drained(shared, "simulator"))


RUBBISH = {
    "no JSON": b"this is no JSON",
    "no text": b"\xff\xfe\x00\x80",
    "empty": b"",
    "null": b"null",
    "a number": b"7",
    "a list": b"[1, 2, 3]",
    "text": b'"a string"',
    "an empty object": b"{}",
    "an object that is no message": b'{"hello": "world"}',
    "no body": spoilt(lambda envelope: envelope.pop("body")),
    "a body that is no base64": spoilt(lambda envelope: envelope.update(body="%%%")),
    "a body that is no JSON": spoilt(lambda envelope: envelope.update(body=base64.b64encode(b"{").decode())),
    "a body of another shape": spoilt(lambda envelope: envelope.update(body=base64.b64encode(b"{}").decode())),
    "a body that is null": spoilt(lambda envelope: envelope.update(body=None)),
    "no properties": spoilt(lambda envelope: envelope.pop("properties")),
    "properties that are none": spoilt(lambda envelope: envelope.update(properties=None)),
    "no delivery info": spoilt(lambda envelope: envelope["properties"].pop("delivery_info")),
    "no delivery tag": spoilt(lambda envelope: envelope["properties"].pop("delivery_tag")),
    "no headers": spoilt(lambda envelope: envelope.pop("headers")),
    "headers that are none": spoilt(lambda envelope: envelope.update(headers=None)),
    "headers that are a list": spoilt(lambda envelope: envelope.update(headers=[1])),
    "no id": spoilt(lambda envelope: envelope["headers"].pop("id")),
    "no task": spoilt(lambda envelope: envelope["headers"].pop("task")),
    "another task": spoilt(lambda envelope: envelope["headers"].update(task="os.system")),
    "a task that is a list": spoilt(lambda envelope: envelope["headers"].update(task=["qcjob.drive"])),
    "pickle": spoilt(lambda envelope: envelope.update({"content-type": "application/x-python-serialize"})),
    "an unknown type": spoilt(lambda envelope: envelope.update({"content-type": "text/nonsense"})),
    "an unknown encoding": spoilt(lambda envelope: envelope.update({"content-encoding": "utf-99"})),
    "an unknown body encoding": spoilt(lambda envelope: envelope["properties"].update(body_encoding="rot13")),
    "a countdown": spoilt(lambda envelope: envelope["headers"].update(eta="no time at all")),
    "expired": spoilt(lambda envelope: envelope["headers"].update(expires="2001-01-01T00:00:00+00:00")),
    "a forged claim": spoilt(lambda envelope: envelope["headers"].update(claim={"id": "x", "fence": 1})),
    "a reply wanted": spoilt(lambda envelope: envelope["properties"].update(reply_to="somewhere")),
}


@pytest.mark.parametrize("what", RUBBISH)
def test_a_worker_survives_what_is_no_wake_up(shared: Cluster, shared_worker: Process, what: str) -> None:
    shared.client.lpush("simulator", RUBBISH[what])
    wait_for(lambda: drained(shared, "simulator"))
    assert shared_worker.lives


def test_a_deleted_queue_holds_no_job_up(shared: Cluster) -> None:
    blocker = shared.submit(duration=30)
    shared.wait_until(blocker, "RUNNING")
    waiting = [shared.submit() for _ in range(5)]
    shared.client.delete("simulator")
    shared.ledger.cancel(blocker)
    shared.wait_all(waiting, within=2)


@pytest.mark.alone
def test_every_wake_up_lost_with_every_slot_free_is_mended_by_the_keeper(shared: Cluster) -> None:
    def lose() -> None:
        shared.client.delete("four")

    pipe = shared.client.pipeline(transaction=True)
    job_ids = []
    for _ in range(8):
        job_ids.append(shared.submit("four", duration=0.05))
        lose()
    pipe.delete("four")
    pipe.execute()
    started = time.monotonic()
    for job in shared.wait_all(job_ids, within=4):
        assert moments(job)["COMPLETED"]
    assert time.monotonic() - started < 4
