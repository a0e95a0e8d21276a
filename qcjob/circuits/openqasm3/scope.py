"""Names, and what they stand for while a program is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from openqasm3 import ast
from qiskit.circuit import ClassicalRegister, Clbit, Gate, Qubit

from qcjob.circuits.openqasm3.faults import Fault, Follows, place
from qcjob.languages.openqasm.hints import name_hint


@dataclass(frozen=True, slots=True)
class Qubits:
    """A qubit, or a list of them."""

    bits: tuple[Qubit, ...]
    is_array: bool


@dataclass(frozen=True, slots=True)
class Bits:
    """A clbit, or a list of them; `register` if they are exactly one."""

    bits: tuple[Clbit, ...]
    is_array: bool
    register: ClassicalRegister | None = None
    is_copy: bool = False
    """An argument of a subroutine: what becomes of it there does not come out."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a bool or integer is in bits."""

    width: int
    is_signed: bool = False
    is_bool: bool = False


@dataclass(frozen=True, slots=True)
class Stored:
    """A variable whose value a measurement decides: it lies in bits of the device."""

    bits: Bits
    shape: Shape


@dataclass(frozen=True, slots=True)
class Standard:
    """A gate that Qiskit has."""

    make: Callable[..., Gate]
    angles: int
    qubits: int


@dataclass(slots=True)
class Known:
    """A value that is known now; a constant's or a loop's never changes.

    `kind` makes a value of the variable's type, `element` one of an array's elements; `depth` is how many blocks, of
    which the device decides whether to run them, were around its declaration, `declared`; `shape` what it would be as
    bits, None for what cannot be.
    """

    value: Any
    kind: Callable[[Any], Any] = float
    is_const: bool = True
    depth: int = 0
    element: Callable[[Any], Any] = float
    shape: Shape | None = None
    declared: Any = None


class Lost:
    """What a name stands for whose declaration, or last assignment, was refused: nobody knows."""


Symbol = Any  # Qubits, Bits, Known, Stored, Standard, or a gate or subroutine of the rooms that define them


class Scope:
    """Names in scopes within scopes; the innermost counts."""

    def __init__(self, names: dict[str, Symbol], reader: Any) -> None:
        self.reader = reader
        """Knows what bits hold, and what subroutines do."""
        self._names = names
        self._levels: list[dict[str, Symbol]] = [names, {}]
        self._lines: dict[str, int] = {}
        self.lost: set[str] = set()
        """Names that nothing defines because what would have could not be read."""
        self.gate_prefix = ""
        """What the program's own gates have before the names that it gave them."""

    @property
    def is_inner(self) -> bool:
        """Whether this is not the scope of the whole program."""
        return len(self._levels) > 2

    def find(self, name: str) -> Symbol | None:
        """What a name stands for; None: nothing."""
        return next((level[name] for level in reversed(self._levels) if name in level), None)

    def get(self, node: ast.Identifier) -> Symbol:
        """The same; Fault `undefined-name` for nothing."""
        found = self.find(node.name)
        if isinstance(found, Lost) or (found is None and node.name in self.lost):
            raise Follows
        if found is None:
            known = self.names(lambda each: isinstance(each, Qubits | Bits | Known | Stored))
            raise Fault(node, "undefined-name", f"{node.name!r} is not defined{name_hint(node.name, known)}")
        return found

    def names(self, wanted: Callable[[Symbol], bool]) -> list[str]:
        """The names here of what is wanted, the innermost first."""
        found = [name for level in reversed(self._levels) for name, symbol in level.items() if wanted(symbol)]
        return [name.removeprefix(self.gate_prefix) for name in found]

    def define(self, name: str, symbol: Symbol, node: ast.QASMNode) -> None:
        """Adds a name to the innermost scope. Fault `already-defined` where that, or the language, has it already.

        The name of a gate of the library may be taken for something else: there are many, and short ones.
        """
        taken = (self._levels[0] if len(self._levels) == 2 else {}) | self._levels[-1]
        is_free = isinstance(taken.get(name), Standard) and isinstance(symbol, Qubits | Bits | Known | Stored)
        if name in taken and not is_free:
            line = self._lines.get(name)
            raise Fault(node, "already-defined", f"{name!r} is already defined{f', in line {line}' if line else ''}")
        self._levels[-1][name] = symbol
        self._lines[name] = place(node)[0]

    def replace(self, name: str, symbol: Symbol) -> None:
        """Another meaning for a name, where it is defined."""
        level = next(level for level in reversed(self._levels) if name in level)
        level[name] = symbol

    def add(self, name: str, symbol: Symbol) -> None:
        """A name of the whole program, where that has it for nothing else."""
        for level in (self._names, self._levels[0]):  # which is a copy in the body of a gate
            level.setdefault(name, symbol)

    def lose(self, name: str) -> None:
        """Nobody knows what a name stands for that was to be defined in this scope; one it has already stays."""
        self._levels[-1].setdefault(name, Lost())

    def lose_value(self, name: str) -> None:
        """Nobody knows what a variable holds any more."""
        for level in reversed(self._levels):
            if name in level:
                if isinstance(level[name], Stored) or (isinstance(level[name], Known) and not level[name].is_const):
                    level[name] = Lost()
                return

    @contextmanager
    def inner(self) -> Iterator[None]:
        """A scope within this one, for as long as the context lasts."""
        depth = len(self._levels)
        self._levels.append({})
        try:
            yield
        finally:
            del self._levels[depth:]

    @contextmanager
    def apart(self) -> Iterator[None]:
        """The scope of a gate's or subroutine's body: it sees the global names that never change, and its own."""
        kept = self._levels
        visible = {
            name: symbol
            for level in kept[:2]
            for name, symbol in level.items()
            if not isinstance(symbol, Qubits | Bits | Stored)
            and not (isinstance(symbol, Known) and not symbol.is_const)
        }
        self._levels = [visible, {}, {}]
        try:
            yield
        finally:
            self._levels = kept
