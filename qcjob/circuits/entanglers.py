"""A CZ by whatever two-qubit gate a pair of qubits has."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cache
from itertools import chain
from typing import Any

import numpy as np
from qiskit.circuit.library import CZGate, UnitaryGate
from qiskit.quantum_info import Operator
from qiskit.synthesis import TwoQubitBasisDecomposer

from qcjob.circuits.vocabulary import gate

_HALF = math.pi / 2

ENTANGLERS: dict[str, tuple[tuple[float, ...], int]] = {
    **dict.fromkeys(("cz", "cx", "cy", "ch", "ecr", "iswap", "dcx"), ((), 1)),
    **dict.fromkeys(("cs", "csdg", "csx"), ((), 2)),
    **dict.fromkeys(("rxx", "ryy", "rzz", "rzx"), ((_HALF,), 1)),
    **dict.fromkeys(("cp", "crx", "cry", "crz"), ((math.pi,), 1)),
    "cu": ((math.pi, 0.0, math.pi, 0.0), 1),
    "xx_plus_yy": ((math.pi, 0.0), 1),
    "xx_minus_yy": ((math.pi, 0.0), 1),
}
"""gate: the angles at which, and how often in a row, it entangles as much as a CZ does."""

Part = Any  # tuple[int, Matrix] | Gate, but Qiskit has no types
"""A matrix on qubit 0 or 1, or a two-qubit gate on both, in this order."""


def best_of(figures: Iterable[tuple[str, float | None]]) -> str | None:
    """The gate of a pair with the least error, the first if none is known; None where none will do."""
    usable = [(error if error is not None else math.inf, name) for name, error in figures if name in ENTANGLERS]
    return min(usable, key=lambda one: one[0])[1] if usable else None


@cache
def cz_by(name: str) -> tuple[Part, ...]:
    """What makes a CZ, up to a phase, of a gate of ENTANGLERS."""
    angles, times = ENTANGLERS[name]
    native = [gate(name, angles)] * times
    if name == "cz":
        return tuple(native)
    matrix = np.linalg.matrix_power(native[0].to_matrix(), times)
    found = TwoQubitBasisDecomposer(UnitaryGate(matrix), euler_basis="U")(Operator(CZGate()))
    return tuple(
        chain.from_iterable(
            native
            if len(instruction.qubits) == 2
            else [(found.find_bit(instruction.qubits[0]).index, instruction.operation.to_matrix())]
            for instruction in found.data
        )
    )
