"""A device of Amazon Braket, spoken to with boto3: what runs there is a quantum task, its result lies in S3.

The id of a submit is the task's `clientToken`: a submit that comes again under it is answered with the same task, so
that a lost answer or a lost worker starts nothing twice (dedup "native"). Programs go as OpenQASM 3: for a QPU on
physical qubits in a verbatim box, because they were compiled here; for a device without native gates that qcjob knows,
without the box, and Braket's own compiler does the rest.

    submit   accepted                                                   a handle
             ValidationException, DeviceRetired, Conflict               Rejected
             DeviceOffline, Throttling, quota, AccessDenied, 5xx, …     Unavailable: sooner or later it can be taken
             cannot be reached, no answer after all tries               Unavailable, because the token makes it harmless
    poll     ResourceNotFound                                           lost
    others   no answer, or an error                                     DriverError: the worker asks again

The handle is the task's ARN and, behind a blank, which clbit is read from which qubit: "ARN 3 0=5,2=7" (3 clbits).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

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
from qcjob.errors import ConfigurationError, DriverError, Rejected, Unavailable
from workers.drivers.braket_aws_options import read_options
from workers.drivers.braket_gates import NAMES
from workers.drivers.braket_results import counts_of
from workers.drivers.braket_target import BraketDevice, device_of
from workers.drivers.openqasm import Dialect, measured, measures_only_at_the_end, write

_QUICK = Config(connect_timeout=1, read_timeout=3, retries={"total_max_attempts": 1})
"""For calls that a worker makes again anyway, and that must end within 5 s."""

_PATIENT = Config(connect_timeout=1, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})
"""For submit: at most 18 s and two short pauses."""

_REFUSED = ("ValidationException", "DeviceRetiredException", "ConflictException")

_STATUS = {"ONLINE": DeviceStatus.BUSY, "OFFLINE": DeviceStatus.OFFLINE, "PAUSED": DeviceStatus.MAINTENANCE}
"""Others use the device too, so it is never said to be idle."""

_STATES = {
    "CREATED": PollState.QUEUED,
    "QUEUED": PollState.QUEUED,
    "RUNNING": PollState.RUNNING,
    "CANCELLING": PollState.RUNNING,
    "COMPLETED": PollState.DONE,
    "FAILED": PollState.FAILED,
    "CANCELLED": PollState.CANCELLED,
}


class BraketAws(Driver):
    """See the head of this file. `workers.drivers.braket_aws_options` has the device's options."""

    caps = Caps(dedup="native", reattach=True, cancel="queued")

    def __init__(self, name: str, options: Mapping[str, Any]) -> None:
        super().__init__(name, options)
        self._read = read = read_options(name, options)
        session = boto3.session.Session()

        def client(service: str, config: Config) -> Any:
            return session.client(service, region_name=read.region, endpoint_url=read.endpoint_url, config=config)

        try:
            self._service, self._patient = client("braket", _QUICK), client("braket", _PATIENT)
            self._bucket = client("s3", _QUICK)
        except (BotoCoreError, ValueError) as error:
            raise ConfigurationError(f"device {name}: {error}") from error
        self._known: BraketDevice | None = None

    def properties(self) -> Properties:
        """What Braket says of the device; what it said last while it does not answer. Raises DriverError."""
        try:
            told = json.loads(
                self._ask(self._service.get_device, deviceArn=self._read.device_arn)["deviceCapabilities"]
            )
            self._known = device_of(told, self._read.verbatim)
        except (DriverError, ValueError) as error:
            if self._known is None:
                raise DriverError(str(error)) from error
        return Properties(self._known.target)

    def status(self) -> Status:
        """What Braket says; offline while it does not answer."""
        try:
            told = self._ask(self._service.get_device, deviceArn=self._read.device_arn)
        except NoTask as error:
            return Status(DeviceStatus.ERROR, str(error))
        except DriverError as error:
            return Status(DeviceStatus.OFFLINE, str(error))
        state = _STATUS.get(told["deviceStatus"], DeviceStatus.ERROR)
        why = told.get("deviceStatusReason") or f"Braket says that it is {told['deviceStatus']}"
        return Status(state, None if state.takes_jobs else str(why))

    def submit(self, job_id: str, program: Program, shots: int) -> Handle:
        """Hand the job over under its id. Raises as the head of this file has it."""
        if program.options:
            raise Rejected(f"this device takes no job options, not {', '.join(program.options)}")
        if not measures_only_at_the_end(program.compiled):
            raise Rejected("this device measures only at the end of a program, and does not reset")
        try:
            device = self._device()
        except DriverError as error:
            raise Unavailable(f"Braket does not tell the device's qubits: {error}") from error
        dialect = Dialect(NAMES, physical=device.verbatim, verbatim=device.verbatim)
        action = {
            "braketSchemaHeader": {"name": "braket.ir.openqasm.program", "version": "1"},
            "source": write(program.compiled, dialect, device.labels),
        }
        try:
            told = self._patient.create_quantum_task(
                clientToken=_token(job_id),
                deviceArn=self._read.device_arn,
                deviceParameters="{}",
                shots=shots,
                outputS3Bucket=self._read.s3_bucket,
                outputS3KeyPrefix=self._read.s3_prefix,
                action=json.dumps(action),
            )
        except ClientError as error:
            if _code(error) in _REFUSED:
                raise Rejected(_shown(error)) from error
            raise Unavailable(f"Braket does not take the job now: {_shown(error)}") from error
        except BotoCoreError as error:
            raise Unavailable(f"{error}; Braket may have the job, and will know it by its id") from error
        places = (f"{clbit}={device.labels[qubit]}" for clbit, qubit in measured(program.compiled).items())
        return f"{told['quantumTaskArn']} {program.compiled['clbits']} {','.join(places)}"

    def _device(self) -> BraketDevice:
        if self._known is None:
            self.properties()
        assert self._known is not None
        return self._known

    def poll(self, handle: Handle) -> Poll:
        """Where the task is; lost where Braket knows no such task."""
        try:
            told = self._task(handle, additionalAttributeNames=["QueueInfo"])
        except NoTask as error:
            return Poll(PollState.LOST, str(error))
        state = _STATES.get(told["status"])
        if state is None:
            raise DriverError(f"Braket says that the task is {told['status']!r:.80}")
        message = told.get("failureReason") or "Braket gave no reason" if state is PollState.FAILED else ""
        place = (told.get("queueInfo") or {}).get("position", "") if state is PollState.QUEUED else ""
        return Poll(state, message, position=int(place) if place.isascii() and place.isdigit() else None)

    def result(self, handle: Handle) -> Result:
        """The counts, from S3. Raises DriverError before the end, and for a task Braket does not know."""
        told = self._task(handle)
        if told["status"] != "COMPLETED":
            raise DriverError(f"the task is {told['status']}, it has no result")
        key = f"{told['outputS3Directory']}/results.json"
        found = self._ask(self._bucket.get_object, Bucket=told["outputS3Bucket"], Key=key)
        try:
            document = json.loads(found["Body"].read())
        except (BotoCoreError, OSError, ValueError) as error:
            raise DriverError(f"the result in S3 cannot be read: {error}") from error
        _, clbits, written = _parts(handle)
        return Result(counts_of(document, written, clbits, told["shots"]))

    def cancel(self, handle: Handle) -> CancelAnswer:
        """Ask Braket to stop the task; too late where it has ended or is not known."""
        try:
            arn, _, _ = _parts(handle)
            told = self._ask(self._service.cancel_quantum_task, quantumTaskArn=arn, clientToken=_token(arn))
        except NoTask:
            return CancelAnswer.TOO_LATE
        except DriverError as error:
            if isinstance(error.__cause__, ClientError) and _code(error.__cause__) == "ConflictException":
                return CancelAnswer.TOO_LATE
            raise
        return CancelAnswer.CANCELLED if told["cancellationStatus"] == "CANCELLED" else CancelAnswer.REQUESTED

    def close(self) -> None:
        """Let go of the connections."""
        for client in (self._service, self._patient, self._bucket):
            client.close()

    def _task(self, handle: Handle, **more: Any) -> Mapping[str, Any]:
        """Raises NoTask where Braket knows none, DriverError where it does not say."""
        arn, _, _ = _parts(handle)
        return self._ask(self._service.get_quantum_task, quantumTaskArn=arn, **more)

    def _ask(self, call: Any, **parameters: Any) -> Mapping[str, Any]:
        try:
            told: Mapping[str, Any] = call(**parameters)
        except ClientError as error:
            if _code(error) == "ResourceNotFoundException":
                raise NoTask(_shown(error)) from error
            raise DriverError(_shown(error)) from error
        except BotoCoreError as error:
            raise DriverError(f"Braket does not answer: {error}") from error
        return told


class NoTask(DriverError):
    """Braket has no such task or device."""


def _token(text: str) -> str:
    """A clientToken: the text itself, or its hash where it is longer than the 64 characters Braket takes."""
    return text if len(text) <= 64 else hashlib.sha256(text.encode()).hexdigest()


def _parts(handle: Handle) -> tuple[str, int, dict[int, int]]:
    """ARN, number of clbits, and Braket's qubit of each clbit that is written. Raises NoTask for another's handle."""
    try:
        arn, clbits, places = handle.split(" ")
        pairs = (place.split("=") for place in places.split(",") if place)
        return arn, int(clbits), {int(clbit): int(qubit) for clbit, qubit in pairs}
    except ValueError as error:
        raise NoTask(f"{handle[:80]!r} is no handle of a Braket task") from error


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _shown(error: ClientError) -> str:
    return f"{_code(error)}: {error.response.get('Error', {}).get('Message', '')}"[:500]
