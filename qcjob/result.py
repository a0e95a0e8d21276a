"""What a job ends with.

Counts map bitstrings to how often they were seen; the rightmost character is classical bit 0, outcomes never seen are
left out, and the numbers add up to the shots.
"""

from __future__ import annotations

from collections.abc import Mapping

Counts = dict[str, int]

BIT_ORDER = "the rightmost character is clbit 0"


def faults_in(counts: object, *, shots: int, clbits: int) -> str | None:
    """What is wrong with a device's counts, or None: keys of `clbits` bits, whole numbers, sum == shots."""
    if not isinstance(counts, Mapping):
        return f"counts are {type(counts).__name__}, not a mapping"
    total = 0
    for key, seen in counts.items():
        if not isinstance(key, str) or len(key) != clbits or set(key) - {"0", "1"}:
            return f"{str(key)[:80]!r} is not a bitstring of {clbits} classical bits"
        if isinstance(seen, bool) or not isinstance(seen, int) or seen < 0:
            return f"the count of {key} is {str(seen)[:80]}, not a whole number"
        total += seen
    if total != shots:
        return f"the counts add up to {total}, not to the {shots} shots asked for"
    return None
