"""A device that speaks HTTP, as `docs/reference-qc.md` has it: the driver outside of which the run goes on.

A worker that dies loses nothing: the handle is in the ledger, any other process can poll it, and a job that was being
submitted is submitted again under the same id, which the device takes as an Idempotency-Key.

    submit   accepted                                        a handle
             refused: 400, 409, 413, 415, 422                Rejected
             any other answer: 401, 404, 429, 503, …         Unavailable: it surely did not take the job
             cannot be reached, or the circuit is open       Unavailable
             sent, and no answer after all tries             Unavailable, because the key makes another submit harmless;
                                                             without dedup "native": Uncertain
             accepted with an answer that names no handle    Uncertain: with dedup "native" the worker submits again
    others   no answer, or one that cannot be understood     DriverError: the worker asks again
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import httpx

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
from qcjob.target import Target
from workers.drivers.http_options import CALL_SECONDS, read_options
from workers.drivers.line import Answer, Line, NoAnswer

_REFUSED = (400, 409, 413, 415, 422)
_UNKNOWN_JOB = (404, "no-such-job")
"""A 404 of its own: that of a proxy, or of a wrong url, says nothing of the job."""


class HttpDevice(Driver):
    """See the head of this file. `workers.drivers.http_options` has the device's options."""

    caps = Caps(dedup="native", reattach=True, cancel="running")

    def __init__(self, name: str, options: Mapping[str, Any], *, transport: httpx.BaseTransport | None = None) -> None:
        super().__init__(name, options)
        self._read = read_options(name, options)
        self.caps = dataclasses.replace(type(self).caps, dedup=self._read.dedup)  # type: ignore[arg-type]  # checked
        self._line = Line(self._read, transport)
        self._known: Properties | None = None

    def properties(self) -> Properties:
        """What the device says; what it said last while it does not answer. Raises DriverError before that."""
        try:
            self._known = _properties(self._expect(self._ask("GET", "v1", "target")))
        except DriverError:
            if self._known is None:
                raise
        return self._known

    def status(self) -> Status:
        """What the device says; offline, with the reason, while it does not answer."""
        try:
            answer = self._ask("GET", "v1", "status")
        except NoAnswer as error:
            return Status(DeviceStatus.OFFLINE, str(error))
        if answer.status in (401, 403):
            return Status(DeviceStatus.ERROR, f"the device refuses the token: {answer.error[1]}")
        if answer.status == 503:
            return Status(DeviceStatus.OFFLINE, answer.error[1])
        try:
            return Status(DeviceStatus(self._expect(answer)["state"]), answer.body.get("reason") or None)
        except (DriverError, KeyError, ValueError) as error:
            return Status(DeviceStatus.ERROR, f"the device's status cannot be understood: {error!r:.200}")

    def submit(self, job_id: str, program: Program, shots: int) -> Handle:
        """Hand the job over under its id. Raises as the head of this file has it."""
        body = {
            "program": dict(program.compiled),
            "shots": shots,
            "seed": program.seed,
            "options": dict(program.options),
        }
        native = self.caps.dedup == "native"
        try:
            within = self._read.submit_seconds
            answer = self._line.ask("POST", "v1", "jobs", body=body, key=job_id, within=within, repeatable=native)
        except NoAnswer as error:
            if error.sent and not native:
                raise Uncertain(f"{error}; it may have the job") from error
            known = "; it may have the job, and will know it by its id" if error.sent else ""
            raise Unavailable(f"{error}{known}") from error
        if answer.status in _REFUSED:
            raise Rejected(answer.error[1])
        if not 200 <= answer.status < 300:
            raise Unavailable(f"the device does not take the job now: {answer.status}, {answer.error[1]}")
        handle = answer.body.get("id")
        if not isinstance(handle, str) or not handle:
            raise Uncertain("the device accepted the job and named no id for it")
        return handle

    def find(self, job_id: str) -> Handle | None:
        """The handle of the job submitted under this id. Raises DriverError where the device does not say."""
        items = self._expect(self._ask("GET", "v1", "jobs", query={"key": job_id})).get("items")
        if not isinstance(items, list) or not all(isinstance(item, dict) and item.get("id") for item in items):
            raise DriverError(f"the device answered what is no list of jobs: {items!r:.200}")
        return str(items[0]["id"]) if items else None

    def poll(self, handle: Handle) -> Poll:
        """Where the job is; lost only where the device itself says that it knows no such job."""
        answer = self._ask("GET", "v1", "jobs", handle)
        if _is_unknown(answer):
            return Poll(PollState.LOST, "the device knows no such job")
        body = self._expect(answer)
        try:
            state = PollState(body["state"])
        except (KeyError, ValueError) as error:
            raise DriverError(f"the device says that the job is {body.get('state')!r:.80}") from error
        message, code = str(body.get("message") or ""), str(body.get("code") or "device-error")
        return Poll(state, message, code, body.get("position"), body.get("started_at"))

    def result(self, handle: Handle) -> Result:
        """The counts. Raises DriverError before the end, and for a job the device does not know."""
        body = self._expect(self._ask("GET", "v1", "jobs", handle, "result"))
        memory = body.get("memory")
        shown = tuple(str(outcome) for outcome in memory) if isinstance(memory, list) else None
        return Result(body.get("counts"), shown, body.get("seed"))  # type: ignore[arg-type]  # checked by the worker

    def cancel(self, handle: Handle) -> CancelAnswer:
        """Ask the device to stop the job; too late where it has ended or is not known."""
        answer = self._ask("POST", "v1", "jobs", handle, "cancel")
        if answer.status == 409 or _is_unknown(answer):
            return CancelAnswer.TOO_LATE
        stopped = self._expect(answer).get("state") == PollState.CANCELLED
        return CancelAnswer.CANCELLED if stopped else CancelAnswer.REQUESTED

    def close(self) -> None:
        """Let go of the connections."""
        self._line.close()

    def _ask(self, method: str, *path: str, query: Mapping[str, str] | None = None) -> Answer:
        return self._line.ask(method, *path, query=query, within=CALL_SECONDS)

    def _expect(self, answer: Answer) -> Mapping[str, Any]:
        """The body of an answer that is no error. Raises DriverError."""
        if not 200 <= answer.status < 300:
            raise DriverError(f"the device answered {answer.status}: {answer.error[1]}")
        return answer.body


def _is_unknown(answer: Answer) -> bool:
    return (answer.status, answer.error[0]) == _UNKNOWN_JOB


def _properties(body: Mapping[str, Any]) -> Properties:
    """Raises DriverError where the body does not describe a device."""
    try:
        calibration = body.get("calibration") or {}
        told = {**body, "calibration_id": calibration.get("id"), "calibrated_at": calibration.get("at")}
        return Properties(Target.from_dict(told), tuple(str(option) for option in body.get("job_options", ())))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise DriverError(f"the device answered what is no target: {error!r:.200}") from error
