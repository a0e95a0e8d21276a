"""The Strategy in a real Celery consumer's place: it claims, builds the message anew, and lets no error out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import redis
from celery.worker import state as worker_state

from qcjob.errors import LedgerUnavailable
from qcjob.job import NewJob
from qcjob.ledger import Ledger
from qcjob.lifecycle import JobState
from workers.app import app, drive
from workers.strategy import claiming

Build = Callable[..., NewJob]


class Consumer(SimpleNamespace):
    """What Celery's strategy asks of a consumer; requests that would go to the pool end in `taken`."""

    def __init__(self) -> None:
        self.taken: list[Any] = []
        super().__init__(
            hostname="worker@a",
            connection_errors=(),
            event_dispatcher=None,
            timer=SimpleNamespace(call_at=None),
            apply_eta_task=None,
            disable_rate_limits=True,
            task_buckets={drive.name: None},
            on_task_request=self.taken.append,
            _limit_task=None,
            _limit_post_eta=None,
            controller=SimpleNamespace(state=worker_state),
            pool=SimpleNamespace(apply_async=None),
            app=app,
        )


@pytest.fixture
def here(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    """The app on this test's ledger, serving all devices."""
    monkeypatch.setattr(app, "ledger", ledger)
    yield ledger
    worker_state.reserved_requests.clear()
    worker_state.requests.clear()


@pytest.fixture
def consumer() -> Consumer:
    return Consumer()


def wake_up(device: object = "simulator", **other: Any) -> SimpleNamespace:
    fields = {"delivery_info": {"routing_key": device}, "headers": {}, "body": "", "payload": None, "properties": {}}
    return SimpleNamespace(**{**fields, **other})


def handle(consumer: Consumer, message: object) -> None:
    def must_not_be_called(*_: Any) -> None:
        raise AssertionError("a wake-up is neither acknowledged nor rejected")

    claiming(drive, app, consumer)(message, None, must_not_be_called, must_not_be_called, ())


def test_the_request_speaks_of_the_job_by_its_own_id(here: Ledger, consumer: Consumer, new_job: Build) -> None:
    job = here.submit(new_job())
    handle(consumer, wake_up())
    (request,) = consumer.taken
    assert (request.id, request.root_id, request.args, request.name) == (job.id, job.id, [job.id], "qcjob.drive")
    assert request.argsrepr == repr((job.id,))
    found = here.read(job.id)
    assert found is not None and found.state is JobState.SUBMITTED and found.attempts[0].worker == "worker@a"


def test_nothing_of_the_wake_up_reaches_the_request(here: Ledger, consumer: Consumer, new_job: Build) -> None:
    here.submit(new_job())
    spoilt = wake_up(
        headers={"id": "evil", "task": "os.system", "eta": "2999-01-01", "timelimit": [1, 1], "claim": {"id": "evil"}},
        body="\x00garbage",
        properties={"reply_to": "evil", "correlation_id": "evil"},
    )
    handle(consumer, spoilt)
    (request,) = consumer.taken
    assert "evil" not in str(request.request_dict)
    assert request.time_limits == [None, None]
    assert request.eta is None


def test_two_wake_ups_for_one_job_give_one_request(here: Ledger, consumer: Consumer, new_job: Build) -> None:
    here.submit(new_job())
    for _ in range(5):
        handle(consumer, wake_up())
    assert len(consumer.taken) == 1


@pytest.mark.parametrize("device", ["not-here", "", None, 7, ["simulator"], {"a": 1}, "\ud800", "x" * 10_000])
def test_a_device_not_served_here_is_refused(here: Ledger, consumer: Consumer, new_job: Build, device: object) -> None:
    here.submit(new_job(device="not-here"))
    handle(consumer, wake_up(device))
    assert consumer.taken == []


@pytest.mark.parametrize(
    "message",
    [
        None,
        SimpleNamespace(),
        SimpleNamespace(delivery_info=None),
        SimpleNamespace(delivery_info="simulator"),
        SimpleNamespace(delivery_info={}),
        wake_up(payload=b"\xff", body=b"\xff", headers=None, properties=None),
    ],
)
def test_rubbish_is_dropped_without_an_error(here: Ledger, consumer: Consumer, message: object) -> None:
    handle(consumer, message)
    assert consumer.taken == []


@pytest.mark.parametrize("error", [LedgerUnavailable("gone"), redis.ConnectionError("gone"), RuntimeError("a bug")])
def test_an_error_while_claiming_drops_the_wake_up(
    here: Ledger, consumer: Consumer, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def claim(*_: Any) -> None:
        raise error

    monkeypatch.setattr(here, "claim", claim)
    handle(consumer, wake_up())
    assert consumer.taken == []


def test_an_error_after_the_claim_puts_the_job_back(here: Ledger, consumer: Consumer, new_job: Build) -> None:
    job = here.submit(new_job())

    def explode(request: object) -> None:
        raise MemoryError

    consumer.on_task_request = explode
    handle(consumer, wake_up())
    found = here.read(job.id)
    assert found is not None and found.state is JobState.WAITING
    assert here.client.zcard("qcjob:leases:simulator") == 0
