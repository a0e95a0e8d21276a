"""What operators do to waiting jobs and to devices: one script each, written down in the same breath."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qcjob.acts import AUDIT, Act, Word
from qcjob.errors import FieldError, InvalidRequest
from qcjob.ids import is_job_id
from qcjob.job import Job
from qcjob.ledger.ledger import Ledger
from qcjob.ledger.records import job_from
from qcjob.ledger.refusals import not_ranked_anew
from qcjob.ledger.scripts import reaching

ONLINE, DRAINED, OFFLINE = "online", "drained", "offline"
WORDS = (ONLINE, DRAINED, OFFLINE)
"""What an operator can say of a device."""

_CURSOR = re.compile(r"\d{1,20}-\d{1,20}", re.ASCII)


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Acts, newest first, and the cursor of the next page, None at the end."""

    items: tuple[Act, ...]
    next: str | None


class Operations:
    """Acts on one ledger. Each changes nothing when repeated. Every method raises LedgerUnavailable."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def hold(self, job_id: str, word: Word, *, held: bool) -> Job | None:
        """Hold a waiting job, or release it; the job after that, None where there is none. Raises NotWaiting."""
        return self._on_job("hold", job_id, "hold" if held else "release", *_plain(word))

    def cancel(self, job_id: str, word: Word) -> Job | None:
        """Cancel a waiting job, note the wish on a running one; the job after that, None where there is none."""
        return self._on_job("cancel", job_id, "", *_plain(word))

    def change_tier(self, job_id: str, tier: int, word: Word) -> Job | None:
        """Rank a waiting job at the end of what its customer has in this tier. Raises NotWaiting."""
        return self._on_job("change_tier", job_id, "", tier, *_plain(word))

    def move(
        self, job_id: str, source: str, device: str, compiled: str, cost: int, charge: int, word: Word
    ) -> Job | None:
        """Let a waiting job of the device `source` wait for another, for which it was compiled and reckoned anew.

        Raises NotWaiting, and InvalidRequest where it was moved meanwhile.
        """
        return self._on_job("move", job_id, source, device, compiled, cost, charge, *_plain(word))

    def direct(self, device: str, said: str, word: Word) -> None:
        """Let a device take jobs (`online`) or none (`drained`, `offline`), whatever its worker publishes."""
        self._ledger.scripts.call("direct", device, said, *_plain(word))

    def audit(self, *, limit: int, cursor: str | None = None) -> AuditPage:
        """What operators did, newest first. Raises InvalidRequest on a cursor that was not handed out here."""
        if cursor is not None and not _CURSOR.fullmatch(cursor):
            raise InvalidRequest([FieldError("cursor", "was not handed out here", "the `next` of a page", "query")])
        with reaching():
            client: Any = self._ledger.client
            found = client.xrevrange(AUDIT, max=f"({cursor}" if cursor else "+", count=limit + 1)
        items = tuple(_act(fields) for _, fields in found[:limit])
        return AuditPage(items, found[limit - 1][0].decode() if len(found) > limit else None)

    def _on_job(self, script: str, job_id: str, *args: str | int) -> Job | None:
        if not is_job_id(job_id):
            return None
        answer = self._ledger.scripts.call(script, job_id, *args)
        if answer and answer[0] == b"refused":
            raise not_ranked_anew(answer, job_id)
        return job_from(job_id, *answer) if answer else None


def _plain(word: Word) -> tuple[str, str, str]:
    return word.by, word.key, word.why


def _act(fields: Mapping[bytes, bytes]) -> Act:
    texts = {name.decode(): value.decode() for name, value in fields.items()}
    return Act(**{**texts, "at": int(texts["at"])})  # type: ignore[arg-type]
