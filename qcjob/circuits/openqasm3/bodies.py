"""What a gate does, as a list of Qiskit's gates on numbered qubits; and what the modifiers make of it.

A program's own gates are written out here, so that Qiskit never sees their names: it takes a gate for the one its name
says, whatever its definition.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from qiskit.circuit import ControlledGate, Gate, QuantumCircuit
from qiskit.circuit.library import CUGate, PhaseGate, UGate, UnitaryGate, XGate
from qiskit.quantum_info import Operator
from scipy.linalg import schur

Piece = tuple[Gate, tuple[int, ...]]

MAX_MATRIX_QUBITS = 6
"""A power that is no integer needs the gate's matrix: 64 by 64 for six qubits."""

MAX_REMEMBERED = 1_024


@dataclass(frozen=True, slots=True)
class Body:
    """Gates in order, on qubits 0 to size - 1, and a phase in radians."""

    size: int
    pieces: tuple[Piece, ...]
    phase: float = 0.0


def inverse(body: Body) -> Body:
    """inv @"""
    return Body(body.size, tuple((gate.inverse(), on) for gate, on in reversed(body.pieces)), -body.phase)


def repeated(body: Body, times: int) -> Body:
    """pow(times) @, for an integer."""
    body = body if times >= 0 else inverse(body)
    return Body(body.size, body.pieces * abs(times), body.phase * abs(times))


def powered(body: Body, exponent: float) -> Body:
    """pow(exponent) @, the principal power. Raises ValueError for more than MAX_MATRIX_QUBITS qubits."""
    if not body.size:
        return Body(0, (), body.phase * exponent)
    if body.size > MAX_MATRIX_QUBITS:
        raise ValueError(f"a power that is no integer is supported for up to {MAX_MATRIX_QUBITS} qubits")
    circuit = QuantumCircuit(body.size, global_phase=body.phase)
    for gate, on in body.pieces:
        circuit.append(gate, on)
    # A unitary is normal, so its Schur form is diagonal, and a power of it is one of its eigenvalues.
    triangle, basis = schur(Operator(circuit).data, output="complex")
    power = basis @ np.diag(np.exp(1j * exponent * np.angle(np.diagonal(triangle)))) @ basis.conj().T
    return Body(body.size, ((UnitaryGate(power), tuple(range(body.size))),))


def controlled(body: Body, controls: int, *, negative: bool) -> Body:
    """ctrl(controls) @, or negctrl(controls) @; the controls are the first qubits."""
    first = tuple(range(controls))
    pieces = [
        (_controlled(gate, controls), (*first, *(qubit + controls for qubit in on)))
        for whole, places in body.pieces
        for gate, on in _without_phase(whole, places)
    ]
    if body.phase:
        phase = PhaseGate(body.phase)
        pieces.append((phase if controls == 1 else _controlled(phase, controls - 1), first))
    turns = [(XGate(), (qubit,)) for qubit in first] if negative else []
    return Body(body.size + controls, (*turns, *pieces, *turns))


_controlled_before: dict[tuple[str, tuple[float, ...], int], Gate] = {}
"""Qiskit takes milliseconds to control some gates, and programs repeat theirs."""


def _without_phase(gate: Gate, on: tuple[int, ...]) -> list[Piece]:
    """A `cu` in two: Qiskit loses its phase on the control when a controlled `cu` is turned round."""
    if gate.name != "cu":
        return [(gate, on)]
    *angles, phase = gate.params
    return [(PhaseGate(phase), on[:1]), (CUGate(*angles, 0.0), on)]


def _controlled(gate: Gate, controls: int) -> Gate:
    """The gate with more controls, made from what it controls itself: of a controlled `cswap` Qiskit's synthesis makes
    another gate.
    """
    if isinstance(gate, ControlledGate):
        base = UGate(*gate.params[:3]) if gate.name == "cu" else gate.base_gate
        return _controlled(base, controls + gate.num_ctrl_qubits)
    if gate.name == "unitary":
        return gate.control(controls, annotated=False)
    key = (gate.name, tuple(gate.params), controls)
    if key not in _controlled_before:
        if len(_controlled_before) >= MAX_REMEMBERED:
            _controlled_before.clear()
        _controlled_before[key] = gate.control(controls, annotated=False)
    return _controlled_before[key]
