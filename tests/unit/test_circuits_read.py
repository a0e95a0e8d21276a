"""Sources in OpenQASM 2 and 3 become circuits, or are refused with the place and the reason."""

from __future__ import annotations

import random
import re

import pytest

from qcjob.circuits.program import Program, steps
from qcjob.circuits.read import read
from qcjob.errors import InvalidProgram
from qcjob.languages.openqasm import Limits
from tests.pace import within
from tests.unit.openqasm_grammar import OPENQASM2, OPENQASM3

HEAD = {
    "openqasm2": 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[3]; qreg r[2]; creg c[3]; creg d[2];\n',
    "openqasm3": 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[3] q; qubit[2] r; bit[3] c; bit[2] d;\n',
}


def reading(body: str, language: str = "openqasm3", *, limits: Limits | None = None, num_qubits: int = 127) -> Program:
    return read(HEAD[language] + body, language, limits or Limits(), num_qubits)


def refused(body: str, language: str = "openqasm3", *, limits: Limits | None = None) -> list[tuple[int, int, str]]:
    with pytest.raises(InvalidProgram) as found:
        reading(body, language, limits=limits)
    return [(error.line, error.column, error.code) for error in found.value.errors]


def names(program: Program) -> list[str]:
    return [step.instruction.name for step in steps(program)]


@pytest.mark.parametrize(
    ("body", "column", "code"),
    [
        ("foo q[0];", 1, "undefined-name"),
        ("x p[0];", 3, "wrong-arguments"),  # p is a gate
        ("cx q[0];", 1, "wrong-arguments"),
        ("rx(1, 2) q[0];", 1, "wrong-arguments"),
        ("x q[0]; rx q[0];", 9, "wrong-arguments"),  # Qiskit does not say where
        ("x q[3];", 5, "index-out-of-range"),
        ("cx q[1], q[1];", 1, "duplicate-qubit"),
        ("cx q, r;", 1, "register-size-mismatch"),
        ("measure q -> d;", 1, "register-size-mismatch"),
        ("qreg q[2];", 6, "already-defined"),
        ("rx(1/0) q[0];", 4, "infinite-parameter"),
        ("gate g(a) b { rx(1/a) b; } g(0) q[0];", 28, "infinite-parameter"),
        ("gate g(a) b { rx(a^a) b; } x q[1]; g(1e300) q[0];", 36, "infinite-parameter"),
        ("opaque g a; x q[0]; g q[0];", 21, "unsupported"),
        ("x q[0] q[1];", 8, "syntax-error"),
        ("x q[0]", 1, "syntax-error"),
    ],
)
def test_openqasm2_is_refused_at_the_place_with_the_code(body: str, column: int, code: str) -> None:
    assert refused(body, "openqasm2") == [(4, column, code)]


