"""Many jobs that were submitted at once, as frozen values. Times are microseconds since 1970-01-01 UTC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qcjob.job import NewJob
from qcjob.lifecycle import FINAL, VISIBLE, JobState

MOST_JOBS = 1_000
"""In one batch."""


@dataclass(frozen=True, slots=True)
class NewBatch:
    """Checked and compiled jobs of one customer, in one tier and of one session if of any, not recorded yet.

    Each has this batch's id. `asked` counts the jobs that were sent, of which some may have been refused: `errors` says
    why.
    """

    id: str
    customer: str
    jobs: Sequence[NewJob]
    asked: int
    name: str | None = None
    errors: Sequence[dict[str, Any]] = ()
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch as the ledger has it at one version; `counts` has how many of its jobs are in each state there is."""

    id: str
    customer: str
    version: int
    counts: Mapping[JobState, int]
    asked: int
    created_at: int
    updated_at: int
    name: str | None = None
    cancel_requested_at: int | None = None
    fingerprint: str = ""

    @property
    def size(self) -> int:
        """Jobs that were accepted."""
        return sum(self.counts.values())

    @property
    def done(self) -> int:
        """Jobs that have ended, however they did."""
        return sum(self.counts[state] for state in FINAL)

    @property
    def is_final(self) -> bool:
        """Whether all have ended."""
        return self.done == self.size

    @property
    def state(self) -> JobState:
        """Of all together: WAITING before any began, RUNNING until all have ended, then the worst that one came to."""
        if self.counts[JobState.WAITING] == self.size:
            return JobState.WAITING
        if not self.is_final:
            return JobState.RUNNING
        worst_first = (JobState.FAILED, JobState.CANCELLED, JobState.COMPLETED)
        return next(state for state in worst_first if self.counts[state])


def counts_of(found: Mapping[str, int]) -> dict[JobState, int]:
    """Counts of every state that users see; what is missing is 0."""
    return {state: found.get(state, 0) for state in VISIBLE}
