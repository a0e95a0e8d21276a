"""Everything that can go wrong, as one tree.

QcjobError
├── Refused                        the asker can mend it; `code` is the problem's type in every answer
│   ├── InvalidRequest             422  wrong fields, values or query parameters
│   ├── InvalidProgram             422  the program does not parse, or does not fit the device
│   │   └── ProgramTooLong         413
│   ├── IdempotencyKeyReused       422
│   ├── NotAuthenticated           401
│   ├── OperatorOnly               403  the key is not an operator's
│   ├── TierNotAllowed             403  better than the customer's and the key's
│   ├── QuotaShots                 422
│   ├── QuotaJobsWaiting           429
│   ├── QuotaDeviceSeconds         429
│   ├── BatchRefused               422  jobs of a batch cannot be accepted; it has what each was refused for
│   ├── QuotaSessionSeconds        422
│   ├── TooManySessions            429  as many of the customer's sessions are open as may
│   ├── JobNotFound                404  unknown, malformed, or another customer's
│   ├── BatchNotFound              404  likewise
│   ├── DeviceNotFound             404
│   ├── CustomerNotFound           404
│   ├── SessionNotFound            404  unknown, malformed, or another customer's
│   ├── ReservationNotFound        404
│   ├── ReservationOverlaps        409  its device is another's in a part of the window
│   ├── SessionClosed              409  it takes no jobs any more
│   ├── ResultNotReady             409  not final yet
│   ├── NoResult                   409  final, but FAILED or CANCELLED
│   ├── NotCancellable             409  COMPLETED or FAILED
│   ├── NotWaiting                 409  only a job that waits can be ranked anew
│   └── TooManyBetween             409  an exchange of places would move too many jobs
├── LedgerUnavailable              503  Redis does not answer, or refuses to write
│   └── LedgerFull                 503  its memory is nearly used up; running work goes on
├── DamagedRecord                  503  the job is there, and its record was changed so that it cannot be read
├── CompilerBusy                   503  too many compiles at a time, or one that could not be tried
├── StaleWriter                    a worker whose claim was taken over, or a writer that came too late
├── JobFailed                      what the task raises once the ledger holds FAILED, for Celery and Flower
├── DriverError
│   ├── Rejected                   final: the device will never take this program
│   ├── Unavailable                surely not accepted; try again later
│   └── Uncertain                  the device may or may not have accepted the job
├── ReceiptRefused                 a receipt that was changed, or that another key signed
└── ConfigurationError             a setting, a device file or a Redis that cannot be used as it is
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class QcjobError(Exception):
    """Root of the tree. The message says what was asked, what was found and what to do."""


class Refused(QcjobError):
    """The asker can mend it. `code` never changes once published."""

    code = "refused"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong field: where it was found and what would be accepted."""

    field: str
    message: str
    allowed: str | Sequence[str] | None = None
    location: str = "body"


class InvalidRequest(Refused):
    """Fields, values or query parameters that cannot be accepted; carries one entry for each."""

    code = "invalid-request"

    def __init__(self, errors: Sequence[FieldError]) -> None:
        said = (
            f"{error.field}: {error.message}" if error.field else f"the {error.location} {error.message}"
            for error in errors
        )
        super().__init__("; ".join(said))
        self.errors = tuple(errors)


@dataclass(frozen=True, slots=True)
class ProgramError:
    """One fault in a program. Lines and columns count from 1, columns in characters."""

    line: int
    column: int
    code: str
    message: str


class InvalidProgram(Refused):
    """A program with faults, all of them, in the order they stand in the text. Its code is that of the first."""

    def __init__(self, errors: Sequence[ProgramError]) -> None:
        first = errors[0]
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        super().__init__(f"line {first.line}, column {first.column}: {first.message}{more}")
        self.errors = errors
        self.code = first.code


class ProgramTooLong(InvalidProgram):
    """The program is larger than its language or device allows; nothing was parsed."""

    def __init__(self, found_bytes: int, allowed_bytes: int) -> None:
        message = f"the program has {found_bytes:,} bytes; {allowed_bytes:,} are allowed"
        super().__init__([ProgramError(1, 1, "program-too-long", message)])


class IdempotencyKeyReused(Refused):
    """The key already stands for a job with another body."""

    code = "idempotency-key-reused"


class NotAuthenticated(Refused):
    """No API key, or one that is not known (any more)."""

    code = "not-authenticated"


class OperatorOnly(Refused):
    """Only a key made with `--role operator` may ask for this."""

    code = "operator-only"


class Limited(Exception):
    """Mixed into refusals that are about one limit: `errors` has the field, what was asked, and what is allowed.

    `retry_after_seconds` is when asking again makes sense, None where only asking for less does.
    """

    def __init__(self, field: str, message: str, allowed: str, retry_after_seconds: int | None = None) -> None:
        super().__init__(f"{message}; allowed: {allowed}")
        self.errors: tuple[FieldError, ...] = (FieldError(field, message, allowed),)
        self.retry_after_seconds = retry_after_seconds