@pytest.mark.parametrize(
    ("body", "column", "code"),
    [
        ("foo q[0];", 1, "undefined-name"),
        ("x nobody[0];", 3, "undefined-name"),
        ("x c[0];", 3, "wrong-arguments"),
        ("cx q[0];", 1, "wrong-arguments"),
        ("rx q[0];", 1, "wrong-arguments"),
        ("rx(c) q[0];", 4, "unsupported"),
        ("x q[3];", 5, "index-out-of-range"),
        ("x q[-4];", 3, "index-out-of-range"),
        ("x q[1:3];", 3, "index-out-of-range"),
        ("cx q[1], q[1];", 1, "duplicate-qubit"),
        ("cx q, r;", 1, "register-size-mismatch"),
        ("d = measure q;", 1, "register-size-mismatch"),
        ("qubit[2] q;", 1, "already-defined"),
        ("gate h a { x a; }", 6, "already-defined"),
        ("const int n = 1; n = 2;", 18, "wrong-arguments"),
        ("c = 8;", 5, "wrong-arguments"),
        ('c = "01";', 5, "wrong-arguments"),
        ("input float t;", 1, "invalid-bindings"),
        ("while (c[0]) { int i = 1; } float k = 0; if (c[0]) { k = 1; }", 54, "unsupported"),
        ("float f = c[0];", 1, "unsupported"),
        ("int k = 1; k = k * d; k = d * c;", 27, "unsupported"),
        ("uint[2] n = uint[2](d) / 3;", 13, "unsupported"),
        ("bool b = sin(d[0]) > 0;", 10, "unsupported"),
        ("rx(uint[2](d)) q[0];", 4, "unsupported"),
        ("uint[2] n = d; x q[n];", 20, "unsupported"),
        ("def f(bit b) -> bool { return b == 1; } bool b = f(d[0]) && c[0];", 50, "unsupported"),
        ("let e = d[{1, 0}]; c[0] = measure q[0]; d = e;", 41, "unsupported"),
        ("uint[8] n = c; n = n + n + n + n + n + n + n + n + n;", 20, "too-many-operations"),
        ("for int i in [0:2] { if (c[0]) { if (c[1]) { break; } } }", 46, "unsupported"),
        ("for int i in [0:30] { c[0] = measure q[0]; if (c[0]) { break; } }", 44, "unsupported"),
        ("angle[4] a; a[0] = measure q[0];", 13, "unsupported"),
        ("c = d;", 1, "register-size-mismatch"),
        ("c = (c << 2) | (c >> 1);", 1, "unsupported"),
        ("uint[2500] n = c; uint[2500] m = c;", 19, "too-many-clbits"),
        ("c[0] = d;", 1, "register-size-mismatch"),
        ("c[0] = 1; while (d[0]) { let e = c[0:1]; e[0] = measure q[0]; }", 11, "unsupported"),
        ("def f(qubit a) -> bit { return measure a; } while (f(q[0])) { continue; }", 45, "unsupported"),
        ("def f(bit b) { b = measure q[0]; }", 28, "undefined-name"),
        ("def f(bit b, qubit a) { b = measure a; } f(c[0], q[0]);", 25, "unsupported"),
        ("def f(qubit a) -> bit { if (c[0]) { return measure a; } } d[0] = f(q[0]);", 29, "undefined-name"),
        ("extern f(int) -> int;", 1, "unsupported"),
        ("stretch s;", 1, "unsupported"),
        ("delay[durationof({x q[0];})] q[0];", 6, "unsupported"),
        ("box[100ns] { x q[0]; }", 1, "unsupported"),
        ("output int n;", 1, "unsupported"),
        ("array[int, 2] a = {1, 2, 3};", 1, "wrong-arguments"),
        ("array[int, 2] a = {1, 2}; a[2] = 1;", 27, "index-out-of-range"),
        ("array[int, 2] a; rx(a[0]) q[0];", 21, "undefined-name"),
        ("complex[float[64]] z = 1im; rx(z) q[0];", 32, "wrong-arguments"),
        ("int i = 1; rx(i[0][1]) q[0];", 15, "wrong-arguments"),
        ("break;", 1, "syntax-error"),
        ("x $0;", 3, "unsupported"),
        ("switch (c) { case 1 { x q[0]; } case 1 { x q[1]; } }", 1, "already-defined"),
        ("delay[1dt] q[0];", 6, "unsupported"),
        ("int[4] big = 8;", 1, "wrong-arguments"),
        ("def f(qubit[2] a) { x a; } f(q);", 30, "register-size-mismatch"),
        ("rx(2 ** 0.5 / (1 - 1)) q[0];", 4, "infinite-parameter"),
    ],
)
def test_openqasm3_is_refused_at_the_place_with_the_code(body: str, column: int, code: str) -> None:
    (found,) = refused(body)
    assert found[1:] == (column, code) and found[0] in (4, 5)


def test_every_fault_that_does_not_follow_from_another_is_told() -> None:
    body = "foo q[0];\n  rx q[0];\nh q[0];\ncx q[0], q[0];\nqubit[1] q;\nbar q[0];"
    assert refused(body) == [
        (4, 1, "undefined-name"),
        (5, 3, "wrong-arguments"),
        (7, 1, "duplicate-qubit"),
        (8, 1, "already-defined"),
        (9, 1, "undefined-name"),
    ]


