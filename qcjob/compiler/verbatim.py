"""Gate by gate as written: every rotation is one operation, none is left out, merged or reordered."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from qcjob.compiler.operations import Operation
from qcjob.errors import InvalidProgram, ProgramError
from qcjob.languages import Rotation

IDEAL_GATES = ("rx", "ry", "rz")

_WAYS: dict[str, tuple[tuple[str, Callable[[float], Operation]], ...]] = {
    "X": (("rx", lambda theta: ("rx", (theta,))), ("prx", lambda theta: ("prx", (theta, 0.0)))),
    "Y": (("ry", lambda theta: ("ry", (theta,))), ("prx", lambda theta: ("prx", (theta, math.pi / 2)))),
    "Z": (("rz", lambda theta: ("rz", (theta,))),),
}
"""For each axis the gates that turn about it by any angle, the plainest first."""


def translate(rotations: Sequence[Rotation], native_gates: Sequence[str]) -> list[Operation]:
    """One native operation for each rotation; raises InvalidProgram with every rotation the device has no gate for."""
    makers = {axis: next((make for gate, make in ways if gate in native_gates), None) for axis, ways in _WAYS.items()}
    if None in makers.values() and (errors := _unsupported(rotations, makers, native_gates)):
        raise InvalidProgram(errors)
    return [makers[rotation.axis](math.radians(rotation.degrees)) for rotation in rotations]  # type: ignore[misc]


def _unsupported(
    rotations: Sequence[Rotation], makers: dict[str, Callable[[float], Operation] | None], native_gates: Sequence[str]
) -> list[ProgramError]:
    native = ", ".join(native_gates) or "none"
    messages = {
        axis: f"the device has no {' or '.join(gate for gate, _ in ways)} to turn about {axis}; its native gates are "
        f"{native}. The runtime optimized may find another way"
        for axis, ways in _WAYS.items()
    }
    return [
        ProgramError(rotation.line, rotation.column, "unsupported-gate", messages[rotation.axis])
        for rotation in rotations
        if makers[rotation.axis] is None
    ]
