"""What Amazon Braket says of a device (GetDevice: `deviceCapabilities`), as a target.

Source: `braket.device_schema`: `paradigm` has qubitCount and, of a QPU, nativeGateSet and connectivity; `action` the
operations its compiler takes; `standardized` fidelities; `service` when all that was updated last.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qcjob.errors import DriverError
from qcjob.target import Figures, Table, Target
from workers.drivers.braket_gates import NAMES, known

_OPENQASM = "braket.ir.openqasm.program"
_WHOLE = ("SIMULTANEOUS_RANDOMIZED_BENCHMARKING", "RANDOMIZED_BENCHMARKING")
"""Fidelities of a one-qubit gate, the more honest first."""


@dataclass(frozen=True, slots=True)
class BraketDevice:
    """A target, Braket's number of each of its qubits, and whether programs go in a verbatim box."""

    target: Target
    labels: Mapping[int, int]
    verbatim: bool


def device_of(capabilities: Mapping[str, Any], verbatim: bool | None) -> BraketDevice:
    """Raises DriverError for a device that runs no OpenQASM programs of gates.

    Native gates, couplings and figures where programs are verbatim; else what Braket's compiler takes, all to all.
    """
    try:
        paradigm, size = capabilities["paradigm"], int(capabilities["paradigm"]["qubitCount"])
        native = known(paradigm.get("nativeGateSet") or ())
        boxed = any(gate in native for gate in ("cz", "cx", "iswap", "ecr")) if verbatim is None else verbatim
        updated = (capabilities.get("service") or {}).get("updatedAt")
        if not boxed:
            gates = known(capabilities["action"][_OPENQASM]["supportedOperations"])
            return BraketDevice(Target(size, gates, calibrated_at=updated), {n: n for n in range(size)}, False)
        pairs = _pairs(paradigm.get("connectivity") or {})
        labels = dict(enumerate(sorted({qubit for pair in pairs for qubit in pair}) if pairs else range(size)))
        numbers = {label: qubit for qubit, label in labels.items()}
        coupled = None if pairs is None else {(numbers[a], numbers[b]) for a, b in pairs}
        tables = _tables(capabilities.get("standardized") or {}, native, numbers, coupled)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise DriverError(f"the device tells of no gates and qubits: {error!r:.200}") from error
    target = Target(
        len(labels),
        native,
        connectivity=None if coupled is None else tuple(sorted({(min(pair), max(pair)) for pair in coupled})),
        calibration_id=updated,
        calibrated_at=updated,
        gates=tables,
    )
    return BraketDevice(target, labels, True)


def _pairs(connectivity: Mapping[str, Any]) -> list[tuple[int, int]] | None:
    """Coupled qubits as Braket numbers them, which may leave numbers out; None where all are."""
    if connectivity.get("fullyConnected", True):
        return None
    graph = connectivity["connectivityGraph"]
    return [(int(one), int(other)) for one, others in graph.items() for other in others]


def _tables(
    told: Mapping[str, Any],
    native: tuple[str, ...],
    numbers: Mapping[int, int],
    coupled: set[tuple[int, int]] | None,
) -> dict[str, Table]:
    """Errors of gates and of reading, where they are told; Braket tells no durations in a common place."""
    ones = {numbers[int(at)]: seen for at, seen in (told.get("oneQubitProperties") or {}).items() if int(at) in numbers}
    twos = {
        (numbers[int(a)], numbers[int(b)]): seen["twoQubitGateFidelity"]
        for (a, _, b), seen in (
            (at.partition("-"), seen) for at, seen in (told.get("twoQubitProperties") or {}).items()
        )
        if int(a) in numbers and int(b) in numbers
    }
    tables: dict[str, Table] = {}
    for gate in native if ones else ():
        if gate in ("rx", "ry", "prx", "sx", "x"):
            tables[gate] = {(at,): Figures(error=_error(ones.get(at), _WHOLE)) for at in numbers.values()}
    if ones:
        tables["measure"] = {(at,): Figures(error=_error(ones.get(at), ("READOUT",))) for at in numbers.values()}
    for gate in native if coupled else ():
        fidelities = {pair: _of_gate(seen, NAMES[gate]) for pair, seen in twos.items()}
        if gate in ("cz", "cx", "iswap", "ecr", "cp", "swap", "rzz", "rxx", "ryy"):
            tables[gate] = {
                pair: Figures(error=fidelities.get(pair, fidelities.get(pair[::-1]))) for pair in sorted(coupled or ())
            }
    return tables


def _error(seen: Mapping[str, Any] | None, kinds: tuple[str, ...]) -> float | None:
    told = {one["fidelityType"]["name"]: one["fidelity"] for one in (seen or {}).get("oneQubitFidelity", ())}
    return next((round(1 - told[kind], 12) for kind in kinds if kind in told), None)


def _of_gate(seen: list[Mapping[str, Any]], name: str) -> float | None:
    return next((round(1 - one["fidelity"], 12) for one in seen if one["gateName"].lower() == name), None)
