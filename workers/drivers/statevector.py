"""Exact simulation of compiled programs (format 1) with numpy; index 0b…10 of a state is qubit 1 set, qubit 0 not."""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qcjob.errors import Rejected
from qcjob.result import Counts

MAX_QUBITS = 20
"""2^20 amplitudes are 16 MiB, and a gate on them takes some 20 ms."""

State = NDArray[np.complex128]
Real = NDArray[np.float64]
Matrix = tuple[complex, complex, complex, complex]
"""Row by row: (0,0), (0,1), (1,0), (1,1)."""


def prx(theta: float, phi: float) -> Matrix:
    """A rotation by theta about the axis at angle phi in the XY plane."""
    cosine, sine = math.cos(theta / 2), -1j * math.sin(theta / 2)
    return cosine, sine * cmath.exp(-1j * phi), sine * cmath.exp(1j * phi), cosine


def ry(theta: float) -> Matrix:
    """A rotation by theta about Y."""
    cosine, sine = math.cos(theta / 2), math.sin(theta / 2)
    return cosine, -sine, sine, cosine


_SQRT_HALF = math.sqrt(0.5)

# name: qubits, angles, matrix; cz is the one gate that has none here
GATES: dict[str, tuple[int, int, Callable[..., Matrix] | None]] = {
    "rx": (1, 1, lambda theta: prx(theta, 0.0)),
    "ry": (1, 1, ry),
    "rz": (1, 1, lambda theta: (cmath.exp(-0.5j * theta), 0, 0, cmath.exp(0.5j * theta))),
    "prx": (1, 2, prx),
    "sx": (1, 0, lambda: (0.5 + 0.5j, 0.5 - 0.5j, 0.5 - 0.5j, 0.5 + 0.5j)),
    "x": (1, 0, lambda: (0, 1, 1, 0)),
    "h": (1, 0, lambda: (_SQRT_HALF, _SQRT_HALF, _SQRT_HALF, -_SQRT_HALF)),
    "cz": (2, 0, None),
}


def sample(compiled: Mapping[str, Any], shots: int, seed: int, *, flip: float, max_qubits: int) -> Counts:
    """Counts of `shots` runs; each measured bit is read wrong with probability `flip`.

    The probabilities are exact, the shots are drawn from them at once. Same arguments, same counts, in any process.
    Raises Rejected for a program that is not format 1, too large, or measures before its last gate on a qubit.
    """
    state, measured = _run(compiled, max_qubits)
    probabilities = _outcomes(state.real**2 + state.imag**2, measured)
    if flip:
        for position in range(len(measured)):
            by_bit = probabilities.reshape(-1, 2, 1 << position)
            probabilities = ((1 - flip) * by_bit + flip * by_bit[:, ::-1, :]).ravel()
    generator = np.random.default_rng(seed if seed >= 0 else [-seed, 1])  # numpy takes no seed below zero
    seen = generator.multinomial(shots, probabilities / probabilities.sum())
    clbits = sorted(measured.values())
    return {_bitstring(int(index), clbits, compiled["clbits"]): int(seen[index]) for index in np.flatnonzero(seen)}


def _outcomes(probabilities: Real, measured: Mapping[int, int]) -> Real:
    """The probability of each outcome of the measured qubits; bit i of an outcome is the i-th lowest clbit's."""
    basis = np.arange(len(probabilities))
    outcome = np.zeros_like(basis)
    for position, (_, qubit) in enumerate(sorted((clbit, qubit) for qubit, clbit in measured.items())):
        outcome |= (basis >> qubit & 1) << position
    summed: Real = np.bincount(outcome, weights=probabilities, minlength=1 << len(measured)).astype(np.float64)
    return summed


def _bitstring(outcome: int, clbits: Sequence[int], width: int) -> str:
    """The outcome over all the program's clbits; the rightmost character is clbit 0, one never written is 0."""
    return f"{sum((outcome >> position & 1) << clbit for position, clbit in enumerate(clbits)):0{width}b}"


def _run(compiled: Mapping[str, Any], max_qubits: int) -> tuple[State, dict[int, int]]:
    """The final state, and the clbit that each measured qubit is read into."""
    try:
        if compiled["format"] != 1:
            raise Rejected(f"the program has format {compiled['format']!r:.80}; this driver reads format 1")
        qubits, clbits = int(compiled["qubits"]), int(compiled["clbits"])
        if not 1 <= qubits <= max_qubits:
            raise Rejected(f"the program has {qubits} qubits; this device has {max_qubits}")
        state: State = np.zeros(1 << qubits, dtype=np.complex128)
        state[0] = 1
        measured: dict[int, int] = {}
        for name, on, angles, *into in compiled["ops"]:
            if not all(0 <= qubit < qubits and qubit not in measured for qubit in on):
                raise Rejected(f"{name} acts on {on}: unknown qubits, or measured before")
            if name == "measure":
                measured |= dict(zip(on, into[0], strict=True))
            else:
                state = _apply(state, name, on, angles)
        if not all(0 <= clbit < clbits for clbit in measured.values()) or len(set(measured.values())) < len(measured):
            raise Rejected("the program measures into clbits it does not have, or into one twice")
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise Rejected(f"the compiled program is not format 1: {error!r:.200}") from error
    return state, measured


def _apply(state: State, name: str, on: Sequence[int], angles: Sequence[float]) -> State:
    if name not in GATES or (len(on), len(angles)) != GATES[name][:2]:
        raise Rejected(f"this device has no gate {name!r:.80} of {len(on)} qubits and {len(angles)} angles")
    if not all(map(math.isfinite, angles)):
        raise Rejected(f"{name} has an angle that is not finite")
    make = GATES[name][2]
    if make is None:
        low, high = sorted(on)
        state = state.copy()
        state.reshape(-1, 2, 1 << (high - low - 1), 2, 1 << low)[:, 1, :, 1, :] *= -1
        return state
    matrix = np.array(make(*angles)).reshape(2, 2)
    turned: State = np.matmul(matrix, state.reshape(-1, 2, 1 << on[0])).ravel()
    return turned
