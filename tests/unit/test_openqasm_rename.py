"""Gates that a program defines itself get names of their own, everywhere and nowhere else; errors speak the user's."""

from __future__ import annotations

import pytest

from qcjob.languages.openqasm import Limits, Scan, in_own_words, rename_gates, scan, source_place


def scanned(source: str, language: str = "openqasm3") -> Scan:
    return scan(source, language, Limits(), 127)


def renamed(source: str, language: str = "openqasm3") -> str:
    return rename_gates(scanned(source, language))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("gate x a { U(1,2,3) a; } x $0;", "gate ug_x a { U(1,2,3) a; } ug_x $0;"),
        ("gate x a {} gate y a { x a; } y $0;", "gate ug_x a {} gate ug_y a { ug_x a; } ug_y $0;"),
        ("gate h a {} gate g(h) h { h h; rx(h) h; }", "gate ug_h a {} gate ug_g(h) h { ug_h h; rx(h) h; }"),
        ("gate x a {} if (true) x $0; else x $1;", "gate ug_x a {} if (true) ug_x $0; else ug_x $1;"),
        ("gate x a {} for int i in [0:1] x $0;", "gate ug_x a {} for int i in [0:1] ug_x $0;"),
        ("gate x a {} while (true) { x $0; }", "gate ug_x a {} while (true) { ug_x $0; }"),
        (
            "gate x a {} ctrl(2) @ inv @ pow(2) @ x $0, $1, $2;",
            "gate ug_x a {} ctrl(2) @ inv @ pow(2) @ ug_x $0, $1, $2;",
        ),
        ("gate x a {} x[100ns] $0;", "gate ug_x a {} ug_x[100ns] $0;"),
        ("gate x a {} def f(qubit q) { x q; }", "gate ug_x a {} def f(qubit q) { ug_x q; }"),
        ("gate x a {} switch (1) { case 1 { x $0; } }", "gate ug_x a {} switch (1) { case 1 { ug_x $0; } }"),
        ("gate x a {} box { x $0; }", "gate ug_x a {} box { ug_x $0; }"),
        ("gate x a {} @x\nx $0;", "gate ug_x a {} @x\nug_x $0;"),
        ("gate x a {} xx $0; x1 $0; U(0,0,0) $0;", "gate ug_x a {} xx $0; x1 $0; U(0,0,0) $0;"),
        ("gate U2 a {} U2 $0; y $0;", "gate ug_U2 a {} ug_U2 $0; y $0;"),
        ("x $0; y $0;", "x $0; y $0;"),
        ("gate x a {} int ug_x; x $0;", "gate uug_x a {} int ug_x; uug_x $0;"),
        ("gate ug_x a {} gate x a {} uug_a $0; x $0;", "gate uuug_ug_x a {} gate uuug_x a {} uug_a $0; uuug_x $0;"),
    ],
)
def test_a_gate_is_renamed_where_it_is_defined_and_applied(source: str, expected: str) -> None:
    assert renamed(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("gate x a{U(0,0,0) a;}qreg q[1];x q;", "gate ug_x a{U(0,0,0) a;}qreg q[1];ug_x q;"),
        ("gate CX2 a,b{CX a,b;}qreg q[2];if(c==1)CX2 q[0],q[1];", None),
        ("opaque x(t) a;qreg q[1];x(1) q[0];", "opaque ug_x(t) a;qreg q[1];ug_x(1) q[0];"),
        (
            'include "qelib1.inc";qreg q[1];sx q;gate sx a{h a;}sx q;',
            'include "qelib1.inc";qreg q[1];sx q;gate ug_sx a{h a;}ug_sx q;',
        ),
    ],
)
def test_it_is_renamed_in_openqasm_2_too(source: str, expected: str | None) -> None:
    assert renamed(source, "openqasm2") == (expected or source.replace("CX2", "ug_CX2"))


def test_comments_are_blanked_and_every_line_break_is_one() -> None:
    source = "gate x a {} // x é\r\nx $0; /* x\r x */ x $1;\rx $2;"
    assert renamed(source) == "gate ug_x a {}       \nug_x $0;     \n      ug_x $1;\nug_x $2;"


def test_a_place_in_the_renamed_text_leads_back_to_the_user_s() -> None:
    source = "gate x a {} x $0; x $1;\n  x $2;"
    found = scanned(source)
    lines = rename_gates(found).split("\n")
    for number, line in enumerate(source.split("\n"), start=1):
        for column, character in enumerate(line, start=1):
            if not character.isspace():
                columns = [
                    shifted
                    for shifted in range(1, len(lines[number - 1]) + 1)
                    if source_place(found, number, shifted) == (number, column)
                ]
                assert columns and lines[number - 1][columns[-1] - 1] == character


def test_a_parser_s_message_is_told_in_the_user_s_words() -> None:
    found = scanned("gate x a {} gate rx(t) a {} x $0;")
    assert in_own_words(found, "'ug_x' takes 1, ug_rx takes 1, ug_y none") == "'x' takes 1, rx takes 1, ug_y none"
    assert in_own_words(scanned("y $0;"), "ug_y") == "ug_y"


@pytest.mark.parametrize("language", ["openqasm2", "openqasm3"])
def test_a_gate_under_a_standard_name_is_not_taken_for_the_standard_one(language: str) -> None:
    """The miscompilation that renaming is for: a real X in place of the program's own identity."""
    pytest.importorskip("qiskit", reason="the extra `circuits` is not installed")
    import openqasm3
    import qiskit_qasm3_import
    from qiskit import qasm2
    from qiskit.circuit import QuantumCircuit
    from qiskit.quantum_info import Operator

    source = "gate x a { U(0, 0, 0) a; } gate y a { x a; } qreg q[1]; x q[0]; y q[0];"

    def loaded(text: str) -> QuantumCircuit:
        if language == "openqasm2":
            return qasm2.loads(text, include_path=(), custom_instructions=qasm2.LEGACY_CUSTOM_INSTRUCTIONS)
        return qiskit_qasm3_import.convert(openqasm3.parse(text))

    assert Operator(loaded(renamed(source, language))).equiv(Operator.from_label("I"))
