"""A device behind QDMI, the Quantum Device Management Interface, spoken through MQT Core's Python binding.

One QDMI session a process, opened with the first call. Which device it is, `device_id` says; MQT Core brings the
simulator `mqt.ddsim.default` with it, which is run in tests for real. Measured there with MQT Core 4.1: it queues; it
runs in a process of its own, which a cancel ends at once, and which outlives ours to the end of its run if ours is
killed; it takes no seed and tells no other process of a job; it refuses a program of OpenQASM 3 that leaves a bit
unwritten; and, what QDMI leaves open, the rightmost character of a key is bit 0 of the text's register.

    submit   accepted                                                  a handle
             the device takes no such program, or an invalid argument  Rejected
             the session cannot be opened                              Unavailable
             any other error                                           Uncertain
"""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Mapping
from typing import Any

from mqt.core import qdmi

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
from qcjob.errors import DriverError, Rejected, Unavailable, Uncertain
from workers.drivers.openqasm import Dialect, write
from workers.drivers.qdmi_options import read_options
from workers.drivers.qdmi_target import NAMES, site_numbers, target_of

_DIALECTS = {
    qdmi.ProgramFormat.QASM3: Dialect(
        {**NAMES, "cs": "ctrl @ s", "csdg": "ctrl @ sdg", "ccz": "ctrl @ cz", "prx": "r"},
        include="stdgates.inc",
        barriers=True,
        zeros=True,
    ),
    qdmi.ProgramFormat.QASM2: Dialect({**NAMES, "prx": "r"}, version=2, include="qelib1.inc", barriers=True),
}
"""In the order of choice. What stdgates.inc lacks of qcjob.gates is written as a controlled gate."""

_STATUS = {
    qdmi.Device.Status.IDLE: DeviceStatus.ONLINE,
    qdmi.Device.Status.BUSY: DeviceStatus.BUSY,
    qdmi.Device.Status.OFFLINE: DeviceStatus.OFFLINE,
    qdmi.Device.Status.ERROR: DeviceStatus.ERROR,
    qdmi.Device.Status.MAINTENANCE: DeviceStatus.MAINTENANCE,
    qdmi.Device.Status.CALIBRATION: DeviceStatus.CALIBRATING,
}

_POLL = {
    qdmi.Job.Status.CREATED: PollState.QUEUED,
    qdmi.Job.Status.SUBMITTED: PollState.QUEUED,
    qdmi.Job.Status.QUEUED: PollState.QUEUED,
    qdmi.Job.Status.RUNNING: PollState.RUNNING,
    qdmi.Job.Status.DONE: PollState.DONE,
    qdmi.Job.Status.CANCELED: PollState.CANCELLED,
    qdmi.Job.Status.FAILED: PollState.FAILED,
}

_REMEMBERED = 1_000
"""Jobs of this process that can still be asked for; the oldest is forgotten first."""


