"""The gates of qcjob.gates as Qiskit's, and Qiskit's under our names."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

from qiskit.circuit import Gate, Parameter
from qiskit.circuit.library import RGate, get_standard_gate_name_mapping

from qcjob.gates import GATES

_RENAMED = {"prx": "r"}
"""Our name, where Qiskit has another one."""

_OURS = {theirs: ours for ours, theirs in _RENAMED.items()}


def qiskit_name(name: str) -> str:
    """Qiskit's name of a gate (or measure, reset, ...) of ours."""
    return _RENAMED.get(name, name)


def our_name(name: str) -> str:
    """The inverse of `qiskit_name`; a name that is not in GATES comes back as it is."""
    return _OURS.get(name, name)


@cache
def _classes() -> dict[str, type[Gate]]:
    standard = get_standard_gate_name_mapping()
    return {name: RGate if name == "prx" else standard[name].base_class for name in GATES}


def gate(name: str, angles: Sequence[float]) -> Gate:
    """A gate of GATES. Raises KeyError for another name, TypeError for another number of angles."""
    return _classes()[name](*angles)


def gate_of_any_angle(name: str) -> Gate:
    """A gate with a parameter for each of its angles, as Qiskit's Target wants to be given it."""
    return gate(name, [Parameter(f"{name}_{number}") for number in range(GATES[name][1])])


def respelled(operation: Gate) -> Gate:
    """The gate under the name that GATES has for it, where Qiskit has an old name for the same."""
    match operation.name, operation.params:
        case "u1", [angle]:
            return gate("p", [angle])
        case "u2", [phi, lam]:
            return gate("u", [math.pi / 2, phi, lam])
        case "u3", angles:
            return gate("u", angles)
        case "cu1", [angle]:
            return gate("cp", [angle])
        case "cu3", angles:
            return gate("cu", [*angles, 0.0])
    return operation
