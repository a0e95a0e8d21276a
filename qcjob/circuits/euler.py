"""Any gate of one qubit by the gates that a device has on that qubit."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

import numpy as np
from numpy.typing import NDArray
from qiskit.circuit import Gate
from qiskit.synthesis import OneQubitEulerDecomposer

Matrix = NDArray[np.complex128]

BASES = {
    "U": ("u",),
    "ZSXX": ("rz", "sx", "x"),
    "ZSX": ("rz", "sx"),
    "RR": ("prx",),
    "ZXZ": ("rz", "rx"),
    "ZYZ": ("rz", "ry"),
    "XYX": ("rx", "ry"),
    "PSX": ("p", "sx"),
}
"""Qiskit's name of a decomposition, and the gates it takes; the first that a qubit has is taken."""


def basis_of(gates: Collection[str]) -> str | None:
    """The decomposition for a qubit with these gates; None: they do not make every gate."""
    return next((name for name, needs in BASES.items() if set(needs) <= set(gates)), None)


def one_qubit_gates(matrix: Matrix, basis: str) -> list[Gate]:
    """Gates, in order, with the effect of a matrix up to a phase; none for the identity."""
    return [instruction.operation for instruction in _decomposer(basis)(matrix).data]


@cache
def _decomposer(basis: str) -> OneQubitEulerDecomposer:
    return OneQubitEulerDecomposer(basis)
