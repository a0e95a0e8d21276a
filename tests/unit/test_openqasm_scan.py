"""OpenQASM before it is parsed: what passes, what is refused with which code at which place, and how long it takes."""

from __future__ import annotations

import contextlib
import textwrap
from dataclasses import fields, replace

import pytest

from qcjob.errors import InvalidProgram
from qcjob.languages.openqasm import Limits, Scan, rename_gates, scan
from tests.pace import within
from tests.unit.openqasm_grammar import NOT_READ_BY_THE_REFERENCE, OPENQASM2, OPENQASM3

LIMITS = Limits()
QUBITS = 127


def scanned(source: str, limits: Limits = LIMITS, *, qubits: int = QUBITS) -> Scan:
    language = "openqasm2" if "OPENQASM 2" in source else "openqasm3"
    return scan(source, language, limits, qubits)


def errors(source: str, limits: Limits = LIMITS, *, qubits: int = QUBITS) -> list[tuple[str, int, int]]:
    with pytest.raises(InvalidProgram) as refused:
        scanned(source, limits, qubits=qubits)
    return [(error.code, error.line, error.column) for error in refused.value.errors]


LEGAL = [("openqasm2", name) for name in OPENQASM2] + [("openqasm3", name) for name in OPENQASM3]


def legal(language: str, name: str) -> str:
    return textwrap.dedent({"openqasm2": OPENQASM2, "openqasm3": OPENQASM3}[language][name])


@pytest.mark.parametrize(("language", "name"), LEGAL)
def test_a_legal_program_is_not_refused(language: str, name: str) -> None:
    scan(legal(language, name), language, LIMITS, QUBITS)


@pytest.mark.parametrize("name", sorted(set(OPENQASM3) - NOT_READ_BY_THE_REFERENCE))
def test_the_legal_programs_are_legal_to_the_reference_parser(name: str) -> None:
    openqasm3 = pytest.importorskip("openqasm3", reason="the extra `circuits` is not installed")
    assert openqasm3.parse(legal("openqasm3", name))


@pytest.mark.parametrize("name", OPENQASM2)
def test_the_legal_programs_are_legal_to_a_second_parser(name: str) -> None:
    qasm2 = pytest.importorskip("qiskit.qasm2", reason="the extra `circuits` is not installed")
    source = legal("openqasm2", name)
    renamed = rename_gates(scan(source, "openqasm2", LIMITS, QUBITS))
    known = qasm2.LEGACY_CUSTOM_INSTRUCTIONS
    assert qasm2.loads(renamed, include_path=(), custom_instructions=known) is not None


# -- what is refused, and where

PRELUDE = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'

