"""Exact simulation of one qubit, in plain Python: what a rotation string needs, without numpy.

The qubit's state is two amplitudes. Each shot reads 1 with probability p, and all shots are drawn at once: for every
bit b of p, the last one first, all shots are set to `b or random` or to `b and random`, one bit of a big integer a
shot; a shot is then 1 with probability p exactly, as far as a double holds p.
"""

from __future__ import annotations

import cmath
import math
import random
from collections.abc import Sequence
from typing import Any

from qcjob.result import Counts

Amplitudes = tuple[complex, complex]
"""Of |0> and |1>; a common phase is left out."""

_ABOUT_Z = {"z": math.pi, "s": math.pi / 2, "sdg": -math.pi / 2, "t": math.pi / 4, "tdg": -math.pi / 4}
_ABOUT_X = {"x": math.pi, "sx": math.pi / 2, "sxdg": -math.pi / 2}
_TURNS = {*_ABOUT_Z, *_ABOUT_X, "id", "y", "h", "rx", "ry", "rz", "p", "prx", "u", "barrier", "delay"}


def is_one_qubit(ops: Sequence[Sequence[Any]], qubits: int) -> bool:
    """Whether a program is gates on one qubit and one measurement of it at the end."""
    names = [operation[0] for operation in ops]
    return qubits == 1 and names[-1:] == ["measure"] and _TURNS.issuperset(names[:-1])


def sample_qubit(
    ops: Sequence[Sequence[Any]], clbits: int, shots: int, seed: int, *, flip: float, memory: bool = False
) -> tuple[Counts, tuple[str, ...] | None]:
    """Counts of `shots` runs of such a program, and with `memory` the outcome of each.

    The measured bit is read wrong with probability `flip`. Same arguments, same answer, in any process.
    """
    state: Amplitudes = (1, 0)
    for name, _, angles in ops[:-1]:
        state = _turned(state, name, angles)
    zero, one = (abs(amplitude) ** 2 for amplitude in state)
    chance = one / (zero + one)
    drawn = draw(random.Random(seed), shots, chance + flip - 2 * chance * flip)
    [clbit] = ops[-1][3]
    keys = f"{0:0{clbits}b}", f"{1 << clbit:0{clbits}b}"
    ones = drawn.bit_count()
    counts = {key: seen for key, seen in zip(keys, (shots - ones, ones), strict=True) if seen}
    return counts, tuple(keys[bit == "1"] for bit in f"{drawn:0{shots}b}") if memory else None


def draw(generator: random.Random, shots: int, chance: float) -> int:
    """A whole number of `shots` bits, each 1 with this probability."""
    numerator, denominator = min(max(chance, 0.0), 1.0).as_integer_ratio()
    if numerator == denominator:
        return (1 << shots) - 1
    drawn = 0
    for place in range(denominator.bit_length() - 1):
        bits = generator.getrandbits(shots)
        drawn = drawn | bits if numerator >> place & 1 else drawn & bits
    return drawn


def _turned(state: Amplitudes, name: str, angles: Sequence[float]) -> Amplitudes:
    if name in ("id", "barrier", "delay"):
        return state
    if name == "h":
        zero, one = state
        return (zero + one) * math.sqrt(0.5), (zero - one) * math.sqrt(0.5)
    if name in _ABOUT_Z:
        return _about_z(state, _ABOUT_Z[name])
    if name in ("rz", "p"):
        return _about_z(state, angles[0])
    if name == "u":
        theta, phi, lam = angles
        return _about_z(_pulse(_about_z(state, lam), theta, math.pi / 2), phi)
    if name == "prx":
        return _pulse(state, *angles)
    if name in ("y", "ry"):
        return _pulse(state, angles[0] if angles else math.pi, math.pi / 2)
    return _pulse(state, _ABOUT_X[name] if name in _ABOUT_X else angles[0], 0.0)


def _about_z(state: Amplitudes, angle: float) -> Amplitudes:
    return state[0] * cmath.exp(-0.5j * angle), state[1] * cmath.exp(0.5j * angle)


def _pulse(state: Amplitudes, theta: float, phi: float) -> Amplitudes:
    """A rotation by theta about the axis at angle phi in the XY plane."""
    zero, one = state
    cosine, sine = math.cos(theta / 2), -1j * math.sin(theta / 2)
    return cosine * zero + sine * cmath.exp(-1j * phi) * one, sine * cmath.exp(1j * phi) * zero + cosine * one
