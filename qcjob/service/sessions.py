"""What users do with sessions: a use case each. docs/sessions.md says it for users."""

from __future__ import annotations

from collections.abc import Callable

from qcjob.errors import FieldError, InvalidRequest, QuotaSessionSeconds, SessionNotFound, TooManySessions
from qcjob.ids import new_job_id
from qcjob.ledger import Ledger
from qcjob.ledger.sessions import SessionPage
from qcjob.ledger.sessions import Sessions as OnLedger
from qcjob.security.caller import OPERATOR, Caller
from qcjob.service.jobs import Service
from qcjob.service.operating import word_of
from qcjob.session import (
    DEFAULT_IDLE_SECONDS,
    DEFAULT_SECONDS,
    MOST_IDLE_SECONDS,
    MOST_OPEN,
    MOST_SECONDS,
    Session,
)


class Sessions:
    """Sessions over the service's ledger. Every method raises LedgerUnavailable."""

    def __init__(self, service: Service, ledger: Ledger, new_id: Callable[[], str] = new_job_id) -> None:
        self._service = service
        self._ledger = OnLedger(ledger)
        self._new_id = new_id

    def open(
        self, caller: Caller, device: str | None, max_seconds: float | None = None, idle_seconds: float | None = None
    ) -> Session:
        """A session on a device, the default one for None, that waits for its first job.

        Raises InvalidRequest, DeviceNotFound, QuotaSessionSeconds, TooManySessions.
        """
        catalogue = self._service.catalogue
        name = catalogue.default if device is None else catalogue.view(device).name
        most = self._service.customers.privileges(caller.customer).session_seconds
        default = DEFAULT_SECONDS if most is None else min(DEFAULT_SECONDS, most)
        asked = default if max_seconds is None else max_seconds
        idle = DEFAULT_IDLE_SECONDS if idle_seconds is None else idle_seconds
        if most is not None and (asked > most or most == 0):
            allowed = f"at most {most}" if most else "none: no session is yours to open"
            raise QuotaSessionSeconds("max_seconds", f"a session of {asked:g} s is longer than you may open", allowed)
        _check("max_seconds", asked, MOST_SECONDS)
        _check("idle_seconds", idle, MOST_IDLE_SECONDS)
        opened = self._ledger.open(self._new_id(), caller.customer, name, asked, idle, MOST_OPEN)
        if isinstance(opened, int):
            raise TooManySessions(f"{opened} of your sessions are open, as many as may be: close one")
        return opened

    def read(self, caller: Caller, session_id: str) -> Session:
        """One of the caller's, anybody's for an operator. Raises SessionNotFound."""
        return _found(self._ledger.read(session_id, _whose(caller)), session_id)

    def list(self, caller: Caller, *, limit: int, cursor: str | None = None) -> SessionPage:
        """The caller's, newest first. Raises InvalidRequest on a cursor that was not handed out here."""
        return self._ledger.list(caller.customer, limit=limit, cursor=cursor)

    def active_on(self, device: str) -> Session | None:
        """The one that is active on a device; not everyone may know whose it is."""
        return self._ledger.active(device)

    def close(self, caller: Caller, session_id: str, *, why: str = "") -> Session:
        """Close it for ever; its jobs that wait are ranked as any others. Harmless when repeated.

        One of the caller's; of somebody else's for an operator, whose act is written down. Raises SessionNotFound,
        InvalidRequest on a reason that cannot be kept, OperatorOnly on one that nobody would keep.
        """
        session = self.read(caller, session_id)
        if session.customer == caller.customer and not why:
            return _found(self._ledger.close(session_id, caller.customer), session_id)
        return _found(self._ledger.close(session_id, None, word_of(caller, why)), session_id)


def _check(field: str, seconds: float, longest: int) -> None:
    if not 1 <= seconds <= longest:
        raise InvalidRequest([FieldError(field, f"{seconds:g} is out of range", f"seconds, 1 to {longest}")])


def _whose(caller: Caller) -> str | None:
    return None if caller.role == OPERATOR else caller.customer


def _found(session: Session | None, session_id: str) -> Session:
    if session is None:
        raise SessionNotFound(f"no session {session_id[:80]!r} of yours")
    return session
