"""Runs of a compiled program that part where something is measured: mid-circuit measurement, reset and control flow.

All shots walk together as one branch until a measurement, or a reading error, tells them apart; then each part walks on
with its own state. What is exact stays exact: only the number of shots that go each way is drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from workers.drivers.classical import evaluate
from workers.drivers.matrices import MATRICES
from workers.drivers.states import State, apply, chance_of_one, projected, zeros

Op = Sequence[Any]


@dataclass(slots=True)
class _Frame:
    """A list of operations, the next of them, and the `while` whose body it is, if it is one."""

    ops: Sequence[Op]
    at: int = 0
    loop: Op | None = None


@dataclass(slots=True)
class Branch:
    """Shots that saw the same so far: their state, the clbits as a number (clbit 0 lowest), and what is before them."""

    state: State
    bits: int
    shots: int
    frames: list[_Frame]

    def parted(self, state: State, bits: int, shots: int) -> Branch:
        """A part of this branch, to walk on by itself."""
        return Branch(state, bits, shots, [replace(frame) for frame in self.frames])


def walk(ops: Sequence[Op], qubits: int, shots: int, flip: float, generator: np.random.Generator) -> Iterator[Branch]:
    """Every branch at the end of the operations; their shots add up to `shots`.

    A clbit is written wrong with the chance `flip`. Does not end where the program does not.
    """
    waiting = [Branch(zeros(qubits), 0, shots, [_Frame(ops)])]
    while waiting:
        branch = waiting.pop()
        while branch.frames:
            frame = branch.frames[-1]
            if frame.at < len(frame.ops):
                op = frame.ops[frame.at]
                frame.at += 1
                if op[0] in MATRICES:
                    branch.state = apply(branch.state, op[0], op[1], op[2])
                else:
                    waiting += _step(branch, op, flip, generator)
            elif frame.loop is not None and evaluate(frame.loop[1], branch.bits):
                frame.at = 0
            else:
                branch.frames.pop()
        yield branch


def _step(branch: Branch, op: Op, flip: float, generator: np.random.Generator) -> list[Branch]:
    """Do one operation that is no gate (barrier and delay leave no trace); what parts from this branch comes back."""
    match op[0]:
        case "measure":
            return _part(branch, op[1][0], op[3][0], flip, generator)
        case "reset":
            return _part(branch, op[1][0], None, 0.0, generator)
        case "assign":
            [clbit] = op[3]
            branch.bits = branch.bits & ~(1 << clbit) | evaluate(op[4], branch.bits) << clbit
        case "if":
            branch.frames.append(_Frame(op[2] if evaluate(op[1], branch.bits) else op[3]))
        case "while":
            if evaluate(op[1], branch.bits):
                branch.frames.append(_Frame(op[2], 0, op))
        case "switch":
            value = evaluate(op[1], branch.bits)
            chosen = (block for values, block in op[2] if values == "default" or value in values)
            branch.frames.append(_Frame(next(chosen, ())))
        case "break" | "continue":
            while branch.frames[-1].loop is None:
                branch.frames.pop()
            if op[0] == "continue":
                branch.frames[-1].at = len(branch.frames[-1].ops)
            else:
                branch.frames.pop()
    return []


def _part(branch: Branch, qubit: int, clbit: int | None, flip: float, generator: np.random.Generator) -> list[Branch]:
    """Measure a qubit into a clbit; without one, set it to 0 whatever it was."""
    ones = int(generator.binomial(branch.shots, chance_of_one(branch.state, qubit)))
    parts = []
    for outcome, shots in ((0, branch.shots - ones), (1, ones)):
        if not shots:
            continue
        state = projected(branch.state, qubit, outcome)
        if clbit is None:
            state = apply(state, "x", [qubit], []) if outcome else state
            parts.append(branch.parted(state, branch.bits, shots))
            continue
        wrong = int(generator.binomial(shots, flip)) if flip else 0
        for written, part in ((outcome, shots - wrong), (1 - outcome, wrong)):
            if part:
                bits = branch.bits & ~(1 << clbit) | written << clbit
                parts.append(branch.parted(state, bits, part))
    first, *others = parts
    branch.state, branch.bits, branch.shots = first.state, first.bits, first.shots
    return others
