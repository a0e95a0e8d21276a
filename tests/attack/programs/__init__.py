"""Hostile programs, by what they aim at. Each is a few lines, or what makes them."""

from __future__ import annotations

from tests.attack.programs import (
    comments,
    control,
    files,
    gates,
    measured,
    names,
    nesting,
    numbers,
    passing,
    rotations,
    sizes,
    text,
)
from tests.attack.programs.attack import Attack

ROOMS = (comments, control, files, gates, measured, names, nesting, numbers, passing, rotations, sizes, text)

ATTACKS: tuple[Attack, ...] = tuple(attack for room in ROOMS for attack in room.ATTACKS)
"""Every one of them."""
