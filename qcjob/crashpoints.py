"""Where a process can be told to die: between any two calls to the outside, so that tests can show what then becomes
of a job. Off unless QCJOB_CRASH_POINT names a point, and then nothing stands in the way of any call.

A point is `before` or `after` one of CALLS, and which time in this process, the first unless said: `after claim`,
`before device.poll 2`. The process kills itself with SIGKILL, as a machine that loses its power would.
"""

from __future__ import annotations

import itertools
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

from qcjob.errors import ConfigurationError

CALLS = {
    "submit": "the web records a job",
    "batch": "the web accepts a batch, and records the first of its jobs",
    "record": "the web, or a keeper, records the next jobs of a batch",
    "cancel_batch": "the web, or a keeper, cancels the next jobs of a batch",
    "cancel": "the web, or Celery's revoke, asks for a cancel",
    "exchange": "the web lets two waiting jobs of one customer exchange places",
    "change_tier": "the web ranks a waiting job in another tier",
    "hold": "the web holds a waiting job, or releases it, for an operator",
    "move": "the web moves a waiting job to another device for an operator",
    "direct": "the web records whether an operator lets a device take jobs",
    "open_session": "the web opens a session",
    "read_session": "the web looks at a session, and closes one whose time is over",
    "close_session": "the web closes a session",
    "reserve": "the web records a reservation",
    "unreserve": "the web takes a reservation away",
    "claim": "a worker takes a job, or takes a lost worker's job over",
    "mark": "a child notes that it is about to hand the job to the device",
    "device.submit": "a child hands the job to the device",
    "start": "a child records the device's handle",
    "advance": "a child records the result of a part, and goes on to the next",
    "device.poll": "a child asks the device how the run is",
    "device.cancel": "a child asks the device to stop the run",
    "device.result": "a child fetches the counts",
    "device.find": "a child asks the device whether it has a lost worker's job",
    "device.properties": "a child asks the device for its calibration",
    "finish": "a child records how the job ended",
    "put_back": "a child lets the job wait again",
    "renew": "a child renews its lease",
    "lapse": "a worker ends the lease of a child that died",
    "online": "a worker publishes how its device is",
    "keep": "a worker's keeper does what is due",
}
"""Every call that changes something outside, in the ledger or on a device, and who makes it."""

POINTS = tuple(f"{when} {call}" for call in CALLS for when in ("before", "after"))

Call = TypeVar("Call", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class CrashPoint:
    """One of POINTS, which time the process comes by, and the file that it leaves when it dies there.

    A process that finds the file lives on: so a job's next worker, in the same environment, is not killed too.
    """

    point: str
    time: int = 1
    once: Path | None = None

    @classmethod
    def parse(cls, text: str, once: Path | None = None) -> CrashPoint:
        """From the text of QCJOB_CRASH_POINT. Raises ConfigurationError."""
        words = text.split()
        time = int(words.pop()) if words and words[-1].isdecimal() else 1
        point = " ".join(words)
        if point not in POINTS or time < 1:
            wanted = ", ".join(CALLS)
            raise ConfigurationError(f"QCJOB_CRASH_POINT={text!r}: wanted `before` or `after`, and one of {wanted}")
        return cls(point, time, once)

    def around(self, name: str, call: Call) -> Call:
        """The call of this name, and around it the point; the call itself where the point is elsewhere."""
        when, _, where = self.point.partition(" ")
        if where != name:
            return call
        times = itertools.count(1)

        @wraps(call)
        def around(*args: Any, **kwargs: Any) -> Any:
            dies = next(times) == self.time
            if dies and when == "before":
                self._die()
            answer = call(*args, **kwargs)
            if dies and when == "after":
                self._die()
            return answer

        return around  # type: ignore[return-value]  # of the same signature

    def _die(self) -> None:
        if self.once is not None:
            try:
                self.once.touch(exist_ok=False)
            except FileExistsError:
                return
        os.kill(os.getpid(), signal.SIGKILL)
