"""Between compiled programs and the circuits and results of a Qiskit provider."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qiskit.circuit import QuantumCircuit, QuantumRegister
from qiskit.circuit.exceptions import CircuitError

from qcjob.circuits.document import to_circuit
from qcjob.errors import Rejected


def on_device(compiled: Mapping[str, Any], num_qubits: int, name: str) -> QuantumCircuit:
    """The program as a circuit on all the device's qubits, each wire where the layout puts it.

    Its clbits stand in registers one after the other, lowest first, so that a result's key without its blanks has the
    program's order of bits, whoever reads it. Without conditions, which speak of registers, that is a single one.
    Raises Rejected for a program that is no circuit, and one whose conditions need registers that lie across others.
    """
    try:
        everything = list(range(compiled["clbits"]))
        registers = {"c": everything} if compiled["format"] == 1 else compiled["registers"]
        circuit = to_circuit({**compiled, "registers": registers})
        placed = QuantumCircuit(QuantumRegister(num_qubits, "q"), circuit.clbits, *circuit.cregs, name=name)
        placed.compose(circuit, qubits=compiled["layout"], clbits=circuit.clbits, inplace=True)
    except (KeyError, TypeError, ValueError, CircuitError) as error:
        raise Rejected(f"the program is no circuit on {num_qubits} qubits: {error!s:.200}") from error
    if [placed.find_bit(bit).index for register in placed.cregs for bit in register] != everything:
        raise Rejected("the program chooses by bits that lie across its registers, which this device cannot tell apart")
    return placed


def without_blanks(counts: Mapping[str, int]) -> dict[str, int]:
    """Counts with one bitstring for a key, outcomes never seen left out."""
    return {key.replace(" ", ""): int(seen) for key, seen in counts.items() if seen}


def each_without_blanks(memory: Sequence[str]) -> tuple[str, ...]:
    """The same for the outcome of every shot."""
    return tuple(outcome.replace(" ", "") for outcome in memory)
