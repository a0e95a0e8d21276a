"""What a program asks of a device beside gates, and whether the device has it."""

from __future__ import annotations

from collections.abc import Iterator

from qcjob.circuits.program import Program, Step, steps
from qcjob.errors import InvalidProgram, ProgramError
from qcjob.target import ASSIGNMENTS, CONDITIONALS, LOOPS, MID_CIRCUIT, RESET, Target

_NEEDS = {
    "reset": RESET,
    "if_else": CONDITIONALS,
    "switch_case": CONDITIONALS,
    "while_loop": LOOPS,
    "break_loop": LOOPS,
    "continue_loop": LOOPS,
    "store": ASSIGNMENTS,
}
_NO_USE = frozenset({"barrier", "delay"})
"""What may follow the last measurement of a qubit all the same: nothing happens to it."""


def check_features(program: Program, target: Target) -> None:
    """Raises InvalidProgram `unsupported-feature` with the first place at which each missing feature is needed."""
    has = {*target.features, *({RESET} if "reset" in target.gates else ())}
    missing: dict[str, ProgramError] = {}
    for step, feature in _needed(program):
        if feature not in has and feature not in missing:
            message = f"this needs {feature}, which the device does not have; it has {', '.join(sorted(has)) or 'none'}"
            missing[feature] = ProgramError(*(step.place or (1, 1)), "unsupported-feature", message)
    if missing:
        raise InvalidProgram(sorted(missing.values(), key=lambda error: (error.line, error.column)))


def _needed(program: Program) -> Iterator[tuple[Step, str]]:
    measured: set[int] = set()
    for step in steps(program):
        name = step.instruction.name
        if name in _NEEDS:
            yield step, _NEEDS[name]
        elif name not in _NO_USE and not measured.isdisjoint(step.qubits):
            yield step, MID_CIRCUIT
        if name == "measure":
            measured.update(step.qubits)
            if step.in_loop:
                yield step, MID_CIRCUIT