ALL_THAT_IS_WRONG = {
    "openqasm2": (
        "foo q[0]; x q[5];\n"
        "  y nobody[0]; rx(1/0) q[0]; cx q[0]; rx q[0];\n"
        "gate g(t) a { rx(u) a; h b; x a; }\n"
        "g(1) q[0]; g q[0]; g(1, 2) q[0];\n"
        "measure q -> d; qreg q[2]; cx q[0], q[0];\n"
        "opaque o a; o q[0]; o q[1];\n"
        "gate bad(t, t) a { x a; } bad(1, 2) q[0];\n"
        "x q[0] q[1]; foo q[1];",
        [
            *((4, 1, "undefined-name"), (4, 15, "index-out-of-range"), (5, 5, "undefined-name")),
            *((5, 19, "infinite-parameter"), (5, 30, "wrong-arguments"), (5, 39, "wrong-arguments")),
            *((6, 18, "undefined-name"), (6, 26, "undefined-name"), (7, 20, "wrong-arguments")),
            *((8, 1, "register-size-mismatch"), (8, 22, "already-defined"), (8, 28, "duplicate-qubit")),
            *((9, 13, "unsupported"), (10, 13, "already-defined"), (11, 8, "syntax-error")),
            (11, 14, "undefined-name"),
        ],
    ),
    "openqasm3": (
        "foo q[0]; x q[5];\n"
        "const float f = 1/0; rx(f) q[0];\n"
        "gate g(t) a { rx(u) a; h b; foo a; }\n"
        "g(1) q[0]; g q[0]; x q[0] q[1]; y nobody[0];\n"
        "def act(qubit a) -> bit { bar a; return measure a; }\n"
        "if (c[7] == 1) { baz q[1]; int m = m2; }\n"
        "for int i in [0:1] { x q[i + 2]; y n[i]; }\n"
        "int n = nope + 1; rx(n) q[0]; n += 1; ry(n) q[0];\n"
        "while (nobody) { bar q[0]; break; } switch (c) { case 1 { bar q[0]; } }\n"
        "qubit[2] q; let a = q[0:9]; x a; bit = 3;\n"
        "def never() { return nope; }",
        [
            *((4, 1, "undefined-name"), (4, 15, "index-out-of-range"), (5, 17, "infinite-parameter")),
            *((6, 18, "undefined-name"), (6, 26, "undefined-name"), (6, 29, "undefined-name")),
            *((7, 12, "wrong-arguments"), (7, 27, "syntax-error"), (7, 35, "undefined-name")),
            *((8, 27, "undefined-name"), (9, 5, "index-out-of-range"), (9, 18, "undefined-name")),
            *((9, 36, "undefined-name"), (10, 24, "index-out-of-range"), (10, 36, "undefined-name")),
            *((11, 9, "undefined-name"), (12, 8, "undefined-name"), (12, 18, "undefined-name")),
            *((12, 59, "undefined-name"), (13, 1, "already-defined"), (13, 21, "index-out-of-range")),
            *((13, 38, "syntax-error"), (14, 22, "undefined-name")),
        ],
    ),
}


@pytest.mark.parametrize("language", ALL_THAT_IS_WRONG)
def test_all_that_is_wrong_is_told_at_once_and_nothing_twice(language: str) -> None:
    body, errors = ALL_THAT_IS_WRONG[language]
    assert refused(body, language) == errors


@pytest.mark.parametrize(
    ("language", "body", "errors"),
    [
        ("openqasm2", "foo q[0]; x q[0; bar q[1]; x r);", [(4, 1, 0), (4, 14, 1), (4, 18, 0), (4, 31, 1)]),
        ("openqasm2", "qreg more[2; x more[0]; baz q[0];", [(4, 10, 1), (4, 25, 0)]),  # not that nobody knows more
        ("openqasm2", "gate g a { x a[(; foo a; } g q[0]; bar q[0];", [(4, 15, 1), (4, 19, 0), (4, 36, 0)]),
        ("openqasm3", "foo q[0]; x q[0; bar q[1]; x r);", [(4, 1, 0), (4, 14, 1), (4, 18, 0), (4, 31, 1)]),
        ("openqasm3", "qubit[2 more; x more[0]; baz q[0];", [(4, 6, 1), (4, 26, 0)]),
        ("openqasm3", "if (c[0]) { x q[0; bar q[1]; } foo q[1];", [(4, 16, 1), (4, 20, 0), (4, 32, 0)]),
        ("openqasm3", "@note\nx q[0; foo q[0];", [(5, 4, 1), (5, 8, 0)]),
        ("openqasm3", "let a = q[{0, 1}; foo q[0];", [(4, 10, 1), (4, 19, 0)]),
        ("openqasm3", "foo q[0]; if (c[0] { x q[0]; } bar q[0];", [(4, 1, 0), (4, 14, 1)]),
        # Here nobody knows where the next statement begins.
        ("openqasm3", "foo q[0]; if (c[0]) x q[0]; else x q[(; bar q[0];", [(4, 37, 1)]),
        ("openqasm3", "foo q[0]; { x q[0; bar q[0];", [(4, 11, 1), (4, 16, 1)]),
        ("openqasm3", "foo q[0]; x q[0]; } bar q[0];", [(4, 19, 1)]),
    ],
)
def test_behind_a_bracket_that_does_not_match_the_others_are_told(
    language: str, body: str, errors: list[tuple[int, int, int]]
) -> None:
    wanted = [(line, column, ("undefined-name", "syntax-error")[code]) for line, column, code in errors]
    assert refused(body, language) == wanted


