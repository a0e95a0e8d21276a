"""Batches, one method for each use: many jobs are checked, compiled and accepted as one, in their order."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from qcjob.batch import MOST_JOBS, Batch, NewBatch
from qcjob.entries import Entry, entries_of_many
from qcjob.errors import (
    BatchNotFound,
    BatchRefused,
    FieldError,
    InvalidRequest,
    NotCancellable,
    QcjobError,
    Refused,
)
from qcjob.ids import new_job_id
from qcjob.job import NewJob
from qcjob.ledger import JobPage, Ledger
from qcjob.ledger.batches import Batches
from qcjob.rank import Privileges
from qcjob.security.caller import Caller
from qcjob.service.batch_results import BatchResults, read_results
from qcjob.service.fingerprint import check_same, fingerprint_of_batch
from qcjob.service.jobs import Service
from qcjob.service.labels import check_label
from qcjob.service.once import Once
from qcjob.service.request import JobRequest

REFUSE, SKIP = "refuse", "skip"
ON_ERROR = (REFUSE, SKIP)
"""What becomes of a batch in which jobs cannot be accepted: nothing is, or all the others are."""


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """What a user asks for: jobs in their order, or why one cannot be read."""

    jobs: Sequence[JobRequest | Refused]
    name: str | None = None
    on_error: str = REFUSE


@dataclass(frozen=True, slots=True)
class Accepted:
    """A batch, the ids of the jobs that were sent, in their order, None for those that were refused, and why."""

    batch: Batch
    job_ids: Sequence[str | None]
    errors: Sequence[Entry]


@dataclass(frozen=True, slots=True)
class BatchPage:
    """Batches, newest first, and the cursor of the next page, None at the end."""

    items: Sequence[Batch]
    next: str | None


class Batching:
    """Batches over the same ledger as the service. Every method raises LedgerUnavailable."""

    def __init__(self, service: Service, ledger: Ledger, clock: Callable[[], float] = time.monotonic) -> None:
        self._service = service
        self._builder = service.builder
        self._ledger = ledger
        self._batches = Batches(ledger)
        self._clock = clock

    def submit(
        self, caller: Caller, wanted: BatchRequest, *, idempotency_key: str | None = None, request_id: str = ""
    ) -> Accepted:
        """Check and compile every job, then accept all, or all but those that are refused, or none.

        The same idempotency key with an equal request answers the first batch as it is now, without compiling. Raises
        BatchRefused with everything that is wrong with any job, InvalidRequest, IdempotencyKeyReused, the refusals of
        the quotas for all jobs together, and CompilerBusy where not all programs could be compiled in time.
        """
        _check(wanted)
        jobs = [self._builder.complete(caller, job) if isinstance(job, JobRequest) else job for job in wanted.jobs]
        fingerprint = fingerprint_of_batch(wanted.name, wanted.on_error, jobs) if idempotency_key else ""
        batch = self._batches.find_idempotent(caller.customer, idempotency_key) if idempotency_key else None
        if batch is None:
            privileges = self._service.customers.privileges(caller.customer)
            new = self._build(caller, replace(wanted, jobs=jobs), privileges, request_id, fingerprint)
            batch = self._batches.submit(new, idempotency_key=idempotency_key, privileges=privileges)
            if batch.id == new.id:
                return Accepted(batch, _by_index(new.jobs, new.asked), new.errors)
        check_same(batch.fingerprint, fingerprint, f"batch {batch.id}")
        return self._accepted_before(batch)

    def _build(
        self, caller: Caller, wanted: BatchRequest, privileges: Privileges, request_id: str, fingerprint: str
    ) -> NewBatch:
        once = Once(self._builder.compile, self._clock)
        batch_id = new_job_id()
        built: list[NewJob] = []
        refused: list[tuple[int, QcjobError]] = []
        for index, job in enumerate(wanted.jobs):
            try:
                if isinstance(job, Refused):
                    raise job
                known = {"batch": batch_id, "index": index, "request_id": request_id}
                new = self._builder.build(caller, job, privileges, once.compile, **known)
                if built:
                    _keeps_order(new, built[0])
            except Refused as error:
                refused.append((index, error))
            else:
                built.append(new)
        if refused and (wanted.on_error == REFUSE or not built):
            raise BatchRefused(refused, len(wanted.jobs))
        errors = entries_of_many(refused)
        return NewBatch(batch_id, caller.customer, built, len(wanted.jobs), wanted.name, errors, fingerprint)

    def status(self, caller: Caller, batch_id: str) -> Batch:
        """The batch as it is now. Raises BatchNotFound."""
        batch = self._batches.read(batch_id)
        if batch is None or batch.customer != caller.customer:
            raise BatchNotFound(f"no batch {batch_id[:80]!r} of yours")
        return batch

    def jobs(self, caller: Caller, batch_id: str, *, start: int, limit: int) -> JobPage:
        """So many of its jobs, from that place on, in their order; no cursor. Raises BatchNotFound."""
        return self._batches.read_jobs(self.status(caller, batch_id).id, start, limit)

    def results(self, caller: Caller, batch_id: str, *, start: int, limit: int) -> BatchResults:
        """What up to so many of its jobs came to, from that place on, in their order. Raises BatchNotFound."""
        job_ids = self._batches.read_ids(self.status(caller, batch_id).id)
        return read_results(self._ledger, job_ids[start : start + limit])

    def cancel(self, caller: Caller, batch_id: str) -> Batch:
        """Cancel the jobs that wait, ask those that run to stop. Raises BatchNotFound, NotCancellable."""
        return stopped(self._batches.cancel(batch_id, customer=caller.customer), batch_id)

    def list(self, caller: Caller, *, limit: int, cursor: str | None = None) -> BatchPage:
        """The caller's batches, newest first. Raises InvalidRequest on a cursor that was not handed out here."""
        return BatchPage(*self._batches.list(caller.customer, limit=limit, cursor=cursor))

    def _accepted_before(self, batch: Batch) -> Accepted:
        errors = [dict(entry) for entry in self._batches.read_errors(batch.id)]
        left_out = {entry["index"] for entry in errors}
        ids = iter(self._batches.read_ids(batch.id))
        return Accepted(batch, [None if index in left_out else next(ids) for index in range(batch.asked)], errors)


