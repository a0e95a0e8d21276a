"""All that is wrong with a program in OpenQASM 2, though Qiskit's reader stops at the first.

It is asked again without the statement that it refused, until it takes the rest: a line takes it 4 us. What a refused
statement would have declared is remembered, and not told again of those that use it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from typing import Any

from qiskit import qasm2
from qiskit.circuit import QuantumCircuit

from qcjob.circuits.program import Place
from qcjob.circuits.qiskit_errors import NOT_INCLUDED, told
from qcjob.errors import ProgramError
from qcjob.languages.openqasm import Scan, in_own_words, rename_gates, source_place
from qcjob.languages.openqasm.hints import gate_hint, name_hint
from qcjob.languages.openqasm.standard import KEYWORDS
from qcjob.languages.openqasm.statements import Statement, innermost
from qcjob.languages.openqasm.tokens import Kind

MAX_BYTES = 16 * 2**20
"""What is read in all, each time counted: four seconds of the reader."""
MAX_ERRORS = 100
_DECLARES = ("qreg", "creg", "gate", "opaque", "qubit", "bit")  # the last two as OpenQASM 3 has them
_OF_OPENQASM_3 = KEYWORDS["openqasm3"]
_WITH_LIBRARY = [
    qasm2.CustomInstruction(each.name, each.num_params, each.num_qubits, each.constructor, builtin=True)
    for each in qasm2.LEGACY_CUSTOM_INSTRUCTIONS
]


class Loading:
    """The circuit of what can be read of a program, and `errors`, by place, of what cannot."""

    def __init__(self, scan: Scan) -> None:
        self._scan = scan
        self._bytes = 0
        self._lost: set[str] = set()
        self._has_library = True
        self.without: list[Statement] = []
        self.errors: dict[Place, ProgramError] = {}
        self.errors.update({(error.line, error.column): error for error in scan.errors.values()})
        for position, error in scan.refused.items():
            self._leave_out(self._at(position), is_lost=error.code == "syntax-error")
        self.circuit = self._read()

    def _read(self) -> QuantumCircuit:
        """Of every statement that can be read; an empty one where there is no end of errors."""
        while self._bytes < MAX_BYTES and len(self.errors) < MAX_ERRORS:
            refused = self._refusal(self.without)
            if isinstance(refused, QuantumCircuit):
                return refused
            self._learn(refused)
        return QuantumCircuit()

    def _refusal(self, without: list[Statement]) -> QuantumCircuit | BaseException:
        text = rename_gates(self._scan, without)
        self._bytes += len(text)
        known = qasm2.LEGACY_CUSTOM_INSTRUCTIONS if self._has_library else _WITH_LIBRARY
        try:
            return qasm2.loads(text, include_path=(), custom_instructions=known)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt | SystemExit | MemoryError):
                raise
            return error

    def _learn(self, refused: BaseException) -> None:
        scan = self._scan
        line, column, code, message = told(refused)
        if line is None:
            statement = self._where_it_fails()
            line, column = scan.place(scan.tokens.starts[statement.first]) if statement else (1, 1)
        else:
            line, column = source_place(scan, line, column)
            statement = self._at(scan.position(line, column))
        follows = statement is not None and not self._lost.isdisjoint(self._words(statement))
        if not follows:
            error = ProgramError(line, column, code, in_own_words(scan, message) + self._hint(code, line, column))
            self.errors.setdefault((line, column), error)
        if message.endswith(NOT_INCLUDED) and self._has_library:
            self._has_library = False  # that is what is wrong, and nothing else that needs it
        elif statement is None or statement in self.without:
            self._bytes = MAX_BYTES
        else:
            self._leave_out(statement, is_lost=not self._is_its_name(statement, line, column))

    def _hint(self, code: str, line: int, column: int) -> str:
        """What the name that is not defined there may stand for: a gate where one is applied, else a register."""
        texts, token = self._scan.tokens.texts, self._token(self._scan.position(line, column))
        if code != "undefined-name" or self._scan.tokens.kinds[token] != Kind.WORD or texts[token] in _OF_OPENQASM_3:
            return ""
        if self._scan.tokens.kinds[token + 1] == Kind.WORD or texts[token + 1] == "(":
            library = [each.name for each in qasm2.LEGACY_CUSTOM_INSTRUCTIONS]
            known = [*library, *(name for name, each in self._scan.gates.items() if each.index < token), "U", "CX"]
            return gate_hint(texts[token], known, "openqasm2") if texts[token] not in known else ""
        declared = (self._words(each) for each in self._scan.statements if each.last < token)
        registers = [words[1] for words in declared if words[0:1] in (["qreg"], ["creg"]) and len(words) > 1]
        return name_hint(texts[token], registers)

    def _leave_out(self, statement: Statement | None, *, is_lost: bool) -> None:
        if statement is None:
            return
        self.without.append(statement)
        words = self._words(statement)
        if is_lost and words and words[0] in _DECLARES:
            self._lost.update(words[1:2])

    def _is_its_name(self, statement: Statement, line: int, column: int) -> bool:
        """Whether that is the name that a statement declares: it had a meaning before, and keeps that."""
        token = self._token(self._scan.position(line, column))
        return statement.first + 1 == token and (
            self._scan.tokens.texts[statement.first] in ("gate", "opaque") or self._is_register(token)
        )

    def _is_register(self, token: int) -> bool:
        """Whether a register was declared before under the name that stands there."""
        name = self._scan.tokens.texts[token]
        before = [self._words(each)[:2] for each in self._scan.statements if each.last < token]
        return ["qreg", name] in before or ["creg", name] in before

    def _words(self, statement: Statement) -> list[str]:
        tokens = self._scan.tokens
        return [tokens.texts[at] for at in range(statement.first, statement.last + 1) if tokens.kinds[at] == Kind.WORD]

    def _at(self, position: int) -> Statement | None:
        """The statement at a position of the source, or the last one before it."""
        found = innermost(self._scan.statements, self._token(position))
        return None if found is None else self._scan.statements[found]

    def _token(self, position: int) -> int:
        starts = self._scan.tokens.starts
        return max(min(bisect_right(starts, position) - 1, len(starts) - 2), 0)

    def _where_it_fails(self) -> Statement | None:
        """The first statement with which the program does not load, for errors that do not say where."""
        whole = [each for each in self._scan.statements if each.parent is None and each not in self.without]
        low, high = 0, len(whole) - 1
        while low < high and self._bytes < MAX_BYTES:
            middle = (low + high) // 2
            if isinstance(self._refusal([*self.without, *whole[middle + 1 :]]), QuantumCircuit):
                low = middle + 1
            else:
                high = middle
        return whole[low] if whole else None


def refused(errors: Mapping[Place, Any]) -> list[ProgramError]:
    """The errors in the order they stand."""
    return [errors[place] for place in sorted(errors)][:MAX_ERRORS]
