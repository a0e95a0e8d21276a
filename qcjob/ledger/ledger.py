"""The ledger: where jobs are kept, ranked, handed out and finished. One method per move, one round trip each."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import redis

from qcjob.errors import ConfigurationError, FieldError, InvalidRequest, StaleWriter
from qcjob.ids import is_job_id
from qcjob.job import Job, Moment, NewJob
from qcjob.ledger import meta
from qcjob.ledger.claim import Claim, claim_from
from qcjob.ledger.memory import MemoryGauge
from qcjob.ledger.records import fields_of, job_from
from qcjob.ledger.scripts import Around, Scripts, unavailable
from qcjob.lifecycle import Event, JobState
from qcjob.rank import base_score

PREFIX = "qcjob:"
SCHEMA = 1
_MICRO = 1_000_000
_SCAN = 201
"""Jobs looked at in one round trip of a list: its largest page, and one more to know whether there is another."""


@dataclass(frozen=True, slots=True)
class JobPage:
    """A page of jobs, newest first, and the cursor of the next page, None at the end."""

    items: tuple[Job, ...]
    next: str | None


@contextmanager
def reaching() -> Iterator[None]:
    """Turns every Redis error into LedgerUnavailable."""
    try:
        yield
    except redis.RedisError as error:
        raise unavailable(error) from error


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

    def submit(self, job: NewJob, *, idempotency_key: str | None = None) -> Job:
        """Record, rank and wake. Answers the job; an earlier one where the key or the id is known already.

        Raises LedgerFull when Redis has too little memory left.
        """
        with reaching():
            self._memory.refuse_when_full()
        answer = self._scripts.call(
            "submit",
            job.id,
            job.customer,
            job.device,
            base_score(job.tier),
            self._idempotency(job.customer, idempotency_key) if idempotency_key else "",
            job.program.encode("utf-8", "surrogatepass"),
            job.compiled,
            *fields_of(job),
        )
        if answer[0] == b"known":
            known = self.read(answer[1].decode())
            assert known is not None, "an idempotency key lives as long as its job"
            return known
        at = int(answer[1])
        return Job(
            id=job.id,
            customer=job.customer,
            state=JobState.WAITING,
            version=1,
            device=job.device,
            runtime=job.runtime,
            language=job.language,
            shots=job.shots,
            created_at=at,
            updated_at=at,
            seed=job.seed,
            name=job.name,
            tags=job.tags,
            options=job.options,
            ahead=int(answer[2]),
            history=(Moment(JobState.WAITING, at, 1),),
            fingerprint=job.fingerprint,
        )

    def find_idempotent(self, customer: str, idempotency_key: str) -> Job | None:
        """The job that this customer's key stands for."""
        with reaching():
            known: Any = self.client.get(self._idempotency(customer, idempotency_key))
        return self.read(known.decode()) if known else None

    def read(self, job_id: str) -> Job | None:
        """The job as it is now; None for an unknown or malformed id."""
        if not is_job_id(job_id):
            return None
        answer = self._scripts.call("read", job_id)
        return job_from(job_id, *answer) if answer else None

    def read_program(self, job_id: str) -> tuple[str, str] | None:
        """Source and compiled program."""
        with reaching():
            texts: Any = self.client.mget(f"{PREFIX}program:{job_id}", f"{PREFIX}compiled:{job_id}")
        source, compiled = texts
        return None if compiled is None else (source.decode("utf-8", "surrogatepass"), compiled.decode())

    def read_result(self, job_id: str) -> dict[str, Any] | None:
        """What `complete` recorded."""
        with reaching():
            stored = self.client.get(f"{PREFIX}result:{job_id}")
        return None if stored is None else json.loads(stored)

    def cancel(self, job_id: str, *, customer: str | None = None) -> Job | None:
        """Cancel a waiting job, note the wish on a running one; the job after that. None where there is no such job."""
        if not is_job_id(job_id):
            return None
        answer = self._scripts.call("cancel", job_id, customer or "", meta.cancelled(job_id))
        return job_from(job_id, *answer) if answer else None

    def list(
        self,
        customer: str,
        *,
        state: JobState | None = None,
        device: str | None = None,
        tag: str | None = None,
        created_after: int | None = None,
        created_before: int | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> JobPage:
        """A customer's jobs, newest first; created_after and created_before (microseconds) are not included."""
        index = f"{PREFIX}jobs:{customer}" + (f":{state}" if state else "")
        most: str | int = "+inf" if created_before is None else f"({created_before}"
        least: str | int = "-inf" if created_after is None else f"({created_after}"
        behind = None if cursor is None else _read_cursor(cursor)
        if behind is not None and (created_before is None or behind[0] < created_before):
            most = behind[0]
        found: list[Job] = []
        offset = 0
        while len(found) <= limit:
            with reaching():
                page: Any = self.client.zrevrangebyscore(index, most, least, start=offset, num=_SCAN, withscores=True)
            offset += len(page)
            ids = [(key.decode(), int(score)) for key, score in page]
            if behind is not None:
                ids = [(key, score) for key, score in ids if (score, key) < behind]
            for job in self._read_each([key for key, _ in ids]):
                if state not in (None, job.state):  # it moved on since the index was read
                    continue
                if device in (None, job.device) and (tag is None or tag in job.tags):
                    found.append(job)
            if len(page) < _SCAN:
                break
        more = len(found) > limit
        items = tuple(found[:limit])
        return JobPage(items, _cursor(items[-1]) if more else None)

    def _read_each(self, job_ids: Sequence[str]) -> Iterator[Job]:
        answers = self._scripts.call_each("read", [(job_id,) for job_id in job_ids]) if job_ids else ()
        for job_id, answer in zip(job_ids, answers, strict=True):
            if answer:
                yield job_from(job_id, *answer)

    def check(self, job_id: str, *, repair: bool = False) -> Sequence[tuple[str, str]]:
        """What is wrong between a job and the sets that should name it, and what mends that; mended when asked to."""
        answer = self._scripts.call("check", job_id, "repair" if repair else "")
        return [(what.decode(), mend.decode()) for what, mend in answer]

    # -- the worker

    def claim(self, device: str, worker: str) -> Claim | None:
        """Take the device's best-ranked job, or a lapsed lease first; None when there is nothing to take."""
        until = self._monotonic() + self.lease_seconds
        answer = self._scripts.call("claim", device, worker, self._lease)
        return claim_from(answer, device, until) if answer else None

    def mark(self, job_id: str, fence: int) -> bool:
        """Note that submit is about to be called; whether a cancel was asked for. Raises StaleWriter."""
        return self._write("mark", job_id, fence)

    def start(self, job_id: str, fence: int, handle: str) -> bool:
        """SUBMITTED to RUNNING with the device's handle; whether a cancel was asked for. Raises StaleWriter."""
        return self._write("start", job_id, fence, handle)

    def complete(self, job_id: str, fence: int, result: Mapping[str, Any]) -> None:
        """End with a result whose `counts` Celery clients see. Raises StaleWriter."""
        ended = meta.completed(job_id, result["counts"])
        self._write("finish", job_id, fence, Event.COMPLETE, json.dumps(result), "", "", ended, 0)

    def fail(self, job_id: str, fence: int, code: str, message: str, *, raw: str = "", hold_seconds: float = 0) -> None:
        """End with an error; a hold keeps the slot for a device that may still be busy. Raises StaleWriter."""
        ended = meta.failed(job_id, code, message)
        self._write("finish", job_id, fence, Event.FAIL, raw, code, message, ended, int(hold_seconds * _MICRO))

    def cancelled(self, job_id: str, fence: int, *, hold_seconds: float = 0) -> None:
        """End a claimed job as CANCELLED. Raises StaleWriter."""
        hold = int(hold_seconds * _MICRO)
        self._write("finish", job_id, fence, Event.CANCELLED, "", "", "", meta.cancelled(job_id), hold)

    def put_back(
        self, job_id: str, fence: int, *, next_attempt: bool, later: bool, hold_seconds: float = 0
    ) -> JobState:
        """Back to WAITING, or CANCELLED where that was asked for; the state it got. Raises StaleWriter."""
        attempt, when = "next" if next_attempt else "same", "later" if later else "now"
        hold = int(hold_seconds * _MICRO)
        answer = self._scripts.call("put_back", job_id, fence, attempt, when, hold, meta.cancelled(job_id))
        _refuse_stale(job_id, fence, answer)
        return JobState(answer[1].decode())

    def renew(self, job_id: str, fence: int) -> bool:
        """Keep the lease for its full length from now; whether a cancel was asked for. Raises StaleWriter."""
        return self._write("renew", job_id, fence, self._lease)

    def lapse(self, job_id: str, fence: int) -> None:
        """End a lease whose worker is known to be gone, so that a rescue starts at once. Raises StaleWriter."""
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
        """Do what is due for every device. Of these claims, id and fence, those that are void by now."""
        pairs = [part for job_id, fence in claims for part in (job_id, fence)]
        void = self._scripts.call("keep", int(retention_seconds * _MICRO), *pairs)
        return frozenset((job_id.decode(), int(fence)) for job_id, fence in zip(void[::2], void[1::2], strict=True))

    def devices(self, *names: str) -> Sequence[tuple[dict[str, str], int]]:
        """For each device the fields its worker published (none if it never did) and how many jobs wait for it."""
        with reaching():
            pipe = self.client.pipeline(transaction=False)
            for name in names:
                pipe.hgetall(f"{PREFIX}device:{name}")
                pipe.zcard(f"{PREFIX}ready:{name}")
                pipe.zcard(f"{PREFIX}later:{name}")
            answers = iter(pipe.execute())
        return [
            ({key.decode(): value.decode() for key, value in fields.items()}, ready + later)
            for fields, ready, later in zip(answers, answers, answers, strict=True)
        ]

    @property
    def _lease(self) -> int:
        return int(self.lease_seconds * _MICRO)

    def _write(self, script: str, job_id: str, fence: int, *args: str | int) -> bool:
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


def _cursor(job: Job) -> str:
    return base64.urlsafe_b64encode(f"{job.created_at} {job.id}".encode()).decode().rstrip("=")


def _read_cursor(text: str) -> tuple[int, str]:
    try:
        padded = text + "=" * (-len(text) % 4)
        at, _, job_id = base64.b64decode(padded, altchars=b"-_", validate=True).decode().partition(" ")
        if not at.isascii() or not at.isdigit() or len(at) > 16 or not is_job_id(job_id):
            raise ValueError
    except (ValueError, binascii.Error) as error:
        wrong = FieldError("cursor", "is not one handed out by this list", "the `next` of an earlier page", "query")
        raise InvalidRequest([wrong]) from error
    return int(at), job_id
