"""In-process use: no worker, no broker, one Redis client (fakeredis will do). For examples and tests of user code."""

from __future__ import annotations

import redis

from qcjob.service import Service
from qcjob.wiring import build_ledger, build_service
from workers.app import app, drive, settings


def in_process(client: redis.Redis) -> Service:
    """A service on this client, whose jobs `run` will execute in this process."""
    app.conf.task_always_eager = True
    app.ledger = build_ledger(settings, client)
    return build_service(settings, client)


def run() -> int:
    """Pop every wake-up and run the jobs they stand for, until all queues are empty; how many jobs ran."""
    ran = 0
    queues = list(app.devices.all)
    while popped := [name for name in queues if app.ledger.client.rpop(name)]:
        for device in popped:
            ran += drive.apply(queue=device) is not None
    return ran
