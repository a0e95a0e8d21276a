"""A circuit of u and cz by the gates that each qubit, and each pair of qubits, of a device has.

Qiskit's translation wants the same gates everywhere. Devices exist that have cx here and ecr there, or a gate one way
round only: for those the transpiler is given u and cz everywhere, and what comes out is written anew here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from qiskit.circuit import CircuitInstruction, Gate, QuantumCircuit

from qcjob.circuits.entanglers import best_of, cz_by
from qcjob.circuits.euler import Matrix, basis_of, one_qubit_gates
from qcjob.circuits.targets import pairs_of
from qcjob.gates import GATES
from qcjob.target import Target


class NoWay(ValueError):
    """The device's gates do not make every circuit."""


class Native:
    """A device's ways to do what u and cz do."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._bases: dict[int, str] = {}
        self._best: dict[tuple[int, int], tuple[str, tuple[int, int]]] = {}
        self._pairs = {name: frozenset(on) for name, on in pairs_of(target).items()}

    def rewritten(self, circuit: QuantumCircuit, qubits: Sequence[int]) -> QuantumCircuit:
        """The circuit, whose qubits are these of the device, by native gates. Raises NoWay."""
        made = circuit.copy_empty_like()
        made.global_phase = 0.0
        number = dict(zip(circuit.qubits, qubits, strict=True))
        pending: dict[Any, Matrix] = {}

        def flush(qubit: Any) -> None:
            if qubit in pending:
                for gate in one_qubit_gates(pending.pop(qubit), self._basis(number[qubit])):
                    made.append(gate, [qubit], copy=False)

        for instruction in circuit.data:
            operation, on = instruction.operation, instruction.qubits
            if isinstance(operation, Gate) and len(on) == 1:
                pending[on[0]] = operation.to_matrix() @ pending.get(on[0], np.eye(2))
            elif instruction.name == "cz":
                name, order = self._entangler(number[on[0]], number[on[1]])
                pair = on if order == (number[on[0]], number[on[1]]) else on[::-1]
                for part in cz_by(name):
                    if isinstance(part, Gate):
                        flush(pair[0])
                        flush(pair[1])
                        made.append(part, pair, copy=False)
                    else:
                        which, matrix = part
                        pending[pair[which]] = matrix @ pending.get(pair[which], np.eye(2))
            else:
                for qubit in on:
                    flush(qubit)
                if instruction.is_control_flow():
                    inner = [number[qubit] for qubit in on]
                    blocks = [self.rewritten(block, inner) for block in operation.blocks]
                    operation = operation.replace_blocks(blocks)
                made.append(CircuitInstruction(operation, on, instruction.clbits), copy=False)
        for qubit in list(pending):
            flush(qubit)
        return made

    def _basis(self, qubit: int) -> str:
        if qubit not in self._bases:
            has = [
                name
                for name in self._target.native_gates
                if GATES.get(name, (0, 0))[0] == 1 and self._target.supports(name, (qubit,))
            ]
            basis = basis_of(has)
            if basis is None:
                raise NoWay(f"the gates {', '.join(has)} of qubit {qubit} do not make every gate of one qubit")
            self._bases[qubit] = basis
        return self._bases[qubit]

    def _entangler(self, first: int, second: int) -> tuple[str, tuple[int, int]]:
        """The gate for a pair, and the order of its qubits."""
        if (first, second) not in self._best:
            ways = {
                name: pair
                for name in self._pairs
                for pair in ((second, first), (first, second))
                if self._target.supports(name, pair)
            }
            name = best_of((name, self._target.figures(name, pair).error) for name, pair in ways.items())
            if name is None:
                raise NoWay(f"no gate of qubits {first} and {second} makes a CZ of them")
            self._best[first, second] = name, ways[name]
        return self._best[first, second]
