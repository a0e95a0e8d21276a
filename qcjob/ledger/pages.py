"""Pages of a customer's jobs, newest first. What a page costs depends on its length, not on how many jobs there are."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from qcjob.errors import DamagedRecord, FieldError, InvalidRequest
from qcjob.ids import is_job_id
from qcjob.job import Job
from qcjob.ledger.ledger import Ledger
from qcjob.ledger.scripts import PREFIX, reaching
from qcjob.lifecycle import JobState

_CHUNK = 200
"""Jobs looked at in one round trip where not every one belongs to the page."""

MOST_LOOKED_AT = 10 * _CHUNK
"""A page ends after so many jobs even if few of them, or none, had the device or the tag that was asked for."""

Place = tuple[int, str]
"""Where a job stands in a list: when it was created, and its id."""


@dataclass(frozen=True, slots=True)
class JobPage:
    """A page of jobs, newest first, and the cursor of the next page, None at the end.

    Under a filter by device or tag a page may be short, or empty, and there be a next one. `damaged`: jobs that belong
    to the list, and whose record cannot be read.
    """

    items: tuple[Job, ...]
    next: str | None
    damaged: tuple[DamagedRecord, ...] = ()


def list_jobs(
    ledger: Ledger,
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
    """A customer's jobs, newest first; created_after and created_before (microseconds) are not included.

    Raises InvalidRequest on a cursor that was not handed out here, LedgerUnavailable.
    """
    key = f"{PREFIX}jobs:{customer}" + (f":{state}" if state else "")
    most: str | int = "+inf" if created_before is None else f"({created_before}"
    least: str | int = "-inf" if created_after is None else f"({created_after}"
    behind = None if cursor is None else Cursor.read(cursor)
    if behind is not None and (created_before is None or behind[0] < created_before):
        most = behind[0]
    chunk = limit + 2 if device is None and tag is None else _CHUNK  # the cursor's own, and one that tells of a next
    items: list[Job] = []
    damaged: list[DamagedRecord] = []
    last: Place | None = None
    for start in range(0, MOST_LOOKED_AT, chunk):
        with reaching():
            found: Any = ledger.client.zrevrangebyscore(key, most, least, start=start, num=chunk, withscores=True)
        places = places_from(found)
        new = [place for place in places if behind is None or place < behind]
        jobs = {job.id: job for job in ledger.read_each([job_id for _, job_id in new], damaged)}
        for place in new:
            job = jobs.get(place[1])
            if job and _is_wanted(job, state, device, tag):
                if len(items) == limit:
                    return JobPage(tuple(items), Cursor.write(last), tuple(damaged))
                items.append(job)
            last = place
        if len(places) < chunk:
            return JobPage(tuple(items), None, tuple(damaged))
    return JobPage(tuple(items), Cursor.write(last), tuple(damaged))


def _is_wanted(job: Job, state: JobState | None, device: str | None, tag: str | None) -> bool:
    """A job may have moved on since the index was read."""
    return state in (None, job.state) and device in (None, job.device) and (tag is None or tag in job.tags)


class Cursor:
    """Where a page ended, as users hand it back."""

    @staticmethod
    def write(place: Place | None) -> str | None:
        """The cursor of the page behind that place."""
        if place is None:
            return None
        return base64.urlsafe_b64encode(f"{place[0]} {place[1]}".encode()).decode().rstrip("=")

    @staticmethod
    def read(text: str) -> Place:
        """The place. Raises InvalidRequest on a cursor that was not handed out here."""
        try:
            padded = text + "=" * (-len(text) % 4)
            at, _, job_id = base64.b64decode(padded, altchars=b"-_", validate=True).decode().partition(" ")
            if not at.isascii() or not at.isdigit() or len(at) > 16 or not is_job_id(job_id):
                raise ValueError
        except (ValueError, binascii.Error) as error:
            wrong = FieldError("cursor", "is not one handed out by this list", "the `next` of an earlier page", "query")
            raise InvalidRequest([wrong]) from error
        return int(at), job_id


def places_from(answer: Sequence[tuple[Any, Any]]) -> list[Place]:
    """Places from what a sorted set answers."""
    return [(int(score), key.decode()) for key, score in answer]