@pytest.mark.parametrize(
    ("language", "body"),
    [
        ("openqasm2", "qreg more[200]; foo q[0]; x more[199]; x more[200];"),
        ("openqasm3", "qubit[200] s; foo q[0]; let t = s; x t[199]; x s[200];"),
    ],
)
def test_of_a_program_that_is_too_large_the_other_errors_are_told(language: str, body: str) -> None:
    found = [(line, code) for line, _, code in refused(body, language)]
    assert found == [(4, "too-many-qubits"), (4, "undefined-name"), (4, "index-out-of-range")]


def test_of_a_program_that_is_far_too_large_they_are_not() -> None:
    assert refused("qubit[5000] s; foo q[0];") == [(4, 1, "too-many-qubits")]


def test_a_variable_may_get_its_first_value_from_a_measurement() -> None:
    """As Qiskit writes a switch on a bit."""
    program = reading("int n; c[0] = measure q[0]; n = c[0]; switch (n) { case 1 { x q[1]; } case 0 { z q[1]; } }")
    assert [name for name in names(program) if name != "store"] == ["measure", "switch_case", "x", "z"]


def test_a_version_without_its_minor_number_is_read() -> None:
    assert names(read('OPENQASM 2; include "qelib1.inc"; qreg q[1]; x q;', "openqasm2", Limits(), 1)) == ["x"]


def test_a_register_under_the_name_of_a_gate_is_one_error() -> None:
    assert refused("qreg h[1]; x h[0]; h q[0]; creg q[2];", "openqasm2") == [
        (4, 6, "already-defined"),
        (4, 33, "already-defined"),
    ]


def test_a_register_may_have_a_name_that_only_later_libraries_have() -> None:
    """In OpenQASM 2; gates before it is declared are still the library's."""
    program = reading(
        "gate g a { u(1, 2, 3) a; } swap q[0], q[1]; qreg u[2]; creg p[2]; g u; measure u -> p;", "openqasm2"
    )
    assert list(program.qubits) == ["q", "r", "u"] and list(program.clbits) == ["c", "d", "p"]
    assert [step.instruction.name for step in steps(program)] == ["swap", "u", "u", "measure", "measure"]
    assert refused("qreg u[2]; measure u -> c; x u[2];", "openqasm2") == [
        (4, 12, "register-size-mismatch"),
        (4, 32, "index-out-of-range"),
    ]


@pytest.mark.parametrize("source", ["rx(1e400) $0;", "rx(1e400) $0; // the only statement", "gate U(a) q { }"])
def test_a_program_of_one_wrong_statement_has_one_error(source: str) -> None:
    with pytest.raises(InvalidProgram) as caught:
        read(source, "openqasm3", Limits(), 5)
    assert len(caught.value.errors) == 1


@pytest.mark.parametrize("language", HEAD)
def test_a_library_that_is_not_included_is_one_error(language: str) -> None:
    source = {"openqasm2": "OPENQASM 2.0;\nqreg q[2];\n", "openqasm3": "OPENQASM 3.0;\nqubit[2] q;\n"}[language]
    with pytest.raises(InvalidProgram) as found:
        read(source + "h q[0]; cx q[0], q[1]; foo q[0];\ngate g a { x a; }", language, Limits(), 5)
    assert [(error.line, error.column, error.code) for error in found.value.errors] == [
        (3, 1, "undefined-name"),
        (3, 24, "undefined-name"),
    ]
    assert {"openqasm2": "qelib1.inc", "openqasm3": "stdgates.inc"}[language] in found.value.errors[0].message


def test_a_declaration_of_openqasm_3_in_openqasm_2_is_told_as_such_and_once() -> None:
    with pytest.raises(InvalidProgram) as found:
        read(HEAD["openqasm2"] + "qubit[2] more; h more[0]; bit e; measure q[0] -> e;", "openqasm2", Limits(), 5)
    assert [(error.line, error.column, error.code) for error in found.value.errors] == [
        (4, 1, "undefined-name"),
        (4, 27, "undefined-name"),
    ]
    assert all("OpenQASM 3" in error.message for error in found.value.errors)