BROKEN = [
    # the text
    ("qubit q;\n\x00x q;", [("not-printable-ascii", 2, 1)]),
    ("OPENQASM 3.0\nqubit q;", [("syntax-error", 1, 1)]),
    ("\ufeff\ufeffqubit q;", [("not-printable-ascii", 1, 1)]),
    ("qubit q;\n\ufeffx q;", [("not-printable-ascii", 2, 1)]),
    ("qubit q\u00b2;", [("not-printable-ascii", 1, 8)]),
    ("qubit q;\u00a0x q;", [("not-printable-ascii", 1, 9)]),
    ("// a\u202eb\nqubit q;", [("not-printable-ascii", 1, 5)]),
    ("/* \ud800 */ qubit q; // \x7f", [("not-printable-ascii", 1, 4), ("not-printable-ascii", 1, 21)]),
    ("@note \u200b\nqubit q;", [("not-printable-ascii", 1, 7)]),
    ("qubit q; ?", [("syntax-error", 1, 10)]),
    ("OPENQASM 2.0; qreg q[1]; x $0;", [("syntax-error", 1, 28)]),
    ("OPENQASM 2.0; @note", [("syntax-error", 1, 15)]),
    ("qubit q; /* no end", [("syntax-error", 1, 10)]),
    ('include "stdgates.inc', [("syntax-error", 1, 9)]),
    ("qubit q; x q", [("syntax-error", 1, 10)]),
    ("qubit[2 q;", [("syntax-error", 1, 6)]),
    ("qubit[2) q;", [("syntax-error", 1, 8)]),
    ("gate g a { x a; ", [("syntax-error", 1, 10)]),
    ("x q; }", [("syntax-error", 1, 6)]),
    # the first lines
    ("OPENQASM 3.2;", [("unknown-version", 1, 10)]),
    ("OPENQASM 3.0.1;", [("unknown-version", 1, 10)]),
    ("OPENQASM 4;", [("unknown-version", 1, 10)]),
    ("OPENQASM;", [("unknown-version", 1, 9)]),
    ("OPENQASM 2.00;", [("unknown-version", 1, 10)]),
    ('OPENQASM 2.0; include "qelib1.inc"; include "qelib1.inc";', [("already-defined", 1, 37)]),
    ("qubit q; OPENQASM 3.0;", [("syntax-error", 1, 10)]),
    ('include "/etc/passwd";', [("include-not-allowed", 1, 9)]),
    ('include "../stdgates.inc";', [("include-not-allowed", 1, 9)]),
    ('include "qelib1.inc";', [("include-not-allowed", 1, 9)]),
    ('OPENQASM 2.0;\ninclude "stdgates.inc";', [("include-not-allowed", 2, 9)]),
    ("include stdgates;", [("syntax-error", 1, 1)]),
    # sizes
    ("qubit[128] q;", [("too-many-qubits", 1, 1)]),
    ("qubit[2000000000] q;", [("too-many-qubits", 1, 1)]),
    ("qubit[99999999999999999999] q;", [("too-many-qubits", 1, 1)]),
    ("qubit[100] q;\nqubit[28] r; qubit s;", [("too-many-qubits", 2, 1)]),
    ("const int n = 64; qubit[2 * n] q;", [("too-many-qubits", 1, 19)]),
    ("OPENQASM 2.0; qreg q[128];", [("too-many-qubits", 1, 15)]),
    ("x $127;", [("too-many-qubits", 1, 3)]),
    ("bit b; b = measure $999999999999999999999;", [("too-many-qubits", 1, 20)]),
    ("bit[4097] c;", [("too-many-clbits", 1, 1)]),
    ("bit[4000] c; creg d[97];", [("too-many-clbits", 1, 14)]),
    ("uint[2000000000] n;", [("too-many-clbits", 1, 1)]),
    ("array[int[8], 1000000, 1000000] a;", [("too-many-clbits", 1, 1)]),
    ("int n = 5; qubit[n] q;", [("unsupported", 1, 18)]),
    ("qubit[-1] q;", [("syntax-error", 1, 7)]),
    ("qubit[2.5] q;", [("syntax-error", 1, 7)]),
    ("qubit[3] q; x q[3];", [("index-out-of-range", 1, 17)]),
    ("qubit[3] q; x q[{0, 0x10}];", [("index-out-of-range", 1, 21)]),
    ("OPENQASM 2.0; qreg q[3]; creg c[2]; measure q[2] -> c[2];", [("index-out-of-range", 1, 55)]),
    # names
    ("gate g a { g a; }", [("recursive-gate", 1, 12)]),
    ("def f(int n) { f(n - 1); }", [("recursive-gate", 1, 16)]),
    ("def f(int n) -> int { return f(n - 1); }", [("recursive-gate", 1, 30)]),
    ("gate a q { b q; } gate b q { a q; }", [("undefined-name", 1, 12)]),
    ("gate g a {} gate g a {}", [("already-defined", 1, 18)]),
    ("qubit g; gate g a {}", [("already-defined", 1, 15)]),
    ("gate g a {} qubit g;", [("already-defined", 1, 19)]),
    (PRELUDE + "gate x a {}", [("already-defined", 3, 6)]),
    ('gate x a {} include "stdgates.inc";', [("already-defined", 1, 6)]),
    ('OPENQASM 2.0; include "qelib1.inc"; gate h a {}', [("already-defined", 1, 42)]),
    # numbers
    ("qubit q; rx(1e400) q;", [("infinite-parameter", 1, 13)]),
    ("const float f = 1e400;", [("infinite-parameter", 1, 17)]),
    ("qubit q; rx(1, 1/0) q;", [("infinite-parameter", 1, 16)]),
    ("qubit q; rx(0 * (1 / (1 - 1))) q;", [("infinite-parameter", 1, 13)]),
    ("qubit q; rx(10**10**10) q;", [("infinite-parameter", 1, 13)]),
    ("qubit q; rx(sqrt(-1)) q;", [("infinite-parameter", 1, 13)]),
    ("qubit q; rx(ln(0)) q;", [("infinite-parameter", 1, 13)]),
    ("qubit q; rx((-8) ** 0.5) q;", [("infinite-parameter", 1, 13)]),
    ("gate g(a) q { rx(a / 0) q; }", [("infinite-parameter", 1, 18)]),
    ("OPENQASM 2.0; qreg q[1]; rx(pi^9^9^9) q[0];", [("infinite-parameter", 1, 29)]),
    ("qubit q; delay[1e300 s] q;", [("infinite-parameter", 1, 16)]),
    ("qubit q; delay[86400001ms] q;", [("infinite-parameter", 1, 16)]),
    # loops
    ("for int i in [0:100000] {}", [("too-many-operations", 1, 1)]),
    ("for int i in [0:999] { for int j in [0:999] { x $0; } }", [("too-many-operations", 1, 47)]),
    ("const int n = 10 ** 9; for int i in [1:n] x $0;", [("too-many-operations", 1, 43)]),
    (
        "const int n = 99999; if (true) { const int n = 1; } for int i in [0:n] { x $0; x $1; }",
        [("too-many-operations", 1, 74)],
    ),
    # calibrations
    ('defcalgrammar "openpulse"; ? ? ?', [("unsupported", 1, 1)]),
    ("qubit q;\ndefcal x $0 { anything ( goes }", [("unsupported", 2, 1)]),
    ("cal { } }", [("unsupported", 1, 1)]),
]


