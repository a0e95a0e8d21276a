"""Gates by name: the language's, the library's, the program's own; and calls of them with modifiers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from openqasm3 import ast
from qiskit.circuit import library as std

from qcjob.circuits.openqasm3.bodies import Body, controlled, inverse, powered, repeated
from qcjob.circuits.openqasm3.faults import Fault, Follows, unsupported
from qcjob.circuits.openqasm3.rounds import loop_values
from qcjob.circuits.openqasm3.scope import Known, Scope, Standard
from qcjob.circuits.openqasm3.sums import Sum
from qcjob.circuits.openqasm3.values import angle, known, number, whole
from qcjob.languages.openqasm.hints import gate_hint


@dataclass(slots=True)
class Defined:
    """A gate of the program's own; what it does for these angles is worked out once."""

    node: ast.QuantumGateDefinition
    bodies: dict[tuple[float, ...], Body] = field(default_factory=dict)
    is_sound: bool = True
    """Nothing was wrong in its body when it was defined."""

    @property
    def angles(self) -> int:
        return len(self.node.arguments)

    @property
    def qubits(self) -> int:
        return len(self.node.qubits)


BUILT_IN = {"U": Standard(std.UGate, 3, 1), "CX": Standard(std.CXGate, 0, 2)}

STDGATES = {
    **{"p": Standard(std.PhaseGate, 1, 1), "x": Standard(std.XGate, 0, 1), "y": Standard(std.YGate, 0, 1)},
    **{"z": Standard(std.ZGate, 0, 1), "h": Standard(std.HGate, 0, 1), "s": Standard(std.SGate, 0, 1)},
    **{"sdg": Standard(std.SdgGate, 0, 1), "t": Standard(std.TGate, 0, 1), "tdg": Standard(std.TdgGate, 0, 1)},
    **{"sx": Standard(std.SXGate, 0, 1), "rx": Standard(std.RXGate, 1, 1), "ry": Standard(std.RYGate, 1, 1)},
    **{"rz": Standard(std.RZGate, 1, 1), "cx": Standard(std.CXGate, 0, 2), "cy": Standard(std.CYGate, 0, 2)},
    **{"cz": Standard(std.CZGate, 0, 2), "cp": Standard(std.CPhaseGate, 1, 2), "crx": Standard(std.CRXGate, 1, 2)},
    **{"cry": Standard(std.CRYGate, 1, 2), "crz": Standard(std.CRZGate, 1, 2), "ch": Standard(std.CHGate, 0, 2)},
    **{"swap": Standard(std.SwapGate, 0, 2), "ccx": Standard(std.CCXGate, 0, 3)},
    **{"cswap": Standard(std.CSwapGate, 0, 3), "cu": Standard(std.CUGate, 4, 2), "id": Standard(std.IGate, 0, 1)},
    **{"phase": Standard(std.PhaseGate, 1, 1), "cphase": Standard(std.CPhaseGate, 1, 2)},
    **{"u1": Standard(std.PhaseGate, 1, 1), "u3": Standard(std.UGate, 3, 1)},
    "u2": Standard(lambda phi, lam: std.UGate(math.pi / 2, phi, lam), 2, 1),
}
"""What `include "stdgates.inc"` defines, as Qiskit has it."""