class TierNotAllowed(Limited, Refused):
    """A better tier than the customer or the key is allowed."""

    code = "tier-not-allowed"


class QuotaShots(Limited, Refused):
    """More shots than the customer may ask of one job."""

    code = "quota-shots"


class QuotaJobsWaiting(Limited, Refused):
    """As many of the customer's jobs wait as may."""

    code = "quota-jobs-waiting"


class QuotaDeviceSeconds(Limited, Refused):
    """The job would take more device time than the customer has left today."""

    code = "quota-device-seconds"


class QuotaSessionSeconds(Limited, Refused):
    """A longer session than the customer may open."""

    code = "quota-session-seconds"


class TooManySessions(Refused):
    """As many of the customer's sessions are open as may."""

    code = "too-many-sessions"
    retry_after_seconds = 60


class JobNotFound(Refused):
    """Unknown, malformed or another customer's id: all the same to the asker."""

    code = "job-not-found"


class BatchNotFound(Refused):
    """Unknown, malformed or another customer's id: all the same to the asker."""

    code = "batch-not-found"


class BatchRefused(Refused):
    """Jobs of a batch cannot be accepted, and so none is. Carries the index and the refusal of each of them."""

    code = "batch-refused"

    def __init__(self, refused: Sequence[tuple[int, QcjobError]], asked: int) -> None:
        index, first = refused[0]
        super().__init__(f"{len(refused)} of {asked} jobs cannot be accepted; the first, index {index}: {first}")
        self.refused = tuple(refused)


class DeviceNotFound(Refused):
    """No device of that name is configured."""

    code = "device-not-found"


class CustomerNotFound(Refused):
    """No customer of that name is recorded; a key alone makes none."""

    code = "customer-not-found"


class SessionNotFound(Refused):
    """Unknown, malformed or another customer's id: all the same to the asker."""

    code = "session-not-found"


class SessionClosed(Refused):
    """A session that takes no jobs any more; the message says why."""

    code = "session-closed"


class ReservationNotFound(Refused):
    """No reservation of that id; those whose window is long over are forgotten."""

    code = "reservation-not-found"


class ReservationOverlaps(Refused):
    """The device is reserved in a part of the window; the message says by which reservation."""

    code = "reservation-overlaps"


class ResultNotReady(Refused):
    """The job has not ended yet."""

    code = "result-not-ready"


class NoResult(Refused):
    """The job ended without counts; the message says why."""

    code = "no-result"


class NotCancellable(Refused):
    """The job already ended with a result or a failure."""

    code = "not-cancellable"


class NotWaiting(Refused):
    """The job has been claimed, or has ended: it has no place in the queue."""

    code = "not-waiting"


class TooManyBetween(Refused):
    """A job that needs more device time than the one it would pass, with too many of the owner's jobs between."""

    code = "too-many-between"


class LedgerUnavailable(QcjobError):
    """Redis does not answer, or refuses to write. Whether a write happened is unknown when its answer was lost."""

    code = "ledger-unavailable"


class LedgerFull(LedgerUnavailable):
    """Redis has too little memory left to accept jobs. Nothing was recorded; running work goes on."""

    code = "ledger-full"


class DamagedRecord(QcjobError):
    """A job whose record was changed by hand, or half restored; `said` names the fields. An operator can mend it.

    `customer` is whose it is, empty where that is lost too.
    """

    code = "damaged-record"

    def __init__(self, job_id: str, customer: str, said: str) -> None:
        super().__init__(f"the record of job {job_id} is damaged: {said}")
        self.job_id = job_id
        self.customer = customer
        self.said = said


class CompilerBusy(QcjobError):
    """The compiler has no place for this program now, or could not try it. Nothing was recorded; try again."""

    code = "compiler-busy"


class StaleWriter(QcjobError):
    """The ledger refused a write: its fence is not the job's, or the job has moved on. Stop, touch nothing."""


class JobFailed(QcjobError):
    """Raised by the task after the ledger holds FAILED. `code` is the descriptor's error code."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class DriverError(QcjobError):
    """What a driver's `submit` may raise. Anything else it raises is taken as Uncertain."""


class Rejected(DriverError):
    """The device will never take this program: the job is FAILED `rejected`."""


class Unavailable(DriverError):
    """The device surely did not accept the job (busy, calibrating, offline): it goes back to WAITING for later."""


class Uncertain(DriverError):
    """The device may have accepted the job (a timeout after sending, a lost answer): rescue decides."""


class ReceiptRefused(QcjobError):
    """A receipt that cannot be believed; the message says why."""


class ConfigurationError(QcjobError):
    """A setting, a device file or a Redis that cannot be used as it is; the message names it and says what would do."""
