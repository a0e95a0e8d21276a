"""Sessions on the ledger: opened, read, listed and closed, one script each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from qcjob.acts import Word
from qcjob.ids import is_job_id
from qcjob.ledger.ledger import Ledger
from qcjob.ledger.pages import Cursor, places_from
from qcjob.ledger.scripts import PREFIX, reaching
from qcjob.lifecycle import VISIBLE
from qcjob.session import Session, SessionState

_MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class SessionPage:
    """A customer's sessions, newest first, and the cursor of the next page, None at the end."""

    items: tuple[Session, ...]
    next: str | None


class Sessions:
    """Sessions on one ledger. Every method raises LedgerUnavailable."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def open(
        self, session_id: str, customer: str, device: str, max_seconds: float, idle_seconds: float, most_open: int
    ) -> Session | int:
        """A session that waits for its first job; the one of that id where there is one already.

        How many the customer has open, where that is as many as they may.
        """
        seconds = (round(max_seconds * _MICRO), round(idle_seconds * _MICRO))
        answer = self._ledger.scripts.call("open_session", session_id, customer, device, *seconds, most_open)
        return int(answer[1]) if answer[0] == b"refused" else _session(session_id, answer)

    def read(self, session_id: str, customer: str | None) -> Session | None:
        """A session of this customer, or anybody's for None, as it is now; None where there is none."""
        if not is_job_id(session_id):
            return None
        answer = self._ledger.scripts.call("read_session", session_id, customer or "")
        return _session(session_id, answer) if answer else None

    def active(self, device: str) -> Session | None:
        """The one whose jobs run next on a device; None for none."""
        with reaching():
            client: Any = self._ledger.client
            found = client.hget(f"{PREFIX}device:{device}", "session")
        session = self.read(found.decode(), None) if found else None
        return session if session and session.state is SessionState.ACTIVE else None

    def close(self, session_id: str, customer: str | None, word: Word | None = None) -> Session | None:
        """Close one of this customer's, or for None anybody's by an operator's word; harmless when repeated."""
        if not is_job_id(session_id):
            return None
        said = () if word is None else (word.by, word.key, word.why)
        answer = self._ledger.scripts.call("close_session", session_id, customer or "", *said)
        return _session(session_id, answer) if answer else None

    def list(self, customer: str, *, limit: int, cursor: str | None = None) -> SessionPage:
        """A customer's sessions, newest first. Raises InvalidRequest on a cursor that was not handed out here."""
        key, most = f"{PREFIX}sessions:{customer}", "+inf"
        behind = None if cursor is None else Cursor.read(cursor)
        with reaching():
            client: Any = self._ledger.client
            level = 0 if behind is None else client.zcount(key, behind[0], behind[0])
            if behind is not None:
                most = str(behind[0])
            answer = client.zrevrangebyscore(key, most, "-inf", start=0, num=limit + level + 1, withscores=True)
        places = [place for place in places_from(answer) if behind is None or place < behind]
        page = places[:limit]
        answers = self._ledger.scripts.call_each("read_session", [(one, customer) for _, one in page]) if page else ()
        found = [_session(one, told) for (_, one), told in zip(page, answers, strict=True) if told]
        return SessionPage(tuple(found), Cursor.write(page[-1]) if len(places) > limit else None)


def _session(session_id: str, answer: Sequence[Any]) -> Session:
    flat, closes = answer
    fields = {name.decode(): value.decode() for name, value in zip(flat[::2], flat[1::2], strict=True)}
    return Session(
        id=session_id,
        customer=fields["customer"],
        device=fields["device"],
        state=SessionState(fields["state"]),
        max_seconds=int(fields["max"]) / _MICRO,
        idle_seconds=int(fields["idle"]) / _MICRO,
        created_at=int(fields["created"]),
        activated_at=_number(fields.get("activated")),
        closes_at=_number(closes.decode() if closes else None),
        closed_at=_number(fields.get("closed")),
        closed_because=fields.get("why"),
        jobs={str(state): int(fields.get(str(state), 0)) for state in VISIBLE},
    )


def _number(text: str | None) -> int | None:
    return None if text is None else int(float(text))