@pytest.mark.parametrize(("source", "expected"), BROKEN)
def test_a_fault_is_refused_with_its_code_and_place(source: str, expected: list[tuple[str, int, int]]) -> None:
    assert errors(source) == expected


def test_every_fault_is_told_at_once_in_the_order_they_stand() -> None:
    source = 'qubit[200] q;\nfor int i in [0:9999999] x q[200];\nrx(1/0) $500;\nqubit[3] x;\ninclude "x";'
    assert errors(source) == [
        ("too-many-qubits", 1, 1),
        ("too-many-operations", 2, 26),
        ("index-out-of-range", 2, 30),
        ("infinite-parameter", 3, 4),
        ("too-many-qubits", 3, 9),
        ("include-not-allowed", 5, 9),
    ]


def test_a_hundred_faults_are_enough() -> None:
    assert len(errors("rx(1/0) $0;" * 500)) == 100


def test_lines_end_as_they_do_for_rotations() -> None:
    assert errors("qubit q;\r\n\r\rx $200;\n x $300;") == [("too-many-qubits", 4, 3), ("too-many-qubits", 5, 4)]


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("qubit[128] q;", ["qubit [ 128 ] q", "127"]),
        ("x $127;", ["$127", "$126"]),
        ("qubit[3] q; x q[7];", ["7", "0 to 2"]),
        ('include "/etc/passwd";', ["/etc/passwd", "stdgates.inc"]),
        ("OPENQASM 4;", ["4", "3, 3.0, 3.1"]),
        ("rx(1/0) $0;", ["1 / 0", "divides by zero"]),
        ("qubit \u00b2;", ["U+00B2"]),
        ("for int i in [0:100000] {}", ["100,000"]),
    ],
)
def test_a_message_says_what_was_found_and_what_is_allowed(source: str, wanted: list[str]) -> None:
    with pytest.raises(InvalidProgram) as refused:
        scanned(source)
    assert all(part in refused.value.errors[0].message for part in wanted)


