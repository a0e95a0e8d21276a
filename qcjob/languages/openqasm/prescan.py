"""What is said of a program in OpenQASM before any parser sees it: that it is small enough, and what its gates are.

One pass without recursion, in linear time. It finds what would hurt a parser, a compiler or a simulator; whatever it
has no opinion on is left to the parser behind it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from qcjob.errors import InvalidProgram, ProgramError, ProgramTooLong
from qcjob.languages.openqasm.brackets import measure_brackets
from qcjob.languages.openqasm.faults import Faults
from qcjob.languages.openqasm.limits import Limits
from qcjob.languages.openqasm.state import Definition, State
from qcjob.languages.openqasm.statements import Statement, statements
from qcjob.languages.openqasm.tokens import Tokens, tokenize
from qcjob.languages.openqasm.walk import walk
from qcjob.languages.places import BYTE_ORDER_MARK, line_starts, locator

_prefix = re.compile(r"u++(?=g_)")


@dataclass(frozen=True)
class Scan:
    """A program that is within its limits."""

    source: str
    """Without the byte order mark that an editor may have put before it."""
    language: str
    tokens: Tokens
    gates: Mapping[str, Definition]
    """The gates that the program defines itself, by name."""
    named: tuple[int, ...]
    """The tokens that stand for one of them, or of `registers`, where it is defined and where it is used, in order."""
    operations: int
    """Everything written out; at least as many as there will be."""
    num_qubits: int
    """Declared; `$n` are not."""
    num_clbits: int
    errors: Mapping[int, ProgramError]
    """By position: none but for whom a `survey` is enough."""
    registers: frozenset[str] = frozenset()
    """Registers of OpenQASM 2 under the name of a gate that some editions of the library have."""
    broken: Mapping[int, int] = field(default_factory=dict)
    """First and last tokens of the statements whose brackets do not match."""

    def place(self, position: int) -> tuple[int, int]:
        """The line and column, from 1, of a position in `source`, from 0."""
        return self._locate(position)

    @cached_property
    def _locate(self) -> Callable[[int], tuple[int, int]]:
        return locator(self.source)

    @cached_property
    def statements(self) -> list[Statement]:
        """Every statement, in the order they begin."""
        return statements(self.tokens, self.broken)

    @cached_property
    def refused(self) -> Mapping[int, ProgramError]:
        """The errors, by position, of statements that are to be left out; a register that is too large is not."""
        registers = {
            self.tokens.starts[each.first]
            for each in self.statements
            if each.parent is None and self.tokens.texts[each.first] in ("qubit", "qreg")
        }
        return {
            position: error
            for position, error in self.errors.items()
            if error.code != "too-many-qubits" or position not in registers
        }

    def position(self, line: int, column: int) -> int:
        """The inverse of `place`."""
        return self._starts[line - 1] + column - 1

    @cached_property
    def _starts(self) -> list[int]:
        return line_starts(self.source)

    @cached_property
    def gate_prefix(self) -> str:
        """What no name in the program begins with, to put before the names of its own gates."""
        taken = [_prefix.match(text) for text in self.tokens.texts if text.startswith("u")]
        return "u" * max((found.end() + 1 for found in taken if found), default=1) + "g_"


LOCAL = ("index-out-of-range", "already-defined", "undefined-name", "infinite-parameter")
"""What is wrong with one statement alone: without it, the others can be read."""
MOST_QUBITS = 4_096
"""A program that has more than its device is read all the same, for its other errors, if it has no more than these."""


def scan(source: str, language: str, limits: Limits, num_qubits: int) -> Scan:
    """The program, for a device of `num_qubits`. `language` is openqasm2 or openqasm3.

    Raises ProgramTooLong, or InvalidProgram with every error that can be told before the program is parsed, at most
    MAX_ERRORS. After an error that leaves in doubt where statements end, only the text's own errors are told.
    """
    found = survey(source, language, limits, num_qubits)
    if found.errors:
        raise InvalidProgram(list(found.errors.values()))
    return found


def survey(source: str, language: str, limits: Limits, num_qubits: int) -> Scan:
    """The same with the errors that leave the rest of the program readable; raises InvalidProgram for any other."""
    size = len(source.encode("utf-8", "surrogatepass"))
    if size > limits.most_bytes(language):
        raise ProgramTooLong(size, limits.most_bytes(language))
    source = source.removeprefix(BYTE_ORDER_MARK)
    faults = Faults(source)
    tokens = tokenize(source, language, limits, faults)
    if faults.has("syntax-error", "not-printable-ascii", "unsupported"):
        measure_brackets(tokens, limits, faults)
        faults.refuse()
    brackets = measure_brackets(tokens, limits, faults)
    if faults.is_full or not brackets.is_sound:
        faults.refuse()
    broken = faults.places("syntax-error")
    state = State(tokens, brackets, language, limits, num_qubits, faults)
    walk(state)
    sizes = ("too-many-qubits",) if state.num_qubits <= MOST_QUBITS else ()
    if not faults.only(*LOCAL, *sizes, beside=broken):
        faults.refuse()
    return Scan(
        source,
        language,
        tokens,
        {name: definition for name, definition in state.definitions.items() if definition.is_gate},
        tuple(state.named) if not state.registers else _with_registers(state),
        state.program.weight,
        state.num_qubits,
        state.num_clbits,
        faults.errors(),
        frozenset(state.registers),
        brackets.broken,
    )


def _with_registers(state: State) -> tuple[int, ...]:
    """The tokens to rename where a register has the name of a gate that a parser knows."""
    named = set(state.named)
    for index, text in enumerate(state.texts):
        if text in state.registers and index >= state.registers[text]:
            named.add(index)
    return tuple(sorted(named))
