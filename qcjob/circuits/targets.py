"""A device's Target as Qiskit's transpiler wants it, and a Qiskit target as ours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations

from qiskit.circuit import BreakLoopOp, ContinueLoopOp, Delay, IfElseOp, Measure, Parameter, Reset
from qiskit.circuit import SwitchCaseOp as Switch
from qiskit.circuit import WhileLoopOp as While
from qiskit.circuit.library import CZGate, UGate
from qiskit.transpiler import InstructionProperties
from qiskit.transpiler import Target as QiskitTarget

from qcjob.circuits.vocabulary import gate_of_any_angle, our_name, qiskit_name
from qcjob.gates import GATES, SYMMETRIC
from qcjob.target import CONDITIONALS, LOOPS, MID_CIRCUIT, RESET, Figures, Table, Target

_CONTROL = {
    CONDITIONALS: ((IfElseOp, "if_else"), (Switch, "switch_case")),
    LOOPS: ((While, "while_loop"), (BreakLoopOp, "break_loop"), (ContinueLoopOp, "continue_loop")),
}
"""What Qiskit calls the operations that a feature stands for."""

Properties = dict[tuple[int, ...], InstructionProperties | None]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A device as the transpiler is given it.

    `mixed`: its two-qubit gates differ from pair to pair, or work one way round only, which Qiskit's translation does
    not manage in general; `plain` is then (and for whatever else it does not manage) the same device with `u` and `cz`.
    """

    target: Target
    qiskit: QiskitTarget
    plain: QiskitTarget
    mixed: bool


def prepare(target: Target) -> Prepared:
    """Everything about a device that can be worked out before there is a program; remembered for 64 devices.

    Builds targets and runs no pass, so that a process may call it and be forked afterwards.
    """
    return _prepare(target.as_json())


@lru_cache(64)
def _prepare(published: str) -> Prepared:
    target = Target.from_json(published)
    return Prepared(target, qiskit_target(target), plain_target(target), is_mixed(target))


def qiskit_target(target: Target) -> QiskitTarget:
    """The device for Qiskit. Without connectivity and figures its gates are global: no pair of 127 qubits is listed."""
    made = _beside_the_gates(target)
    for name in target.native_gates:
        if name in GATES:
            made.add_instruction(gate_of_any_angle(name), _properties(target, name, GATES[name][0]))
    return made


def plain_target(target: Target) -> QiskitTarget:
    """The same device, but with the gates u and cz: cz on every pair of qubits that any two-qubit gate works on."""
    made = _beside_the_gates(target)
    everywhere = _is_global(target)
    made.add_instruction(
        UGate(*(Parameter(angle) for angle in ("theta", "phi", "lam"))),
        None if everywhere else {(qubit,): None for qubit in range(target.num_qubits)},
    )
    pairs = {pair: None for gates in pairs_of(target).values() for pair in gates}
    made.add_instruction(CZGate(), None if everywhere else {**pairs, **{pair[::-1]: None for pair in pairs}})
    return made


def pairs_of(target: Target) -> dict[str, list[tuple[int, ...]]]:
    """The pairs of qubits on which each of the device's two-qubit gates works, as given."""
    if _is_global(target):
        return {name: [] for name in target.native_gates if GATES.get(name, (0, 0))[0] == 2}
    return {
        name: list(_properties(target, name, 2) or ())
        for name in target.native_gates
        if GATES.get(name, (0, 0))[0] == 2
    }


def is_mixed(target: Target) -> bool:
    """Whether some two-qubit gate is missing on a pair that another one works on, or one way round everywhere."""
    pairs = [frozenset(map(frozenset, on)) for on in pairs_of(target).values()]
    return len(set(pairs)) > 1


def from_qiskit(target: QiskitTarget, calibration_id: str | None = None, calibrated_at: str | None = None) -> Target:
    """Ours, of a Qiskit target: the gates that GATES knows, on its qubits, with its figures.

    Qiskit has no word for a device that measures only at the end, so mid-circuit measurement is taken as there. The way
    back, `qiskit_target`, leaves `dt` out: Qiskit would round the delays of a program to it, which are seconds here.
    """
    gates: dict[str, Table] = {}
    names = [name for name in target.operation_names if our_name(name) in GATES]
    for name in (*names, *({"measure", "reset"} & set(target.operation_names))):
        on = target[name]
        if on is not None and None not in on:
            gates[our_name(name)] = {
                qubits: Figures(figures and figures.duration, figures and figures.error)
                for qubits, figures in on.items()
            }
    couplings = target.build_coupling_map()
    features = [RESET] if "reset" in target.operation_names else []
    features += [MID_CIRCUIT]
    features += [feature for feature, ops in _CONTROL.items() if ops[0][1] in target.operation_names]
    return Target(
        num_qubits=target.num_qubits,
        native_gates=tuple(map(our_name, names)),
        connectivity=None if couplings is None else tuple(sorted(_undirected(couplings.get_edges()))),
        calibration_id=calibration_id,
        calibrated_at=calibrated_at,
        gates=gates,
        features=tuple(features),
        dt=target.dt or None,
    )


def _beside_the_gates(target: Target) -> QiskitTarget:
    """A Qiskit target with everything but gates."""
    made = QiskitTarget(num_qubits=target.num_qubits)
    made.add_instruction(Measure(), _properties(target, "measure", 1))
    if RESET in target.features or "reset" in target.gates:
        made.add_instruction(Reset(), _properties(target, "reset", 1))
    made.add_instruction(
        Delay(Parameter("duration")), None if _is_global(target) else {(q,): None for q in range(target.num_qubits)}
    )
    for feature, operations in _CONTROL.items():
        if feature in target.features:
            for operation, name in operations:
                made.add_instruction(operation, name=name)
    return made


def _is_global(target: Target) -> bool:
    return target.connectivity is None and not target.gates


def _properties(target: Target, name: str, size: int) -> Properties | None:
    """Where an operation works, with its figures there; None: everywhere, and nothing is known of it."""
    if _is_global(target):
        return None
    on = {qubits: _figures(figures) for qubits, figures in target.gates[name].items()} if name in target.gates else {}
    if name not in target.gates:
        on = dict.fromkeys(_everywhere(target, size))
    if name in SYMMETRIC:
        on = {**{qubits[::-1]: figures for qubits, figures in on.items()}, **on}
    return on


def _everywhere(target: Target, size: int) -> Iterator[tuple[int, ...]]:
    if size == 1 or target.connectivity is None:
        yield from permutations(range(target.num_qubits), size)
    elif size == 2:
        for first, second in target.connectivity:
            yield from ((first, second), (second, first))


def _figures(figures: Figures) -> InstructionProperties:
    return InstructionProperties(figures.duration, figures.error)


def _undirected(edges: Iterable[tuple[int, int]]) -> set[tuple[int, int]]:
    return {(min(edge), max(edge)) for edge in edges}


__all__ = ["Prepared", "from_qiskit", "is_mixed", "pairs_of", "plain_target", "prepare", "qiskit_name", "qiskit_target"]
