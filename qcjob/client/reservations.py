"""Reservations over HTTP: `client.reservations`."""

from __future__ import annotations

from qcjob.client.answers import Json
from qcjob.client.asking import given, piece
from qcjob.client.connection import Connection

_PATH = "/v1/reservations"


class Reservations:
    """Windows of a device that are one customer's; operators make them. Raises as the calls of Client do."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(
        self,
        customer: str,
        device: str,
        *,
        start: str | None = None,
        end: str | None = None,
        seconds: float | None = None,
        note: str = "",
        why: str = "",
    ) -> Json:
        """Give a customer a device from `start`, or now, to `end` or for `seconds`: for operators. RFC 3339 times.

        Raises Problem `reservation-overlaps`; the same window again is the same reservation.
        """
        window = {"from": start, "to": end}
        body = given(customer=customer, device=device, **window, seconds=seconds, note=note or None, why=why or None)
        return self._connection.document("POST", _PATH, json=body)

    def list(self) -> tuple[Json, ...]:
        """One's reservations that are not over; everybody's for operators."""
        return tuple(self._connection.document("GET", _PATH)["items"])

    def remove(self, reservation_id: str) -> None:
        """Take a reservation away: for operators."""
        self._connection.ask("DELETE", f"{_PATH}/{piece(reservation_id)}")
