"""Whether a compiled program still is one for a target: after a new calibration a gate or a pair may be gone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from qcjob.compiler.parts import circuits_of
from qcjob.compiler.stats import BLOCKS, branches
from qcjob.target import Target

CALIBRATION = "calibration"
"""Where a compiled program names the calibration it was made for; absent where its device had none."""

_FREE = ("barrier", "delay", "break", "continue", "assign")
"""Operations that need nothing of a device."""


def fits(compiled: Mapping[str, Any], target: Target) -> bool:
    """Whether the device has every operation on the qubits it stands on. Formats 1 to 3."""
    return all(_fit(circuit["ops"], circuit["layout"], target) for circuit in circuits_of(compiled))


def _fit(ops: Iterable[Sequence[Any]], layout: Sequence[int], target: Target) -> bool:
    for op in ops:
        if op[0] in BLOCKS:
            if not all(_fit(branch, layout, target) for branch in branches(op)):
                return False
        elif op[0] not in _FREE and not target.supports(op[0], tuple(layout[wire] for wire in op[1])):
            return False
    return True
