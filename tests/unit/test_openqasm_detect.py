"""Which language a text is in, when nobody says so, and what becomes of it at the door."""

from __future__ import annotations

import pytest

from qcjob.errors import ProgramTooLong
from qcjob.languages import LANGUAGES, detect, parse
from qcjob.languages.openqasm import Limits
from tests.pace import within


@pytest.mark.parametrize(
    ("source", "language"),
    [
        ("OPENQASM 2.0;", "openqasm2"),
        ("OPENQASM 2;", "openqasm2"),
        ("\n// said of it\n/* more\n */\tOPENQASM 2.0;", "openqasm2"),
        ("OPENQASM\n// said inside of it\n2.0// and\n;", "openqasm2"),
        ("OPENQASM /* 2 */ 3;", "openqasm3"),
        ("OPENQASM 3.0;", "openqasm3"),
        ("OPENQASM 3;", "openqasm3"),
        ("OPENQASM 3.1;", "openqasm3"),
        ("OPENQASM 20.0;", "openqasm3"),
        ("OPENQASM;", "openqasm3"),
        ('include "qelib1.inc"; qreg q[1];', "openqasm2"),
        ("qreg q[2]; creg c[2];", "openqasm2"),
        ("gate g a { U(0,0,0) a; } qreg q[1];", "openqasm2"),
        ("opaque g a;", "openqasm2"),
        ('include "stdgates.inc"; qubit q;', "openqasm3"),
        ("qubit[2] q;", "openqasm3"),
        ("bit c; qubit q;", "openqasm3"),
        ("gate g a { U(0,0,0) a; } qubit q;", "openqasm3"),
        ("h $0;", "openqasm3"),
        ("U(0, 0, 0) $0;", "openqasm3"),
        ("rx(pi/2) q[0];", "openqasm3"),
        ("ctrl @ x q[0], q[1];", "openqasm3"),
        ("#pragma one two", "openqasm3"),
        ("@note\nqubit q;", "openqasm3"),
        ("X(90) Y(90)", "rotations"),
        ("X(90).Y(90)", "rotations"),
        ("x(90)", "rotations"),
        ("Q(90), X(90)", "rotations"),
        ("X(ninety)", "rotations"),
        ("X 90", "rotations"),
        ("Y", "rotations"),
        ("", "rotations"),
        (" \n", "rotations"),
        ("// nothing but a comment", "rotations"),
        ("hello world", "rotations"),
    ],
)
def test_the_language_is_told_by_the_version_or_the_first_words(source: str, language: str) -> None:
    assert detect(source) == language


def test_a_program_in_openqasm_goes_on_as_text() -> None:
    program = parse("OPENQASM 3.0; qubit[", None, max_bytes=1)
    assert (program.language, program.rotations) == ("openqasm3", ())


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_a_size_of_its_own(language: str) -> None:
    limits = Limits(openqasm2_bytes=5, openqasm3_bytes=6)
    most = {"rotations": 7, "openqasm2": 5, "openqasm3": 6}[language]
    with pytest.raises(ProgramTooLong, match=f"{most} are allowed"):
        parse("é" * 4, language, max_bytes=7, limits=limits)


@pytest.mark.parametrize("piece", ["//\n", "/**/", " ", "/*", "a ", "h(", "h(1) ", "OPENQASM", "\n\n// a"])
def test_any_text_is_told_in_linear_time(piece: str) -> None:
    source = piece * (1_048_576 // len(piece))
    within(2, lambda: detect(source))
