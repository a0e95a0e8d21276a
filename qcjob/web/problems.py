"""Every refusal as a type of problem (RFC 9457): its status, its title, and what can be done about it.

`TABLE` is the one place where an error becomes an HTTP status; /problems/<code>, the OpenAPI document and
docs/http.md speak of its rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from qcjob import errors
from qcjob.web.faults import TITLES
from qcjob.web.refusals import (
    BodyTooLarge,
    LengthRequired,
    MalformedJson,
    MalformedRequest,
    MalformedText,
    NotReady,
    TooManyWaiting,
    UnsupportedMediaType,
)

PROBLEM_JSON = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Problem:
    """One type of refusal: its HTTP status, its title, and what the asker can do about it."""

    status: int
    code: str
    title: str
    remedy: str
    retry_after_seconds: int | None = None


_PROGRAM = "`errors` lists every fault with its line and column, counted from 1. Correct and resubmit."

TABLE: dict[type[BaseException], Problem] = {
    MalformedJson: Problem(
        400, "malformed-json", "The body is not JSON", "Send UTF-8 JSON: no NaN, no name twice, not nested deep."
    ),
    MalformedText: Problem(400, "malformed-text", "The body is not UTF-8 text", "Send the program in UTF-8."),
    MalformedRequest: Problem(
        400, "malformed-request", "The request cannot be read", "Send it again, whole: `detail` says what is amiss."
    ),
    LengthRequired: Problem(
        411, "length-required", "The body's length is missing", "Send a Content-Length, or the program in JSON."
    ),
    errors.NotAuthenticated: Problem(
        401, "not-authenticated", "An API key is needed", "Send `Authorization: Bearer KEY` with a valid key."
    ),
    errors.OperatorOnly: Problem(
        403, "operator-only", "Only an operator may", "Show a key made with `keys add NAME --role operator`."
    ),
    errors.TierNotAllowed: Problem(
        403,
        "tier-not-allowed",
        "This tier is not yours",
        "`errors` names the tiers that are; an operator can say more.",
    ),
    errors.QuotaShots: Problem(
        422, "quota-shots", "More shots than you may ask for", "`errors` names the most; an operator can raise it."
    ),
    errors.QuotaJobsWaiting: Problem(
        429, "quota-jobs-waiting", "As many of your jobs wait as may", "Ask again when one of them has run."
    ),
    errors.QuotaDeviceSeconds: Problem(
        429, "quota-device-seconds", "Your device time of today is spoken for", "Ask for less, or after Retry-After."
    ),
    errors.QuotaSessionSeconds: Problem(
        422, "quota-session-seconds", "A longer session than you may open", "`errors` names the longest."
    ),
    errors.TooManySessions: Problem(
        429, "too-many-sessions", "As many of your sessions are open as may", "Close one, or wait for one to close.", 60
    ),
    errors.JobNotFound: Problem(
        404, "job-not-found", "No such job of yours", "The id is unknown, malformed, past its retention, or not yours."
    ),
    errors.BatchNotFound: Problem(
        404,
        "batch-not-found",
        "No such batch of yours",
        "The id is unknown, malformed, past its retention, or not yours.",
    ),
    errors.BatchRefused: Problem(
        422,
        "batch-refused",
        "Jobs of the batch cannot be accepted",
        "`errors` has the `index` of each. Correct them, or send `on_error: skip` to leave them out.",
    ),
    errors.DeviceNotFound: Problem(404, "device-not-found", "No such device", "GET /v1/devices lists them."),
    errors.CustomerNotFound: Problem(
        404, "customer-not-found", "No such customer is recorded", "GET /v1/customers lists them; PUT records one."
    ),
    errors.SessionNotFound: Problem(
        404, "session-not-found", "No such session of yours", "GET /v1/sessions lists them."
    ),
    errors.SessionClosed: Problem(
        409, "session-closed", "The session takes no jobs any more", "Open another one, or submit without a session."
    ),
    errors.ReservationNotFound: Problem(
        404, "reservation-not-found", "No such reservation", "GET /v1/reservations lists them."
    ),
    errors.ReservationOverlaps: Problem(
        409, "reservation-overlaps", "The device is reserved already", "`detail` names the reservation in the way."
    ),
    errors.ResultNotReady: Problem(
        409, "result-not-ready", "The job has not ended", "Ask again later; `Prefer: wait=20` helps."
    ),
    errors.NoResult: Problem(
        409, "no-result", "The job ended without counts", "`detail` says why; the job's `error` holds code and message."
    ),
    errors.NotCancellable: Problem(
        409, "not-cancellable", "The job has ended already", "A COMPLETED or FAILED job stays as it is."
    ),
    errors.NotWaiting: Problem(
        409, "not-waiting", "The job does not wait any more", "Only a WAITING job can be ranked anew, held or moved."
    ),
    errors.TooManyBetween: Problem(
        409, "too-many-between", "Too many jobs stand between the two", "Rank it ahead of a nearer job first."
    ),
    errors.ProgramTooLong: Problem(413, "program-too-long", "The program is too long", "The limit is in `errors`."),
    BodyTooLarge: Problem(
        413, "body-too-large", "The body is too large", "A body holds 1 MiB at most, that of a batch 8 MiB."
    ),
    UnsupportedMediaType: Problem(
        415, "unsupported-media-type", "This content type is not read here", "Send JSON or text/plain, in UTF-8."
    ),
    errors.InvalidRequest: Problem(
        422, "invalid-request", "Some fields cannot be accepted", "`errors` names each field and what is allowed in it."
    ),
    errors.InvalidProgram: Problem(422, "invalid-program", "The program has faults", _PROGRAM),
    errors.IdempotencyKeyReused: Problem(
        422, "idempotency-key-reused", "This key stands for another request", "Take a new key for a new job."
    ),
    TooManyWaiting: Problem(
        503, "too-many-waiting", "Too many requests are waiting", "Ask again after Retry-After, or without Prefer.", 1
    ),
    NotReady: Problem(503, "not-ready", "Not ready", "`detail` says what is missing.", 1),
    errors.CompilerBusy: Problem(
        503, "compiler-busy", "No place to compile is free", "Ask again after Retry-After; `detail` says more.", 2
    ),
    errors.LedgerFull: Problem(
        503, "ledger-full", "The ledger has no room for more jobs", "Ask again later; the operator must make room.", 30
    ),
    errors.DamagedRecord: Problem(
        503, "damaged-record", "The job's record cannot be read", "Tell the operator: `doctor --repair` mends it.", 60
    ),
    errors.LedgerUnavailable: Problem(
        503, "ledger-unavailable", "The ledger does not answer", "Ask again; an Idempotency-Key keeps a job single.", 2
    ),
}
"""From an error's class (or the nearest base that stands here) to what the asker sees."""

