"""The reservation as a frozen value. docs/sessions.md says it for users.

Times are microseconds since 1970-01-01 UTC, from the ledger's clock.
"""

from __future__ import annotations

from dataclasses import dataclass

MOST_NOTE = 200
"""Characters of a note."""


@dataclass(frozen=True, slots=True)
class Reservation:
    """A customer has a device from `begins` to `ends`, that moment excluded. `note` may be empty."""

    id: str
    device: str
    customer: str
    begins: int
    ends: int
    note: str
    created_at: int
