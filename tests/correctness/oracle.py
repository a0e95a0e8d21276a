"""What a compiled program must do, and how it is seen whether it does: three oracles, by what there is to compare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from qcjob.target import Target
from tests.correctness.exact import State, distribution, evolve

CLOSE = 1e-6


def same_outcomes(compiled: Mapping[str, Any], wanted: Mapping[str, float]) -> bool:
    """Whether every key comes out exactly as often as it should."""
    found = distribution(compiled["ops"], compiled["qubits"], compiled["clbits"])
    return all(abs(found.get(key, 0.0) - wanted.get(key, 0.0)) < CLOSE for key in {*found, *wanted})


def same_operator(compiled: Mapping[str, Any], ops: Sequence[Any], qubits: int) -> bool:
    """Whether the gates of a compiled program do to every state what `ops` do, up to one phase.

    The program's qubits are those of its registers in order, without the one that is measured; they begin and end on
    the wires that the document says. Wires that are nobody's begin and end in 0.
    """
    states = np.eye(2**qubits, dtype=complex).reshape((2,) * qubits + (2**qubits,))
    wanted, found = evolve(ops, states), _through(compiled, states, qubits)
    overlap = np.vdot(wanted, found)
    return bool(abs(abs(overlap) / 2**qubits - 1) < CLOSE)


def same_on(compiled: Mapping[str, Any], ops: Sequence[Any], state: State) -> bool:
    """The same for one state; a random one shows any difference but with probability 0."""
    qubits = state.ndim
    overlap = np.vdot(evolve(ops, state), _through(compiled, state[..., None], qubits)[..., 0])
    return bool(abs(abs(overlap) - 1) < CLOSE)


def _through(compiled: Mapping[str, Any], states: State, qubits: int) -> State:
    """The program's qubits after the compiled program; what is not theirs any more is lost from the norm."""
    gates = [op for op in compiled["ops"] if op[0] != "measure"]
    starts = [wire for wires in compiled["qubit_registers"].values() for wire in wires][:qubits]
    ends = [wire for wires in compiled["final_layout"].values() for wire in wires][:qubits]
    used = compiled["qubits"]
    assert None not in starts and None not in ends, "something is done to every qubit of these programs"
    others = [wire for wire in range(used) if wire not in starts]
    full = np.zeros((2,) * used + states.shape[qubits:], dtype=complex)
    at: list[Any] = [slice(None)] * used
    for wire in others:
        at[wire] = 0
    order = np.argsort(np.argsort(starts))
    full[tuple(at)] = np.moveaxis(states, range(qubits), order)
    full = evolve(gates, full)
    for wire in range(used):
        at[wire] = slice(None) if wire in ends else 0
    return np.moveaxis(full[tuple(at)], np.argsort(np.argsort(ends)), range(qubits))


def is_native(compiled: Mapping[str, Any], target: Target) -> bool:
    """Whether the device has every operation on the qubits the program puts it on."""
    return all(_native(op, compiled["layout"], target) for op in compiled["ops"])


def _native(op: Any, layout: Sequence[int], target: Target) -> bool:
    if op[0] in ("if", "while", "switch"):
        blocks = [block for _, block in op[2]] if op[0] == "switch" else op[2:]
        return all(_native(inner, layout, target) for block in blocks for inner in block)
    if op[0] in ("barrier", "delay", "break", "continue", "assign"):
        return True
    return target.supports(op[0], tuple(layout[wire] for wire in op[1]))
