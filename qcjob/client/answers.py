"""What the HTTP API answers, as frozen values for the client. `document` is always the JSON as it came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import httpx

from qcjob.errors import QcjobError
from qcjob.lifecycle import JobState
from qcjob.result import Counts

Json = dict[str, Any]


class Unreachable(QcjobError):
    """No answer of qcjob's came: no connection, too slow, or something else listens there."""


class Unusable(QcjobError):
    """What was given cannot go into a request: the URL, the key, or an argument that is no text. Nothing was asked."""


class Problem(QcjobError):
    """The server refused. `code` is stable (the last part of the problem's type), `status` the HTTP status."""

    def __init__(self, code: str, status: int, detail: str, document: Mapping[str, Any]) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.status = status
        self.detail = detail
        self.document = dict(document)

    @property
    def errors(self) -> tuple[Json, ...]:
        """Faults of a program ({line, column, code, message}) or of fields ({field, message, allowed}).

        Those of a batch's jobs have their `index` too.
        """
        errors = self.document.get("errors")
        return tuple(error for error in errors if isinstance(error, dict)) if isinstance(errors, list) else ()

    @classmethod
    def from_document(cls, document: Mapping[str, Any], status: int) -> Problem:
        """From problem+json (RFC 9457)."""
        kind = str(document.get("type") or "about:blank")
        code = kind.rstrip("/").rsplit("/", 1)[-1].rsplit(":", 1)[-1].rsplit("#", 1)[-1]
        return cls(code, status, str(document.get("detail") or document.get("title") or f"HTTP {status}"), document)


def document_of(answer: httpx.Response) -> Json:
    """The JSON object that came. Raises Unreachable where none did."""
    try:
        document = answer.json()
    except ValueError as error:
        raise Unreachable(f"{answer.request.url} does not answer in JSON; is it qcjob?") from error
    if not isinstance(document, dict):
        raise Unreachable(f"{answer.request.url} does not answer with a JSON object; is it qcjob?")
    return document


@dataclass(frozen=True, slots=True)
class Followed:
    """What the server described of something that goes on until its state is final."""

    id: str
    state: JobState
    version: int
    document: Json = field(repr=False, hash=False)
    etag: str | None = field(default=None, repr=False)

    kind: ClassVar[str]
    path: ClassVar[str]
    """Where all of its kind are."""

    @property
    def is_final(self) -> bool:
        """True once nothing will change any more."""
        return self.state.is_final

    @classmethod
    def from_document(cls, document: Json, etag: str | None = None) -> Self:
        """From a descriptor. Raises Unreachable when it is none."""
        try:
            return cls(document["id"], JobState(document["state"]), int(document["version"]), document, etag)
        except (KeyError, TypeError, ValueError) as error:
            raise Unreachable(f"the server's answer is not a {cls.kind} descriptor: {error!r}") from error

    @classmethod
    def from_answer(cls, answer: httpx.Response) -> Self:
        """From an answer that carries a descriptor and, where the server sends one, its ETag."""
        return cls.from_document(document_of(answer), answer.headers.get("ETag"))


@dataclass(frozen=True, slots=True)
class RemoteJob(Followed):
    """A job as the server described it."""

    kind = "job"
    path = "/v1/jobs"

    @property
    def ahead(self) -> int | None:
        """How many jobs are ranked before it; None unless WAITING."""
        queue = self.document.get("queue")
        return int(queue["ahead"]) if queue else None

    @property
    def waits_because(self) -> str | None:
        """Why it waits though its turn may have come: its device takes no jobs, or it is tried again later."""
        return (self.document.get("queue") or {}).get("reason")

    @property
    def error(self) -> str | None:
        """`code: message` of a job that FAILED or was cancelled for a reason, else None."""
        error = self.document.get("error")
        return f"{error['code']}: {error['message']}" if error else None


@dataclass(frozen=True, slots=True)
class RemoteBatch(Followed):
    """A batch as the server described it; it is final once all of its jobs are."""

    kind = "batch"
    path = "/v1/batches"

    @property
    def done(self) -> int:
        """Jobs that have ended."""
        return int(self.document["progress"]["done"])

    @property
    def size(self) -> int:
        """Jobs that were accepted."""
        return int(self.document["progress"]["of"])

    @property
    def job_ids(self) -> tuple[str | None, ...]:
        """In the order in which they were submitted, None for those left out; empty but in a submit's answer."""
        return tuple(self.document.get("jobs", ()))


@dataclass(frozen=True, slots=True)
class RemoteResult:
    """What a COMPLETED job ended with; the rightmost character of a bitstring is classical bit 0."""

    counts: Counts
    shots: int
    document: Json = field(repr=False, hash=False)

    @classmethod
    def from_document(cls, document: Json) -> RemoteResult:
        """From the result document of the API, whose `parts` and `expectation_values` stand in `document`."""
        return cls(dict(document["counts"]), int(document["shots"]), document)


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What a job of a batch came to: `result` unless it is None, of a job that is COMPLETED; `index` as it was sent."""

    id: str
    index: int
    state: JobState
    result: RemoteResult | None
    error: str | None
    document: Json = field(repr=False, hash=False)


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the caller's jobs, newest first; `next` is the cursor of the following page, or None."""

    items: tuple[RemoteJob, ...]
    next: str | None
    document: Json = field(repr=False, hash=False)

    @classmethod
    def from_document(cls, document: Json) -> Page:
        """From {"items": […], "next": …}."""
        return cls(tuple(RemoteJob.from_document(item) for item in document["items"]), document.get("next"), document)
