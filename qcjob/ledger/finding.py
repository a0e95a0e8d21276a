"""What a checkup says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: with what, what it is, and what would mend it, empty where nothing here can."""

    where: str
    what: str
    mend: str
