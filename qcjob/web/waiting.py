"""Long-polls: waiting for the next change or the end of a job or a batch, with a bounded number of waiters."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from qcjob.batch import Batch
from qcjob.job import Job
from qcjob.web.front import Front
from qcjob.web.refusals import TooManyWaiting

LOOK_SECONDS = 5.0  # look this often even if no change was heard of

Followed = TypeVar("Followed", Job, Batch)


@contextmanager
def _place(front: Front) -> Iterator[None]:
    if not front.places.acquire(blocking=False):
        most = front.settings.long_polls
        raise TooManyWaiting(f"{most} requests are waiting here already, and no more may; ask again, or without Prefer")
    try:
        yield
    finally:
        front.places.release()


def wait_until(
    front: Front, found: Followed, look: Callable[[str], Followed], done: Callable[[Followed], bool], seconds: float
) -> Followed:
    """What was found, once `done` says so, or as it is after that many seconds; `look` finds it anew, by its id.

    Raises TooManyWaiting where it would have to wait and every place is taken, and whatever `look` raises.
    """
    if done(found) or seconds <= 0:
        return found
    deadline = time.monotonic() + seconds
    with _place(front), front.changes.subscribe(found.id) as waiter:
        while True:
            found = look(found.id)  # after subscribing: no change falls between
            left = deadline - time.monotonic()
            if done(found) or left <= 0:
                return found
            waiter.wait(min(left, LOOK_SECONDS))