@dataclass
class Gates:
    """Calls of gates. `limit` is the number of operations that one may be written out to."""

    scope: Scope
    limit: int

    def called(self, node: ast.QuantumGate | ast.QuantumPhase) -> Body:
        """What a call does, on its qubits in order. Raises Fault."""
        if isinstance(node, ast.QuantumPhase):
            body = Body(0, (), number(node.argument, self.scope, "the phase"))
        else:
            if node.duration is not None:
                raise unsupported(node, "a gate with a duration of its own")
            body = self._body(node)
        for modifier in reversed(node.modifiers):
            body = self._modified(body, modifier)
        if body.size != len(node.qubits):
            wanted = f"{body.size} qubit{'' if body.size == 1 else 's'}"
            raise Fault(node, "wrong-arguments", f"{_name(node)} takes {wanted}; found {len(node.qubits)}")
        return body

    def wrong(self, gate: Defined) -> list[Fault]:
        """What is wrong in the body of a gate whatever its angles are."""
        node, faults = gate.node, []
        with self.scope.apart():
            for argument in node.arguments:
                self.scope.lose(argument.name)
            numbers = {qubit.name: number for number, qubit in enumerate(node.qubits)}
            for statement in node.body:
                try:
                    for _ in self._inner(statement, numbers):
                        pass
                except Fault as fault:
                    fault.node = fault.node if fault.node is not None and fault.node.span else statement
                    faults.append(fault)
                except Follows:
                    pass
        return faults

    def _inner(self, statement: Any, numbers: dict[str, int]) -> Iterator[tuple[Body, list[int]]]:
        """What a statement of a gate's body does, one after another, and on which of its qubits."""
        if isinstance(statement, ast.QuantumBarrier):
            return
        if isinstance(statement, ast.ForInLoop):
            yield from self._rounds(statement, numbers)
            return
        if not isinstance(statement, ast.QuantumGate | ast.QuantumPhase):
            raise unsupported(statement, "anything but gates, and loops of them, in the body of a gate")
        on = [_parameter(qubit, numbers) for qubit in statement.qubits]
        distinct(on, statement)
        yield self.called(statement), on

    def _rounds(self, node: ast.ForInLoop, numbers: dict[str, int]) -> Iterator[tuple[Body, list[int]]]:
        values, meaning = loop_values(node, self.scope)
        self._bounded(len(values), node)
        for value in values:
            with self.scope.inner():
                self.scope.define(node.identifier.name, meaning(value), node)
                for statement in node.block:
                    yield from self._inner(statement, numbers)

    def _body(self, node: ast.QuantumGate) -> Body:
        gate = self.scope.find(node.name.name)
        if gate is None and node.name.name in STDGATES and node.name.name not in self.scope.lost:
            add_library(self.scope)  # that it is missing is all that is wrong, and told once
            missing = 'it is defined by include "stdgates.inc", which this program does not have'
            raise Fault(node.name, "undefined-name", f"{node.name.name!r} is not defined; {missing}")
        if gate is None and node.name.name not in self.scope.lost:
            there = self.scope.names(lambda each: isinstance(each, Standard | Defined))
            hint = gate_hint(node.name.name, there, "openqasm3")
            raise Fault(node.name, "undefined-name", f"{node.name.name!r} is not defined{hint}")
        gate = self.scope.get(node.name)
        if not isinstance(gate, Standard | Defined):
            is_called = isinstance(getattr(gate, "node", None), ast.SubroutineDefinition)
            instead = f" but a subroutine: call it as {node.name.name}(...)" if is_called else ""
            raise Fault(node, "wrong-arguments", f"{node.name.name!r} is no gate{instead}")
        if len(node.arguments) != gate.angles:
            wanted = f"{gate.angles or 'no'} parameter{'' if gate.angles == 1 else 's'}"
            raise Fault(node, "wrong-arguments", f"{node.name.name} takes {wanted}; found {len(node.arguments)}")
        if isinstance(gate, Standard):
            turns = [angle(argument, self.scope, "a parameter") for argument in node.arguments]
            return Body(gate.qubits, ((gate.make(*turns), tuple(range(gate.qubits))),))
        if not gate.is_sound:
            raise Follows
        values = [known(argument, self.scope, "a parameter") for argument in node.arguments]
        if any(isinstance(value, Sum) for value in values):
            return self._written_out(gate.node, tuple(values))
        angles = tuple(number(argument, self.scope, "a parameter") for argument in node.arguments)
        if angles not in gate.bodies:
            gate.bodies[angles] = self._written_out(gate.node, angles)
        return gate.bodies[angles]

    def _written_out(self, node: ast.QuantumGateDefinition, angles: tuple[Any, ...]) -> Body:
        pieces: list[Any] = []
        phase = 0.0
        with self.scope.apart():
            for argument, value in zip(node.arguments, angles, strict=True):
                self.scope.define(argument.name, Known(value), node)
            numbers = {qubit.name: number for number, qubit in enumerate(node.qubits)}
            for statement in node.body:
                for inner, on in self._inner(statement, numbers):
                    pieces.extend((gate, tuple(on[qubit] for qubit in places)) for gate, places in inner.pieces)
                    phase += inner.phase
                    self._bounded(len(pieces), statement)
        return Body(len(node.qubits), tuple(pieces), phase)

    def _modified(self, body: Body, modifier: ast.QuantumGateModifier) -> Body:
        kind = modifier.modifier.name
        if kind == "inv":
            return inverse(body)
        if kind == "pow":
            assert modifier.argument is not None
            exponent = known(modifier.argument, self.scope, "an exponent")
            if isinstance(exponent, int):
                self._bounded(len(body.pieces) * abs(exponent), modifier)
                return repeated(body, exponent)
            try:
                return powered(body, number(modifier.argument, self.scope, "an exponent"))
            except ValueError as error:
                raise unsupported(modifier, "this power", str(error)) from error
        controls = 1 if modifier.argument is None else whole(modifier.argument, self.scope, "a number of controls")
        if not 1 <= controls <= 64:
            raise Fault(modifier, "wrong-arguments", f"{controls} controls; wanted from 1 to 64")
        return controlled(body, controls, negative=kind == "negctrl")

    def _bounded(self, operations: int, node: ast.QASMNode) -> None:
        if operations > self.limit:
            raise Fault(node, "too-many-operations", f"written out, this is more than {self.limit:,} operations")


def add_library(scope: Scope) -> None:
    """The gates of the library, whether or not it is included."""
    for name, gate in STDGATES.items():
        scope.add(name, gate)


def distinct(on: list[Any], node: ast.QASMNode) -> None:
    """Fault `duplicate-qubit` where a gate is given the same qubit twice."""
    if len(set(on)) != len(on):
        raise Fault(node, "duplicate-qubit", "a gate is given the same qubit twice")


def _name(node: ast.QuantumGate | ast.QuantumPhase) -> str:
    name = node.name.name if isinstance(node, ast.QuantumGate) else "gphase"
    return f"{name} with its modifiers" if node.modifiers else name


def _parameter(node: Any, numbers: dict[str, int]) -> int:
    if not isinstance(node, ast.Identifier):
        raise Fault(node, "wrong-arguments", "a gate's qubits have no index inside its body")
    if node.name not in numbers:
        raise Fault(node, "undefined-name", f"{node.name!r} is no qubit of this gate")
    return numbers[node.name]
