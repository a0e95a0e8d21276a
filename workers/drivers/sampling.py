"""Counts without Aer: one qubit in plain Python, more with numpy where that is installed."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from qcjob.errors import Rejected
from qcjob.result import Counts
from workers.drivers.operations import FORMATS, checked
from workers.drivers.qubit import is_one_qubit, sample_qubit

MAX_QUBITS = 20
"""With numpy: 2^20 amplitudes are 16 MiB, and a gate on them takes some 20 ms."""


def largest() -> int:
    """How many qubits one run may use here."""
    return MAX_QUBITS if find_spec("numpy") is not None else 1


def sample_small(
    compiled: Mapping[str, Any], shots: int, seed: int, *, flip: float, max_qubits: int, memory: bool = False
) -> tuple[Counts, tuple[str, ...] | None]:
    """Counts of `shots` runs, and with `memory` the outcome of each; a bit is read wrong with probability `flip`.

    Same arguments, same answer, in any process. Raises Rejected for a program that is no compiled program, one of more
    than `max_qubits`, and one that needs numpy where that is not installed.
    """
    ops = checked(compiled, formats=FORMATS, max_qubits=max_qubits)
    if is_one_qubit(ops, compiled["qubits"]):
        return sample_qubit(ops, compiled["clbits"], shots, seed, flip=flip, memory=memory)
    if find_spec("numpy") is None:
        raise Rejected("without the extra circuits this device runs one qubit that is measured once, at the end")
    from workers.drivers.statevector import memory_of, sample  # numpy is no part of the base

    counts = sample(compiled, shots, seed, flip=flip, max_qubits=max_qubits)
    return counts, memory_of(counts, seed) if memory else None
