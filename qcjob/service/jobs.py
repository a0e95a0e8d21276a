"""Jobs, one method for each use: whose they are, and what may be done to them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from qcjob.errors import DamagedRecord, InvalidRequest, JobNotFound, NotCancellable
from qcjob.job import Job
from qcjob.ledger import JobPage, Ledger
from qcjob.ledger.forecast import Standing, standing
from qcjob.ledger.pages import list_jobs
from qcjob.ledger.stored import read_parts
from qcjob.lifecycle import JobState
from qcjob.rank import best_tier
from qcjob.result import partial_document, ran_on, result_document
from qcjob.security.caller import OPERATOR, Caller
from qcjob.security.customers import Customers
from qcjob.service.building import Builder, DryRun
from qcjob.service.catalogue import Catalogue
from qcjob.service.checks import check_allowed, check_tier
from qcjob.service.fingerprint import check_same, fingerprint_of
from qcjob.service.request import JobRequest
from qcjob.service.results import (
    MemoryPage,
    ProgramRecord,
    check_completed,
    memory_of,
    program_of,
    stored_result,
)


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Which jobs to list; times are microseconds since the epoch, both ends excluded.

    `customer` is for operators; None: the caller's own.
    """

    state: JobState | None = None
    device: str | None = None
    tag: str | None = None
    created_after: int | None = None
    created_before: int | None = None
    customer: str | None = None


