"""Who asks, as a value."""

from __future__ import annotations

from dataclasses import dataclass

from qcjob.rank import DEFAULT_TIER


@dataclass(frozen=True, slots=True)
class Caller:
    """The customer behind a request, the key they showed, and the best tier it allows."""

    customer: str
    key_id: str
    tier: int = DEFAULT_TIER
