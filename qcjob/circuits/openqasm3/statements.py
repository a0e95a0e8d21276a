"""Which function reads which kind of statement."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from openqasm3 import ast
from qiskit.circuit.exceptions import CircuitError

from qcjob.bindings import check_names
from qcjob.circuits.openqasm3 import control, declarations, operations, subroutines
from qcjob.circuits.openqasm3.faults import Enough, unsupported
from qcjob.circuits.openqasm3.parse import Piece, Unread, parse, parse_one_by_one
from qcjob.circuits.openqasm3.reading import Reading
from qcjob.circuits.openqasm3.settling import settle
from qcjob.circuits.openqasm3.values import kind_of
from qcjob.circuits.program import Program
from qcjob.errors import InvalidProgram
from qcjob.languages.openqasm import Limits

_KINDS: dict[type, Callable[[Reading, Any], None]] = {
    ast.Include: declarations.include,
    ast.QubitDeclaration: declarations.qubits,
    ast.ClassicalDeclaration: declarations.variable,
    ast.ConstantDeclaration: declarations.constant,
    ast.IODeclaration: declarations.given,
    ast.AliasStatement: declarations.alias,
    ast.QuantumGateDefinition: declarations.gate,
    ast.ClassicalAssignment: declarations.assign,
    ast.SubroutineDefinition: subroutines.define,
    ast.ExpressionStatement: subroutines.statement,
    ast.ReturnStatement: subroutines.give_back,
    ast.Pragma: declarations.ignored,
    ast.QuantumGate: operations.gate,
    ast.QuantumPhase: operations.phase,
    ast.QuantumMeasurementStatement: operations.measure,
    ast.QuantumReset: operations.reset,
    ast.QuantumBarrier: operations.barrier,
    ast.DelayInstruction: operations.delay,
    ast.Box: operations.box,
    ast.BranchingStatement: control.branch,
    ast.WhileLoop: control.while_loop,
    ast.ForInLoop: control.for_loop,
    ast.SwitchStatement: control.switch,
    ast.CompoundStatement: control.compound,
    ast.BreakStatement: control.leave,
    ast.ContinueStatement: control.leave,
    ast.EndStatement: control.end,
    Unread: declarations.unread,
}


def read_openqasm3(
    source: str,
    limits: Limits,
    num_qubits: int,
    inputs: Mapping[str, Any] | None = None,
    dt: float | None = None,
    *,
    lost: Iterable[str] = (),
    gate_prefix: str = "",
    pieces: Callable[[], Iterable[Piece]] = tuple,
) -> Program:
    """The circuit of a program. Raises InvalidProgram with every fault that does not follow from another.

    `limits` are of what the program may be written out to, `num_qubits` is how many qubits the device has, `dt` how
    many seconds its unit of time; `inputs` the values of the program's inputs, numbers or sums. `lost` are names
    whose declarations were left out; `gate_prefix` stands before the names of the program's own gates; `pieces` gives
    the statements one by one, for a program that cannot be read as a whole.
    """
    reading = Reading(_read, subroutines.value, source, limits, num_qubits, inputs, dt)
    reading.scope.lost.update(lost)
    reading.scope.gate_prefix = gate_prefix
    try:
        statements: Sequence[Any] = parse(source).statements
    except InvalidProgram as refused:
        statements, wrong = parse_one_by_one(pieces())
        reading.errors.update({(error.line, error.column): error for error in wrong or refused.errors})
    with suppress(Enough):
        with suppress(control.Ended):
            reading.run(statements)
        settle(reading)
        subroutines.look_at_the_others(reading)
    if reading.errors:
        raise InvalidProgram([reading.errors[place] for place in sorted(reading.errors)])
    check_names(inputs or (), reading.declared)
    (block,) = reading.blocks
    return reading.finished(block)


def _read(reading: Reading, statement: Any) -> None:
    function = _KINDS.get(type(statement))
    if function is None:
        raise unsupported(statement, kind_of(statement))
    try:
        function(reading, statement)
    except CircuitError as error:
        raise unsupported(statement, "this", str(error.message)) from error
