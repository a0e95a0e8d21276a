"""What counts against a customer's quotas."""

from __future__ import annotations

from dataclasses import dataclass

from qcjob.ledger.ledger import Ledger
from qcjob.ledger.scripts import PREFIX, reaching
from qcjob.lifecycle import JobState

_MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class Usage:
    """Jobs WAITING, device time of today, and that of jobs still to end."""

    jobs_waiting: int
    device_seconds_today: float
    device_seconds_expected: float


def usage_of(ledger: Ledger, customer: str) -> Usage:
    """What a customer has on the devices, and has had of them today (UTC). Raises LedgerUnavailable."""
    with reaching():
        pipe = ledger.client.pipeline(transaction=False)
        pipe.hmget(f"{PREFIX}usage:{customer}", "open", "day", "used")
        pipe.zcard(f"{PREFIX}jobs:{customer}:{JobState.WAITING}")
        pipe.time()
        (unended, day, used), waiting, (seconds, _) = pipe.execute()
    today = int(used or 0) if int(day or 0) == int(seconds) // 86_400 else 0
    return Usage(int(waiting), today / _MICRO, int(unended or 0) / _MICRO)
