"""The calls about jobs and devices: one method for each thing the API can do."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Self, Unpack

import httpx

from qcjob.client.answers import Json, Page, RemoteJob, RemoteResult
from qcjob.client.asking import given, path_of, piece
from qcjob.client.batches import Batches
from qcjob.client.connection import Connection
from qcjob.client.following import POLL_SECONDS, Follower, OnOutage
from qcjob.client.operating import Operating
from qcjob.client.reservations import Reservations
from qcjob.client.results import whole
from qcjob.client.sessions import Sessions
from qcjob.client.submission import JobFields, body_of

DEFAULT_URL = "http://127.0.0.1:8000"


class Client:
    """One server and one key. Use it as a context manager, or call `close`; not shared between threads.

    `batches`, `sessions`, `reservations` and `operating` have the calls about those.
    """

    def __init__(
        self,
        url: str = DEFAULT_URL,
        api_key: str | None = None,
        *,
        timeout_seconds: float = 10.0,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connection = Connection(url, api_key, timeout_seconds, transport, sleep)
        self._follower = Follower(self._connection, sleep, clock)
        self.batches = Batches(self._connection, self._follower)
        self.sessions = Sessions(self._connection)
        self.reservations = Reservations(self._connection)
        self.operating = Operating(self._connection)

    def __repr__(self) -> str:
        return f"Client({self._connection.url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the connections; calling it twice does no harm."""
        self._connection.close()

    def submit(self, program: str, *, idempotency_key: str | None = None, **fields: Unpack[JobFields]) -> RemoteJob:
        """Submit a program. Without a key one is made, so that a lost answer is no harm."""
        headers = {"Idempotency-Key": f'"{idempotency_key or uuid.uuid4()}"'}
        body = body_of(program, fields)
        timeout = self._connection.while_compiling
        answer = self._connection.ask("POST", RemoteJob.path, json=body, headers=headers, timeout=timeout)
        return RemoteJob.from_answer(answer)

    def dry_run(self, program: str, **fields: Unpack[JobFields]) -> Json:
        """What `submit` with the same arguments would run, checked and compiled, but not recorded."""
        body = body_of(program, fields)
        asked, timeout = {"dry_run": "true"}, self._connection.while_compiling
        return self._connection.document("POST", RemoteJob.path, json=body, params=asked, timeout=timeout)

    def status(self, job: str | RemoteJob) -> RemoteJob:
        """The job as it is now."""
        return RemoteJob.from_answer(self._connection.ask("GET", _path(job)))

    def next_change(self, job: RemoteJob, seconds: float = POLL_SECONDS) -> RemoteJob:
        """The job once its version differs from the one given, or the one given when `seconds` pass without."""
        return self._follower.next_change(job, seconds)

    def changes(
        self, job: str | RemoteJob, *, every: float = POLL_SECONDS, on_outage: OnOutage | None = None
    ) -> Iterator[RemoteJob]:
        """The job as it is, then again after each change, and at least every `every` seconds, until it is final.

        A server that is away for less than a minute is waited for; `on_outage` is told what was heard instead of it.
        """
        return self._follower.changes(self.status(job), every, on_outage=on_outage)

    def wait(self, job: str | RemoteJob, *, timeout_seconds: float | None = None) -> RemoteJob:
        """The job in its final state. Raises TimeoutError after `timeout_seconds`; the job itself goes on.

        A server that is away for less than a minute is waited for.
        """
        return self._follower.end(self.status(job), timeout_seconds)

    def result(self, job: str | RemoteJob, *, partial: bool = False) -> RemoteResult:
        """All the counts, of every part. Raises Problem `result-not-ready` before the end, else `no-result`.

        `partial`: of a job of several that is not COMPLETED, the parts that are over.
        """
        path, asked = f"{_path(job)}/result", {"partial": "true"} if partial else {}
        return whole(self._connection, path, self._connection.document("GET", path, params=asked), asked)

    def memory(
        self, job: str | RemoteJob, *, part: int = 0, partial: bool = False, at_a_time: int = 10_000
    ) -> Iterator[str]:
        """The outcome of every shot, in the order they were taken, of a job that ran with the option memory.

        Raises as `result` does; Problem `no-result` for a job that kept none.
        """
        path, offset, shots = f"{_path(job)}/memory", 0, 1
        asked = {"limit": at_a_time, "part": part, **({"partial": "true"} if partial else {})}
        while offset < shots:
            page = self._connection.document("GET", path, params={"offset": offset, **asked})
            shots = int(page["shots"]) if page["clbits"] else 0
            offset += at_a_time
            yield from page["memory"]

    def program(self, job: str | RemoteJob) -> Json:
        """Source and compiled program, in every state."""
        return self._connection.document("GET", f"{_path(job)}/program")

    def receipt(self, job: str | RemoteJob) -> Json:
        """The signed receipt of a COMPLETED job; raises as `result` does."""
        return self._connection.document("GET", f"{_path(job)}/receipt")

    def receipt_keys(self) -> Json:
        """The public keys that sign receipts, as a JWK set; no API key needed."""
        return self._connection.document("GET", "/.well-known/jwks.json")

    def cancel(self, job: str | RemoteJob) -> RemoteJob:
        """Cancel a waiting job at once, ask a running one to stop. Raises Problem `not-cancellable` after the end."""
        return RemoteJob.from_answer(self._connection.ask("POST", f"{_path(job)}/cancel"))

    def rank_ahead(self, job: str | RemoteJob, other: str | RemoteJob) -> RemoteJob:
        """Let a waiting job exchange places with another of one's own that stands before it; harmless when repeated."""
        other_id = other.id if isinstance(other, RemoteJob) else other
        return RemoteJob.from_answer(self._connection.ask("PATCH", _path(job), json={"ahead_of": other_id}))

    def change_tier(self, job: str | RemoteJob, tier: int) -> RemoteJob:
        """Rank a waiting job at the end of another tier. Raises Problem `tier-not-allowed` for too good a one."""
        return RemoteJob.from_answer(self._connection.ask("PATCH", _path(job), json={"tier": tier}))

    def queue(self, job: str | RemoteJob) -> Json:
        """Why a waiting job has not started, and when it may. Raises Problem `not-waiting` for others."""
        return self._connection.document("GET", f"{_path(job)}/queue")

    def list(self, *, limit: int | None = None, cursor: str | None = None, **filters: str | None) -> Page:
        """One page of jobs, newest first.

        Filters: state, device, tag, created_after, created_before (RFC 3339); for operators, customer.
        """
        params: dict[str, Any] = given(limit=limit, cursor=cursor, **filters)
        return Page.from_document(self._connection.document("GET", "/v1/jobs", params=params))

    def target(self, device: str) -> Json:
        """What programs for a device are compiled for, as of now; a receipt's `target_sha256` is its hash."""
        return self._connection.document("GET", f"/v1/devices/{piece(device)}/target")

    def devices(self) -> tuple[Json, ...]:
        """Every device: name, num_qubits, gates, limits, status, queue length."""
        return tuple(self._connection.document("GET", "/v1/devices")["items"])


def _path(job: str | RemoteJob) -> str:
    return path_of(job, RemoteJob)
