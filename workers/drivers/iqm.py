"""A quantum computer behind an IQM Server: IQM Resonance, or the one that stands beside a machine on premises.

Source: iqm-client 36 (`iqm_server_client`, Apache-2.0), which is IQM's only published contract; there is no OpenAPI
document of it. All below URL/api/v1, with a bearer token:

    POST quantum job      jobs/ALIAS/circuit {"circuits": […], "shots", "calibration_set_id", …} -> {"id", "status", …}
    where it is           GET  jobs/ID -> {"status": waiting | processing | completed | failed | cancelled,
                               "queue_position": jobs ahead of it, "errors": [{"message", "error_code", "source"}]}
    its result            GET  jobs/ID/artifacts/measurements -> [{KEY: [[0], [1], …]}]
    stop it               POST jobs/ID/cancel; a running one is interrupted
    the calibrated gates  GET  calibration-sets/ALIAS/{ID or "default"}/dynamic-quantum-architecture, …/metrics, and
                               calibration-sets/ALIAS/ID
    is it well            GET  quantum-computers/ALIAS/health, whose content the client leaves open: that it answers
                               counts here

An error is {"message", "error_code", "source"}. The server chooses a job's id and takes no other, nor can it be asked
which jobs it has, so that nobody can tell whether a submit without an answer arrived (dedup "none").

    submit   accepted                                       a handle
             refused: 400, 409, 413, 422                    Rejected
             any other answer: 401, 403, 404, 429, 503      Unavailable: it surely did not take the job; with
                                                            Retry-After it is not asked again for so long
             cannot be reached, or the circuit is open      Unavailable
             sent, and no answer, or one without an id      Uncertain
    others   no answer, or one that cannot be understood    DriverError: the worker asks again
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
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
from workers.drivers.http_options import CALL_SECONDS
from workers.drivers.iqm_circuit import circuit_of, counts_of
from workers.drivers.iqm_options import is_uuid, read_options
from workers.drivers.iqm_target import names_of, target_of
from workers.drivers.line import Answer, Line, NoAnswer

_REFUSED = (400, 409, 413, 422)

_STATES = {
    "waiting": PollState.QUEUED,
    "processing": PollState.RUNNING,
    "completed": PollState.DONE,
    "failed": PollState.FAILED,
    "cancelled": PollState.CANCELLED,
}


class IqmDevice(Driver):
    """See the head of this file. `workers.drivers.iqm_options` has the device's options."""

    caps = Caps(reattach=True, cancel="running")

    def __init__(
        self,
        name: str,
        options: Mapping[str, Any],
        *,
        transport: httpx.BaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(name, options)
        self._read = read_options(name, options)
        self._line = Line(self._read.http, transport)
        self._clock = clock
        self._not_before = 0.0
        self._names: list[str] = []
        self._known: Properties | None = None

    def properties(self) -> Properties:
        """Gates and figures of the calibration; what was told last while it does not answer. Raises DriverError."""
        try:
            self._known = self._ask_properties()
        except DriverError:
            if self._known is None:
                raise
        return self._known

    def _ask_properties(self) -> Properties:
        calibration = self._read.calibration_set_id or "default"
        where = ("calibration-sets", self._read.quantum_computer)
        architecture = self._expect(self._ask("GET", *where, calibration, "dynamic-quantum-architecture"))
        self._names = names_of(architecture)
        told = str(architecture.get("calibration_set_id"))
        observations: list[Any] = []
        for path in ((*where, told, "metrics"), (*where, told)):
            answer = self._ask("GET", *path)
            if answer.status == 200:  # figures are welcome, not needed
                observations += [seen for seen in answer.body.get("observations") or () if isinstance(seen, dict)]
        return Properties(target_of(architecture, observations))

    def status(self) -> Status:
        """Busy while it answers, because others use it too; offline, with the reason, while it does not."""
        try:
            answer = self._ask("GET", "quantum-computers", self._read.quantum_computer, "health")
        except NoAnswer as error:
            return Status(DeviceStatus.OFFLINE, str(error))
        if answer.status in (401, 403):
            return Status(DeviceStatus.ERROR, f"the server refuses the token: {_message(answer)}")
        if answer.status == 404:
            return Status(DeviceStatus.ERROR, f"the server has no {self._read.quantum_computer}: {_message(answer)}")
        if answer.status == 429 or 200 <= answer.status < 300:
            return Status(DeviceStatus.BUSY)
        return Status(DeviceStatus.OFFLINE, _message(answer))

    def submit(self, job_id: str, program: Program, shots: int) -> Handle:
        """Hand the job over. Raises as the head of this file has it."""
        if program.options:
            raise Rejected(f"this device takes no job options, not {', '.join(program.options)}")
        if (wait := self._not_before - self._clock()) > 0:
            raise Unavailable(f"the server asked to be left alone for another {wait:.0f} s")
        body: dict[str, Any] = {
            "circuits": [circuit_of(program.compiled, self._qubit_names())],
            "shots": shots,
            "calibration_set_id": self._read.calibration_set_id,
        }
        if self._read.max_circuit_duration_over_t2 is not None:
            body["max_circuit_duration_over_t2"] = self._read.max_circuit_duration_over_t2
        path = ("jobs", self._read.quantum_computer, "circuit")
        query = {"use_timeslot": "true"} if self._read.use_timeslot else None
        within = self._read.http.submit_seconds
        try:
            answer = self._line.ask("POST", "api", "v1", *path, body=body, query=query, within=within, repeatable=False)
        except NoAnswer as error:
            if error.sent:
                raise Uncertain(f"{error}; it may have the job") from error
            raise Unavailable(str(error)) from error
        if answer.status in _REFUSED:
            raise Rejected(_message(answer))
        if not 200 <= answer.status < 300:
            if answer.retry_after is not None:
                self._not_before = self._clock() + answer.retry_after
            raise Unavailable(f"the server does not take the job now: {answer.status}, {_message(answer)}")
        handle = answer.body.get("id")
        if not is_uuid(handle):
            raise Uncertain("the server accepted the job and named no id for it")
        return str(handle)

    def _qubit_names(self) -> list[str]:
        if not self._names:
            try:
                self.properties()
            except DriverError as error:
                raise Unavailable(f"the server does not tell its qubits: {error}") from error
        return self._names

    def poll(self, handle: Handle) -> Poll:
        """Where the job is; lost only where the server itself says that it has no such job."""
        if not is_uuid(handle):
            return Poll(PollState.LOST, "this is no id of an IQM job")
        answer = self._ask("GET", "jobs", handle)
        if _is_unknown(answer):
            return Poll(PollState.LOST, "the server knows no such job")
        body = self._expect(answer)
        state = _STATES.get(str(body.get("status")))
        if state is None:
            raise DriverError(f"the server says that the job is {body.get('status')!r:.80}")
        if state is PollState.FAILED:
            return Poll(state, _errors(body) or "the server gave no reason")
        ahead = body.get("queue_position") if state is PollState.QUEUED else None
        return Poll(state, position=ahead + 1 if isinstance(ahead, int) else None)

    def result(self, handle: Handle) -> Result:
        """The counts. Raises DriverError before the end, and for a job the server does not know."""
        if not is_uuid(handle):
            raise DriverError(f"{handle[:80]!r} is no id of an IQM job")
        answer = self._ask("GET", "jobs", handle, "artifacts", "measurements")
        self._expect(answer)
        return Result(counts_of(answer.items))

    def cancel(self, handle: Handle) -> CancelAnswer:
        """Ask the server to stop the job; too late where it has ended or is not known."""
        if not is_uuid(handle):
            return CancelAnswer.TOO_LATE
        answer = self._ask("POST", "jobs", handle, "cancel", within=CALL_SECONDS / 2)
        if _is_unknown(answer) or answer.status in (400, 409):
            return CancelAnswer.TOO_LATE
        self._expect(answer)
        state = self._expect(self._ask("GET", "jobs", handle, within=CALL_SECONDS / 2)).get("status")
        if state in ("completed", "failed"):  # the server takes a cancel of what has ended, and does nothing
            return CancelAnswer.TOO_LATE
        return CancelAnswer.CANCELLED if state == "cancelled" else CancelAnswer.REQUESTED

    def close(self) -> None:
        """Let go of the connections."""
        self._line.close()

    def _ask(self, method: str, *path: str, within: float = CALL_SECONDS) -> Answer:
        return self._line.ask(method, "api", "v1", *path, within=within)

    def _expect(self, answer: Answer) -> Mapping[str, Any]:
        """The body of an answer that is no error. Raises DriverError."""
        if not 200 <= answer.status < 300:
            raise DriverError(f"the server answered {answer.status}: {_message(answer)}")
        return answer.body


def _message(answer: Answer) -> str:
    told = answer.body.get("message") or answer.body.get("detail") or f"answered {answer.status}"
    return str(told)[:500]


def _errors(body: Mapping[str, Any]) -> str:
    errors = body.get("errors") or ()
    return "; ".join(str(error.get("message")) for error in errors if isinstance(error, dict))[:500]


def _is_unknown(answer: Answer) -> bool:
    """A 404 of the server itself, which names its source: that of a proxy says nothing of the job."""
    return answer.status == 404 and "source" in answer.body
