"""Everybody's jobs that wait for a device, in the order of their turn, a page at a time."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from qcjob.errors import FieldError, InvalidRequest
from qcjob.ledger.ledger import Ledger
from qcjob.ledger.records import HELD
from qcjob.rank import TIER_WIDTH

_PLACE = re.compile(r"(a|b[12]|c|d|e)\t(\d{1,17})\t([A-Za-z0-9._@ -]{36,120})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A WAITING job in its device's queue. Times are microseconds since the epoch, `cost` and `charge` microseconds.

    `position` counts from 1 in the order in which jobs would be claimed now; None where the job waits for `not_before`,
    or was set aside because an operator holds it or its customer: that is `held`, `job` or `customer`.
    """

    id: str
    position: int | None
    held: str | None
    customer: str
    tier: int
    tag: int
    cost: int
    charge: int
    shots: int
    created_at: int
    session: str | None
    batch: str | None
    name: str | None
    not_before: int | None
    put_back_because: str | None


@dataclass(frozen=True, slots=True)
class WaitingPage:
    """Jobs in their order, and the cursor of the next page, None at the end."""

    items: tuple[Waiting, ...]
    next: str | None


def waiting(ledger: Ledger, device: str, *, limit: int, cursor: str | None = None) -> WaitingPage:
    """Those behind the cursor. Raises InvalidRequest on one that was not handed out here, LedgerUnavailable."""
    section, score, member = ("", "", "") if cursor is None else _place(cursor)
    ends, found = ledger.scripts.call("waiting", device, limit, section, score, member)
    following = "\t".join(part.decode() for part in ends)
    shown = base64.urlsafe_b64encode(following.encode()).decode().rstrip("=")
    return WaitingPage(tuple(_waiting(*one) for one in found), shown or None)


def _place(cursor: str) -> Sequence[str]:
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (ValueError, binascii.Error):
        text = ""
    if not (found := _PLACE.fullmatch(text)):
        wrong = FieldError("cursor", "is not one handed out by this list", "the `next` of an earlier page", "query")
        raise InvalidRequest([wrong])
    return found.groups()


def _waiting(job_id: bytes, position: int, waits: int, fields: Sequence[Any]) -> Waiting:
    customer, score, cost, charge, shots, created, *more = (field and field.decode() for field in fields)
    session, batch, name, due, why, *_ = more
    tier, tag = divmod(int(score), TIER_WIDTH)
    is_later = HELD[waits] is None and position < 0
    return Waiting(
        id=job_id.decode(),
        position=None if position < 0 else position,
        held=HELD[waits],
        customer=customer,
        tier=tier,
        tag=tag,
        cost=int(cost),
        charge=int(charge),
        shots=int(shots),
        created_at=int(created),
        session=session,
        batch=batch,
        name=name,
        not_before=int(due) if is_later and due else None,
        put_back_because=why if is_later else None,
    )
