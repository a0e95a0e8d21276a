"""Everything that can go wrong, as one tree.

QcjobError
├── Refused                        the asker can mend it; `code` is the problem's type in every answer
│   ├── InvalidRequest             422  wrong fields, values or query parameters
│   ├── InvalidProgram             422  the program does not parse, or does not fit the device
│   │   └── ProgramTooLong         413
│   ├── IdempotencyKeyReused       422
│   ├── NotAuthenticated           401
│   ├── JobNotFound                404  unknown, malformed, or another customer's
│   ├── DeviceNotFound             404
│   ├── ResultNotReady             409  not final yet
│   ├── NoResult                   409  final, but FAILED or CANCELLED
│   └── NotCancellable             409  COMPLETED or FAILED
├── LedgerUnavailable              503  Redis does not answer, or refuses to write
│   └── LedgerFull                 503  its memory is nearly used up; running work goes on
├── StaleWriter                    a worker whose claim was taken over, or a writer that came too late
├── JobFailed                      what the task raises once the ledger holds FAILED, for Celery and Flower
├── DriverError
│   ├── Rejected                   final: the device will never take this program
│   ├── Unavailable                surely not accepted; try again later
│   └── Uncertain                  the device may or may not have accepted the job
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
        super().__init__("; ".join(f"{error.field}: {error.message}" for error in errors))
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
        self.errors = tuple(errors)
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


class JobNotFound(Refused):
    """Unknown, malformed or another customer's id: all the same to the asker."""

    code = "job-not-found"


class DeviceNotFound(Refused):
    """No device of that name is configured."""

    code = "device-not-found"


class ResultNotReady(Refused):
    """The job has not ended yet."""

    code = "result-not-ready"


class NoResult(Refused):
    """The job ended without counts; the message says why."""

    code = "no-result"


class NotCancellable(Refused):
    """The job already ended with a result or a failure."""

    code = "not-cancellable"


class LedgerUnavailable(QcjobError):
    """Redis does not answer, or refuses to write. Whether a write happened is unknown when its answer was lost."""

    code = "ledger-unavailable"


class LedgerFull(LedgerUnavailable):
    """Redis has too little memory left to accept jobs. Nothing was recorded; running work goes on."""

    code = "ledger-full"


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


class ConfigurationError(QcjobError):
    """A setting, a device file or a Redis that cannot be used as it is; the message names it and says what would do."""
