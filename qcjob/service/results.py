"""What a job came to, and its program, as they are read: of jobs that are the caller's to read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qcjob.compiler.parts import raw_circuit
from qcjob.errors import FieldError, InvalidRequest, JobNotFound, NoResult, ResultNotReady
from qcjob.job import Job
from qcjob.ledger import Ledger
from qcjob.ledger.stored import read_memory, read_program, read_result
from qcjob.lifecycle import JobState
from qcjob.memory import begins_at, row_bytes, unpack


@dataclass(frozen=True, slots=True)
class ProgramRecord:
    """A job's program as given and as compiled (the driver's JSON)."""

    id: str
    language: str
    runtime: str
    source: str
    compiled: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class MemoryPage:
    """Outcomes of some of the `shots` of one part, packed (qcjob.memory), from shot `offset` on."""

    id: str
    part: int
    offset: int
    shots: int
    clbits: int
    rows: bytes

    @property
    def outcomes(self) -> list[str]:
        """As bitstrings; the rightmost character is clbit 0."""
        size = row_bytes(self.clbits)
        return unpack(self.rows, self.clbits, len(self.rows) // size) if size else []


def program_of(ledger: Ledger, job: Job) -> ProgramRecord:
    """Source and compiled program, in every state. Raises JobNotFound where the job is deleted meanwhile."""
    texts = read_program(ledger, job.id)
    if texts is None:
        raise JobNotFound(f"no job {job.id!r} of yours")
    source, compiled = texts
    return ProgramRecord(job.id, job.language, job.runtime, source, json.loads(compiled))


def stored_result(ledger: Ledger, job: Job) -> dict[str, Any]:
    """What a job came to, as it was stored. Raises ResultNotReady, NoResult."""
    check_completed(job)
    stored = read_result(ledger, job.id)
    if stored is None:
        raise NoResult(f"the result of job {job.id} is gone")
    return stored


def check_completed(job: Job) -> None:
    """Raises ResultNotReady for a job that has not ended, NoResult for one that ended otherwise than COMPLETED."""
    over = f"; {job.parts_done} of its {job.parts} parts are over, and can be read as a partial result"
    over = over if job.parts > 1 and job.parts_done else ""
    if not job.state.is_final:
        raise ResultNotReady(f"the job is {job.state}; ask again when it is COMPLETED{over}")
    if job.state is not JobState.COMPLETED:
        reason = f"{job.error_code}: {job.error_message}" if job.error_code else _cancelled(job)
        raise NoResult(f"the job is {job.state}: {reason}{over}")


def _cancelled(job: Job) -> str:
    acts = [act for act in job.acts if act.what == "cancel"]
    if not acts:
        return "it was cancelled"
    return f"an operator, {acts[-1].by}, cancelled it" + (f": {acts[-1].why}" if acts[-1].why else "")


def memory_of(ledger: Ledger, job: Job, *, offset: int, limit: int, part: int) -> MemoryPage:
    """The outcomes of up to `limit` shots of a part that is over.

    Raises NoResult where none were kept, InvalidRequest for a part that the job has not.
    """
    if not job.options.get("memory"):
        raise NoResult("the job kept the outcome of no shot: it did not ask for it with the option memory")
    compiled = program_of(ledger, job).compiled
    clbits = [raw_circuit(compiled, number)["clbits"] for number in range(job.parts)]
    if part >= len(clbits):
        wrong = FieldError("part", f"{part} is no part of this job", f"0 to {len(clbits) - 1}", "query")
        raise InvalidRequest([wrong])
    size = row_bytes(clbits[part])
    begin = begins_at(clbits[:part], job.shots)
    first, last = min(offset, job.shots), min(offset + limit, job.shots)
    rows = read_memory(ledger, job.id, begin + first * size, begin + last * size) if first < last else b""
    return MemoryPage(job.id, part, offset, job.shots, clbits[part], rows or b"")
