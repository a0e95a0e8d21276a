"""The keeper: a timer in every worker's main process that does what is due in the ledger, for all devices.

It also ends its own children whose lease lapsed: a driver that hangs, or a child that is stopped, must not hold a slot
for ever. A child is given one more tick, so that one that outlived an outage of Redis can renew first.
"""

from __future__ import annotations

import os
import signal
from typing import Any

from celery import bootsteps
from celery.worker import state as worker_state

from qcjob.errors import LedgerUnavailable
from qcjob.ledger import Lapsed
from qcjob.ledger.backend import claim_of
from qcjob.logs import get_logger
from workers.announcer import Announcer

log = get_logger(__name__)


class Keeper(bootsteps.StartStopStep):  # type: ignore[misc]
    """A step of Celery's consumer, started with every connection to the broker."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, consumer: Any, **kwargs: Any) -> None:
        super().__init__(consumer, **kwargs)
        self._timer: Any = None
        self._announcer: Announcer | None = None
        self._suspects: set[Lapsed] = set()

    def start(self, consumer: Any) -> None:
        """Tick from now on; announce the devices served here."""
        app = consumer.app
        self._tick(consumer)
        self._timer = consumer.timer.call_repeatedly(app.settings.keeper_seconds, self._tick, (consumer,))
        if self._announcer is None:
            served = [device for name, device in app.devices.all.items() if name in app.amqp.queues.consume_from]
            self._announcer = Announcer(app.ledger, served)
            self._announcer.start()

    def stop(self, consumer: Any) -> None:
        """The connection is closing: no tick until the next start."""
        if self._timer is not None:
            consumer.timer.cancel(self._timer)
            self._timer = None

    def shutdown(self, consumer: Any) -> None:
        """The worker ends."""
        self.stop(consumer)
        if self._announcer is not None:
            self._announcer.stop()

    def _tick(self, consumer: Any) -> None:
        try:
            lapsed = set(consumer.app.ledger.keep(consumer.app.settings.retention_seconds))
            for lease in lapsed & self._suspects:
                end_child_of(lease)
            self._suspects = lapsed
            consumer.pool.maintain_pool()  # a child's end is told before it can be reaped: Celery would look 5 s later
        except LedgerUnavailable as error:
            log.warning("keeper could not reach the ledger", reason=str(error))
        except Exception:
            log.exception("keeper failed")


def end_child_of(lease: Lapsed) -> bool:
    """Kill the child of this worker that holds a lapsed lease; whether there was one."""
    for request in tuple(worker_state.active_requests):
        claim = claim_of(request._context)
        if claim is not None and (claim.id, claim.fence) == (lease.id, lease.fence) and request.worker_pid:
            log.warning("child killed: its lease lapsed", job_id=lease.id, device=lease.device, pid=request.worker_pid)
            os.kill(request.worker_pid, signal.SIGKILL)
            return True
    return False
