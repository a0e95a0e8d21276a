"""How many compiles run at a time, and how many may wait for one of those places."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from qcjob.errors import CompilerBusy


class Places:
    """`running` at a time, `waiting` more in a queue, the others refused."""

    def __init__(self, running: int, waiting: int) -> None:
        self.running = running
        self.waiting = waiting
        self._admitted = threading.Semaphore(running + waiting)
        self._free = threading.Semaphore(running)

    @contextmanager
    def take(self, wait_seconds: float) -> Iterator[None]:
        """A place for as long as the block lasts. Raises CompilerBusy when the queue is full, or does not move."""
        if not self._admitted.acquire(blocking=False):
            raise CompilerBusy(f"{self.running} programs are compiled and {self.waiting} wait already; try again soon")
        try:
            if not self._free.acquire(timeout=wait_seconds):
                raise CompilerBusy(f"no place to compile came free within {wait_seconds:g} s; try again soon")
            try:
                yield
            finally:
                self._free.release()
        finally:
            self._admitted.release()