def stopped(batch: Batch | None, batch_id: str) -> Batch:
    """The batch after a cancel. Raises BatchNotFound, and NotCancellable where nothing was left to cancel."""
    if batch is None:
        raise BatchNotFound(f"no batch {batch_id[:80]!r} of yours")
    if batch.cancel_requested_at is None:
        raise NotCancellable("every job of the batch has ended already")
    return batch


def _by_index(jobs: Sequence[NewJob], asked: int) -> list[str | None]:
    ids: list[str | None] = [None] * asked
    for job in jobs:
        ids[job.index] = job.id
    return ids


def _check(wanted: BatchRequest) -> None:
    wrong = []
    if not 1 <= len(wanted.jobs) <= MOST_JOBS:
        wrong.append(FieldError("jobs", f"{len(wanted.jobs)} jobs", f"1 to {MOST_JOBS} in one batch"))
    if wanted.on_error not in ON_ERROR:
        wrong.append(FieldError("on_error", f"{wanted.on_error[:60]!r} cannot be done", ON_ERROR))
    wrong += check_label("name", wanted.name)
    if wrong:
        raise InvalidRequest(wrong)


def _keeps_order(job: NewJob, first: NewJob) -> None:
    """Raises InvalidRequest for a job that would pass the batch's first one, or let it pass, whatever their order."""
    wrong = [
        FieldError(field, f"{found} is another than that of the batch's first job", f"{wanted}, or another batch")
        for field, found, wanted in (("tier", job.tier, first.tier), ("session", job.session, first.session))
        if found != wanted
    ]
    if wrong:
        raise InvalidRequest(wrong)
