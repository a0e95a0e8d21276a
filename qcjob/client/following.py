"""Following a job or a batch by long-polls, from one version to the next, until it is final."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TypeVar

import httpx

from qcjob.client.answers import Followed
from qcjob.client.asking import path_of
from qcjob.client.connection import Connection

POLL_SECONDS = 20.0

Told = TypeVar("Told", bound=Followed)


class Follower:
    """Follows what one server goes on with; `sleep` and `clock` are for tests."""

    def __init__(
        self,
        connection: Connection,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connection = connection
        self._sleep = sleep
        self._clock = clock

    def next_change(self, seen: Told, seconds: float) -> Told:
        """The same once its version differs from the one given, or the one given when `seconds` pass without."""
        headers = {"Prefer": f"wait={max(1, round(seconds))}"}
        if seen.etag:
            headers["If-None-Match"] = seen.etag
        timeout = seconds + self._connection.timeout_seconds
        answer = self._connection.ask("GET", path_of(seen, type(seen)), headers=headers, timeout=timeout)
        return seen if answer.status_code == httpx.codes.NOT_MODIFIED else type(seen).from_answer(answer)

    def changes(self, seen: Told, every: float) -> Iterator[Told]:
        """As it is, then again after each change, and at least every `every` seconds, until it is final."""
        yield seen
        while not seen.is_final:
            asked_at = self._clock()
            newer = self.next_change(seen, every)
            if newer.version == seen.version and self._clock() - asked_at < every / 2:
                self._sleep(min(every, 1.0))  # a server that is short of long-polls answers at once
            seen = newer
            yield seen

    def end(self, seen: Told, timeout_seconds: float | None) -> Told:
        """The same in its final state. Raises TimeoutError after `timeout_seconds`; it goes on all the same."""
        deadline = None if timeout_seconds is None else self._clock() + timeout_seconds
        every = POLL_SECONDS if timeout_seconds is None else min(POLL_SECONDS, max(1.0, timeout_seconds))
        last = seen
        for last in self.changes(seen, every):
            if deadline is not None and not last.is_final and self._clock() >= deadline:
                raise TimeoutError(f"{last.kind} {last.id} is still {last.state} after {timeout_seconds} s")
        return last
