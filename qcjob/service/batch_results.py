"""What the jobs of a batch came to, in their order, no more at a time than a page holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qcjob.errors import JobNotFound, NoResult
from qcjob.job import Job
from qcjob.ledger import Ledger
from qcjob.lifecycle import JobState
from qcjob.result import result_document
from qcjob.service.results import program_of, stored_result

PAGE_BYTES = 4 * 2**20
"""As JSON: a page ends behind the result that passes it. One result may be larger by itself, all before it are not."""


@dataclass(frozen=True, slots=True)
class BatchResult:
    """A job of a batch, and its result document (api.md); None unless it is COMPLETED."""

    job: Job
    result: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class BatchResults:
    """A page, and how many places of the batch it covers: jobs past their retention have none on it."""

    items: Sequence[BatchResult]
    places: int


def read_results(ledger: Ledger, job_ids: Sequence[str]) -> BatchResults:
    """The results of these jobs, from the first one on, as many as a page holds; at least one where there is one."""
    jobs = {job.id: job for job in ledger.read_each(job_ids)}
    items: list[BatchResult] = []
    size = 0
    for places, job_id in enumerate(job_ids):
        if size > PAGE_BYTES:
            return BatchResults(items, places)
        if job_id in jobs:
            try:
                found = _read(ledger, jobs[job_id])
            except (JobNotFound, NoResult):  # deleted meanwhile
                continue
            items.append(found)
            size += _bytes_of(found.result) if found.result else 0
    return BatchResults(items, len(job_ids))


def _read(ledger: Ledger, job: Job) -> BatchResult:
    if job.state is not JobState.COMPLETED:
        return BatchResult(job, None)
    stored = stored_result(ledger, job)
    return BatchResult(job, result_document(job, program_of(ledger, job).compiled, stored))


def _bytes_of(document: Mapping[str, Any]) -> int:
    """About how long it is as JSON: its outcomes, each with a count, and its program."""
    parts = document.get("parts", (document,))
    outcomes = sum(len(part["counts"]) * (len(next(iter(part["counts"]), "")) + 8) for part in parts)
    return outcomes + len(repr(document["ran"]["program"]))
