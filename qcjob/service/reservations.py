"""Reservations, a use case each: operators make them, and everyone sees the windows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from qcjob.errors import FieldError, InvalidRequest, ReservationNotFound
from qcjob.ids import new_job_id
from qcjob.ledger import Ledger
from qcjob.ledger.reservations import Reservations as OnLedger
from qcjob.reservation import MOST_NOTE, Reservation
from qcjob.security.caller import OPERATOR, Caller
from qcjob.security.names import is_customer
from qcjob.service.checks import check_moment
from qcjob.service.jobs import Service
from qcjob.service.operating import word_of


class Reservations:
    """Reservations over the service's ledger. Every method raises LedgerUnavailable."""

    def __init__(self, service: Service, ledger: Ledger, new_id: Callable[[], str] = new_job_id) -> None:
        self._service = service
        self._ledger = OnLedger(ledger)
        self._new_id = new_id

    def add(
        self,
        caller: Caller,
        customer: str,
        device: str,
        *,
        begins: int | None = None,
        ends: int | None = None,
        seconds: float | None = None,
        note: str = "",
        why: str = "",
    ) -> Reservation:
        """Give a customer a device from `begins`, or now, to `ends` or for `seconds`; harmless when repeated.

        Raises OperatorOnly, DeviceNotFound, InvalidRequest, ReservationOverlaps.
        """
        word = word_of(caller, why)
        self._service.catalogue.view(device)
        if not is_customer(customer):
            allowed = "1 to 64 characters of A-Z a-z 0-9 . _ @ -"
            raise InvalidRequest([FieldError("customer", "is no name of a customer", allowed)])
        if len(note) > MOST_NOTE or not note.isprintable():
            raise InvalidRequest([FieldError("note", "cannot be kept", f"at most {MOST_NOTE} printable characters")])
        _check_window(begins, ends, seconds)
        window = {"begins": begins, "ends": ends, "seconds": seconds or 0.0}
        return self._ledger.add(self._new_id(), device, customer, word, note=note, **window)  # type: ignore[arg-type]

    def remove(self, caller: Caller, reservation_id: str, *, why: str = "") -> None:
        """Take one away, before its window or in it. Raises OperatorOnly, ReservationNotFound."""
        if not self._ledger.remove(reservation_id, word_of(caller, why)):
            raise ReservationNotFound(f"no reservation {reservation_id[:80]!r}")

    def list(self, caller: Caller) -> Sequence[Reservation]:
        """Those that are not over, the first ones first: the caller's own; everybody's for operators."""
        found = self._ledger.list(*self._service.catalogue.names)
        return [one for one in found if caller.role == OPERATOR or one.customer == caller.customer]

    def of_device(self, device: str) -> Sequence[Reservation]:
        """Those of a device that are not over, the first ones first; not everyone may know whose they are."""
        return self._ledger.list(device)


def _check_window(begins: int | None, ends: int | None, seconds: float | None) -> None:
    if (ends is None) is (seconds is None):
        said = "are both missing" if ends is None else "are given together"
        raise InvalidRequest([FieldError("to, seconds", said, "exactly one of them")])
    for name, moment in (("from", begins), ("to", ends)):
        if wrong := check_moment(name, moment):
            raise InvalidRequest(wrong)
    if begins is not None and ends is not None and begins >= ends:
        raise InvalidRequest([FieldError("to", "is not later than from", "a time after from")])
    if seconds is not None and not 1 <= seconds <= 31_536_000:
        raise InvalidRequest([FieldError("seconds", f"{seconds:g} is out of range", "1 to 31536000, a year")])
