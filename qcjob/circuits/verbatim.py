"""A program as it is written: nothing changed, and what the device does not have is refused."""

from __future__ import annotations

from qcjob.circuits.program import Program, Step, steps
from qcjob.circuits.vocabulary import our_name
from qcjob.errors import InvalidProgram, ProgramError
from qcjob.target import Target

_EVERYWHERE = frozenset({"barrier", "delay", "store"})
"""What is no matter of which qubits: to wait, and to give a clbit a value."""


def check_verbatim(program: Program, target: Target) -> None:
    """Raises InvalidProgram `unsupported-gate` with every operation that the device does not have on its qubits."""
    errors: dict[tuple[object, ...], ProgramError] = {}
    for step in steps(program):
        name = our_name(step.instruction.name)
        if step.instruction.is_control_flow() or name in _EVERYWHERE or name.endswith("_loop"):
            continue  # features.py looks at these
        if not target.supports(name, step.qubits):
            error = _refusal(name, step, target)
            errors.setdefault((error.line, error.column, error.message), error)
    if errors:
        raise InvalidProgram(list(errors.values()))


def _refusal(name: str, step: Step, target: Target) -> ProgramError:
    on = f"qubit{'s' if len(step.qubits) > 1 else ''} {', '.join(map(str, step.qubits))}"
    if name in target.native_gates and len(step.qubits) > 1:
        message = f"{name} does not work on {on}, in this order, of this device"
    else:
        message = f"{name} on {on} is not native; this device has {', '.join(target.native_gates)}"
    return ProgramError(*(step.place or (1, 1)), "unsupported-gate", f"{message}; or use the runtime optimized")