# -- limits: what has just that much passes, one more does not

SMALL = {
    "openqasm2_bytes": ("program-too-long", lambda n: "OPENQASM 2.0;".ljust(n), 20),
    "openqasm3_bytes": ("program-too-long", lambda n: "OPENQASM 3.0;".ljust(n), 20),
    "nesting": ("nested-too-deep", lambda n: "rx(" + "(" * (n - 1) + "1" + ")" * n + " $0;", 5),
    "operators_per_statement": ("too-many-operators", lambda n: "rx(" + "-" * n + "1) $0; x $0;", 5),
    "literal_characters": ("literal-too-long", lambda n: "rx(" + "1" * n + ") $0;", 5),
    "identifier_characters": ("identifier-too-long", lambda n: "bit " + "a" * n + ";", 5),
    "clbits": ("too-many-clbits", lambda n: f"bit[{n}] c;", 5),
    "modifiers": ("too-many-modifiers", lambda n: "inv @ " * n + "x $0;", 5),
    "gate_depth": ("gate-too-deep", lambda n: tower(n, 1), 5),
    "operations": ("too-many-operations", lambda n: "x $0;" * n, 5),
}


def tower(height: int, width: int) -> str:
    """Gate g1 applies `width` gates, g2 as many g1, and so on."""
    gates = ["gate g1 a {" + "U(0,0,0) a;" * width + "}"]
    gates += [f"gate g{level} a {{" + f"g{level - 1} a;" * width + "}" for level in range(2, height + 1)]
    return "".join(gates)


@pytest.mark.parametrize("name", SMALL)
def test_a_limit_is_the_most_that_passes(name: str) -> None:
    code, program, most = SMALL[name]
    limits = replace(Limits(), **{name: most})
    scanned(program(most), limits)
    with pytest.raises(InvalidProgram) as refused:
        scanned(program(most + 1), limits)
    assert [error.code for error in refused.value.errors] == [code]


def test_every_limit_but_the_compiler_s_own_is_held_here() -> None:
    assert {limit.name for limit in fields(Limits)} == {*SMALL, "compile_seconds", "compile_memory_bytes"}


@pytest.mark.parametrize(
    "source",
    [
        "if(true) " * 25 + "x $0;",
        "{" * 25 + "}" * 25,
        "if(true){} " + "else if(true){} " * 25,
        "for int i in [0:0] " * 25 + "x $0;",
        "bit[2] c; c[0]" + "[0]" * 70 + " = 1;",
    ],
)
def test_whatever_makes_a_parser_go_down_is_bounded(source: str) -> None:
    assert errors(source)[0][0] in ("nested-too-deep", "too-many-operators")


def test_ends_of_blocks_come_up_again() -> None:
    scanned("if(true){ x $0; } else { x $0; } " * 100 + "for int i in [0:0] if(true) x $0; " * 100)


@pytest.mark.parametrize(
    ("source", "operations"),
    [
        ("x $0; y $1;", 2),
        ("qubit[5] q; x q; x q[0];", 6),
        ("qubit[5] q; x q[0:2]; x q[{1, 3}];", 5),
        ("qubit[5] q; qubit[2] r; let a = q ++ r; x a;", 7),
        ("qubit[5] q; barrier q; reset q;", 6),
        ("qubit[5] q; bit[5] c; c = measure q; measure q;", 10),
        ("for int i in [0:9] { x $0; y $0; }", 20),
        ("for int i in [9:-3:0] x $0;", 4),
        ("for int i in [1:0] { x $0; }", 0),
        ("int n = 9; for int i in [0:n] { x $0; }", 2),
        ("const uint[4] n = -1; for int i in [0:n] x $0;", 1),
        ("for int i in [0:0:5] x $0;", 1),
        ("for int i in [0:9] {}", 10),
        ("for int i in {4, 7} for int j in [0:i] x $0;", 16),
        ("for int i in [0:2] if (true) x $0; else y $0; z $0;", 10),
        ("gate g a { x a; y a; } g $0; g $1;", 4),
        ("gate g a { } g $0;", 1),
        ("gate g a { x a; y a; } pow(3) @ g $0; inv @ g $0;", 8),
        ("ctrl @ x $0, $1; ctrl(2) @ x $0, $1, $2;", 13),
        ("def f(qubit a) -> bit { x a; return measure a; } bit b; b = f($0); for int i in [0:1] f($1);", 9),
        ("while (true) { x $0; }", 2),
    ],
)
def test_operations_are_counted_as_if_they_were_written_out_where_that_is_known(source: str, operations: int) -> None:
    assert scanned(source).operations == operations


