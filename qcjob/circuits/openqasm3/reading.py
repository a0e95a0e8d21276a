"""The state of reading one program: names, registers, the block that operations go to, and how many there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from openqasm3 import ast
from qiskit.circuit import Clbit, Qubit
from qiskit.circuit.classical import expr
from qiskit.circuit.operation import Operation

from qcjob.circuits.blocks import Block
from qcjob.circuits.openqasm3.arithmetic import CONSTANTS
from qcjob.circuits.openqasm3.faults import Enough, Fault, Follows, place
from qcjob.circuits.openqasm3.gates import BUILT_IN, Gates
from qcjob.circuits.openqasm3.operands import clbits, qubits
from qcjob.circuits.openqasm3.recovery import assigned, declared
from qcjob.circuits.openqasm3.registers import Registers
from qcjob.circuits.openqasm3.scope import Bits, Known, Qubits, Scope, Shape, Stored
from qcjob.circuits.openqasm3.store import Store
from qcjob.circuits.openqasm3.values import Unknown
from qcjob.errors import ProgramError
from qcjob.languages.openqasm import Limits

MAX_ERRORS = 100
"""More are not told."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a subroutine that is being written out."""

    name: str
    depth: int
    target: Bits | None
    """Where the bits go that it returns."""
    local: str | None
    """The variable that is returned at its end: it is the target itself."""
    shape: Shape | None = None
    """What it returns, as bits."""


class Broken(Exception):
    """`break` of a loop that is written out."""


class Continued(Exception):
    """`continue` of a loop that is written out."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A round of a loop that is written out."""

    depth: int
    """How many blocks of which the device decides were around it."""
    level: int
    """How many lists of statements were being read."""
    remaining: Callable[[], None]
    """Reads the rounds behind it."""


