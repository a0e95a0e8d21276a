"""Any quantum computer that has a Qiskit provider: its BackendV2, and the jobs that it makes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from qiskit.exceptions import QiskitError

from qcjob.circuits.targets import from_qiskit
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
from qcjob.target import CONDITIONALS, Target
from workers.drivers import qiskit_provider
from workers.drivers.qiskit_circuits import each_without_blanks, on_device, without_blanks
from workers.drivers.seeds import in_31_bits, seed_of

_OPTIONS = {"backend", "arguments", "run", "tags"}
_TARGET_SECONDS = 60.0
"""For so long the target is remembered: reading it may ask the provider."""

_STATES = {
    **dict.fromkeys(("INITIALIZING", "VALIDATING", "QUEUED"), PollState.QUEUED),
    "RUNNING": PollState.RUNNING,
    **dict.fromkeys(("DONE", "COMPLETED"), PollState.DONE),
    **dict.fromkeys(("CANCELLED", "CANCELED"), PollState.CANCELLED),
    **dict.fromkeys(("ERROR", "FAILED"), PollState.FAILED),
}
"""What the states of Qiskit's JobStatus, and the texts some providers answer instead, are here."""

_CHOICES = {True: "true or false", False: "false alone"}


class QiskitBackend(Driver):
    """A backend of a Qiskit provider, by its import path.

    Device options: `backend`, the "module:callable" that makes it, and its `arguments`, a table; `run`, a table of
    options for every run; `tags`, the name of the run option for tags ("job_tags" for IBM's), by which a job is found
    again: dedup is then "find".

    What it can do depends on the backend. Handles are the provider's job ids; it re-attaches where the backend, its
    provider or its service gives a job back. It keeps the outcome of every shot (job option `memory`) and takes the
    job's seed where the backend has the run options `memory` and `seed_simulator`.
    """

    def __init__(self, name: str, options: Mapping[str, Any], *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(name, options)
        if unknown := set(options) - _OPTIONS:
            raise ConfigurationError(f"device {name}: unknown options {', '.join(sorted(unknown))}")
        self._backend = qiskit_provider.make(name, options.get("backend"), options.get("arguments", {}))
        self._again = qiskit_provider.retrieval(self._backend)
        self._list = qiskit_provider.listing(self._backend) if "tags" in options else None
        if "tags" in options and self._list is None:
            raise ConfigurationError(f"device {name}: tags = {options['tags']!r}: the backend has no list of jobs")
        self._seeded = qiskit_provider.takes(self._backend, "seed_simulator")
        self._clock = clock
        self._jobs: dict[Handle, Any] = {}
        self._seeds: dict[Handle, int] = {}
        self._read_at, self._target = clock(), self._read_target()
        self.caps = Caps(
            dedup="none" if self._list is None else "find",
            reattach=self._again is not None,
            cancel="queued",
            formats=(1, 2) if CONDITIONALS in self._target.features else (1,),
            memory=qiskit_provider.takes(self._backend, "memory"),
        )

    def properties(self) -> Properties:
        """The backend's target, at most a minute old."""
        if self._clock() > self._read_at + _TARGET_SECONDS:
            self._read_at, self._target = self._clock(), self._read_target()
        return Properties(self._target)

    def status(self) -> Status:
        """As the backend says; busy where it does not."""
        if not callable(ask := getattr(self._backend, "status", None)):
            return Status(DeviceStatus.BUSY, "the backend does not tell what runs on it")
        told = ask()
        if not told.operational:
            return Status(DeviceStatus.OFFLINE, told.status_msg or "the backend is not operational")
        return Status(DeviceStatus.BUSY if told.pending_jobs else DeviceStatus.ONLINE)

    def submit(self, job_id: str, program: Program, shots: int) -> Handle:
        """The provider's job id. Raises Rejected for a program that is no circuit; what the provider raises goes on."""
        memory, seed = program.options.get("memory", False), seed_of(job_id, program.seed)
        if not isinstance(memory, bool) or (memory and not self.caps.memory):
            raise Rejected(f"the option memory is {memory!r:.80}; this device takes {_CHOICES[self.caps.memory]}")
        circuit = on_device(program.compiled, self._backend.num_qubits, job_id)
        asked = {**self.options.get("run", {}), "shots": shots}
        if memory:
            asked["memory"] = True
        if self._seeded:
            asked["seed_simulator"] = in_31_bits(seed)
        if self._list is not None:
            asked[self.options["tags"]] = [job_id]
        job = self._backend.run(circuit, **asked)
        handle = str(job.job_id())
        self._jobs[handle] = job
        if self._seeded:
            self._seeds[handle] = seed
        return handle

    def find(self, job_id: str) -> Handle | None:
        """The handle of the job that has this job's id as a tag."""
        assert self._list is not None
        jobs = self._list(**{self.options["tags"]: [job_id], "limit": 1})
        return str(jobs[0].job_id()) if jobs else None

    def poll(self, handle: Handle) -> Poll:
        """The job's status; one that is done without success has failed."""
        job = self._job(handle)
        if job is None:
            return Poll(PollState.LOST, "the provider does not know the job")
        told = job.status()
        state = _STATES.get(str(getattr(told, "name", told)).upper())
        if state is None:
            raise DriverError(f"the provider says that job {handle[:80]} is {told!r:.80}")
        if state is PollState.FAILED:
            return Poll(state, qiskit_provider.why_it_failed(job))
        if state is PollState.DONE and not (result := job.result()).success:
            return Poll(PollState.FAILED, f"the backend says: {result.status!s:.500}")
        return Poll(state)

    def result(self, handle: Handle) -> Result:
        """Counts, and memory where it was asked for, in the program's order of bits."""
        job = self._job(handle)
        if job is None:
            raise DriverError(f"no job {handle[:80]!r}")
        try:
            found = job.result()
            counts, told = found.get_counts(), hasattr(found.results[0].data, "memory")
            memory = each_without_blanks(found.get_memory()) if told else None
        except QiskitError as error:
            raise DriverError(f"job {handle[:80]} has no counts: {error.message!s:.300}") from error
        return Result(without_blanks(counts), memory, self._seeds.get(handle))

    def cancel(self, handle: Handle) -> CancelAnswer:
        """Asks the provider; what it can stop is its own affair."""
        job = self._job(handle)
        if job is None or self.poll(handle).state not in (PollState.QUEUED, PollState.RUNNING):
            return CancelAnswer.TOO_LATE
        try:
            return CancelAnswer.TOO_LATE if job.cancel() is False else CancelAnswer.REQUESTED
        except NotImplementedError:
            return CancelAnswer.UNSUPPORTED

    def _job(self, handle: Handle) -> Any:
        """The job, known here or retrieved; None where the provider does not know it."""
        if handle not in self._jobs and self._again is not None:
            try:
                self._jobs[handle] = self._again(handle)
            except (QiskitError, LookupError):
                return None
        return self._jobs.get(handle)

    def _read_target(self) -> Target:
        told = getattr(self._backend, "properties", None)
        found = told() if callable(told) else None
        at = getattr(found, "last_update_date", None)
        when = None if at is None else at.isoformat()
        return from_qiskit(self._backend.target, when, when)
