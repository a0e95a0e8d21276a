"""In-process use: no worker, no broker, no server; one Redis client, and fakeredis will do. For examples and tests.

    with in_process(fakeredis.FakeRedis()) as service:
        job = service.submit(me, JobRequest("X(90),Y(90), X(180)", runtime="verbatim"))   # WAITING
        run()                                                                             # now COMPLETED

Rank, checks, moves and drivers are those of a real installation; only who calls the task is another. One thread at a
time, one block at a time: the Celery app of this process is lent to the block.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import redis

from qcjob.devices.config import Devices
from qcjob.service import Service
from qcjob.wiring import build_ledger, service_on
from workers.app import app, drive, settings


@contextmanager
def in_process(client: redis.Redis, devices: Devices | None = None) -> Iterator[Service]:
    """A service on this client; until the block ends `run` executes its jobs, and `app.AsyncResult(id)` reads them.

    `devices` are those of QCJOB_DEVICES unless given. A driver stays loaded under its device's name for as long as the
    process lives. What was changed in the Celery app is put back at the end, however the block ends; the client is
    left open. Raises RuntimeError inside another block.
    """
    if app.conf.task_always_eager:
        raise RuntimeError("in_process is in use already in this process: leave that block first")
    before = app.ledger, app.devices
    app.ledger = build_ledger(settings, client)
    app.devices = devices or app.devices
    app.conf.task_always_eager = True
    app.conf.task_store_eager_result = True  # so that the ledger's backend hears of a task that broke, as from a worker
    drive.send_event = _send_to_nobody
    try:
        yield service_on(settings, app.ledger, app.devices)
    finally:
        app.conf.task_always_eager = app.conf.task_store_eager_result = False
        app.ledger, app.devices = before
        del drive.send_event  # the class's own again


def run() -> int:
    """Run what waits, best rank first on each device, until no wake-up is left; how many times a job was run.

    A job that waits for later (its device was unavailable) has no wake-up yet and stays WAITING; so do the jobs of a
    device that is published as one that takes none. Nothing is raised for a job that fails: its descriptor says so.
    Raises RuntimeError outside of `in_process`, LedgerUnavailable when Redis does not answer.
    """
    if not app.conf.task_always_eager:
        raise RuntimeError("run() works inside `with in_process(client)` only; elsewhere the workers run the jobs")
    ran = 0
    while devices := [name for name in app.devices.all if app.ledger.client.rpop(name)]:
        ran += sum(drive.apply(queue=name) is not None for name in devices)
    return ran


def _send_to_nobody(*_: Any, **__: Any) -> None:
    """There is no broker that an event could go to, and no network may be looked for one."""
