"""Privileges to rank. A lower score runs first.

score = tier x 2^50 + tag: exact in a double for every tier up to 7 and 2^50 tags. The tag is the ledger's counter of
the device, taken inside the submit script, so a tier is first come, first served. Start-time fair queueing will put a
virtual start time in the tag's place; the score keeps its shape.
"""

from __future__ import annotations

TIER_WIDTH = 2**50

OPERATOR, RESERVATION, EVERYONE = 0, 1, 2
TIERS = {OPERATOR: "operator and calibration", RESERVATION: "reservation or session holder", EVERYONE: "everyone"}
DEFAULT_TIER = EVERYONE


def base_score(tier: int) -> int:
    """The smallest score of a tier; the ledger adds the tag."""
    if tier not in TIERS:
        raise ValueError(f"tier {tier} is not one of {', '.join(map(str, TIERS))}")
    return tier * TIER_WIDTH