class Reading(Registers):
    """`run` reads a statement, `call` a subroutine. Every other method is for the functions that do, one for each kind.

    `inputs` are the values of the program's inputs, numbers or sums; `limits` and `num_qubits` are of what it may be
    written out to; `dt` are the seconds of the device's unit of time.
    """

    def __init__(
        self,
        run: Callable[[Reading, Any], None],
        call: Callable[..., Any],
        source: str,
        limits: Limits,
        num_qubits: int,
        inputs: Mapping[str, Any] | None = None,
        dt: float | None = None,
    ) -> None:
        super().__init__(num_qubits, limits.clbits)
        constants: dict[str, Any] = {name: Known(value) for name, value in CONSTANTS.items()}
        self.scope = Scope({**constants, **BUILT_IN}, self)
        self.gates = Gates(self.scope, limits.operations)
        self.store = Store(lambda block, bit, value, node: self.write(block, bit, expr.lift(bool(value)), node))
        self.inputs, self.dt = inputs, dt
        self.declared: set[str] = set()
        """The inputs that the program names."""
        self.calls: list[Call] = []
        self.unread: dict[str, ast.SubroutineDefinition] = {}
        """Subroutines that nothing has called so far."""
        self.loops: list[Block | Turn | None] = []
        """The loops around this statement: the block of one that the device runs, the round of one written out, None
        for one that is read for its errors alone."""
        self.within: list[tuple[Sequence[Any], int]] = []
        """The lists of statements that this one is in, and how many of each are begun."""
        self.errors: dict[tuple[int, int], ProgramError] = {}
        """By their places: what is read many times over is told once."""
        self.is_trial = False
        """Whether this is read for its errors alone."""
        self._source, self._run, self._call = source, run, call
        self._returned: dict[int, Stored] = {}
        """What calls returned that only the device knows, by their nodes, until it is asked for."""
        self._limit, self._count = limits.operations, 0

    @property
    def depth(self) -> int:
        """How many blocks, of which the device decides whether to run them, are around this statement."""
        return len(self.blocks) - 1

    @property
    def is_inside(self) -> bool:
        """Whether this statement is in a block, a loop or a subroutine."""
        return bool(self.depth or self.calls or self.scope.is_inner)

    def add(self, operation: Operation, on: Iterable[Qubit], into: Iterable[Clbit], node: ast.QASMNode) -> None:
        """One operation. Fault `too-many-operations` beyond the limit."""
        self.count(node)
        self.blocks[-1].add(operation, on, into, place(node))

    def write(self, block: Block, bit: Clbit, value: expr.Expr, node: ast.QASMNode, size: int = 1) -> None:
        """A bit gets a value at the end of a block; `size` is how many operators that has."""
        self.count(node, size)
        block.assign(bit, value, place(node))

    def count(self, node: ast.QASMNode, operations: int = 1) -> None:
        """Operations more, or one turn of a loop, which takes time even when it is empty."""
        self._count += operations
        if self._count > self._limit:
            raise Fault(node, "too-many-operations", f"written out, this is more than {self._limit:,} operations")

    def body(self, statements: Sequence[Any]) -> None:
        """Statements in a scope of their own, read into the block that is open."""
        with self.scope.inner():
            self.run(statements)

    def run(self, statements: Sequence[Any]) -> None:
        """Statements in this scope. What is wrong with one is told, and the others are read all the same."""
        for begun, statement in enumerate(statements, 1):
            self.within.append((statements, begun))
            try:
                self._run(self, statement)
            except (Fault, Follows) as refused:
                self.tell(refused, statement)
            finally:
                self.within.pop()

    def tell(self, refused: Fault | Follows, statement: Any) -> None:
        """An error of a statement, if it has one of its own; what it gave a meaning or a value to has none now.

        Raises Enough when reading on makes no sense.
        """
        if isinstance(refused, Fault):
            error = refused.at(statement, self._source)
            self.errors.setdefault((error.line, error.column), error)
            if refused.code == "too-many-operations" or len(self.errors) == MAX_ERRORS:
                raise Enough
        for name in declared(statement):
            self.scope.lose(name)
        for name in assigned(statement):
            self.scope.lose_value(name)

    def trial(self, statements: Sequence[Any]) -> None:
        """Statements of which it is not known whether or when they run: for their errors, and nothing else."""
        kept = self.is_trial, self.blocks[-1], self._count
        self.is_trial, self.blocks[-1] = True, Block()
        self.loops.append(None)
        try:
            with self.store.untouched():
                self.body(statements)
        finally:
            self.loops.pop()
            self.is_trial, self.blocks[-1], self._count = kept

    @contextmanager
    def block(self) -> Iterator[Block]:
        """A block of which the device decides whether, or how often, to run it."""
        self.blocks.append(Block())
        try:
            yield self.blocks[-1]
        finally:
            self.blocks.pop()

    def on(self, node: Any) -> Qubits:
        """The qubits that an expression names."""
        return qubits(node, self.scope, self.physical)

    def into(self, node: Any) -> Bits:
        """The bits that an expression names."""
        return clbits(node, self.scope, self.physical)

    def called(self, node: ast.FunctionCall) -> Any:
        """What a subroutine in an expression returns. Raises Unknown for what only a device may know."""
        found = self._call(self, node)
        if isinstance(found, Stored):
            self._returned[id(node)] = found
            raise Unknown
        return found

    def returned(self, node: Any) -> Stored | None:
        """What the call at a node returned, when that was Unknown, once."""
        return self._returned.pop(id(node), None)

    def gives_bits(self, node: ast.FunctionCall) -> bool:
        """Whether a call is of a subroutine that returns bits."""
        definition = getattr(self.scope.find(node.name.name), "node", None)
        return isinstance(getattr(definition, "return_type", None), ast.BitType)

    def called_for_bits(self, node: ast.FunctionCall) -> Bits:
        """The bits that it returns, which have no other name."""
        found: Bits = self._call(self, node, as_bits=True)
        return found
