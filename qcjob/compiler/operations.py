"""One operation on the only qubit, and how angles are written."""

from __future__ import annotations

import math

Operation = tuple[str, tuple[float, ...]]
"""A gate's name and its angles in radians."""

NEGLIGIBLE = 1e-12
"""Radians. Less than this is the rounding of doubles, and moves no probability by more than 1e-24."""


def normalised(angle: float) -> float:
    """The same angle in (-pi, pi]; exactly 0.0 or pi where it is one of them but for rounding."""
    angle = math.remainder(angle, math.tau)
    if abs(angle) < NEGLIGIBLE:
        return 0.0
    if math.pi - abs(angle) < NEGLIGIBLE:
        return math.pi
    return angle
