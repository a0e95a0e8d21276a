"""What simulators have in common: runs in processes that can be killed, kept in this one until they are read."""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from qcjob.devices.driver import (
    CancelAnswer,
    DeviceStatus,
    Driver,
    Handle,
    Poll,
    PollState,
    Program,
    Result,
    Status,
)
from qcjob.errors import DriverError, Rejected
from workers.drivers.forks import Fork, Forks

RETENTION_SECONDS = 3_600.0
MAX_KEPT_OUTCOMES = 2_000_000
"""Of all runs together: a million outcomes take some 100 MB, and the worker reads a result as soon as it is there."""

ABANDONED_SECONDS = 60.0
"""A run that nobody has asked about for so long belongs to a worker that lost its lease: it is ended."""

START_SECONDS = 25.0
"""For the first run, which waits for the imports; less than a device's submit_timeout."""


@dataclass(slots=True)
class _Run:
    """`fork` while it is computed, then `result` or `failed`; not done before `ends_at`, whatever is known."""

    ends_at: float
    seed: int
    asked_at: float
    fork: Fork | None = None
    result: Result | None = None
    failed: Poll | None = None
    cancelled: bool = False

    @property
    def outcomes(self) -> int:
        """How many outcomes it keeps."""
        return 0 if self.result is None else len(self.result.counts) + len(self.result.memory or ())


class Simulating(Driver):
    """Handles name runs of this process, and die with it. A run is a pure function of its job: dedup is native."""

    def __init__(self, name: str, options: Mapping[str, Any], *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(name, options)
        self._clock = clock
        self._session = secrets.token_hex(4)  # another process's handle must not be taken for one of ours
        self._runs: dict[Handle, _Run] = {}
        self._forks = Forks("workers.drivers.aer_child")

    def status(self) -> Status:
        """Busy while a run of this process lasts, else online."""
        busy = any(self._look(run).state is PollState.RUNNING for run in self._runs.values())
        return Status(DeviceStatus.BUSY if busy else DeviceStatus.ONLINE)

    def poll(self, handle: Handle) -> Poll:
        """Running until the simulation is over and the duration has passed; lost where the handle is not ours."""
        run = self._runs.get(handle)
        if run is None:
            return Poll(PollState.LOST, "no such run in this process")
        run.asked_at = self._clock()
        return self._look(run)

    def _look(self, run: _Run) -> Poll:
        if run.cancelled:
            return Poll(PollState.CANCELLED)
        if run.fork is not None and (told := run.fork.answer()) is not None:
            run.fork = None
            self._note(run, told)
        if run.failed is not None:
            return run.failed
        over = run.fork is None and self._clock() >= run.ends_at
        return Poll(PollState.DONE if over else PollState.RUNNING)

    def result(self, handle: Handle) -> Result:
        """The result of a run that is done, as often as asked. Raises DriverError before that."""
        state = self.poll(handle).state
        result = None if state is not PollState.DONE else self._runs[handle].result
        if result is None:
            raise DriverError(f"run {handle[:80]!r} is {state}, it has no result")
        return result

    def cancel(self, handle: Handle) -> CancelAnswer:
        """Stops a run at once, by ending its process."""
        run = self._runs.get(handle)
        if run is None or self.poll(handle).state in (PollState.DONE, PollState.FAILED):
            return CancelAnswer.TOO_LATE
        self._end(run)
        return CancelAnswer.CANCELLED

    def close(self) -> None:
        """End every run, and the process that forks them."""
        for run in self._runs.values():
            self._end(run)
        self._forks.close()

    def _known(self, job_id: str) -> Handle | None:
        """The handle of the run this job has here, unless it was cancelled."""
        handle = f"{self._session}:{job_id}"
        run = self._runs.get(handle)
        return handle if run is not None and not run.cancelled else None

    def _keep(self, job_id: str, seed: int, duration: float, of: dict[str, Any] | Result) -> Handle:
        """The handle of a run that lasts `duration` seconds at least: its result, or what a process is to be asked."""
        self._tidy()
        now = self._clock()
        run = _Run(now + duration, seed, now)
        if isinstance(of, Result):
            run.result = of
        else:
            run.fork = self._forks.run(of, START_SECONDS)
        handle = f"{self._session}:{job_id}"
        self._runs[handle] = run
        return handle

    def _note(self, run: _Run, told: dict[str, Any]) -> None:
        if "counts" in told:
            memory = told["memory"]
            run.result = Result(told["counts"], None if memory is None else tuple(memory), run.seed)
        elif "rejected" in told:
            run.failed = Poll(PollState.FAILED, told["rejected"], "rejected")
        else:
            run.failed = Poll(PollState.FAILED, f"the simulation broke off: {told.get('error', told)!s:.500}")

    def _end(self, run: _Run) -> None:
        run.cancelled = True
        if run.fork is not None:
            run.fork.kill()
            run.fork = None

    def _tidy(self) -> None:
        """Forget runs past the retention, and the oldest where they keep too much; end those nobody asks about."""
        now, kept = self._clock(), 0
        for handle, run in reversed(tuple(self._runs.items())):
            kept += run.outcomes
            if run.fork is not None:
                if now > run.asked_at + ABANDONED_SECONDS:
                    self._end(run)
            elif kept > MAX_KEPT_OUTCOMES or now > run.ends_at + RETENTION_SECONDS:
                del self._runs[handle]


def asked_of(program: Program, shots: int, seed: int) -> dict[str, Any]:
    """What every engine is asked."""
    memory = program.options.get("memory", False)
    if not isinstance(memory, bool):
        raise Rejected(f"the option memory is {memory!r:.80}: wanted true or false")
    return {"compiled": dict(program.compiled), "shots": shots, "seed": seed, "memory": memory}


def number(options: Mapping[str, Any], name: str, default: float, *, most: float = sys.float_info.max) -> float:
    """The option's value, 0 to `most`. Raises Rejected."""
    value = options.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        wanted = "0 or more" if most == sys.float_info.max else f"0 to {most:g}"
        raise Rejected(f"the option {name} is {value!r:.80}: wanted a number, {wanted}")
    return float(value)
