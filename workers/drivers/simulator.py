"""The quantum computer that is always there: exact state vectors, sampled."""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from qcjob.devices.driver import (
    CancelAnswer,
    Caps,
    DeviceStatus,
    Driver,
    Finished,
    Handle,
    Poll,
    PollState,
    Program,
    Properties,
    Result,
    Status,
)
from qcjob.errors import ConfigurationError, DriverError, Rejected
from qcjob.target import Target
from workers.drivers.seeds import seed_of
from workers.drivers.statevector import GATES, MAX_QUBITS, sample

RETENTION_SECONDS = 3_600.0


@dataclass(slots=True)
class _Run:
    ends_at: float
    result: Result
    cancelled: bool = False


class Simulator(Driver):
    """A noiseless, instant quantum computer, unless asked otherwise.

    Device options: `num_qubits` (1, at most 20), `native_gates` (rx, ry, rz), `readout_error` (0, for jobs that name
    none). Job options: `duration`, the seconds the run lasts; `readout_error`, the chance that a bit is read wrong.

    A run is a pure function of program, shots, options and seed, and a job without a seed gets one made from its id:
    a job submitted twice gives the same counts, which is what dedup "native" promises. Only runs with a duration have
    a handle; it dies with the process.
    """

    caps = Caps(dedup="native", cancel="running", retention=RETENTION_SECONDS)

    def __init__(self, name: str, options: Mapping[str, Any], *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(name, options)
        if unknown := set(options) - {"num_qubits", "native_gates", "readout_error"}:
            raise ConfigurationError(f"device {name}: unknown options {', '.join(sorted(unknown))}")
        qubits, gates = options.get("num_qubits", 1), tuple(options.get("native_gates", ("rx", "ry", "rz")))
        if not isinstance(qubits, int) or not 1 <= qubits <= MAX_QUBITS:
            raise ConfigurationError(f"device {name}: num_qubits = {qubits!r}: wanted 1 to {MAX_QUBITS}")
        if not set(gates) <= set(GATES):
            raise ConfigurationError(f"device {name}: native_gates = {list(gates)}: there are {', '.join(GATES)}")
        try:
            self._readout_error = _number(options, "readout_error", 0.0, most=1.0)
        except Rejected as error:
            raise ConfigurationError(f"device {name}: {error}") from error
        self._target = Target(qubits, gates)
        self._clock = clock
        self._session = secrets.token_hex(4)  # another process's handle must not be taken for one of ours
        self._runs: dict[Handle, _Run] = {}

    def properties(self) -> Properties:
        """The target, and the job options above."""
        return Properties(self._target, ("duration", "readout_error"))

    def status(self) -> Status:
        """Busy while a run of this process lasts, else online."""
        now = self._clock()
        busy = any(run.ends_at > now and not run.cancelled for run in self._runs.values())
        return Status(DeviceStatus.BUSY if busy else DeviceStatus.ONLINE)

    def submit(self, job_id: str, program: Program, shots: int) -> Handle | Finished:
        """Finished at once; with a duration, a handle. Raises Rejected for a program or an option it cannot take."""
        duration = _number(program.options, "duration", 0.0, most=sys.float_info.max)
        flip = _number(program.options, "readout_error", self._readout_error, most=1.0)
        handle = f"{self._session}:{job_id}"
        if (known := self._runs.get(handle)) and not known.cancelled:
            return handle
        seed = seed_of(job_id, program.seed)
        counts = sample(program.compiled, shots, seed, flip=flip, max_qubits=self._target.num_qubits)
        result = Result(counts, seed=seed)
        if not duration:
            return Finished(result)
        now = self._clock()
        self._runs = {key: run for key, run in self._runs.items() if run.ends_at + RETENTION_SECONDS > now}
        self._runs[handle] = _Run(now + duration, result)
        return handle

    def poll(self, handle: Handle) -> Poll:
        """Running until the duration has passed, then done; cancelled, or lost where the handle is not ours."""
        run = self._runs.get(handle)
        if run is None:
            return Poll(PollState.LOST, "no such run in this process")
        if run.cancelled:
            return Poll(PollState.CANCELLED)
        return Poll(PollState.RUNNING if self._clock() < run.ends_at else PollState.DONE)

    def result(self, handle: Handle) -> Result:
        """The counts of a run that is done, as often as asked. Raises DriverError before that."""
        state = self.poll(handle).state
        if state is not PollState.DONE:
            raise DriverError(f"run {handle[:80]!r} is {state}, it has no result")
        return self._runs[handle].result

    def cancel(self, handle: Handle) -> CancelAnswer:
        """Stops a running run at once."""
        run = self._runs.get(handle)
        if run is None or (not run.cancelled and self._clock() >= run.ends_at):
            return CancelAnswer.TOO_LATE
        run.cancelled = True
        return CancelAnswer.CANCELLED


def _number(options: Mapping[str, Any], name: str, default: float, *, most: float) -> float:
    value = options.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        wanted = "0 or more" if most == sys.float_info.max else f"0 to {most:g}"
        raise Rejected(f"the option {name} is {value!r:.80}: wanted a number, {wanted}")
    return float(value)
