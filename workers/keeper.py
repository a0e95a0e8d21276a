"""The keeper: a timer in every worker's main process that does what is due in the ledger, for all devices.

It also ends its own children whose claim is void, because the lease lapsed or another worker has the job: a driver that
hangs, or a child that is stopped, must not hold its place for ever. A child is given one more tick, so that one that
outlived an outage of Redis can renew first, and one that learns of its loss can stop by itself.
"""

from __future__ import annotations

import os
import signal
from typing import Any

from celery import bootsteps
from celery.worker import state as worker_state

from qcjob.errors import LedgerUnavailable
from qcjob.ledger.backend import claim_of
from qcjob.logs import get_logger
from workers.announcer import Announcer
from workers.selftest import SelfTest

log = get_logger(__name__)


class Keeper(bootsteps.StartStopStep):  # type: ignore[misc]
    """A step of Celery's consumer, started with every connection to the broker."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, consumer: Any, **kwargs: Any) -> None:
        super().__init__(consumer, **kwargs)
        self._timer: Any = None
        self._announcer: Announcer | None = None
        self._self_test: SelfTest | None = None
        self._suspects: frozenset[tuple[str, int]] = frozenset()

    def start(self, consumer: Any) -> None:
        """Tick from now on; announce the devices served here."""
        app = consumer.app
        self._tick(consumer)
        self._timer = consumer.timer.call_repeatedly(app.settings.keeper_seconds, self._tick, (consumer,))
        if self._announcer is None:
            served = [device for name, device in app.devices.all.items() if name in app.amqp.queues.consume_from]
            self._self_test = SelfTest(app.settings, app.ledger, app.devices, served)
            self._announcer = Announcer(app.ledger, served, self._self_test.remarks)
            self._announcer.start()
            self._self_test.start()

    def stop(self, consumer: Any) -> None:
        """The connection is closing: no tick until the next start."""
        if self._timer is not None:
            consumer.timer.cancel(self._timer)
            self._timer = None

    def shutdown(self, consumer: Any) -> None:
        """The worker ends."""
        self.stop(consumer)
        for part in (self._announcer, self._self_test):
            if part is not None:
                part.stop()

    def _tick(self, consumer: Any) -> None:
        try:
            children = children_at_work()
            void = consumer.app.ledger.keep(consumer.app.settings.retention_seconds, children)
            for claim in void & self._suspects:
                job_id, pid = claim[0], children[claim]
                log.warning("child killed: its claim is void", job_id=job_id, fence=claim[1], child=pid)
                os.kill(pid, signal.SIGKILL)
            self._suspects = void
            consumer.pool.maintain_pool()  # a child's end is told before it can be reaped: Celery would look 5 s later
        except LedgerUnavailable as error:
            log.warning("keeper could not reach the ledger", reason=str(error))
        except Exception:
            log.exception("keeper failed")


def children_at_work() -> dict[tuple[str, int], int]:
    """The process id of every child at work here, by the claim it works on: id and fence."""
    found = {}
    for request in tuple(worker_state.active_requests):
        claim = claim_of(request._context)
        if claim is not None and request.worker_pid:
            found[claim.id, claim.fence] = request.worker_pid
    return found