PROGRAM_FAULTS: dict[str, Problem] = {code: Problem(422, code, title, _PROGRAM) for code, title in TITLES.items()}
"""What a program can be refused for: `code` is then that of its first fault."""

NOT_FOUND = Problem(404, "not-found", "Nothing here", "/docs lists the routes there are.")
METHOD_NOT_ALLOWED = Problem(405, "method-not-allowed", "This method is not served here", "`Allow` lists what is.")
BAD_REQUEST = TABLE[MalformedRequest]
INTERNAL = Problem(500, "internal-error", "Something failed here", "Tell the operator the request_id.")

ALL: Mapping[str, Problem] = {
    problem.code: problem
    for problem in (*TABLE.values(), *PROGRAM_FAULTS.values(), NOT_FOUND, METHOD_NOT_ALLOWED, INTERNAL)
}
"""Every problem by its code."""


def problem_of(error: errors.QcjobError) -> Problem:
    """The row of an error; INTERNAL for one that no asker should ever see."""
    row = next((TABLE[cls] for cls in type(error).__mro__ if cls in TABLE), INTERNAL)
    if isinstance(error, errors.InvalidProgram) and error.code != row.code:
        return PROGRAM_FAULTS.get(error.code) or Problem(row.status, error.code, row.title, row.remedy)
    return row
