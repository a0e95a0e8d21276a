"""A circuit for a device: Qiskit's transpiler, and what it needs to be told or helped with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from qiskit.circuit import QuantumCircuit
from qiskit.circuit.equivalence_library import SessionEquivalenceLibrary
from qiskit.exceptions import QiskitError
from qiskit.transpiler import PassManager, generate_preset_pass_manager
from qiskit.transpiler import Target as QiskitTarget
from qiskit.transpiler.passes import BasisTranslator, HighLevelSynthesis, UnitarySynthesis, UnrollCustomDefinitions

from qcjob.circuits.mixed import Native, NoWay
from qcjob.circuits.targets import Prepared
from qcjob.circuits.vocabulary import our_name, qiskit_name
from qcjob.gates import GATES
from qcjob.target import Target

_ANYWHERE = ("barrier", "delay", "break_loop", "continue_loop", "store")
"""What is not a matter of which qubits it is on."""
_KNOWN = (*map(qiskit_name, GATES), "measure", "reset", "if_else", "switch_case", "while_loop", *_ANYWHERE)
"""Everything a compiled program has a word for."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A circuit on a device's qubits; where qubit i of the program starts, and where it ends."""

    circuit: QuantumCircuit
    starts: Sequence[int]
    ends: Sequence[int]


def optimized(circuit: QuantumCircuit, device: Prepared, level: int, seed: int, *, in_place: bool) -> Compiled:
    """The circuit for the device's gates and wiring. `in_place`: qubit i of it begins at the device's qubit i.

    Raises NoWay when the device's gates do not make every circuit, or Qiskit finds no way to make this one of them.
    """
    if not device.mixed:
        try:
            made = _transpiled(circuit, device.qiskit, level, seed, in_place=in_place)
        except QiskitError:
            pass  # the other way is tried, and says what is wrong if that fails, too
        else:
            if is_native(made.circuit, range(made.circuit.num_qubits), device.target):
                return made
    try:
        made = _transpiled(circuit, device.plain, level, seed, in_place=in_place)
    except QiskitError as error:
        raise NoWay(str(error.message)) from error
    native = Native(device.target).rewritten(made.circuit, range(made.circuit.num_qubits))
    if not is_native(native, range(native.num_qubits), device.target):
        raise NoWay("what it would take is not among the device's operations")
    return Compiled(native, made.starts, made.ends)


def decomposed(circuit: QuantumCircuit) -> QuantumCircuit:
    """The circuit by gates of GATES; those that are already are left as they are."""
    if _all_known(circuit):
        return circuit
    return _decomposing().run(circuit)


@cache
def _decomposing() -> PassManager:
    basis = list(_KNOWN)
    return PassManager(
        [
            UnitarySynthesis(basis_gates=basis),
            HighLevelSynthesis(basis_gates=basis, equivalence_library=SessionEquivalenceLibrary),
            UnrollCustomDefinitions(SessionEquivalenceLibrary, basis_gates=basis),
            BasisTranslator(SessionEquivalenceLibrary, target_basis=basis),
        ]
    )


def _all_known(circuit: QuantumCircuit) -> bool:
    return all(
        instruction.name in _KNOWN
        and not (instruction.is_control_flow() and not all(map(_all_known, instruction.operation.blocks)))
        for instruction in circuit.data
    )


def _transpiled(circuit: QuantumCircuit, target: QiskitTarget, level: int, seed: int, *, in_place: bool) -> Compiled:
    layout = list(range(circuit.num_qubits)) if in_place else None
    passes = generate_preset_pass_manager(level, target=target, seed_transpiler=seed, initial_layout=layout)
    made = passes.run(circuit)
    if made.layout is None:
        return Compiled(made, range(circuit.num_qubits), range(circuit.num_qubits))
    return Compiled(
        made,
        made.layout.initial_index_layout(filter_ancillas=True),
        made.layout.final_index_layout(filter_ancillas=True),
    )


def is_native(circuit: QuantumCircuit, qubits: Sequence[int], target: Target) -> bool:
    """Whether the device has every operation of a circuit on these of its qubits."""
    number = dict(zip(circuit.qubits, qubits, strict=True))
    asked: set[tuple[str, tuple[int, ...]]] = set()
    for instruction in circuit.data:
        on = tuple(number[qubit] for qubit in instruction.qubits)
        if not instruction.is_control_flow():
            asked.add((instruction.name, on))
        elif not all(is_native(block, on, target) for block in instruction.operation.blocks):
            return False
    return all(name in _ANYWHERE or target.supports(our_name(name), on) for name, on in asked)
