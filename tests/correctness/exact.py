"""An exact simulator of compiled programs, formats 1 and 2: what comes out how often, without drawing a single shot.

A measurement splits the state in two, each with its weight and its clbits; a loop goes on until what is still in it
weighs less than CUT. Operations are those of docs/drivers.md, and ["matrix", wires, [], matrix] beside them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.correctness.matrices import MATRICES, Matrix

CUT = 1e-9
"""Weight below which a branch is dropped; far below what the oracle takes for a difference."""

State = NDArray[np.complex128]


@dataclass(frozen=True)
class Branch:
    """A state, whose norm squared is its weight, and the clbits that were read on the way to it."""

    state: State
    bits: tuple[int, ...]
    left: str = ""  # "break" or "continue" on its way out of a loop


def distribution(ops: Sequence[Any], qubits: int, clbits: int, start: State | None = None) -> dict[str, float]:
    """The probability of each key, the rightmost character clbit 0."""
    if start is None:
        start = np.zeros((2,) * qubits, dtype=complex)
        start[(0,) * qubits] = 1
    found: dict[str, float] = defaultdict(float)
    for branch in run(ops, [Branch(start, (0,) * clbits)]):
        found["".join(map(str, reversed(branch.bits)))] += weight(branch.state)
    return {key: value for key, value in found.items() if value > CUT}


def run(ops: Sequence[Any], branches: list[Branch]) -> list[Branch]:
    """The branches after the operations; one that is leaving a loop is not touched any more."""
    for op in ops:
        going = [branch for branch in branches if not branch.left]
        branches = [branch for branch in branches if branch.left]
        for branch in going:
            branches.extend(_step(op, branch))
        branches = _merged(branches)
    return branches


def evolve(ops: Sequence[Any], state: State) -> State:
    """The state after gates alone; further axes behind those of the qubits are carried along."""
    for op in ops:
        if op[0] not in ("barrier", "delay"):
            state = apply(_matrix(op), op[1], state)
    return state


def apply(matrix: Matrix, wires: Sequence[int], state: State) -> State:
    """A matrix on some axes of a state."""
    size = len(wires)
    moved = np.tensordot(matrix.reshape((2,) * (2 * size)), state, axes=(range(size, 2 * size), wires))
    return np.moveaxis(moved, range(size), wires)


def weight(state: State) -> float:
    return float(np.vdot(state, state).real)


def _matrix(op: Any) -> Matrix:
    return op[3] if op[0] == "matrix" else MATRICES[op[0]](*op[2])


def _step(op: Any, branch: Branch) -> Iterable[Branch]:
    name = op[0]
    if name in ("barrier", "delay"):
        return [branch]
    if name in ("break", "continue"):
        return [Branch(branch.state, branch.bits, name)]
    if name == "measure":
        (wire,), (bit,) = op[1], op[3]
        return [
            Branch(_projected(branch.state, wire, value), (*branch.bits[:bit], value, *branch.bits[bit + 1 :]))
            for value in (0, 1)
            if weight(_projected(branch.state, wire, value)) > CUT
        ]
    if name == "assign":
        (bit,) = op[3]
        return [Branch(branch.state, (*branch.bits[:bit], int(value_of(op[4], branch.bits)), *branch.bits[bit + 1 :]))]
    if name == "reset":
        (wire,) = op[1]
        zero, one = (_projected(branch.state, wire, value) for value in (0, 1))
        both = [zero, apply(MATRICES["x"](), [wire], one)]
        return [Branch(state, branch.bits) for state in both if weight(state) > CUT]
    if name == "if":
        return run(op[2] if value_of(op[1], branch.bits) else op[3], [branch])
    if name == "switch":
        return run(_case(op, branch), [branch])
    if name == "while":
        return _loop(op, branch)
    return [Branch(apply(_matrix(op), op[1], branch.state), branch.bits)]


def _loop(op: Any, branch: Branch) -> list[Branch]:
    done: list[Branch] = []
    inside = [branch]
    for _ in range(2_000):
        done += [one for one in inside if not value_of(op[1], one.bits)]
        inside = [one for one in inside if value_of(op[1], one.bits)]
        if not inside:
            return done
        after = run(op[2], inside)
        done += [Branch(one.state, one.bits) for one in after if one.left == "break"]
        inside = [Branch(one.state, one.bits) for one in after if one.left != "break" and weight(one.state) > CUT]
    raise AssertionError("a loop that does not end")


def _case(op: Any, branch: Branch) -> list[Any]:
    value = int(value_of(op[1], branch.bits))
    default: list[Any] = []
    for values, block in op[2]:
        if values == "default":
            default = block
        elif value in values:
            return block
    return default


def _projected(state: State, wire: int, value: int) -> State:
    made = np.zeros_like(state)
    at = (slice(None),) * wire + (value,)
    made[at] = state[at]
    return made


def _merged(branches: list[Branch]) -> list[Branch]:
    """Branches with the same clbits and, but for a number, the same state are one: loops stay small."""
    kept: dict[tuple[Any, ...], list[State]] = defaultdict(list)
    for branch in branches:
        states = kept[branch.bits, branch.left]
        for place, state in enumerate(states):
            overlap = abs(np.vdot(state, branch.state)) ** 2
            total = weight(state) * weight(branch.state)
            if overlap > total * (1 - 1e-12):
                states[place] = state * np.sqrt(1 + weight(branch.state) / weight(state))
                break
        else:
            states.append(branch.state)
    return [Branch(state, bits, left) for (bits, left), states in kept.items() for state in states]


def value_of(condition: Any, bits: Sequence[int]) -> int:
    """What a condition, or the target of a switch, is worth."""
    match condition:
        case ["lit", value, _]:
            return int(value)
        case ["clbit", bit]:
            return bits[bit]
        case ["creg", places]:
            return sum(bits[bit] << place for place, bit in enumerate(places))
        case ["not", inner]:
            return int(not value_of(inner, bits))
        case ["bit_not", inner]:
            return ~value_of(inner, bits) & (1 << width_of(inner)) - 1
        case ["cast", kind, inner]:
            value = value_of(inner, bits)
            return int(bool(value)) if kind == "bool" else value & (1 << kind[1]) - 1
        case ["index", inner, place]:
            return value_of(inner, bits) >> value_of(place, bits) & 1
        case [word, left, right]:
            return _binary(word, value_of(left, bits), value_of(right, bits), width_of(left))
    raise AssertionError(condition)


def width_of(condition: Any) -> int:
    match condition:
        case ["creg", places]:
            return len(places)
        case ["lit", _, ["uint", width]] | ["cast", ["uint", width], _]:
            return int(width)
        case ["bit_and" | "bit_or" | "bit_xor" | "shift_left" | "shift_right" | "bit_not", left, *_]:
            return width_of(left)
    return 1


def _binary(word: str, left: int, right: int, width: int) -> int:
    top = (1 << width) - 1
    return int(
        {
            "and": lambda: bool(left and right),
            "or": lambda: bool(left or right),
            "bit_and": lambda: left & right,
            "bit_or": lambda: left | right,
            "bit_xor": lambda: left ^ right,
            "equal": lambda: left == right,
            "not_equal": lambda: left != right,
            "less": lambda: left < right,
            "less_equal": lambda: left <= right,
            "greater": lambda: left > right,
            "greater_equal": lambda: left >= right,
            "shift_left": lambda: left << right & top,
            "shift_right": lambda: left >> right,
        }[word]()
    )
