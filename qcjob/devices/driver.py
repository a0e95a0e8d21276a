"""The interface a driver implements: a small class with synchronous methods.

    class MyQuantumComputer(Driver):
        caps = Caps(mode="handle", dedup="native", reattach=True, cancel="running")

        def submit(self, job_id, program, shots): ...

A driver is made once per worker process as `Driver(name, options)` (options: the device's TOML table) and lives until
`close()`. The worker calls it from one thread at a time per process; `status` and `properties` may be called from
another process or thread than `submit`. What goes in is the compiled program of `qcjob.compiler`; what comes out is
checked (see `qcjob.result.faults_in`) before anybody believes it.

The `job_id` that a driver is given is that of one attempt: the job's own for the first, `<job id>~2` for the second,
and so on (`qcjob.ids.attempt_of` reads it); of a job of several circuits each has an id of its own, `<job id>.1` for
the second. Two attempts are two runs, as two circuits are: what is known again is this id as a whole.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from qcjob.result import Counts
from qcjob.target import Target

STALE_SECONDS = 15.0
"""A device whose worker has been silent for this long is shown as offline; it still takes jobs, and holds them."""

Handle = str
"""The device's own name for the job: an opaque string, recorded in the ledger with RUNNING."""


@dataclass(frozen=True, slots=True)
class Caps:
    """What a driver can do.

    mode        handle: `submit` returns soon, with a Handle, Finished or Failed; blocking: never a Handle
    dedup       native: submitting the same id again never starts it twice; find: `find` tells whether it has it;
                none: cannot tell
    reattach    another process can `poll` a handle from the ledger
    cancel      running: stops a running job; queued: only one not started yet; none
    formats     versions of the compiled program it reads
    memory      `result` returns the outcome of every shot where the option `memory` of the program is true
    retention   seconds for which the device keeps a result, None for ever
    """

    mode: Literal["handle", "blocking"] = "handle"
    dedup: Literal["native", "find", "none"] = "none"
    reattach: bool = False
    cancel: Literal["running", "queued", "none"] = "none"
    formats: tuple[int, ...] = (1,)
    memory: bool = False
    retention: float | None = None


class DeviceStatus(StrEnum):
    """What the device says of itself: online while nothing runs on it, busy while something does.

    Both take jobs; the others hold them. Online also gives back the slot of a job that left while it may have been
    running still, so a device that cannot tell says busy.
    """

    ONLINE = "online"
    BUSY = "busy"
    CALIBRATING = "calibrating"
    MAINTENANCE = "maintenance"
    OFFLINE = "offline"
    ERROR = "error"

    @property
    def takes_jobs(self) -> bool:
        """Whether the ledger hands out jobs of a device in this status."""
        return self in (DeviceStatus.ONLINE, DeviceStatus.BUSY)


@dataclass(frozen=True, slots=True)
class Status:
    """The device's status and, for people, why."""

    state: DeviceStatus
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Properties:
    """What is published of a device: its target and the job options its driver takes.

    `max_simulated_qubits` is set where a simulator's memory bounds a program more tightly than the target's size: the
    most qubits that one run may use.
    """

    target: Target
    job_options: tuple[str, ...] = ()
    max_simulated_qubits: int | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """Counts over the program's clbits, rightmost character clbit 0; memory: one bitstring per shot, or None."""

    counts: Counts
    memory: tuple[str, ...] | None = None
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """`submit` already has the result: nothing to poll."""

    result: Result


@dataclass(frozen=True, slots=True)
class Failed:
    """`submit` already knows that the run failed: the job is FAILED with this code and message."""

    code: str
    message: str


class PollState(StrEnum):
    """Where the device has the job. `lost`: the device does not know the handle."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Poll:
    """The answer of `poll`. `position` counts from 1 in the device's own queue; `started_at` is RFC 3339.

    `code` is the job's error code where `state` is failed, and means nothing elsewhere.
    """

    state: PollState
    message: str = ""
    code: str = "device-error"
    position: int | None = None
    started_at: str | None = None


class CancelAnswer(StrEnum):
    """The answer of `cancel`. Requested: keep polling. Too late or unsupported: the job goes on."""

    CANCELLED = "cancelled"
    REQUESTED = "requested"
    TOO_LATE = "too late"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class Program:
    """What a driver is given beside the shots: the compiled program and the job's own seed and options."""

    compiled: Mapping[str, Any]
    seed: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


class Driver(ABC):
    """Base class of every driver. Methods without a body here must be written; the others have safe answers."""

    caps: Caps
    """Set on the class; a driver whose device decides may set it on the instance, so read it there."""

    def __init__(self, name: str, options: Mapping[str, Any]) -> None:
        self.name = name
        self.options = options

    @abstractmethod
    def properties(self) -> Properties:
        """Target and accepted job options, as of now."""

    @abstractmethod
    def status(self) -> Status:
        """Online, busy, calibrating, … with a reason; returns within 5 s."""

    @abstractmethod
    def submit(self, job_id: str, program: Program, shots: int) -> Handle | Finished | Failed:
        """Hand the job over. Returns within the device's `submit_timeout`.

        A Handle: poll it. Finished or Failed: the run is over, with its result or its error.
        Raises Rejected (never), Unavailable (surely not accepted, later) or Uncertain (may have been accepted);
        any other exception is taken as Uncertain.
        """

    def find(self, job_id: str) -> Handle | None:
        """The handle under which the device has this job id, None if it surely has not. Only for dedup "find"."""
        raise NotImplementedError

    @abstractmethod
    def poll(self, handle: Handle) -> Poll:
        """Where the job is; returns within 5 s."""

    @abstractmethod
    def result(self, handle: Handle) -> Result:
        """The counts of a job that `poll` called done. May be asked again."""

    def cancel(self, handle: Handle) -> CancelAnswer:
        """Ask the device to stop the job; returns within 5 s."""
        return CancelAnswer.UNSUPPORTED

    def close(self) -> None:  # noqa: B027  most drivers have nothing to let go of
        """Let go of connections; the process ends."""