@pytest.mark.parametrize(
    ("language", "body", "hint"),
    [
        ("openqasm3", "cnot q[0], q[1];", "did you mean cx?"),
        ("openqasm3", "if (c[0]) { Toffoli q[0], q[1], q[2]; }", "did you mean ccx?"),
        ("openqasm3", "cu1(1) q[0], q[1];", "did you mean cp?"),
        ("openqasm3", "H q[0];", "did you mean h?"),
        ("openqasm3", "rxx(1) q[0], q[1];", "it is not in stdgates.inc: define it with `gate`"),
        ("openqasm3", "gate mirror a { } miror q[0];", "did you mean mirror?"),
        ("openqasm3", "float angel = 1; rx(angle_) q[0]; rx(angl) q[0];", "did you mean angel?"),
        ("openqasm3", "qubit[2] data; x Data[0];", "did you mean data?"),
        ("openqasm3", "teleport q[0];", None),
        ("openqasm2", "cnot q[0], q[1];", "did you mean cx?"),
        ("openqasm2", "if (c == 1) cnot q[0], q[1];", "did you mean cx?"),
        ("openqasm2", "gate g a, b { cnot a, b; }", "did you mean cx?"),
        ("openqasm2", "ecr q[0], q[1];", "it is not in qelib1.inc: define it with `gate`"),
        ("openqasm2", "gate mirror a { } miror q[0];", "did you mean mirror?"),
        ("openqasm2", "qreg data[2]; x date[0];", "did you mean data?"),
        ("openqasm2", "teleport q[0];", None),
    ],
)
def test_a_name_that_is_nearly_another_is_told_which(language: str, body: str, hint: str | None) -> None:
    with pytest.raises(InvalidProgram) as found:
        reading(body, language)
    messages = [error.message for error in found.value.errors]
    assert {error.code for error in found.value.errors} == {"undefined-name"}
    assert all(hint in message if hint else ";" not in message for message in messages)


def test_a_library_gate_that_is_n_operations_counts_as_many() -> None:
    few = Limits(operations=10)
    assert names(reading("u0(4) q[0]; u0(6) q[1];", "openqasm2", limits=few)) == ["id"] * 10
    assert refused("u0(4) q[0]; u0(7) q[1];", "openqasm2", limits=few) == [(4, 13, "too-many-operations")]
    assert refused("u0(1000000000) q;", "openqasm2") == [(4, 1, "too-many-operations")]


def test_names_are_not_compared_without_end() -> None:
    declared = "".join(f"int nearly_the_same_name_{number} = 0; " for number in range(1_000))
    source = declared + "".join(f"rx(nearly_the_same_name_{letter}) q[0]; " for letter in "abcdefghijklmnopqrstuvw" * 4)
    assert len(within(3.0, lambda: refused(source))) == 92


def test_calls_of_a_subroutine_whose_name_was_taken_are_not_told_again() -> None:
    assert refused("def rx(qubit a) { reset a; } rx(q[0]); rx(q[1]);") == [(4, 5, "already-defined")]
    assert refused("x(q[0]);") == [(4, 1, "wrong-arguments")]


def test_a_subroutine_that_is_applied_like_a_gate_is_told_as_such() -> None:
    with pytest.raises(InvalidProgram) as found:
        reading("def prepare(qubit a) { h a; } prepare q[0];")
    assert [(error.line, error.column, error.code) for error in found.value.errors] == [(4, 31, "wrong-arguments")]
    assert "prepare(...)" in found.value.errors[0].message


def test_a_byte_order_mark_is_no_part_of_a_program() -> None:
    with pytest.raises(InvalidProgram) as found:
        read("\ufeffOPENQASM 2.0; foo q;", "openqasm2", Limits(), 5)
    assert [(error.line, error.column) for error in found.value.errors] == [(1, 15)]
    assert names(read("\ufeffOPENQASM 3.0; qubit q; U(0, 0, 0) q;", "openqasm3", Limits(), 5)) == ["u"]


