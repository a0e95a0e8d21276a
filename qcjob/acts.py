"""What operators do, as values: whose word it is, and what is written down of it."""

from __future__ import annotations

from dataclasses import dataclass

AUDIT = "qcjob:audit"
"""The stream that keeps every act, the last KEPT of them or a few more."""
KEPT = 10_000

MOST_WHY = 500
"""Characters of a reason."""

MOST_ON_A_JOB = 50
"""Acts that a job itself shows, the last ones."""


@dataclass(frozen=True, slots=True)
class Word:
    """Who acts, by which key, and why; `why` is printable, and may be empty."""

    by: str
    key: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """One act as written down. `on`: `job ID`, `batch ID`, `device NAME` or `customer NAME`; `at` is microseconds."""

    at: int
    by: str
    what: str
    before: str
    after: str
    why: str
    on: str = ""
    key: str = ""
