"""State vectors with numpy: index 0b…10 of a state is qubit 1 set, qubit 0 not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from workers.drivers.matrices import MATRICES

State = NDArray[np.complex128]
Real = NDArray[np.float64]


def zeros(qubits: int) -> State:
    """Every qubit 0."""
    state: State = np.zeros(1 << qubits, dtype=np.complex128)
    state[0] = 1
    return state


def apply(state: State, name: str, on: Sequence[int], angles: Sequence[float]) -> State:
    """The state after a gate of qcjob.gates."""
    matrix = MATRICES[name](*angles)
    if len(on) == 1:
        turned: State = np.matmul(matrix, state.reshape(-1, 2, 1 << on[0])).ravel()
        return turned
    qubits = len(state).bit_length() - 1
    axes = [qubits - 1 - qubit for qubit in on]  # the last axis of the tensor is qubit 0
    front = list(range(len(on)))
    tensor = np.moveaxis(state.reshape((2,) * qubits), axes, front)
    after = np.matmul(matrix, tensor.reshape(len(matrix), -1)).reshape(tensor.shape)
    whole: State = np.moveaxis(after, front, axes).ravel()
    return whole


def probabilities(state: State) -> Real:
    """The chance of each index."""
    return state.real**2 + state.imag**2


def chance_of_one(state: State, qubit: int) -> float:
    """The chance to find this qubit set."""
    by_bit = probabilities(state).reshape(-1, 2, 1 << qubit).sum(axis=(0, 2))
    return float(min(1.0, by_bit[1] / by_bit.sum()))


def projected(state: State, qubit: int, outcome: int) -> State:
    """The state once this qubit was found to be `outcome`, of norm 1."""
    kept = np.zeros_like(state)
    by_bit = (-1, 2, 1 << qubit)
    kept.reshape(by_bit)[:, outcome, :] = state.reshape(by_bit)[:, outcome, :]
    scaled: State = kept / np.sqrt(probabilities(kept).sum())
    return scaled
