"""What the scripts refuse, as errors that say what was asked, what is there and what is allowed."""

from __future__ import annotations

from collections.abc import Sequence

from qcjob.errors import (
    FieldError,
    InvalidRequest,
    NotWaiting,
    QuotaDeviceSeconds,
    QuotaJobsWaiting,
    Refused,
    SessionClosed,
    TooManyBetween,
)
from qcjob.rank import Privileges
from qcjob.session import CLOSED_BECAUSE, Session, SessionState

MOST_BETWEEN = 100
"""Jobs that one exchange of places may push back: each costs Redis some ten microseconds."""

_MICRO = 1_000_000
_DAY = 86_400 * _MICRO
_RETRY_SECONDS = 5
"""After so long one of the waiting jobs may have been claimed."""


def not_accepted(
    cost: int,
    privileges: Privileges,
    why: bytes,
    at: bytes,
    found: bytes = b"0",
    unended: bytes = b"0",
    *,
    jobs: int | None = None,
) -> Refused | InvalidRequest:
    """The refusal of a job, or of a batch of so many jobs: a deadline or which quota, the ledger's time, what there is
    already; microseconds."""
    if why == b"not_after":
        return InvalidRequest([FieldError("not_after", "is past already", "a time to come, by the server's clock")])
    if why == b"jobs_waiting":
        message = f"{int(found)} of your jobs wait already" + (f", and the batch has {jobs}" if jobs else "")
        return QuotaJobsWaiting("quota_jobs_waiting", message, f"{privileges.jobs_waiting} at a time", _RETRY_SECONDS)
    used, expected, asked = int(found) / _MICRO, int(unended) / _MICRO, cost / _MICRO
    message = (
        f"this {'batch' if jobs else 'job'} is thought to need {asked:,.1f} s of device time; today's jobs have had"
        f" {used:,.1f} s, and those that have not ended are thought to need {expected:,.1f} s"
    )
    allowed = f"{privileges.device_seconds:,} s a day; the next day begins at 00:00 UTC"
    return QuotaDeviceSeconds("quota_device_seconds", message, allowed, -(-(_DAY - int(at) % _DAY) // _MICRO))


def not_joined(session_id: str, device: str, what: str, detail: str) -> Refused | InvalidRequest:
    """The refusal of a job that cannot join the session it names: what is in the way, and where or why."""
    if what == "closed":
        why = CLOSED_BECAUSE.get(detail, detail)
        return SessionClosed(f"session {session_id} is closed, {why}: open another one, or leave it out")
    if what == "elsewhere":
        wrong = FieldError("session", f"is a session on {detail}, not on {device}", "one on the job's device")
    else:
        wrong = FieldError("session", f"no session {session_id[:80]!r} of yours", "an open session of yours")
    return InvalidRequest([wrong])


def check_open(session: Session | None, session_id: str, device: str | None) -> None:
    """Raises what a submit would be refused with, of the session as it was read."""
    if session is None:
        raise not_joined(session_id, device or "", "unknown", "")
    if session.device != device:
        raise not_joined(session_id, device or "", "elsewhere", session.device)
    if session.state is SessionState.CLOSED:
        raise not_joined(session_id, device, "closed", session.closed_because or "")


def not_ranked_anew(
    answer: Sequence[bytes], job_id: str, other_id: str = ""
) -> NotWaiting | InvalidRequest | TooManyBetween:
    """The refusal of an exchange or of a change of tier."""
    match answer[1]:
        case b"moved":
            message = f"job {job_id} was moved while it was compiled"
            return InvalidRequest([FieldError("device", message, "to ask again")])
        case b"not-waiting":
            return NotWaiting(f"job {job_id} does not wait any more")
        case b"other-not-waiting":
            return NotWaiting(f"job {other_id} does not wait any more")
        case b"too-many":
            return TooManyBetween(
                f"job {job_id} needs more device time than {other_id}, and more than {MOST_BETWEEN} of your jobs stand"
                " between the two: rank it ahead of a nearer one first"
            )
        case b"unranked":
            message = "one of the two waits for its time, as of start_after: it gets its place then"
        case b"kept":
            message = "one of the two is held, or was put back: it keeps its place"
        case b"elsewhere":
            message = f"job {other_id} is on another device or in another tier"
        case _:
            message = f"no job {other_id[:80]!r} of yours"
    allowed = "another WAITING job of yours on the same device, in the same tier"
    return InvalidRequest([FieldError("ahead_of", message, allowed)])