@pytest.mark.parametrize(
    ("body", "column", "code"),
    [
        ("bit[2] b = rotl(5, 1);", 12, "wrong-arguments"),  # of a number, which has no width
        ('bit[2] b = rotl("01");', 12, "wrong-arguments"),
        ("int[4] n = 1; bit[4] b = rotr(n, 1);", 26, "wrong-arguments"),  # nor has one with a sign
        ("float f = ~1.5;", 11, "wrong-arguments"),
        ("int n = int(1.0 im);", 9, "wrong-arguments"),
        ("array[int[8], 2] a = {1, 2}; bool b = bool(a);", 39, "wrong-arguments"),
        ("uint n = uint[0](1);", 14, "syntax-error"),
        ("uint n = uint[1000000000](1);", 10, "wrong-arguments"),
        ("c = measure q; uint n = uint[1000000000](c);", 25, "wrong-arguments"),
        ("d = measure r; if (int[2](d) == 3) { }", 20, "wrong-arguments"),  # it is -2 to 1
        ("d = measure r; bool b = 2 != int[2](d);", 30, "wrong-arguments"),
        ("c = measure q; int n = pow(uint[2](c), 2);", 24, "unsupported"),
        ("gate g a { while (true) { x a; } }", 12, "unsupported"),
        ("gate g(t) a { for int i in [0:2] { rx(u) a; } } g(1) q[0];", 39, "undefined-name"),
        ("gate g(t) a { for int i in [0:t] { x a; } } g(1) q[0];", 31, "wrong-arguments"),
    ],
)
def test_what_has_no_bits_or_is_no_loop_is_refused(body: str, column: int, code: str) -> None:
    assert refused(body) == [(4, column, code)]


@pytest.mark.parametrize("language", HEAD)
def test_a_hundred_errors_are_enough(language: str) -> None:
    assert len(refused("foo q[0];\n" * 500, language)) == 100


def test_what_is_wrong_in_a_long_program_is_told_in_a_moment() -> None:
    source = "x q[0];\n" * 40_000 + "foo q[0];\n" * 30
    assert len(within(20, lambda: refused(source, "openqasm2"))) == 30  # 3 s on a machine with nothing else to do


@pytest.mark.parametrize("body", ["reset e;", "barrier e; barrier q, e; barrier;", "measure e -> f;", "x e; cx e, e2;"])
def test_a_register_of_nothing_is_nothing_to_do_anything_to(body: str) -> None:
    program = reading(f"qreg e[0]; qreg e2[0]; creg f[0]; {body} if (c == 1) reset e; x q[0];", "openqasm2")
    assert [step.place for step in steps(program) if step.instruction.name == "x"]


def test_a_message_has_the_users_own_names_and_columns() -> None:
    """The reader is given other names for the program's own gates, which are longer."""
    body = "gate mine a, b { cx a, b; } mine q[0], q[1]; mine q[0];"
    for language in HEAD:
        with pytest.raises(InvalidProgram) as found:
            reading(body, language)
        (error,) = found.value.errors
        assert (error.line, error.column, error.code) == (4, 46, "wrong-arguments")
        assert "mine" in error.message and "ug_" not in error.message


@pytest.mark.parametrize("language", HEAD)
def test_each_operation_has_its_place_in_the_source(language: str) -> None:
    measure = "measure q -> c;" if language == "openqasm2" else "c = measure q;"
    body = f"gate mine a {{ h a; x a; }}\nmine r; cx q[0], r;\n  {measure} if (c == 2) mine q[1]; barrier q, r;"
    program = reading(body, language)
    found = [(step.instruction.name, step.place) for step in steps(program)]
    mine = [("h", (5, 1)), ("x", (5, 1))]
    if_begins = 3 + len(measure) + 1
    rest = [("if_else", (6, if_begins)), ("h", (6, if_begins)), ("x", (6, if_begins))]
    if language == "openqasm3":  # its tree has the place of the call as well
        rest[1:] = [("h", (6, if_begins + 12)), ("x", (6, if_begins + 12))]
    assert found == [
        *(*mine, *mine, *[("cx", (5, 9))] * 2, *[("measure", (6, 3))] * 3),
        *(*rest, ("barrier", (6, if_begins + 23))),
    ]


def test_registers_keep_their_names_sizes_and_order() -> None:
    program = read("OPENQASM 3.0; qubit[2] Q; bit B; qubit solo; bit[3] second;", "openqasm3", Limits(), 9)
    assert {name: list(bits) for name, bits in program.qubits.items()} == {"Q": [0, 1], "solo": [2]}
    assert {name: list(bits) for name, bits in program.clbits.items()} == {"B": [0], "second": [1, 2, 3]}


