"""Statements that do something to qubits."""

from __future__ import annotations

from typing import Any

from openqasm3 import ast
from qiskit.circuit import Barrier, Delay, Measure, Reset

from qcjob.circuits.openqasm3.arithmetic import Seconds
from qcjob.circuits.openqasm3.faults import Fault, unsupported
from qcjob.circuits.openqasm3.gates import distinct
from qcjob.circuits.openqasm3.reading import Reading
from qcjob.circuits.openqasm3.scope import Bits
from qcjob.circuits.openqasm3.values import known
from qcjob.languages.openqasm.tokens import MOST_SECONDS


def gate(reading: Reading, node: ast.QuantumGate) -> None:
    """A gate on qubits, or on each of the qubits of registers side by side."""
    body = reading.gates.called(node)
    operands = [reading.on(qubit) for qubit in node.qubits]
    sizes = {len(operand.bits) for operand in operands if operand.is_array}
    if len(sizes) > 1:
        raise Fault(node, "register-size-mismatch", f"registers of {', '.join(map(str, sorted(sizes)))} qubits")
    for turn in range(sizes.pop() if sizes else 1):
        on = [operand.bits[turn if operand.is_array else 0] for operand in operands]
        distinct(on, node)
        for piece, places in body.pieces:
            reading.add(piece, [on[number] for number in places], [], node)


def phase(reading: Reading, node: ast.QuantumPhase) -> None:
    """gphase: nothing that can be measured, unless it is controlled, which makes a gate of it."""
    if node.qubits:
        gate(reading, node)  # type: ignore[arg-type]
    else:
        reading.gates.called(node)


def measure(reading: Reading, node: ast.QuantumMeasurementStatement) -> None:
    """c = measure q; measure q -> c;"""
    if node.target is None:
        into = reading.unnamed(node, len(reading.on(node.measure.qubit).bits))
    else:
        into = reading.into(node.target)
    measure_into(reading, node.measure, into, node)


def measure_into(reading: Reading, measured: ast.QuantumMeasurement, target: Bits, node: ast.QASMNode) -> None:
    """Each qubit into the bit at the same place."""
    qubits = reading.on(measured.qubit)
    if len(qubits.bits) != len(target.bits):
        message = f"{len(qubits.bits)} qubits are measured into {len(target.bits)} bits"
        raise Fault(node, "register-size-mismatch", message)
    if target.is_copy:
        raise unsupported(node, "a measurement into an argument", "it is a copy: return what was measured")
    for qubit, bit in zip(qubits.bits, target.bits, strict=True):
        reading.add(Measure(), [qubit], [bit], node)
        reading.store.measured(bit)


def reset(reading: Reading, node: ast.QuantumReset) -> None:
    """reset q;"""
    for qubit in reading.on(node.qubits).bits:
        reading.add(Reset(), [qubit], [], node)


def barrier(reading: Reading, node: ast.QuantumBarrier) -> None:
    """barrier q; without qubits: all there are so far."""
    found: list[Any] = [qubit for operand in node.qubits for qubit in reading.on(operand).bits]
    on = list(dict.fromkeys(found)) if node.qubits else list(reading.circuit.qubits)
    if on:
        reading.add(Barrier(len(on)), on, [], node)


def delay(reading: Reading, node: ast.DelayInstruction) -> None:
    """delay[100ns] q;"""
    duration = known(node.duration, reading.scope, "a duration")
    if not isinstance(duration, Seconds) or duration < 0:
        raise Fault(node, "wrong-arguments", f"{duration!r} is no duration; wanted one such as 100ns")
    if duration > MOST_SECONDS:
        message = f"a delay of {float(duration):g} s: at most {MOST_SECONDS:,} s, a day, are allowed"
        raise Fault(node, "infinite-parameter", message)
    qubits = [qubit for operand in node.qubits for qubit in reading.on(operand).bits]
    for qubit in qubits if node.qubits else reading.circuit.qubits:
        reading.add(Delay(float(duration), "s"), [qubit], [], node)


def box(reading: Reading, node: ast.Box) -> None:
    """box { ... }: what is in it."""
    if node.duration is not None:
        instead = "no compiled program can promise it: write box { } without it, and delay[100ns] where it should wait"
        raise unsupported(node, "a box with a duration of its own", instead)
    reading.body(node.body)
