"""The ledger: where jobs are kept, ranked, handed out and finished. One method per move, one round trip each."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import redis

from qcjob.errors import ConfigurationError, DamagedRecord, LedgerUnavailable, StaleWriter
from qcjob.ids import is_job_id
from qcjob.job import Job, NewJob
from qcjob.ledger import meta
from qcjob.ledger.claim import Claim, claim_from
from qcjob.ledger.damage import damaged_end, damaged_record, faults_in
from qcjob.ledger.memory import MemoryGauge
from qcjob.ledger.outcomes import NO_MEMORY, Memory, packed
from qcjob.ledger.pieces import carry_on
from qcjob.ledger.records import arguments_of, job_accepted, job_from, quotas
from qcjob.ledger.refusals import MOST_BETWEEN, not_accepted, not_joined, not_ranked_anew
from qcjob.ledger.scripts import PREFIX, Around, Scripts, reaching, unavailable
from qcjob.lifecycle import Event, JobState
from qcjob.logs import get_logger
from qcjob.rank import ORDINARY, Privileges

SCHEMA = 1
log = get_logger(__name__)
_MICRO = 1_000_000

DAMAGED_HOLD_SECONDS = 30.0
"""So long the device may be busy with a run that nobody can take over."""

_REASON = 500
"""Characters that are kept of why a job was put back: it may be so many times."""


class Ledger:
    """Jobs on one Redis. Every method raises LedgerUnavailable when it does not answer or refuses to write."""

    def __init__(
        self,
        client: redis.Redis,
        *,
        lease_seconds: float = 5.0,
        monotonic: Callable[[], float] = time.monotonic,
        around: Around | None = None,
    ) -> None:
        self.client = client
        self.lease_seconds = lease_seconds
        self._monotonic = monotonic
        self._scripts = Scripts(client, around)
        self._memory = MemoryGauge(client)

    def check_schema(self) -> None:
        """Mark a new Redis as ours; raise ConfigurationError for one that a newer version has written."""
        with reaching():
            self.client.set(f"{PREFIX}schema", SCHEMA, nx=True)
            found = int(self.client.get(f"{PREFIX}schema") or 0)
        if found > SCHEMA:
            raise ConfigurationError(f"this Redis holds schema {found}; this version knows up to {SCHEMA}: upgrade")

    # -- the front door

    def submit(self, job: NewJob, *, idempotency_key: str | None = None, privileges: Privileges = ORDINARY) -> Job:
        """Record, rank and wake. Answers the job; an earlier one where the key or the id is known already.

        Raises LedgerFull when Redis has too little memory left, QuotaJobsWaiting, QuotaDeviceSeconds, and on a
        `not_after` that is past InvalidRequest.
        """
        self.refuse_when_full()
        answer = self._scripts.call(
            "submit",
            job.customer,
            *quotas(privileges),
            self._idempotency(job.customer, idempotency_key) if idempotency_key else "",
            *arguments_of(job, privileges.weight),
        )
        if answer[0] == b"known":
            known = self.read(answer[1].decode())
            assert known is not None, "an idempotency key lives as long as its job"
            return known
        if answer[0] == b"refused":
            if answer[1] == b"session":
                raise not_joined(job.session or "", job.device, answer[3].decode(), answer[4].decode())
            raise not_accepted(job.cost, privileges, *answer[1:])
        return job_accepted(job, *answer[1:5])

    def refuse_when_full(self) -> None:
        """Raises LedgerFull when Redis has too little memory left for more jobs."""
        with reaching():
            self._memory.refuse_when_full()

    def find_idempotent(self, customer: str, idempotency_key: str) -> Job | None:
        """The job that this customer's key stands for."""
        with reaching():
            known: Any = self.client.get(self._idempotency(customer, idempotency_key))
        return self.read(known.decode()) if known else None

    def read(self, job_id: str) -> Job | None:
        """The job as it is now; None for an unknown or malformed id. Raises DamagedRecord."""
        if not is_job_id(job_id):
            return None
        try:
            answer = self._scripts.call("read", job_id)
        except LedgerUnavailable as error:
            self._refuse_damaged(job_id, error.__cause__)
            raise
        return job_from(job_id, *answer) if answer else None

    def cancel(self, job_id: str, *, customer: str | None = None) -> Job | None:
        """Cancel a waiting job, note the wish on a running one; the job after that. None where there is no such job."""
        if not is_job_id(job_id):
            return None
        answer = self._scripts.call("cancel", job_id, customer or "")
        return job_from(job_id, *answer) if answer else None

    def exchange(self, job_id: str, ahead_of: str, *, customer: str) -> Job | None:
        """Rank a waiting job before another of the same customer, device and tier: they exchange places.

        The job after that, unchanged where it was ahead already; None where the customer has no such job. Raises
        NotWaiting, InvalidRequest on the other job, and TooManyBetween.
        """
        if not is_job_id(job_id):
            return None
        other = ahead_of if is_job_id(ahead_of) else ""
        answer = self._scripts.call("exchange", job_id, other, customer, MOST_BETWEEN)
        if answer and answer[0] == b"refused":
            raise not_ranked_anew(answer, job_id, ahead_of)
        return job_from(job_id, *answer) if answer else None

    def change_tier(self, job_id: str, tier: int, *, customer: str) -> Job | None:
        """Rank a waiting job anew, at the end of its customer's jobs in this tier.

        The job after that; None where the customer has no such job. Raises NotWaiting.
        """
        if not is_job_id(job_id):
            return None
        answer = self._scripts.call("change_tier", job_id, customer, tier)
        if answer and answer[0] == b"refused":
            raise not_ranked_anew(answer, job_id)
        return job_from(job_id, *answer) if answer else None

    def read_each(self, job_ids: Sequence[str], damaged: list[DamagedRecord] | None = None) -> Iterator[Job]:
        """These jobs, in one round trip; those that are no more are left out.

        One whose record is damaged is put into `damaged`, and does not cost the others; it is logged where there is
        none.
        """
        asked = [(job_id,) for job_id in job_ids]
        answers = self._scripts.call_each("read", asked, some_may_fail=True) if job_ids else ()
        for job_id, answer in zip(job_ids, answers, strict=True):
            try:
                if isinstance(answer, redis.RedisError):
                    self._refuse_damaged(job_id, answer)
                    raise unavailable(answer)
                job = job_from(job_id, *answer) if answer else None
            except DamagedRecord as error:
                log.error("damaged record", job_id=job_id, reason=error.said)
                if damaged is not None:
                    damaged.append(error)
            else:
                if job is not None:
                    yield job

    # -- the worker

    def claim(self, device: str, worker: str) -> Claim | None:
        """Take the device's best-ranked job, or a lapsed lease first; None when there is nothing to take.

        None too where what was taken cannot be run, because its record is damaged: that job is FAILED then.
        """
        until = self._monotonic() + self.lease_seconds
        answer = self._scripts.call("claim", device, worker, self._lease)
        if not answer:
            return None
        try:
            return claim_from(answer, device, until)
        except (ValueError, TypeError, RecursionError):
            job_id, fence, is_rescue = answer[0].decode(), int(answer[1]), answer[2] == b"rescue"
            with reaching():
                fields: Any = self.client.hgetall(f"{PREFIX}job:{job_id}")
            why = damaged_record(job_id, fields).said
            log.error("claimed job cannot be run: its record is damaged", job_id=job_id, device=device, reason=why)
            hold = DAMAGED_HOLD_SECONDS if is_rescue else 0
            with suppress(StaleWriter):
                self.fail(job_id, fence, *damaged_end(why), hold_seconds=hold)
            return None

    def mark(self, job_id: str, fence: int, compiled: str | None = None) -> bool:
        """Note that submit is about to be called, with `compiled` if not with what was compiled before.

        Whether a cancel was asked for. Raises StaleWriter.
        """
        return self._write("mark", job_id, fence, *(() if compiled is None else (compiled,)))

    def start(self, job_id: str, fence: int, handle: str) -> bool:
        """SUBMITTED to RUNNING with the device's handle; whether a cancel was asked for. Raises StaleWriter."""
        return self._write("start", job_id, fence, handle)

    def advance(
        self, job_id: str, fence: int, part: int, result: Mapping[str, Any], memory: Memory = NO_MEMORY
    ) -> bool:
        """Keep the result of a part, which counts from 0, and go on to the next; whether a cancel was asked for.

        Raises StaleWriter.
        """
        return self._write("advance", job_id, fence, part, packed(result), memory.packed, memory.at)

    def complete(self, job_id: str, fence: int, result: Mapping[str, Any], memory: Memory = NO_MEMORY) -> None:
        """End with a result whose `counts` Celery clients see. Raises StaleWriter."""
        ended = meta.completed(job_id, result["counts"])
        self._write("finish", job_id, fence, Event.COMPLETE, packed(result), "", "", ended, 0, memory.packed, memory.at)

    def fail(self, job_id: str, fence: int, code: str, message: str, *, raw: str = "", hold_seconds: float = 0) -> None:
        """End with an error; a hold keeps the slot for a device that may still be busy. Raises StaleWriter."""
        ended = meta.failed(job_id, code, message)
        self._write("finish", job_id, fence, Event.FAIL, raw, code, message, ended, int(hold_seconds * _MICRO), "", 0)

    def cancelled(self, job_id: str, fence: int, *, hold_seconds: float = 0) -> None:
        """End a claimed job as CANCELLED. Raises StaleWriter."""
        hold = int(hold_seconds * _MICRO)
        self._write("finish", job_id, fence, Event.CANCELLED, "", "", "", meta.cancelled(job_id), hold, "", 0)

    def put_back(self, job_id: str, fence: int, *, later_because: str = "") -> JobState:
        """Surely not started: back to WAITING in the same attempt, at once, or for later with the reason.

        The state it got: CANCELLED where that was asked for. Raises StaleWriter.
        """
        return self._put_back(job_id, fence, "later" if later_because else "now", later_because)

    def run_again(
        self, job_id: str, fence: int, code: str, message: str, *, retry: bool, hold_seconds: float = 0
    ) -> JobState:
        """End the attempt with this error and wait for the next; a retry is counted, as one of those the owner granted.

        The state it got: CANCELLED where that was asked for. Raises StaleWriter.
        """
        return self._put_back(job_id, fence, "retry" if retry else "rerun", message, code, hold_seconds)

    def _put_back(
        self, job_id: str, fence: int, how: str, why: str, code: str = "", hold_seconds: float = 0
    ) -> JobState:
        hold = int(hold_seconds * _MICRO)
        answer = self._scripts.call("put_back", job_id, fence, how, hold, why[:_REASON], code)
        _refuse_stale(job_id, fence, answer)
        return JobState(answer[1].decode())

    def renew(self, job_id: str, fence: int) -> bool:
        """Keep the lease for its full length from now; whether a cancel was asked for. Raises StaleWriter."""
        return self._write("renew", job_id, fence, self._lease)

    def lapse(self, job_id: str, fence: int) -> None:
        """End a lease whose worker is known to be gone: at once, or after a rest where a rescue failed before.

        Raises StaleWriter.
        """
        self._write("lapse", job_id, fence)

    def now(self) -> int:
        """The ledger's clock, microseconds."""
        with reaching():
            seconds, microseconds = self.client.time()
        return int(seconds) * _MICRO + int(microseconds)

    def online(self, device: str, fields: Mapping[str, str], *, idle_at: int | None = None) -> None:
        """Publish what a device is. `idle_at`, when it was idle: slots held for jobs that left before are freed."""
        pairs = [part for pair in fields.items() for part in pair]
        self._scripts.call("online", device, "" if idle_at is None else idle_at, *pairs)

    def keep(self, retention_seconds: float, claims: Iterable[tuple[str, int]] = ()) -> frozenset[tuple[str, int]]:
        """Do what is due, for devices and batches. Of these claims, id and fence, those that are void by now."""
        pairs = [part for job_id, fence in claims for part in (job_id, fence)]
        void, left = self._scripts.call("keep", int(retention_seconds * _MICRO), *pairs)
        for batch_id in left:
            try:
                carry_on(self.client, self._scripts, batch_id.decode())
            except LedgerUnavailable as error:
                log.warning("batch left for later", batch_id=batch_id.decode(), reason=str(error))
        return frozenset((job_id.decode(), int(fence)) for job_id, fence in zip(void[::2], void[1::2], strict=True))

    def devices(self, *names: str) -> Sequence[tuple[dict[str, str], int]]:
        """For each device the fields its worker published (none if it never did) and how many jobs wait for it."""
        with reaching():
            pipe = self.client.pipeline(transaction=False)
            for name in names:
                pipe.hgetall(f"{PREFIX}device:{name}")
                pipe.zcard(f"{PREFIX}ready:{name}")
                pipe.zcard(f"{PREFIX}later:{name}")
                pipe.zcard(f"{PREFIX}held:{name}")
            answers = iter(pipe.execute())
        return [
            ({key.decode(): value.decode() for key, value in fields.items()}, ready + later + held)
            for fields, ready, later, held in zip(answers, answers, answers, answers, strict=True)
        ]

    def has_seen(self, device: str) -> bool:
        """Whether it was ever published, or a job submitted to it."""
        with reaching():
            return bool(self.client.sismember(f"{PREFIX}devices", device))

    @property
    def scripts(self) -> Scripts:
        """For the rooms that have moves of their own: batches, sessions, reservations, operations."""
        return self._scripts

    def _refuse_damaged(self, job_id: str, error: BaseException | None) -> None:
        """Raises DamagedRecord where a script could make nothing of this job's record, and that is why."""
        if not isinstance(error, redis.ResponseError):
            return
        try:
            fields: Any = self.client.hgetall(f"{PREFIX}job:{job_id}")
        except redis.ResponseError:
            raise DamagedRecord(job_id, "", "it is no hash") from error
        except redis.RedisError:
            return
        if faults_in(fields):
            raise damaged_record(job_id, fields) from error

    @property
    def _lease(self) -> int:
        return int(self.lease_seconds * _MICRO)

    def _write(self, script: str, job_id: str, fence: int, *args: str | int | bytes) -> bool:
        answer = self._scripts.call(script, job_id, fence, *args)
        _refuse_stale(job_id, fence, answer)
        return bool(answer[1])

    @staticmethod
    def _idempotency(customer: str, key: str) -> str:
        return f"{PREFIX}idempotency:{customer}:{hashlib.sha256(key.encode()).hexdigest()}"


def _refuse_stale(job_id: str, fence: int, answer: Any) -> None:
    if answer[0] == b"stale":
        state, holder = answer[1].decode(), (answer[2] or b"").decode() or "nobody"
        raise StaleWriter(f"job {job_id} is {state} and held by fence {holder}; a write with fence {fence} is refused")
