"""Who runs next: from privileges to rank. A lower score runs first. docs/rank.md says it for users.

score = tier x 2^50 + tag, exact in a double for every tier up to 7. The tag is a start tag of start-time fair queueing
(Goyal, Vin and Cheng, 1996), counted in microseconds of device time over the customer's weight. What is worked out
before a job is recorded stands here; the ledger's scripts (ledger/lua/rank.lua) take a maximum, and add.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

TIER_WIDTH = 2**50

LAST_TAG = TIER_WIDTH - 1
"""Tags end here; jobs that would have a later one are first come, first served. A device that never runs empty comes
here after 2^50 microseconds of estimated device time, 35 years at weight 1; one that does begins again at 0."""

OPERATOR, RESERVATION, EVERYONE = 0, 1, 2
TIERS = {OPERATOR: "operator and calibration", RESERVATION: "reservation or session holder", EVERYONE: "everyone"}
DEFAULT_TIER = EVERYONE

DEFAULT_WEIGHT = 1.0
LEAST_WEIGHT, MOST_WEIGHT = 0.1, 1_000.0
"""A smaller weight would bring LAST_TAG near; a larger one would make every job of a customer cost nothing."""

OVERHEAD_MICROSECONDS = 100_000
SHOT_MICROSECONDS = 250
MOST_MICROSECONDS = 86_400_000_000
"""What a job costs where nobody knows better: loading it and reading it out, each shot with its reset, as of a
superconducting device; and the most, the day after which a run is stopped unless its device says otherwise."""


@dataclass(frozen=True, slots=True)
class Privileges:
    """What a customer may. None is no limit; `device_seconds` are those of one day, UTC, `session_seconds` those of the
    longest session, 0 for none at all. Who is `held` waits."""

    tier: int = DEFAULT_TIER
    weight: float = DEFAULT_WEIGHT
    jobs_waiting: int | None = None
    shots: int | None = None
    device_seconds: int | None = None
    session_seconds: int | None = None
    held: bool = False


ORDINARY = Privileges()
"""Those of a customer of whom nothing is recorded."""


def best_tier(key_tier: int, privileges: Privileges) -> int:
    """The best tier a job may have: the better of what its key and its customer are allowed."""
    return min(key_tier, privileges.tier)


def estimate(shots: int, seconds: float | None = None) -> int:
    """The device time a job is thought to need, microseconds.

    `seconds` are those that its runs are known to take all together; a device always needs its overhead beside them.
    """
    run = shots * SHOT_MICROSECONDS if seconds is None else math.ceil(seconds * 1_000_000)
    return min(OVERHEAD_MICROSECONDS + run, MOST_MICROSECONDS)


def charge(cost: int, weight: float) -> int:
    """By how much a job that costs so many microseconds moves its customer's next one back; never nothing."""
    return max(1, math.ceil(cost / weight))
