"""Reservations, as they come in and go out."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from qcjob.web.schemas.customers import Number
from qcjob.web.schemas.shapes import Strict, load, moment, string, text, time
from qcjob.web.times import TIME_ALLOWED

_ALLOWED = {
    "customer": "a string",
    "device": "a string",
    "from": TIME_ALLOWED,
    "to": TIME_ALLOWED,
    "seconds": "a number",
    "note": "a string",
    "why": "a string",
}
_NAMES = {"from": "begins", "to": "ends"}

ReservationIn = Strict.from_dict(
    {
        "customer": text("Whose jobs come first in the window.", required=True),
        "device": text("A device's name.", required=True),
        "from": time("When the window begins; now when left out."),
        "to": time("When it ends; or else `seconds`."),
        "seconds": Number(metadata={"description": "How long it is, where no `to` is given."}),
        "note": text("For its holder and operators, at most 200 characters.", empty=True),
        "why": text("For the audit.", empty=True),
    },
    name="ReservationIn",
)
"""A window to reserve; `from` is a word of Python's, hence no class."""

_OUT: dict[str, fields.Field[Any]] = {"from": moment(), "to": moment()}

ReservationOut = Strict.from_dict(
    {
        "id": string(),
        "device": string(),
        "customer": string(),
        **_OUT,
        "note": string(),
        "created_at": moment(),
    },
    name="ReservationOut",
)

WindowOut = Strict.from_dict(
    {"from": moment(), "to": moment(), "customer": string("Null to all but its holder and operators.", null=True)},
    name="WindowOut",
)


class ReservationsOut(Strict):
    """Reservations that are not over."""

    items = fields.List(fields.Nested(ReservationOut), required=True)


_RESERVATION_IN = ReservationIn()


def reservation_request(document: dict[str, Any]) -> dict[str, Any]:
    """What is to be reserved, as the use case names it. Raises InvalidRequest with every wrong field."""
    found = load(_RESERVATION_IN, document, _ALLOWED, "a reservation")
    return {_NAMES.get(name, name): value for name, value in found.items()}


COMPONENTS: dict[str, type[Schema]] = {
    "ReservationRequest": ReservationIn,
    "Reservation": ReservationOut,
    "Reservations": ReservationsOut,
    "Window": WindowOut,
}
