"""The session as a frozen value, and how long one may be. docs/sessions.md says it for users.

Times are microseconds since 1970-01-01 UTC, from the ledger's clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

MOST_SECONDS, DEFAULT_SECONDS = 28_800, 3_600
"""Eight hours: a working day of a variational algorithm; what counts when nothing is said."""

MOST_IDLE_SECONDS, DEFAULT_IDLE_SECONDS = 900, 60
"""A quarter of an hour for whoever looks at a plot in between; a minute for a program."""

MOST_OPEN = 10
"""Sessions that a customer may have open at a time."""


class SessionState(StrEnum):
    """`waiting` until its first job is claimed in its turn, `active` while its jobs run next, `closed` for ever."""

    WAITING = "waiting"
    ACTIVE = "active"
    CLOSED = "closed"


CLOSED_BECAUSE = {
    "max-time": "its time was over",
    "idle": "none of its jobs waited or ran for its idle time",
    "owner": "its owner closed it",
    "operator": "an operator closed it",
    "repair": "the ledger was repaired",
}
"""Why a session is closed, by the word that stands in it."""


@dataclass(frozen=True, slots=True)
class Session:
    """Jobs of a customer that run one after another on a device. `jobs` counts those it ever had, by their state.

    `closes_at` is when it closes by itself if nothing happens before; None while jobs of it wait and it does not run.
    """

    id: str
    customer: str
    device: str
    state: SessionState
    max_seconds: float
    idle_seconds: float
    created_at: int
    activated_at: int | None
    closes_at: int | None
    closed_at: int | None
    closed_because: str | None
    jobs: Mapping[str, int]
