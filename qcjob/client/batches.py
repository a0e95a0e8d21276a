"""Batches over HTTP: `client.batches`."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from qcjob.client.answers import BatchResult, Json, Page, RemoteBatch, RemoteJob
from qcjob.client.asking import given, path_of
from qcjob.client.connection import Connection
from qcjob.client.following import POLL_SECONDS, Follower, OnOutage
from qcjob.client.results import whole
from qcjob.lifecycle import JobState

COMPILE_SECONDS = 25.0
"""The server takes up to 20 s to compile a batch, beside what an answer takes."""

_PAGE = 200


class Batches:
    """Many jobs submitted, followed and cancelled as one. Raises as the calls of Client do, `batch-not-found` too."""

    def __init__(self, connection: Connection, follower: Follower) -> None:
        self._connection = connection
        self._follower = follower

    def submit(
        self,
        jobs: Sequence[str | Mapping[str, Any]],
        *,
        name: str | None = None,
        on_error: str | None = None,
        idempotency_key: str | None = None,
    ) -> RemoteBatch:
        """Submit up to 1,000 jobs: programs, or what POST /v1/jobs takes. All are accepted or none.

        `on_error="skip"`: those that cannot be accepted are left out instead. Raises Problem `batch-refused`, whose
        errors have the `index` of each.
        """
        body: Json = {"jobs": [{"program": job} if isinstance(job, str) else dict(job) for job in jobs]}
        body |= given(name=name, on_error=on_error)
        headers = {"Idempotency-Key": f'"{idempotency_key or uuid.uuid4()}"'}
        timeout = COMPILE_SECONDS + self._connection.timeout_seconds
        answer = self._connection.ask("POST", RemoteBatch.path, json=body, headers=headers, timeout=timeout)
        return RemoteBatch.from_answer(answer)

    def status(self, batch: str | RemoteBatch) -> RemoteBatch:
        """The batch as it is now."""
        return RemoteBatch.from_answer(self._connection.ask("GET", _path(batch)))

    def changes(
        self, batch: str | RemoteBatch, *, every: float = POLL_SECONDS, on_outage: OnOutage | None = None
    ) -> Iterator[RemoteBatch]:
        """The batch as it is, then again after changes of its jobs, and every `every` seconds, until all have ended.

        `on_outage` as `Client.changes` has it.
        """
        return self._follower.changes(self.status(batch), every, on_outage=on_outage)

    def wait(self, batch: str | RemoteBatch, *, timeout_seconds: float | None = None) -> RemoteBatch:
        """The batch when all of its jobs have ended. Raises TimeoutError; the batch itself goes on."""
        return self._follower.end(self.status(batch), timeout_seconds)

    def jobs(self, batch: str | RemoteBatch) -> Iterator[RemoteJob]:
        """Its jobs, in the order in which they were submitted."""
        cursor: str | None = "0"
        while cursor is not None:
            params = {"limit": _PAGE, "cursor": cursor}
            page = Page.from_document(self._connection.document("GET", f"{_path(batch)}/jobs", params=params))
            yield from page.items
            cursor = page.next

    def results(self, batch: str | RemoteBatch) -> Iterator[BatchResult]:
        """What its jobs came to, in the order in which they were submitted, with all their counts, page by page.

        Of a job that is not COMPLETED the result is None: `wait` first for all of them.
        """
        cursor: str | None = "0"
        while cursor is not None:
            params = {"limit": _PAGE, "cursor": cursor}
            page = self._connection.document("GET", f"{_path(batch)}/results", params=params)
            for item in page["items"]:
                yield self._result(item)
            cursor = page["next"]

    def _result(self, item: Json) -> BatchResult:
        found, error = item["result"], item["error"]
        result = found and whole(self._connection, f"{path_of(item['id'], RemoteJob)}/result", found)
        said = f"{error['code']}: {error['message']}" if error else None
        return BatchResult(item["id"], item["index"], JobState(item["state"]), result, said, item)

    def cancel(self, batch: str | RemoteBatch) -> RemoteBatch:
        """Cancel its jobs that wait, ask those that run to stop. Raises Problem `not-cancellable` after the end."""
        return RemoteBatch.from_answer(self._connection.ask("POST", f"{_path(batch)}/cancel"))


def _path(batch: str | RemoteBatch) -> str:
    return path_of(batch, RemoteBatch)