class Service:
    """What users do with jobs, over a ledger, its customers, a catalogue of devices and what builds jobs for them."""

    def __init__(self, ledger: Ledger, customers: Customers, catalogue: Catalogue, builder: Builder) -> None:
        self._ledger = ledger
        self.customers = customers
        self.catalogue = catalogue
        self.builder = builder

    def submit(
        self, caller: Caller, request: JobRequest, *, idempotency_key: str | None = None, request_id: str = ""
    ) -> Job:
        """Check, compile, record, rank and wake; the job as it is after that.

        The same idempotency key with an equal request answers the first job as it is now, without compiling.
        Raises InvalidRequest, InvalidProgram, SessionClosed, CompilerBusy, IdempotencyKeyReused, LedgerUnavailable, and
        where it would pass what the customer may: TierNotAllowed, QuotaShots, QuotaJobsWaiting, QuotaDeviceSeconds.
        """
        request = self.builder.complete(caller, request)
        fingerprint = fingerprint_of(request) if idempotency_key else ""
        job = self._ledger.find_idempotent(caller.customer, idempotency_key) if idempotency_key else None
        if job is None:
            privileges = self.customers.privileges(caller.customer)
            new = self.builder.build(caller, request, privileges, request_id=request_id, fingerprint=fingerprint)
            job = self._ledger.submit(new, idempotency_key=idempotency_key, privileges=privileges)
        check_same(job.fingerprint, fingerprint, f"job {job.id}")
        return job

    def dry_run(self, caller: Caller, request: JobRequest) -> DryRun:
        """What `submit` would record, checked and compiled, but not recorded; also what is too large to simulate."""
        request = self.builder.complete(caller, request)
        return self.builder.dry_run(caller, request, self.customers.privileges(caller.customer))

    def status(self, caller: Caller, job_id: str) -> Job:
        """The job as it is now, anybody's for an operator. Raises JobNotFound."""
        return self._read(caller, job_id, anybodys=caller.role == OPERATOR)

    def standing(self, caller: Caller, job_id: str) -> Standing:
        """How a waiting job of the caller stands, anybody's for an operator. Raises JobNotFound, NotWaiting."""
        found = standing(self._ledger, job_id, customer=None if caller.role == OPERATOR else caller.customer)
        if found is None:
            raise _none_of_yours(job_id)
        return found

    def program(self, caller: Caller, job_id: str) -> ProgramRecord:
        """Source and compiled program, in every state. Raises JobNotFound."""
        return program_of(self._ledger, self._own(caller, job_id))

    def result(self, caller: Caller, job_id: str, *, partial: bool = False) -> dict[str, Any]:
        """The result document of api.md; `partial`: of a job of several that is not COMPLETED its parts that are over.

        Raises JobNotFound, ResultNotReady, NoResult.
        """
        job = self._own(caller, job_id)
        if partial and job.state is not JobState.COMPLETED:
            if over := read_parts(self._ledger, job_id):
                return partial_document(job, program_of(self._ledger, job).compiled, over)
            job = self._own(caller, job_id)  # its parts are one result where it was COMPLETED meanwhile
        stored = stored_result(self._ledger, job)
        return result_document(job, program_of(self._ledger, job).compiled, stored)

    def ran_on(self, caller: Caller, job_id: str) -> list[dict[str, Any]]:
        """{calibration, target_sha256} of what a COMPLETED job ran on, each once. Raises as `result` does."""
        return ran_on(stored_result(self._ledger, self._own(caller, job_id)))

    def memory(
        self, caller: Caller, job_id: str, *, offset: int, limit: int, part: int = 0, partial: bool = False
    ) -> MemoryPage:
        """The outcomes of up to `limit` shots of a part. Raises as `result` does, NoResult where none were kept.

        `partial`: also of a part that is over of a job that is not COMPLETED. InvalidRequest for a part that the job
        has not.
        """
        job = self._own(caller, job_id)
        if not (partial and part < job.parts_done):
            check_completed(job)
        return memory_of(self._ledger, job, offset=offset, limit=limit, part=part)

    def cancel(self, caller: Caller, job_id: str) -> Job:
        """Cancel a waiting job at once, ask for a running one to stop. Raises JobNotFound, NotCancellable."""
        job = _found(self._ledger.cancel(job_id, customer=caller.customer), job_id)
        if job.state in (JobState.COMPLETED, JobState.FAILED):
            raise NotCancellable(f"the job is {job.state} already")
        return job

    def rank_ahead(self, caller: Caller, job_id: str, other_id: str) -> Job:
        """Let a waiting job exchange places with another of the caller's that stands before it; the job after that.

        Raises JobNotFound, NotWaiting, TooManyBetween, and InvalidRequest on an `ahead_of` that is of no use here.
        """
        return _found(self._ledger.exchange(job_id, other_id, customer=caller.customer), job_id)

    def change_tier(self, caller: Caller, job_id: str, tier: int) -> Job:
        """Rank a waiting job at the end of another tier; the job after that.

        Raises JobNotFound, NotWaiting, InvalidRequest, TierNotAllowed.
        """
        if wrong := check_tier(tier):
            raise InvalidRequest(wrong)
        check_allowed(tier, best_tier(caller.tier, self.customers.privileges(caller.customer)))
        return _found(self._ledger.change_tier(job_id, tier, customer=caller.customer), job_id)

    def list(self, caller: Caller, wanted: JobFilter, *, limit: int = 50, cursor: str | None = None) -> JobPage:
        """A customer's jobs, newest first: the caller's own, or those of the one an operator names.

        Raises OperatorOnly, InvalidRequest on a cursor that was not handed out here.
        """
        asked = asdict(wanted)
        customer = asked.pop("customer") or caller.customer
        if customer != caller.customer:
            caller.must_be_operator()
        return list_jobs(self._ledger, customer, cursor=cursor, limit=limit, **asked)

    def _own(self, caller: Caller, job_id: str) -> Job:
        """A job whose program and result are the caller's to read, as it is now. Raises JobNotFound."""
        return self._read(caller, job_id)

    def _read(self, caller: Caller, job_id: str, *, anybodys: bool = False) -> Job:
        """Raises JobNotFound for another customer's too, unless anybody's will do; and DamagedRecord."""
        try:
            job = _found(self._ledger.read(job_id), job_id)
        except DamagedRecord as error:
            if error.customer != caller.customer and not anybodys:
                raise _none_of_yours(job_id) from error
            raise
        return job if anybodys else _of(caller, job)


def _of(caller: Caller, job: Job) -> Job:
    if job.customer != caller.customer:
        raise _none_of_yours(job.id)
    return job


def _found(job: Job | None, job_id: str) -> Job:
    if job is None:
        raise _none_of_yours(job_id)
    return job


def _none_of_yours(job_id: str) -> JobNotFound:
    return JobNotFound(f"no job {job_id[:80]!r} of yours")