def test_the_devices_own_qubits_keep_their_numbers() -> None:
    program = read("OPENQASM 3.0; bit c; U(pi, 0, pi) $3; c = measure $1;", "openqasm3", Limits(), 5)
    assert program.physical and [step.qubits for step in steps(program)] == [(3,), (1,)]


def test_old_names_of_gates_are_read_as_those_of_today() -> None:
    program = reading("u1(0.1) q[0]; u2(0.1, 0.2) q[0]; u3(1, 2, 3) q[0]; cu1(0.3) q[0], q[1];", "openqasm2")
    assert names(program) == ["p", "u", "u", "cp"]


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("for int i in [0:2] { x q[i]; }", ["x"] * 3),
        ("for int i in [2:-1:0] { x q[i]; if (i == 1) { break; } }", ["x"] * 2),
        ("for int i in {0, 2} { if (i == 0) { continue; } x q[i]; }", ["x"]),
        ("int n = 2; while (n > 0) { n -= 1; x q[n]; }", ["x"] * 2),
        ("if (1 == 2) { x q[0]; } else { y q[0]; }", ["y"]),
        ("switch (3) { case 1 { x q[0]; } default { y q[0]; } }", ["y"]),
        ("x q[0]; end; y q[0];", ["x"]),
        ("box { x q[0]; }", ["x"]),
        ("if (c == 9) { x q[0]; }", ["if_else", "x"]),
        ("pow(0) @ x q[0];", []),
        ("pow(3) @ x q[0];", ["x"] * 3),
        ("inv @ s q[0];", ["sdg"]),
        ("ctrl @ x q[0], q[1];", ["cx"]),
        ("gphase(1.0);", []),
        ("ctrl @ gphase(1.0) q[0];", ["p"]),
    ],
)
def test_what_is_known_when_it_is_read_is_written_out(body: str, wanted: list[str]) -> None:
    assert names(reading(body)) == wanted


def test_a_condition_that_a_register_never_meets_is_left_out_in_openqasm2() -> None:
    assert names(reading("if (d == 4) x q[0]; if (d == 3) y q[0];", "openqasm2")) == ["if_else", "y"]


def test_loops_are_written_out_up_to_the_limit() -> None:
    limits = Limits(operations=30)
    assert len(names(reading("for int i in [1:10] { x q[0]; }", limits=limits))) == 10
    assert (
        refused("for int i in [1:10] { for int j in [1:3] { x q[0]; } }", limits=limits)[0][2] == "too-many-operations"
    )
    assert refused("int i = 1; while (i > 0) { i += 1; }", limits=limits)[0][2] == "too-many-operations"


@pytest.mark.parametrize(("language", "programs"), [("openqasm2", OPENQASM2), ("openqasm3", OPENQASM3)])
def test_no_text_makes_the_reader_fall_over(language: str, programs: dict[str, str]) -> None:
    """Legal programs with some of their tokens replaced by others: they are read, or refused, and nothing else."""
    choose = random.Random(3)
    token = re.compile(r'\s+|//[^\n]*|[A-Za-z_$]\w*|[\d.]+|"[^"]*"|.', re.DOTALL)
    texts = [token.findall(program) for program in programs.values()]
    pool = [text for tokens in texts for text in tokens if text.strip() and not text.startswith("//")]
    outcomes = set()
    for _ in range(150):
        tokens = list(choose.choice(texts))
        for _ in range(choose.randint(1, 2)):
            tokens[choose.randrange(len(tokens))] = choose.choice(pool)
        try:
            read("".join(tokens), language, Limits(operations=1_000), 127)
            outcomes.add("read")
        except InvalidProgram as error:
            outcomes.update(each.code for each in error.errors)
    assert {"read", "syntax-error"} < outcomes


def test_an_include_stands_in_no_block() -> None:
    with pytest.raises(InvalidProgram) as found:
        read('{ include "stdgates.inc"; }', "openqasm3", Limits(), 5)
    assert [(error.line, error.column, error.code) for error in found.value.errors] == [(1, 3, "syntax-error")]


def test_arguments_that_are_too_large_are_not_made_for_their_other_errors() -> None:
    assert refused("def f(qubit[2000000000] a) { foo a[0]; } bar q[0];") == [
        (4, 7, "too-many-qubits"),
        (4, 42, "undefined-name"),
    ]
