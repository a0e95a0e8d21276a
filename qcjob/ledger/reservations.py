"""Reservations on the ledger: made, listed and taken away."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from qcjob.acts import Word
from qcjob.errors import FieldError, InvalidRequest, ReservationOverlaps
from qcjob.ids import is_job_id
from qcjob.ledger.ledger import Ledger
from qcjob.ledger.scripts import PREFIX, reaching
from qcjob.reservation import Reservation

_MICRO = 1_000_000


class Reservations:
    """Reservations on one ledger. Every method raises LedgerUnavailable."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def add(
        self,
        reservation_id: str,
        device: str,
        customer: str,
        word: Word,
        *,
        begins: int | None = None,
        ends: int | None = None,
        seconds: float = 0.0,
        note: str = "",
    ) -> Reservation:
        """Give a customer a device from `begins`, or now, to `ends`, or for so many seconds; harmless when repeated.

        Raises ReservationOverlaps, and InvalidRequest on a window that is past.
        """
        window = ("" if begins is None else begins, "" if ends is None else ends, round(seconds * _MICRO))
        said = (word.by, word.key, word.why)
        answer = self._ledger.scripts.call("reserve", reservation_id, device, customer, *window, note, *said)
        if answer[0] == b"past":
            raise InvalidRequest([FieldError("to", "is past already", "a time to come, by the server's clock")])
        if answer[0] == b"overlaps":
            other = _reservation(answer[1])
            raise ReservationOverlaps(
                f"{device} is reserved for {other.customer} by reservation {other.id},"
                f" from {moment_text(other.begins)} to {moment_text(other.ends)}"
            )
        return _reservation(answer)

    def remove(self, reservation_id: str, word: Word) -> bool:
        """Take it away, before its window or in it; False where there is none of that id."""
        if not is_job_id(reservation_id):
            return False
        return bool(self._ledger.scripts.call("unreserve", reservation_id, word.by, word.key, word.why))

    def list(self, *devices: str) -> list[Reservation]:
        """Those of these devices whose window is not over, the first ones first."""
        with reaching():
            client: Any = self._ledger.client
            now = self._ledger.now()
            pipe = client.pipeline(transaction=False)
            for device in devices:
                pipe.zrangebyscore(f"{PREFIX}reservations:{device}", f"({now}", "+inf")
            ids = [found.decode() for answer in pipe.execute() for found in answer]
            for found in ids:
                pipe.hgetall(f"{PREFIX}reservation:{found}")
            answers = zip(ids, pipe.execute() if ids else (), strict=True)
            found_ones = [_from_fields({**fields, b"id": one.encode()}) for one, fields in answers if fields]
        return sorted(found_ones, key=lambda one: (one.begins, one.device))


def moment_text(microseconds: int) -> str:
    """To the second, UTC, for people."""
    return f"{datetime.fromtimestamp(microseconds // _MICRO, UTC).isoformat()[:19]}Z"


def _reservation(flat: Sequence[bytes]) -> Reservation:
    return _from_fields(dict(zip(flat[::2], flat[1::2], strict=True)))


def _from_fields(fields: dict[bytes, bytes]) -> Reservation:
    texts = {name.decode(): value.decode() for name, value in fields.items()}
    return Reservation(
        id=texts["id"],
        device=texts["device"],
        customer=texts["customer"],
        begins=int(texts["from"]),
        ends=int(texts["to"]),
        note=texts["note"],
        created_at=int(texts["created"]),
    )
