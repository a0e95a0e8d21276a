"""The stream of changes: one reader per process, which wakes whoever waits for a job."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import redis

STREAM = "qcjob:changes"
_BLOCK_MS = 1_000
_RETRY_SECONDS = 0.5
_IDLE_SECONDS = 0.1
"""Between two reads while nobody waits for a job: being woken by every change would cost a busy web process a lot."""


class Waiter:
    """Wakes when its job, or one of its batch, changed. Take it before reading, so that no change falls between."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def wait(self, timeout_seconds: float) -> bool:
        """Wait for the next change; whether there was one. Ready to wait again afterwards."""
        changed = self._event.wait(timeout_seconds)
        self._event.clear()
        return changed

    def wake(self) -> None:
        """Called by the reader."""
        self._event.set()


class Changes:
    """Reads the stream in a thread of its own, from the first subscription on; wakes everybody after an outage."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._waiters: dict[str, set[Waiter]] = {}
        self._listeners: dict[str, list[Callable[[], None]]] = {}
        self._wanted = threading.Event()
        self._thread: threading.Thread | None = None

    @contextmanager
    def subscribe(self, job_id: str) -> Iterator[Waiter]:
        """A waiter for the changes of one job, or of any job of one batch, from now until the block ends."""
        waiter = Waiter()
        with self._lock:
            self._waiters.setdefault(job_id, set()).add(waiter)
            self._wanted.set()
            self._start()
        try:
            yield waiter
        finally:
            with self._lock:
                waiting = self._waiters[job_id]
                waiting.discard(waiter)
                if not waiting:
                    del self._waiters[job_id]

    def listen(self, name: str, callback: Callable[[], None]) -> None:
        """Call back on every entry with this id, for as long as the process lives."""
        with self._lock:
            self._listeners.setdefault(name, []).append(callback)
            self._start()

    def _start(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._read, name="changes", daemon=True)
            self._thread.start()

    def _read(self) -> None:
        last: Any = None
        while True:
            try:
                if last is None:
                    newest = self._client.xrevrange(STREAM, count=1)
                    last = newest[0][0] if newest else b"0-0"
                    self._tell_all()
                answer: Any = self._client.xread({STREAM: last}, count=1_000, block=_BLOCK_MS)
                for _, entries in answer or ():
                    for entry_id, fields in entries:
                        last = entry_id
                        self._tell(fields.get(b"id", b"").decode())
                        if b"batch" in fields:
                            self._tell(fields[b"batch"].decode())
                self._wanted.clear()
                if not self._waiters:
                    self._wanted.wait(_IDLE_SECONDS)
            except redis.RedisError:
                last = None
                time.sleep(_RETRY_SECONDS)

    def _tell(self, name: str) -> None:
        with self._lock:
            waiters, listeners = list(self._waiters.get(name, ())), list(self._listeners.get(name, ()))
        for waiter in waiters:
            waiter.wake()
        for listener in listeners:
            listener()

    def _tell_all(self) -> None:
        with self._lock:
            names = [*self._waiters, *self._listeners]
        for name in names:
            self._tell(name)
