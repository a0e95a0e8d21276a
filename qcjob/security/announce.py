"""A change of keys or customers is told on the ledger's stream of changes, for whoever remembers what they were."""

from __future__ import annotations

from typing import Any

CHANGES = "qcjob:changes"
CHANGES_KEPT = 10_000


def announce(pipe: Any, name: str) -> None:
    """Add an entry with this id, in the transaction that makes the change."""
    entry = {"id": name, "version": "0", "state": "", "customer": ""}
    pipe.xadd(CHANGES, entry, maxlen=CHANGES_KEPT, approximate=True)
