"""What holds for every text there is, of whatever language it may be."""

from __future__ import annotations

import re

from qcjob.errors import InvalidProgram
from qcjob.languages import parse
from qcjob.languages.openqasm import Limits, Scan, rename_gates, scan
from qcjob.languages.openqasm.faults import Faults
from qcjob.languages.openqasm.rename import POWER
from qcjob.languages.openqasm.tokens import tokenize

LIMITS = Limits(operations=1_000)
QUBITS = 20

_line_break = re.compile(r"\r\n|\n|\r")


def hold(source: str, language: str) -> None:
    """It is read, or refused with errors that stand inside of it, and nothing else; a renaming changes names alone."""
    try:
        if language == "rotations":
            parse(source, language, max_bytes=100_000)
            return
        scanned = scan(source, language, LIMITS, QUBITS)
    except InvalidProgram as refused:
        _stand_inside(refused, source)
        return
    _renamed_but_the_same(scanned)


def _stand_inside(refused: InvalidProgram, source: str) -> None:
    places = [(error.line, error.column) for error in refused.errors]
    assert places == sorted(places)
    lines = _line_break.split(source)
    assert all(1 <= column <= len(lines[line - 1]) + 1 for line, column in places)
    for error in refused.errors:
        assert error.message.isascii() or error.code in ("malformed-rotation", "unknown-axis", "missing-comma")
        error.message.encode()


def _renamed_but_the_same(scanned: Scan) -> None:
    renamed = rename_gates(scanned).replace(POWER, "pow")
    assert scanned.language == "openqasm3" or renamed.isascii()
    assert len(_line_break.split(renamed)) == len(_line_break.split(scanned.source))
    named = set(scanned.named)
    wanted = [scanned.gate_prefix + text if index in named else text for index, text in enumerate(scanned.tokens.texts)]
    faults = Faults(renamed)
    assert tokenize(renamed, scanned.language, Limits(identifier_characters=200), faults).texts == wanted
    assert not faults
    again = scan(renamed, scanned.language, Limits(operations=1_000, identifier_characters=200), QUBITS)
    assert again.operations == scanned.operations
    assert set(again.gates) == {scanned.gate_prefix + name for name in scanned.gates}
