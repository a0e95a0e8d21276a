"""Rotations of one qubit as unit quaternions: exp(-i theta/2 (n . sigma)) is (cos theta/2, n sin theta/2).

Global phase apart the two are the same thing, and the product of quaternions is the product of the matrices
(-iX, -iY, -iZ multiply as i, j, k do), in 8 to 16 multiplications of plain floats.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from qcjob.languages import Rotation

Quaternion = tuple[float, float, float, float]
"""(w, x, y, z) of length 1."""


def compose(rotations: Iterable[Rotation]) -> Quaternion:
    """The one rotation that does what all of them do, the first being applied first."""
    w, x, y, z = 1.0, 0.0, 0.0, 0.0
    for rotation in rotations:
        cosine, sine = _half_angle(rotation.degrees)
        if rotation.axis == "X":
            w, x, y, z = cosine * w - sine * x, cosine * x + sine * w, cosine * y - sine * z, cosine * z + sine * y
        elif rotation.axis == "Y":
            w, x, y, z = cosine * w - sine * y, cosine * x + sine * z, cosine * y + sine * w, cosine * z - sine * x
        else:
            w, x, y, z = cosine * w - sine * z, cosine * x - sine * y, cosine * y + sine * x, cosine * z + sine * w
    length = math.sqrt(w * w + x * x + y * y + z * z)  # 1, but for the rounding of a long program
    return w / length, x / length, y / length, z / length


def _half_angle(degrees: float) -> tuple[float, float]:
    """Cosine and sine of half the angle, exact at the multiples of 180 degrees, where radians are not."""
    half = degrees / 2
    quarters = round(half / 90)
    rest = math.radians(half - 90 * quarters)
    cosine, sine = math.cos(rest), math.sin(rest)
    return ((cosine, sine), (-sine, cosine), (-cosine, -sine), (sine, -cosine))[quarters % 4]
