"""The use cases, one method each. Callers are authenticated; everything they asked is checked here by meaning."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from qcjob import checks
from qcjob.catalogue import Catalogue, DeviceView
from qcjob.checks import JobRequest
from qcjob.compiler import compile_program
from qcjob.errors import (
    DeviceNotFound,
    IdempotencyKeyReused,
    JobNotFound,
    NoResult,
    NotCancellable,
    ResultNotReady,
)
from qcjob.ids import new_job_id
from qcjob.job import Job, NewJob
from qcjob.languages import parse
from qcjob.ledger import JobPage, Ledger
from qcjob.lifecycle import JobState
from qcjob.result import BIT_ORDER
from qcjob.security.caller import Caller


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Which of the caller's jobs to list; times are microseconds since the epoch, both ends excluded."""

    state: JobState | None = None
    device: str | None = None
    tag: str | None = None
    created_after: int | None = None
    created_before: int | None = None


@dataclass(frozen=True, slots=True)
class ProgramRecord:
    """A job's program as given and as compiled (the driver's JSON)."""

    id: str
    language: str
    runtime: str
    source: str
    compiled: Mapping[str, Any]


class Service:
    """The front door's use cases, over a ledger and a catalogue of devices."""

    def __init__(self, ledger: Ledger, catalogue: Catalogue, new_id: Callable[[], str] = new_job_id) -> None:
        self._ledger = ledger
        self._catalogue = catalogue
        self._new_id = new_id

    def submit(
        self, caller: Caller, request: JobRequest, *, idempotency_key: str | None = None, request_id: str = ""
    ) -> Job:
        """Check, compile, record, rank and wake; the job as it is after that.

        The same idempotency key with an equal request answers the first job as it is now, without compiling.
        Raises InvalidRequest, InvalidProgram, IdempotencyKeyReused, LedgerUnavailable.
        """
        request = checks.with_defaults(request, self._catalogue)
        fingerprint = _fingerprint(request) if idempotency_key else ""
        if idempotency_key and (known := self._ledger.find_idempotent(caller.customer, idempotency_key)):
            return _same_request(known, fingerprint)
        new = self._build(caller, request, request_id=request_id, fingerprint=fingerprint)
        return _same_request(self._ledger.submit(new, idempotency_key=idempotency_key), fingerprint)

    def dry_run(self, caller: Caller, request: JobRequest) -> NewJob:
        """What `submit` would record, checked and compiled, but not recorded."""
        return self._build(caller, checks.with_defaults(request, self._catalogue))

    def status(self, caller: Caller, job_id: str) -> Job:
        """The job as it is now. Raises JobNotFound."""
        job = self._ledger.read(job_id)
        if job is None or job.customer != caller.customer:
            raise JobNotFound(f"no job {job_id[:80]!r} of yours")
        return job

    def result(self, caller: Caller, job_id: str) -> dict[str, Any]:
        """The result document of api.md. Raises JobNotFound, ResultNotReady, NoResult."""
        job = self.status(caller, job_id)
        if not job.state.is_final:
            raise ResultNotReady(f"the job is {job.state}; ask again when it is COMPLETED")
        stored = self._ledger.read_result(job_id)
        if job.state is not JobState.COMPLETED or stored is None:
            reason = f"{job.error_code}: {job.error_message}" if job.error_code else "it was cancelled"
            raise NoResult(f"the job is {job.state}: {reason}")
        program = self.program(caller, job_id)
        return {
            "schema": 1,
            "id": job.id,
            "counts": stored["counts"],
            "shots": job.shots,
            "bit_order": BIT_ORDER,
            "ran": {
                "program": program.compiled,
                "language": job.language,
                "device": job.device,
                "runtime": job.runtime,
                "compiler": stored["compiler"],
                "seed": stored["seed"],
                "calibration": stored["calibration"],
            },
        }

    def program(self, caller: Caller, job_id: str) -> ProgramRecord:
        """Source and compiled program, in every state. Raises JobNotFound."""
        job = self.status(caller, job_id)
        texts = self._ledger.read_program(job_id)
        if texts is None:
            raise JobNotFound(f"no job {job_id[:80]!r} of yours")
        source, compiled = texts
        return ProgramRecord(job.id, job.language, job.runtime, source, json.loads(compiled))

    def cancel(self, caller: Caller, job_id: str) -> Job:
        """Cancel a waiting job at once, ask for a running one to stop. Raises JobNotFound, NotCancellable."""
        job = self._ledger.cancel(job_id, customer=caller.customer)
        if job is None:
            raise JobNotFound(f"no job {job_id[:80]!r} of yours")
        if job.state in (JobState.COMPLETED, JobState.FAILED):
            raise NotCancellable(f"the job is {job.state} already")
        return job

    def list(self, caller: Caller, wanted: JobFilter, *, limit: int = 50, cursor: str | None = None) -> JobPage:
        """The caller's jobs, newest first. Raises InvalidRequest on a cursor that was not handed out here."""
        return self._ledger.list(caller.customer, cursor=cursor, limit=limit, **asdict(wanted))

    def devices(self) -> Sequence[DeviceView]:
        """Every device, as its worker last published it."""
        return self._catalogue.views()

    def device(self, name: str) -> DeviceView:
        """One device. Raises DeviceNotFound."""
        view = self._catalogue.view(name)
        if view is None:
            raise DeviceNotFound(f"no device {name[:80]!r}; there are {', '.join(self._catalogue.names)}")
        return view

    def _build(self, caller: Caller, request: JobRequest, *, request_id: str = "", fingerprint: str = "") -> NewJob:
        device = checks.check_request(request, self._catalogue)
        program = parse(request.program, request.language, max_bytes=device.max_program_bytes)
        assert request.runtime is not None and request.device is not None and request.shots is not None
        compiled = compile_program(program, request.runtime, self._catalogue.target(device.name))
        return NewJob(
            id=self._new_id(),
            customer=caller.customer,
            key_id=caller.key_id,
            tier=caller.tier,
            device=device.name,
            runtime=request.runtime,
            language=program.language,
            program=request.program,
            compiled=json.dumps(compiled, separators=(",", ":")),
            shots=request.shots,
            seed=request.seed,
            name=request.name,
            tags=request.tags,
            options=request.options,
            request_id=request_id,
            fingerprint=fingerprint,
        )


def _same_request(job: Job, fingerprint: str) -> Job:
    if job.fingerprint != fingerprint:
        raise IdempotencyKeyReused(f"this Idempotency-Key stands for job {job.id}, which asked for something else")
    return job


def _fingerprint(request: JobRequest) -> str:
    """Equal for equal requests: the order of names does not matter, and 1.0 is 1."""
    return hashlib.sha256(json.dumps(_plain(asdict(request)), sort_keys=True).encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    return int(value) if isinstance(value, float) and value.is_integer() else value
