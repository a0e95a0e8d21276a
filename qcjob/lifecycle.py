"""A job's states and the moves between them: this table and nothing else decides. The ledger's scripts are given it.

    CREATED            accept    -> WAITING     by the service: built, then recorded, ranked and woken in one script
    WAITING            claim     -> SUBMITTED   by a worker, which now hands it to the device
    WAITING            cancel    -> CANCELLED   by the owner
    WAITING            expire    -> CANCELLED   by the keeper, when the job's deadline passed
    SUBMITTED          start     -> RUNNING     by the worker: the device has it, its handle is recorded
    SUBMITTED|RUNNING  fail      -> FAILED      by the worker or by rescue, always with an error code and message
    SUBMITTED|RUNNING  put_back  -> WAITING     by the worker or by rescue: surely not started, or attempt n + 1
    SUBMITTED|RUNNING  cancelled -> CANCELLED   by the worker: the driver, or rescue, said so
    RUNNING            complete  -> COMPLETED   by the worker, with the counts

COMPLETED, FAILED and CANCELLED are final: no row leaves them.
"""

from __future__ import annotations

from enum import StrEnum


class JobState(StrEnum):
    """Where a job is. Users see all of them but CREATED, which lasts from the check to the record."""

    CREATED = "CREATED"
    WAITING = "WAITING"
    SUBMITTED = "SUBMITTED"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def is_final(self) -> bool:
        """True for a state that nothing leaves."""
        return self in FINAL


class Event(StrEnum):
    """What moves a job."""

    ACCEPT = "accept"
    CLAIM = "claim"
    START = "start"
    COMPLETE = "complete"
    FAIL = "fail"
    PUT_BACK = "put_back"
    CANCEL = "cancel"
    EXPIRE = "expire"
    CANCELLED = "cancelled"


TRANSITIONS: dict[tuple[JobState, Event], JobState] = {
    (JobState.CREATED, Event.ACCEPT): JobState.WAITING,
    (JobState.WAITING, Event.CLAIM): JobState.SUBMITTED,
    (JobState.WAITING, Event.CANCEL): JobState.CANCELLED,
    (JobState.WAITING, Event.EXPIRE): JobState.CANCELLED,
    (JobState.SUBMITTED, Event.START): JobState.RUNNING,
    (JobState.SUBMITTED, Event.FAIL): JobState.FAILED,
    (JobState.SUBMITTED, Event.PUT_BACK): JobState.WAITING,
    (JobState.SUBMITTED, Event.CANCELLED): JobState.CANCELLED,
    (JobState.RUNNING, Event.COMPLETE): JobState.COMPLETED,
    (JobState.RUNNING, Event.FAIL): JobState.FAILED,
    (JobState.RUNNING, Event.PUT_BACK): JobState.WAITING,
    (JobState.RUNNING, Event.CANCELLED): JobState.CANCELLED,
}

EXPIRED = ("expired", "no device had taken it when its not_after passed")
"""The error code and message of a job that `expire` ended."""

FINAL = frozenset(JobState) - {state for state, _ in TRANSITIONS}
VISIBLE = tuple(state for state in JobState if state is not JobState.CREATED)


def next_state(state: JobState, event: Event) -> JobState | None:
    """The state that `event` leads to, or None where the table has no such move."""
    return TRANSITIONS.get((state, event))
