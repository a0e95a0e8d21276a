"""Batches in the ledger: many jobs accepted at once, followed and cancelled as one."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from qcjob.acts import Word
from qcjob.batch import Batch, NewBatch, counts_of
from qcjob.errors import DamagedRecord
from qcjob.ids import is_job_id
from qcjob.ledger.ledger import Ledger
from qcjob.ledger.pages import Cursor, JobPage, Place, places_from
from qcjob.ledger.pieces import PIECE_JOBS, cancel_rest, carry_on, cut, kept, record
from qcjob.ledger.records import arguments_of, quotas
from qcjob.ledger.refusals import not_accepted, not_joined
from qcjob.ledger.scripts import PREFIX, reaching
from qcjob.rank import ORDINARY, Privileges

_LEVEL = 1  # of zlib, the fastest
_KEEP_SECONDS = 600  # what is not accepted by then never will be


class Batches:
    """Batches on one ledger. Every method raises LedgerUnavailable when Redis does not answer or refuses to write."""

    def __init__(self, ledger: Ledger, *, piece_jobs: int = PIECE_JOBS) -> None:
        self._ledger = ledger
        self._piece_jobs = piece_jobs
        self._scripts = ledger.scripts
        self._client = ledger.client

    def submit(
        self, batch: NewBatch, *, idempotency_key: str | None = None, privileges: Privileges = ORDINARY
    ) -> Batch:
        """Accept all jobs or none, in their order. Answers the batch; an earlier one where key or id is known already.

        One script accepts the batch and records the first of its jobs; the rest follows, here or by a keeper. Raises
        what `Ledger.submit` does, for the jobs together.
        """
        self._ledger.refuse_when_full()
        first, *rest = cut([arguments_of(job, privileges.weight) for job in batch.jobs], self._piece_jobs)
        ends = [job.not_after for job in batch.jobs if job.not_after is not None]
        cost = sum(job.cost for job in batch.jobs)
        fields, pending = _fields_of(batch), f"{PREFIX}pending:{batch.id}"
        if rest:  # ahead of the script: a copy of ten megabytes would hold Redis up for longer than a script may
            with reaching():
                self._client.set(pending, kept(rest), ex=_KEEP_SECONDS, nx=True)
        answer = self._scripts.call(
            "batch",
            batch.id,
            batch.customer,
            *quotas(privileges),
            self._idempotency(batch.customer, idempotency_key) if idempotency_key else "",
            len(batch.jobs),
            cost,
            min(ends, default=""),
            "kept" if rest else "",
            zlib.compress(json.dumps(batch.errors).encode(), _LEVEL) if batch.errors else b"",
            len(fields) // 2,
            *fields,
            *(job.id for job in batch.jobs),
            *(part for job in first for part in job),
        )
        if rest and answer[0] != b"ok" and answer[1] != batch.id.encode():
            with reaching():
                self._client.delete(pending)
        if answer[0] == b"refused":
            if answer[1] == b"session":
                job = batch.jobs[0]
                raise not_joined(job.session or "", job.device, answer[3].decode(), answer[4].decode())
            raise not_accepted(cost, privileges, *answer[1:], jobs=len(batch.jobs))
        batch_id = batch.id
        if answer[0] == b"known":
            batch_id = answer[1].decode()
        else:
            record(self._scripts, batch_id, len(first), rest)
        found = self.read(batch_id)
        assert found is not None, "an idempotency key lives as long as its batch"
        return found

    def find_idempotent(self, customer: str, idempotency_key: str) -> Batch | None:
        """The batch that this customer's key stands for: one of a batch is never one of a job."""
        with reaching():
            known: Any = self._client.get(self._idempotency(customer, idempotency_key))
        return self.read(known.decode()) if known else None

    def read(self, batch_id: str) -> Batch | None:
        """The batch as it is now, all of its jobs recorded; None for an unknown or malformed id."""
        found = self._fields(batch_id)
        if found and found["recorded"] != found["jobs"]:
            carry_on(self._client, self._scripts, batch_id)
            found = self._fields(batch_id)
        return _batch_from(batch_id, found) if found else None

    def read_ids(self, batch_id: str) -> Sequence[str]:
        """The ids of its jobs, in their order."""
        with reaching():
            found: Any = self._client.lrange(f"{PREFIX}batched:{batch_id}", 0, -1)
        return [job_id.decode() for job_id in found]

    def read_errors(self, batch_id: str) -> Sequence[Mapping[str, Any]]:
        """Why jobs that were sent with it were refused."""
        with reaching():
            stored: Any = self._client.get(f"{PREFIX}errors:{batch_id}")
        return json.loads(zlib.decompress(stored)) if stored else ()

    def read_jobs(self, batch_id: str, start: int, number: int) -> JobPage:
        """So many of its jobs, from that place on, in their order; those that were deleted are left out. No cursor."""
        with reaching():
            found: Any = self._client.lrange(f"{PREFIX}batched:{batch_id}", start, start + number - 1)
        damaged: list[DamagedRecord] = []
        jobs = tuple(self._ledger.read_each([job_id.decode() for job_id in found], damaged))
        return JobPage(jobs, None, tuple(damaged))

    def cancel(self, batch_id: str, *, customer: str | None, word: Word | None = None) -> Batch | None:
        """Cancel the jobs that wait, ask those that run to stop; the batch after that, None where there is none.

        One of this customer's, or for None anybody's, by an operator's word, that each job's history has. Unchanged
        where every job had ended before anybody asked.
        """
        if not is_job_id(batch_id):
            return None
        by = () if word is None else (word.by, word.key, word.why)
        said = cancel_rest(self._scripts, batch_id, customer or "", by)
        if said == b"recording":
            carry_on(self._client, self._scripts, batch_id)
        return self.read(batch_id) if said else None

    def list(self, customer: str, *, limit: int, cursor: str | None = None) -> tuple[Sequence[Batch], str | None]:
        """A customer's batches, newest first, and the cursor of the next page, None at the end.

        Raises InvalidRequest on a cursor that was not handed out here.
        """
        behind = None if cursor is None else Cursor.read(cursor)
        most = "+inf" if behind is None else str(behind[0])
        places: list[Place] = []
        start = 0
        with reaching():
            while len(places) <= limit:
                answer: Any = self._client.zrevrangebyscore(
                    f"{PREFIX}batches:{customer}", most, "-inf", start=start, num=limit + 1, withscores=True
                )
                places += [place for place in places_from(answer) if behind is None or place < behind]
                start += limit + 1
                if len(answer) <= limit:
                    break
        batches = [batch for batch in (self.read(batch_id) for _, batch_id in places[:limit]) if batch is not None]
        return batches, Cursor.write(places[limit - 1]) if len(places) > limit else None

    def _fields(self, batch_id: str) -> dict[str, str]:
        if not is_job_id(batch_id):
            return {}
        with reaching():
            found: Any = self._client.hgetall(f"{PREFIX}batch:{batch_id}")
        return {name.decode(): value.decode() for name, value in found.items()}

    @staticmethod
    def _idempotency(customer: str, key: str) -> str:
        return f"{PREFIX}idempotency:{customer}:batch:{hashlib.sha256(key.encode()).hexdigest()}"


def _fields_of(batch: NewBatch) -> list[str | int]:
    fields: list[str | int] = ["asked", batch.asked]
    if batch.name is not None:
        fields += ["name", batch.name]
    if batch.fingerprint:
        fields += ["fingerprint", batch.fingerprint]
    return fields


def _batch_from(batch_id: str, found: Mapping[str, str]) -> Batch:
    return Batch(
        id=batch_id,
        customer=found["customer"],
        version=int(found["version"]),
        counts=counts_of({name: int(value) for name, value in found.items() if name.isupper()}),
        asked=int(found["asked"]),
        created_at=int(found["created"]),
        updated_at=int(found["updated"]),
        name=found.get("name"),
        cancel_requested_at=int(found["cancel"]) if "cancel" in found else None,
        fingerprint=found.get("fingerprint", ""),
    )