def test_gates_of_gates_multiply() -> None:
    assert scanned(tower(16, 2) + "g16 $0;").operations == 2**16
    assert errors(tower(16, 3)) == [("too-many-operations", 1, errors(tower(16, 3))[0][2])]


def test_a_bomb_that_is_defined_is_told_where_it_grows_too_large_and_not_again_where_it_is_used() -> None:
    source = tower(16, 3).replace("}", "}\n") + "g16 $0; g16 $0;"
    assert [(code, line) for code, line, _ in errors(source)] == [("too-many-operations", 11)]


# -- time

PIECES = [
    *(
        ";",
        "{",
        "}",
        "(",
        ")",
        "[",
        "a",
        "a ",
        "1",
        "1.",
        "1e",
        '"',
        "'",
        "/",
        "/*",
        "//",
        "//\n",
        "/**/",
        "\n",
        " ",
        "\r",
    ),
    *("$", "$0", "@", "@a", "é", "-", "=", ":", ",", ".", "0x", "_", "h q[0];", "x $0;", "x(1/0) $0;", "gate ", "for "),
    *("for int i in ", "for int i in [0:1] ", "if ", "if(a)", "else ", "while(a) ", "switch(a) ", "box ", "case "),
    *("def ", "def f(", "gate g a {", "let a = ", "measure ", "x = measure measure ", "ctrl @ ", "pow(", "qubit["),
    *("bit[1]a;", "ug_ uug_ ", "const int a = a;", "include ", "OPENQASM ", "pragma ", "creg a[1];", "a[0]", "(a)"),
    *(
        "{a}",
        "h a,",
        "U(1,2,3) q[0],q[1];",
        "gate g a{g a;}",
        "f(f(",
        "opaque a b;",
        "1s",
        "1 s ",
        "array[",
        "return f(",
    ),
    *("input ", "// \u00e9\n", "(1,", "a=-", "x(-1) $0;", "1_", "\t", "for int i in {1}", "let a=a++a;", "\u202e"),
]


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("language", ["openqasm2", "openqasm3"])
def test_any_text_is_done_with_in_linear_time(piece: str, language: str) -> None:
    """65,536 characters: a tenth of a second or two where the time is linear, half a minute where it is not."""
    source = piece * (65_536 // len(piece))

    def read() -> None:
        with contextlib.suppress(InvalidProgram):
            rename_gates(scan(source, language, Limits(openqasm3_bytes=1_048_576), QUBITS))

    within(4, read)


def test_a_mebibyte_is_scanned_in_a_second_or_two() -> None:
    line = "cx q[0],q[1];\nrz(pi/2) q[17];\nh q[0];\n"
    source = 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[100];\n' + line * 25_000
    assert within(5, lambda: scanned(source)).operations == 75_000  # 0.75 s on a machine with nothing else to do


@pytest.mark.parametrize("language", ["openqasm2", "openqasm3"])
def test_a_program_that_is_cut_off_anywhere_is_scanned_to_its_end(language: str) -> None:
    """After any word: whoever looks at the next one finds none."""
    grammar = {"openqasm2": OPENQASM2, "openqasm3": OPENQASM3}[language]
    for source in (*grammar.values(), "for int i in [0:2] { x q; }", "for int i in {1, 2} x q;", "for int i in r x q;"):
        for end in range(len(source)):
            with contextlib.suppress(InvalidProgram):
                scan(source[:end], language, Limits(), 5)
