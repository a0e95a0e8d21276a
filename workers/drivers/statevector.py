"""Exact simulation of compiled programs (formats 1 and 2) with numpy: few qubits, and no other package."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from qcjob.result import Counts
from workers.drivers.branches import walk
from workers.drivers.operations import FORMATS, checked, split_last
from workers.drivers.states import Real, probabilities


def sample(compiled: Mapping[str, Any], shots: int, seed: int, *, flip: float, max_qubits: int) -> Counts:
    """Counts of `shots` runs; each measured bit is read wrong with probability `flip`.

    The probabilities are exact, the shots are drawn from them at once. Same arguments, same counts, in any process.
    Raises Rejected for a program that is no compiled program, or of more than `max_qubits`.
    """
    ops, last = split_last(checked(compiled, formats=FORMATS, max_qubits=max_qubits))
    generator, width = _generator(seed), compiled["clbits"]
    clbits = sorted(last)
    counts: Counts = {}
    for branch in walk(ops, compiled["qubits"], shots, flip, generator):
        chances = _read_wrong(_outcomes(probabilities(branch.state), [last[clbit] for clbit in clbits]), flip)
        seen = generator.multinomial(branch.shots, chances / chances.sum())
        before = branch.bits & ~sum(1 << clbit for clbit in clbits)
        for outcome in np.flatnonzero(seen):
            bits = before | sum((int(outcome) >> place & 1) << clbit for place, clbit in enumerate(clbits))
            key = f"{bits:0{width}b}"
            counts[key] = counts.get(key, 0) + int(seen[outcome])
    return counts


def memory_of(counts: Counts, seed: int) -> tuple[str, ...]:
    """An outcome for each shot, in an order drawn by the seed: one shot knows nothing of another."""
    outcomes = np.repeat(np.arange(len(counts)), list(counts.values()))
    _generator(seed).shuffle(outcomes)
    keys = list(counts)
    return tuple(keys[outcome] for outcome in outcomes)


def _generator(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed if seed >= 0 else [-seed, 1])  # numpy takes no seed below zero


def _outcomes(chances: Real, qubits: list[int]) -> Real:
    """The probability of each outcome of these qubits; bit i of an outcome is the i-th of them."""
    basis = np.arange(len(chances))
    outcome = np.zeros_like(basis)
    for position, qubit in enumerate(qubits):
        outcome |= (basis >> qubit & 1) << position
    summed: Real = np.bincount(outcome, weights=chances, minlength=1 << len(qubits)).astype(np.float64)
    return summed


def _read_wrong(chances: Real, flip: float) -> Real:
    """The same, where each bit is read wrong with probability `flip`."""
    for position in range(len(chances).bit_length() - 1 if flip else 0):
        by_bit = chances.reshape(-1, 2, 1 << position)
        chances = ((1 - flip) * by_bit + flip * by_bit[:, ::-1, :]).ravel()
    return chances
