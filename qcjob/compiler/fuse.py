"""The shortest native program with the effect of a whole string of rotations.

Any rotation of one qubit is a pulse between two turns about Z, and a turn about Z costs nothing: the frame is turned
instead. With rx, ry or prx one pulse is enough; a device whose only pulses are fixed (sx, x) may need two.

    Rz(s + d) Rx(theta) Rz(s - d)     theta = 2 atan2(|x, y|, |w, z|),  s = atan2(z, w),  d = atan2(y, x)

as matrices, for the quaternion (w, x, y, z). Ry(theta) = Rz(pi/2) Rx(theta) Rz(-pi/2), and
PRX(theta, phi) = Rz(phi) Rx(theta) Rz(-phi). RZ-SX-RZ-SX-RZ is McKay et al., arXiv:1612.00858, eq. 8.

Where the device has no rz, turns about Z are left out: the program starts in |0> and ends in a measurement, and
neither can tell.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from qcjob.compiler.operations import NEGLIGIBLE, Operation, normalised
from qcjob.compiler.quaternion import Quaternion, compose
from qcjob.errors import InvalidProgram, ProgramError
from qcjob.languages import Rotation
from qcjob.target import Target


def fuse(rotations: Sequence[Rotation], target: Target) -> list[Operation]:
    """The fewest pulses, then the fewest operations; angles in (-pi, pi], nothing that turns by zero.

    The unitary of the whole program up to global phase where the target has rz, else one with the same outcomes.
    Raises InvalidProgram `unsupported-gate`, at the first rotation that needs a pulse, where the target has none that
    will do.
    """
    gates = frozenset(target.native_gates)
    candidates = [_tidy(operations, gates) for operations in _ways(compose(rotations), gates)]
    if not candidates:
        culprit = next((rotation for rotation in rotations if rotation.axis != "Z"), rotations[0])
        message = f"the device cannot turn the qubit so far with its native gates: {', '.join(target.native_gates)}"
        raise InvalidProgram([ProgramError(culprit.line, culprit.column, "unsupported-gate", message)])
    return min(candidates, key=_cost)


def _ways(rotation: Quaternion, gates: frozenset[str]) -> Iterator[list[Operation]]:
    """Every way to do it with these pulses, turns about Z being free; zero turns still among them."""
    w, x, y, z = rotation
    theta = 2 * math.atan2(math.hypot(x, y), math.hypot(w, z))
    if theta < NEGLIGIBLE:
        yield [("rz", (2 * math.atan2(z, w),))]
        return
    d = math.atan2(y, x)
    half_turn = math.pi - theta < NEGLIGIBLE
    s = d if half_turn else math.atan2(z, w)  # upside down, s is free: no turn before the pulse
    for angle, axis in ((theta, d), (-theta, d + math.pi)):
        if "rx" in gates:
            yield [("rz", (s - axis,)), ("rx", (angle,)), ("rz", (s + axis,))]
        if "ry" in gates:
            yield [("rz", (s - axis + math.pi / 2,)), ("ry", (angle,)), ("rz", (s + axis - math.pi / 2,))]
        if "prx" in gates:
            yield [("prx", (angle, axis - s)), ("rz", (2 * s,))]
    if "x" in gates and half_turn:
        yield [("x", ()), ("rz", (2 * d,))]
    if "sx" in gates and half_turn:
        yield [("sx", ()), ("sx", ()), ("rz", (2 * d,))]
    if "sx" in gates and abs(theta - math.pi / 2) < NEGLIGIBLE:
        yield [("rz", (s - d,)), ("sx", ()), ("rz", (s + d,))]
    if "sx" in gates and "rz" in gates:
        before, between, after = s - d - math.pi / 2, math.pi - theta, s + d - math.pi / 2
        yield [("rz", (before,)), ("sx", ()), ("rz", (between,)), ("sx", ()), ("rz", (after,))]


def _tidy(operations: list[Operation], gates: frozenset[str]) -> list[Operation]:
    """Angles normalised, turns by zero and turns the device has no gate for left out."""
    tidied = [(name, tuple(map(normalised, angles))) for name, angles in operations]
    return [(name, angles) for name, angles in tidied if name != "rz" or ("rz" in gates and angles[0] != 0)]


def _cost(operations: list[Operation]) -> tuple[int, int, int]:
    """Pulses, then operations, then angles below zero, which only look odd."""
    pulses = sum(name != "rz" for name, _ in operations)
    return pulses, len(operations), sum(angle < 0 for _, angles in operations for angle in angles)
