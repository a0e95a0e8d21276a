"""What is kept of a job beside its hash: its program, its result, the parts that are over, the outcomes of its shots.

All raise LedgerUnavailable.
"""

from __future__ import annotations

from typing import Any

from qcjob.ledger.ledger import Ledger
from qcjob.ledger.outcomes import unpacked
from qcjob.ledger.scripts import PREFIX, reaching


def read_program(ledger: Ledger, job_id: str) -> tuple[str, str] | None:
    """Source and compiled program."""
    with reaching():
        texts: Any = ledger.client.mget(f"{PREFIX}program:{job_id}", f"{PREFIX}compiled:{job_id}")
    source, compiled = texts
    return None if compiled is None else (source.decode("utf-8", "surrogatepass"), compiled.decode())


def read_result(ledger: Ledger, job_id: str) -> dict[str, Any] | None:
    """What `complete` recorded."""
    with reaching():
        stored: Any = ledger.client.get(f"{PREFIX}result:{job_id}")
    return None if stored is None else unpacked(stored)


def read_parts(ledger: Ledger, job_id: str) -> list[dict[str, Any]]:
    """What `advance` recorded of each part that is over; none of a COMPLETED job, whose result has them."""
    with reaching():
        stored: Any = ledger.client.lrange(f"{PREFIX}parts:{job_id}", 0, -1)
    return [unpacked(part) for part in stored]


def read_memory(ledger: Ledger, job_id: str, start: int, end: int) -> bytes | None:
    """Bytes `start` to `end`, that one excluded, of what was recorded as memory; None where none was."""
    with reaching():
        pipe = ledger.client.pipeline(transaction=False)
        pipe.exists(f"{PREFIX}memory:{job_id}")
        pipe.getrange(f"{PREFIX}memory:{job_id}", start, end - 1)
        known, found = pipe.execute()
    return bytes(found) if known else None
