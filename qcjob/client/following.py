"""Following a job or a batch by long-polls, from one version to the next, until it is final.

It outlives a server that is away for a while, as it is when it is started anew: what was accepted goes on meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TypeVar

import httpx

from qcjob.client.answers import Followed, Problem, Unreachable
from qcjob.client.asking import path_of
from qcjob.client.connection import Connection

POLL_SECONDS = 20.0
OUTAGE_SECONDS = 60.0
"""How long a server may be away while something is followed; a restart takes seconds, on a busy machine ten."""
PAUSE_SECONDS = 1.0

Told = TypeVar("Told", bound=Followed)
OnOutage = Callable[[Unreachable | Problem], None]
"""Told of each time that the server did not answer, or answered that it cannot, while it is asked again."""


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

    def changes(
        self, seen: Told, every: float, *, outage_seconds: float | None = None, on_outage: OnOutage | None = None
    ) -> Iterator[Told]:
        """As it is, then again after each change, and at least every `every` seconds, until it is final.

        Raises what the server's absence raises (Unreachable, or Problem of 5xx) once it has lasted `outage_seconds`,
        OUTAGE_SECONDS where it is not given.
        """
        borne = OUTAGE_SECONDS if outage_seconds is None else outage_seconds
        yield seen
        while not seen.is_final:
            asked_at = self._clock()
            newer = self._outliving(seen, every, borne, on_outage)
            if newer.version == seen.version and self._clock() - asked_at < every / 2:
                self._sleep(min(every, 1.0))  # a server that is short of long-polls answers at once
            seen = newer
            yield seen

    def end(self, seen: Told, timeout_seconds: float | None) -> Told:
        """The same in its final state. Raises TimeoutError after `timeout_seconds`; it goes on all the same."""
        deadline = None if timeout_seconds is None else self._clock() + timeout_seconds
        every = POLL_SECONDS if timeout_seconds is None else min(POLL_SECONDS, max(1.0, timeout_seconds))
        outage = OUTAGE_SECONDS if timeout_seconds is None else min(OUTAGE_SECONDS, timeout_seconds)
        last = seen
        for last in self.changes(seen, every, outage_seconds=outage):
            if deadline is not None and not last.is_final and self._clock() >= deadline:
                raise TimeoutError(f"{last.kind} {last.id} is still {last.state} after {timeout_seconds} s")
        return last

    def _outliving(self, seen: Told, every: float, borne: float, on_outage: OnOutage | None) -> Told:
        away_since: float | None = None
        while True:
            try:
                return self.next_change(seen, every)
            except (Unreachable, Problem) as error:
                if isinstance(error, Problem) and error.status < 500:
                    raise
                now = self._clock()
                away_since = now if away_since is None else away_since
                if now - away_since >= borne:
                    raise
                if on_outage is not None:
                    on_outage(error)
                self._sleep(PAUSE_SECONDS)
