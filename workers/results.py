"""What is kept of a part: counts as they came, with readout errors undone, and the outcome of every shot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from qcjob.compiler.readout import chances, overhead
from qcjob.devices.driver import Result
from qcjob.ledger.outcomes import NO_MEMORY, Memory
from qcjob.logs import get_logger
from qcjob.memory import begins_at, pack
from qcjob.result import Stored, faults_in
from qcjob.target import Target
from workers.mitigation import mitigated

log = get_logger(__name__)


def faults_of(result: Result, *, shots: int, clbits: int, memory: bool) -> str | None:
    """What is wrong with a device's result, or None. With `memory` the outcome of every shot is wanted, too."""
    fault = faults_in(result.counts, shots=shots, clbits=clbits)
    if fault is not None or not memory:
        return fault
    if result.memory is None:
        return "the outcome of every shot was asked for, and is not there"
    if Counter(result.memory) != Counter(result.counts):
        return "the outcomes of the shots do not add up to the counts"
    return None


def memory_of(result: Result, clbits: Sequence[int], part: int, shots: int) -> Memory:
    """The outcomes of a part, packed, at their place; `clbits` are those of every part."""
    if result.memory is None:
        return NO_MEMORY
    return Memory(pack(result.memory, clbits[part]), begins_at(clbits[:part], shots))


def stored_part(
    result: Result,
    circuit: Mapping[str, Any],
    options: Mapping[str, Any],
    target: Target | None,
    calibration: str | None,
) -> Stored:
    """What is kept of one part, whose counts are in order; `target` is the device's as it is now, if it answers."""
    stored: Stored = {
        "counts": dict(result.counts),
        "seed": result.seed,
        "calibration": calibration,
        "target_sha256": _hash_of(target),
    }
    return {**stored, **_mitigated(stored["counts"], circuit, options, target)} if "mitigation" in options else stored


class _TargetHash:
    """Of the target asked for last: to hash a large one takes milliseconds, and a device's is the same for hours."""

    def __init__(self) -> None:
        self._last: tuple[Target, str | None] | None = None

    def __call__(self, target: Target | None) -> str | None:
        """None where the device did not say what it is, or figures that are no numbers."""
        if target is None:
            return None
        if self._last is None or self._last[0] != target:
            try:
                self._last = target, target.sha256()
            except (TypeError, ValueError) as error:
                log.warning("target cannot be hashed", reason=str(error)[:200])
                self._last = target, None
        return self._last[1]


_hash_of = _TargetHash()


def _mitigated(
    counts: Mapping[str, int], circuit: Mapping[str, Any], options: Mapping[str, Any], target: Target | None
) -> Stored:
    """The counts with readout errors undone and what that costs, or why it could not be done: the counts stand."""
    try:
        if target is None:
            raise ValueError("the device did not say what its readout errors are")
        found = chances(circuit, target, options.get("readout_error"))
        return {"mitigated": mitigated(counts, found), "overhead": overhead(found)}
    except ValueError as error:
        return {"not_mitigated": str(error)}