class QdmiDevice(Driver):
    """See the head of this file. `workers.drivers.qdmi_options` has the device's options."""

    caps = Caps(cancel="running")

    def __init__(self, name: str, options: Mapping[str, Any]) -> None:
        super().__init__(name, options)
        self._read = read_options(name, options)
        self._opened: qdmi.Device | None = None
        self._session = secrets.token_hex(4)  # a device may count its jobs anew for each process
        self._jobs: dict[Handle, qdmi.Job] = {}

    def properties(self) -> Properties:
        """The device's gates, sites and figures, read anew. Raises DriverError where it cannot be reached."""
        return Properties(target_of(self._device(), self._read.num_qubits))

    def status(self) -> Status:
        """What the device says; offline where it cannot be reached."""
        try:
            return Status(_STATUS[self._device().status()])
        except (DriverError, RuntimeError) as error:
            return Status(DeviceStatus.OFFLINE, str(error))

    def submit(self, job_id: str, program: Program, shots: int) -> Handle:
        """Hand the job over. Raises as the head of this file has it."""
        if program.options:
            raise Rejected(f"this device takes no job options, not {', '.join(program.options)}")
        try:
            device = self._device()
        except DriverError as error:
            raise Unavailable(str(error)) from error
        spoken = device.supported_program_formats()
        chosen = next((form for form in self._read.formats or _DIALECTS if form in spoken), None)
        if chosen is None:
            raise Rejected("this device reads neither OpenQASM 3 nor OpenQASM 2")
        text = write(program.compiled, _DIALECTS[chosen], site_numbers(device))
        try:
            job = device.try_submit_job(text, chosen, shots)
        except ValueError as error:
            raise Rejected(f"the device will not take this program: {error}") from error
        except Exception as error:
            raise Uncertain(f"the device did not say whether it took the job: {error}") from error
        if job is None:
            raise Rejected("the device will not take this program")
        handle = job.id if self.caps.reattach else f"{self._session}:{job.id}"
        self._jobs[handle] = job
        while len(self._jobs) > _REMEMBERED:
            del self._jobs[next(iter(self._jobs))]
        return handle

    def poll(self, handle: Handle) -> Poll:
        """Where the job is; QDMI gives no reason for a failure."""
        job = self._job(handle)
        if job is None:
            return Poll(PollState.LOST, "the device knows no such job")
        state = _POLL[job.check()]
        ahead = job.queue_position if state is PollState.QUEUED else None
        message = "the device failed to run the program" if state is PollState.FAILED else ""
        return Poll(state, message, position=None if ahead is None else ahead + 1)

    def result(self, handle: Handle) -> Result:
        """The counts. Raises DriverError before the end, and for a job the device does not know."""
        job = self._job(handle)
        if job is None:
            raise DriverError(f"the device knows no job {handle[:80]!r}")
        try:
            return Result({key: times for key, times in job.get_counts().items() if times})
        except (RuntimeError, ValueError) as error:
            raise DriverError(f"job {handle[:80]!r} has no counts: {error}") from error

    def cancel(self, handle: Handle) -> CancelAnswer:
        """Ask the device to stop the job; too late where it has ended or is not known."""
        job = self._job(handle)
        if job is None or _POLL[job.check()] in (PollState.DONE, PollState.FAILED):
            return CancelAnswer.TOO_LATE
        try:
            job.cancel()
        except ValueError:
            return CancelAnswer.TOO_LATE  # it ended meanwhile
        except RuntimeError:
            return CancelAnswer.UNSUPPORTED
        return CancelAnswer.CANCELLED if _POLL[job.check()] is PollState.CANCELLED else CancelAnswer.REQUESTED

    def close(self) -> None:
        """Let go of the session; what runs is stopped where nobody else could ask for it, and left alone elsewhere."""
        for handle in [] if self.caps.reattach else list(self._jobs):
            if self.poll(handle).state in (PollState.QUEUED, PollState.RUNNING):
                self.cancel(handle)
        self._jobs.clear()
        self._opened = None

    def _device(self) -> qdmi.Device:
        """The device, its session opened where it is not yet. Raises DriverError."""
        if self._opened is None:
            try:
                self._opened = qdmi.Session(**self._read.session).get_device(self._read.device_id)
            except (IndexError, RuntimeError, ValueError) as error:
                raise DriverError(f"the QDMI session does not open {self._read.device_id}: {error}") from error
            self.caps = dataclasses.replace(type(self).caps, reattach=_finds_jobs_again(self._opened))
        return self._opened

    def _job(self, handle: Handle) -> qdmi.Job | None:
        """The job of this handle, from the device where that knows jobs of other processes."""
        device = self._device()
        if handle not in self._jobs and self.caps.reattach:
            try:
                self._jobs[handle] = device.retrieve_job_by_id(handle)
            except (IndexError, ValueError):  # no such job; other errors say nothing of it
                return None
            except RuntimeError as error:
                raise DriverError(f"the device does not say where the job is: {error}") from error
        return self._jobs.get(handle)


def _finds_jobs_again(device: qdmi.Device) -> bool:
    """Whether the device can be asked for a job by its id, which QDMI leaves to it."""
    try:
        device.retrieve_job_by_id("qcjob-asks-whether-this-is-supported")
    except (IndexError, ValueError):
        return True
    except RuntimeError as error:
        return "not supported" not in str(error).lower()
    return True
