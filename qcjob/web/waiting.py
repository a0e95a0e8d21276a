"""Long-polls: waiting for a job's next change or its end, with a bounded number of waiters per process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from qcjob.job import Job
from qcjob.security.caller import Caller
from qcjob.web.front import Front
from qcjob.web.problems import TooManyWaiting

LOOK_SECONDS = 5.0  # look at the job this often even if no change was heard of


@contextmanager
def _place(front: Front) -> Iterator[None]:
    if not front.places.acquire(blocking=False):
        most = front.settings.long_polls
        raise TooManyWaiting(f"{most} requests are waiting here already, and no more may; ask again, or without Prefer")
    try:
        yield
    finally:
        front.places.release()


def wait_until(front: Front, caller: Caller, job: Job, done: Callable[[Job], bool], seconds: float) -> Job:
    """The job once `done` says so, or as it is after that many seconds.

    Raises TooManyWaiting where it would have to wait and every place is taken, and whatever `Service.status` raises.
    """
    if done(job) or seconds <= 0:
        return job
    deadline = time.monotonic() + seconds
    with _place(front), front.changes.subscribe(job.id) as waiter:
        while True:
            job = front.service.status(caller, job.id)  # after subscribing: no change falls between
            left = deadline - time.monotonic()
            if done(job) or left <= 0:
                return job
            waiter.wait(min(left, LOOK_SECONDS))
