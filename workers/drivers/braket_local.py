"""Amazon Braket's local simulator as a device: the text a Braket device would be given, run by Braket's interpreter.

A run is a process of its own, so that a cancel or a time limit ends it at once. The simulator takes no seed: two runs
of a job differ, and a job submitted again is run again, which is why the driver promises no dedup. Nothing real runs
twice, so `on_uncertain = "rerun"` is harmless.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qcjob.devices.driver import (
    CancelAnswer,
    Caps,
    DeviceStatus,
    Driver,
    Handle,
    Poll,
    PollState,
    Program,
    Properties,
    Result,
    Status,
)
from qcjob.errors import ConfigurationError, DriverError, Rejected
from qcjob.target import MID_CIRCUIT, RESET, Target
from workers.drivers.braket_gates import NAMES, known
from workers.drivers.columns import columns_of, counts_of
from workers.drivers.forks import Fork, Forks
from workers.drivers.openqasm import Dialect, measured, measures_only_at_the_end, write

START_SECONDS = 25.0
"""What a run may take to start: the first imports Braket, which takes 3 to 6 s on a small machine."""

RETENTION_SECONDS = 3_600.0


@dataclass(slots=True)
class _Run:
    fork: Fork
    written: dict[int, int]
    clbits: int
    started: float
    cancelled: bool = False


class BraketLocal(Driver):
    """Braket's LocalSimulator. Device options: `backend` (braket_sv), `num_qubits` (what the backend says, 26).

    Programs that only measure at their end are given as a verbatim box on physical qubits, as a Braket QPU gets them;
    others, which a QPU would refuse, without the box. The handle dies with the process.
    """

    caps = Caps(cancel="running", retention=RETENTION_SECONDS)

    def __init__(self, name: str, options: Mapping[str, Any]) -> None:
        super().__init__(name, options)
        if unknown := set(options) - {"backend", "num_qubits"}:
            raise ConfigurationError(f"device {name}: unknown options {', '.join(sorted(unknown))}")
        qubits = options.get("num_qubits")
        if qubits is not None and (isinstance(qubits, bool) or not isinstance(qubits, int) or qubits < 1):
            raise ConfigurationError(f"device {name}: num_qubits = {qubits!r:.40}: wanted a whole number, 1 or more")
        self._backend = str(options.get("backend", "braket_sv"))
        self._forks = Forks("workers.drivers.braket_child")
        self._session = secrets.token_hex(4)  # another process's handle must not be taken for one of ours
        self._runs: dict[Handle, _Run] = {}
        self._target: Target | None = None

    def properties(self) -> Properties:
        """The backend's own gates and size, all to all; it resets, and goes on with a qubit it measured."""
        if self._target is None:
            self._target = _target(self._told_of_itself(), self.options.get("num_qubits"))
        return Properties(self._target)

    def _told_of_itself(self) -> Mapping[str, Any]:
        fork = self._forks.run({"backend": self._backend, "properties": True}, START_SECONDS)
        until = time.monotonic() + START_SECONDS
        while (told := fork.answer()) is None:
            if time.monotonic() > until:
                fork.kill()
                raise DriverError(f"the backend {self._backend} does not tell its properties")
            time.sleep(0.01)
        if "error" in told:
            raise DriverError(f"the backend {self._backend} cannot be had: {told['error']}")
        properties: Mapping[str, Any] = told["properties"]
        return properties

    def status(self) -> Status:
        """Busy while a run of this process lasts, else online."""
        busy = any(self.poll(handle).state is PollState.RUNNING for handle in list(self._runs))
        return Status(DeviceStatus.BUSY if busy else DeviceStatus.ONLINE)

    def submit(self, job_id: str, program: Program, shots: int) -> Handle:
        """Starts the run. Raises Rejected for a program it cannot write down."""
        compiled = program.compiled
        if program.options:
            raise Rejected(f"this device takes no job options, not {', '.join(program.options)}")
        boxed = measures_only_at_the_end(compiled)
        source = write(compiled, Dialect(NAMES, physical=True, verbatim=boxed))
        fork = self._forks.run({"backend": self._backend, "source": source, "shots": shots}, START_SECONDS)
        now = time.monotonic()
        self._runs = {key: run for key, run in self._runs.items() if run.started + RETENTION_SECONDS > now}
        handle = f"{self._session}:{secrets.token_hex(8)}:{job_id}"
        self._runs[handle] = _Run(fork, measured(compiled), compiled["clbits"], now)
        return handle

    def poll(self, handle: Handle) -> Poll:
        """Running until its process answered; failed where that tells an error or died."""
        run = self._runs.get(handle)
        if run is None:
            return Poll(PollState.LOST, "no such run in this process")
        if run.cancelled:
            return Poll(PollState.CANCELLED)
        told = run.fork.answer()
        if told is None:
            return Poll(PollState.RUNNING)
        return Poll(PollState.FAILED, told["error"]) if "error" in told else Poll(PollState.DONE)

    def result(self, handle: Handle) -> Result:
        """The counts of a run that is done, as often as asked. Raises DriverError before that."""
        run = self._runs.get(handle)
        told = None if run is None or run.cancelled else run.fork.answer()
        if run is None or told is None or "error" in told:
            raise DriverError(f"run {handle[:80]!r} has no result")
        columns = columns_of(run.written, told["measured"])
        return Result(counts_of(told["outcomes"], columns, run.clbits))

    def cancel(self, handle: Handle) -> CancelAnswer:
        """Kills the run's process."""
        run = self._runs.get(handle)
        if run is None or (not run.cancelled and not run.fork.kill()):
            return CancelAnswer.TOO_LATE
        run.cancelled = True
        return CancelAnswer.CANCELLED

    def close(self) -> None:
        """Ends what still runs."""
        self._forks.close()


def _target(told: Mapping[str, Any], num_qubits: int | None) -> Target:
    """Raises DriverError where the properties are not those of a gate-model simulator."""
    try:
        operations = told["action"]["braket.ir.openqasm.program"]["supportedOperations"]
        most = int(told["paradigm"]["qubitCount"])
    except (KeyError, TypeError, ValueError) as error:
        raise DriverError(f"the backend tells no gates: {error!r}") from error
    return Target(min(most, num_qubits or most), known(operations), features=(RESET, MID_CIRCUIT))
