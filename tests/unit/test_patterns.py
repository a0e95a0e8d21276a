"""Patterns that the oldest Python served here reads as they are meant."""

from __future__ import annotations

import re
from pathlib import Path

HOUSE = Path(__file__).resolve().parents[2]


def test_no_group_is_followed_by_a_possessive_quantifier() -> None:
    """Python 3.11.2, which Debian 12 has, takes half of a group that it does not match: (?>…|) is right."""
    for folder in ("qcjob", "workers"):
        for path in (HOUSE / folder).rglob("*.py"):
            assert not re.search(r"\)[?*+}]\+", path.read_text()), path
