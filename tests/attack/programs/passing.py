"""Programs that nothing is to be said of before they are parsed: what comes behind has to stand them."""

from __future__ import annotations

from collections.abc import Callable

from tests.attack.programs.attack import Attack


def openqasm2(name: str, source: str | Callable[[], str], *behind: str) -> Attack:
    return Attack(name, "openqasm2", source, None, behind=behind)


def openqasm3(name: str, source: str | Callable[[], str], *behind: str) -> Attack:
    return Attack(name, "openqasm3", source, None, behind=behind)


SYNTAX, UNDEFINED, WRONG, SIZES = "syntax-error", "undefined-name", "wrong-arguments", "register-size-mismatch"
UNSUPPORTED, DUPLICATE, INFINITE = "unsupported", "duplicate-qubit", "infinite-parameter"
UNBOUND = "invalid-bindings"
DEAR, MANY = "too-expensive-to-compile", "too-many-operations"
HEAD2, HEAD3 = 'OPENQASM 2.0; include "qelib1.inc"; ', 'OPENQASM 3.0; include "stdgates.inc"; '

ATTACKS = (
    openqasm2("an angle of inf", HEAD2 + "qreg q[1]; rx(inf) q[0];", UNDEFINED, SYNTAX),
    openqasm3("an angle of nan", HEAD3 + "qubit q; rx(nan) q;", UNDEFINED),
    openqasm2("infinite once a parameter is known", "gate g(a) q { U(1/a,0,0) q; } qreg q[1]; g(0) q[0];", INFINITE),
    openqasm3("infinite once a parameter is known in OpenQASM 3", "gate g(a) q { U(1/a,0,0) q; } g(0) $0;", INFINITE),
    openqasm2("registers of two sizes", HEAD2 + "qreg q[2]; qreg r[3]; cx q, r;", SIZES),
    openqasm3("registers of two sizes in OpenQASM 3", HEAD3 + "qubit[2] q; qubit[3] r; cx q, r;", SIZES),
    openqasm2("a qubit twice", HEAD2 + "qreg q[2]; cx q[0], q[0];", DUPLICATE),
    openqasm3("a qubit twice in OpenQASM 3", HEAD3 + "qubit q; cx q, q;", DUPLICATE),
    openqasm3("a qubit twice in an alias", HEAD3 + "qubit q; let a = q ++ q; cx a[0], a[1];", DUPLICATE, UNSUPPORTED),
    openqasm2("a gate nobody knows", "qreg q[1]; frobnicate q[0];", UNDEFINED),
    openqasm3("a gate nobody knows in OpenQASM 3", "frobnicate $0;", UNDEFINED),
    openqasm3("a Cyrillic c in cx", HEAD3 + "qubit[2] q;\n\u0441x q[0], q[1];", UNDEFINED),
    openqasm3("a gate x in letters of mathematics", HEAD3 + "qubit q; \U0001d465 q;", UNDEFINED),
    openqasm3("a mu for micro", "qubit q; delay[1\u03bcs] q;", SYNTAX),
    openqasm3("names from right to left", "qubit[2] \u05d0; cx \u05d0[0];", UNDEFINED, WRONG),
    openqasm2("a gate without its angle", HEAD2 + "qreg q[1]; rx q[0];", WRONG, SYNTAX),
    openqasm3("a gate with too many angles", HEAD3 + "rx(1, 2, 3) $0;", WRONG),
    openqasm3("a gate with too few qubits", HEAD3 + "cx $0;", WRONG),
    openqasm2("the register pi", "qreg pi[1];", SYNTAX),
    openqasm3("comments do not nest", "/* /* */ */ qubit q;", SYNTAX),
    openqasm3("a condition over nothing", "if (1/0 == 1) U(0,0,0) $0;", UNSUPPORTED, INFINITE),
    openqasm3("a loop for ever", HEAD3 + "qubit q; bit c; while (true) { x q; c = measure q; }", "too-many-operations"),
    openqasm3("a loop until something else", HEAD3 + "qubit q; bit c; while (!c) { c = measure q; }", ""),
    openqasm3("a constant that wraps round", "const uint[20] n = -1; for int i in [0:n] x $0;", WRONG),
    openqasm3("a constant too large for its type", "const int[8] n = 200; for int i in [n:0] x $0;", WRONG),
    openqasm3("a step of nothing", "for int i in [0:0:5] x $0;", WRONG),
    openqasm3("an end that nobody knows", "input int n; for int i in [0:n] x $0;", UNBOUND),
    openqasm3("an end that is measured", "bit[9] c; int n = c; for int i in [0:n] x $0;", UNSUPPORTED),
    openqasm3("over what nobody knows", "for int i in something x $0;", UNDEFINED, UNSUPPORTED),
    openqasm3("rounds by way of a variable", "int n = 2000000000; for int i in [0:n] U(0,0,0) $0;", MANY, DEAR),
    openqasm3("rounds of nothing by way of a variable", "int n = 2000000000; for int i in [0:n] { }", MANY, DEAR),
    openqasm3(
        "rounds that a loop works out",
        "int n = 1; for int i in [1:60] { n *= 2; } for int i in [0:n] { n += 1; }",
        MANY,
        DEAR,
    ),
    openqasm3("a while that is known to go on", "int n = 1; while (n > 0) { n += 1; }", MANY, DEAR),
    openqasm3(
        "a sum that grows for ever",
        "int n = 2; for int i in [1:9999] { n *= n; }",
        "",
        MANY,
        DEAR,
        INFINITE,
        UNSUPPORTED,
    ),
    openqasm3("an array", HEAD3 + "array[int[8], 4] a = {1, 2, 3, 4};", ""),
    openqasm3("something outside", "extern f(int) -> int; int a = f(1);", UNSUPPORTED),
    openqasm3("an input", HEAD3 + "input float a; rx(a) $0;", UNBOUND),
    openqasm3("a stretch", HEAD3 + "stretch a; delay[a] $0;", UNSUPPORTED),
    openqasm3("a wait below nothing", "delay[-1ns] $0;", UNSUPPORTED, WRONG, INFINITE),
    openqasm3("a size asked of something", "bit[4] c; int n = sizeof(c);", "", UNSUPPORTED),
    openqasm3(
        "a half of a large gate", "gate g a, b { U(1,2,3) a; U(3,2,1) b; } pow(0.5) @ g $0, $1;", "", UNSUPPORTED
    ),
    openqasm3("eight controls", HEAD3 + "ctrl(8) @ x $0, $1, $2, $3, $4, $5, $6, $7, $8;", ""),
    openqasm3("a number of the smallest kind", HEAD3 + "rx(5e-324) $0;", ""),
    openqasm3("a condition of twenty digits", "bit[2] c; if (c == 99999999999999999999) U(0,0,0) $0;", "", UNSUPPORTED),
    openqasm2(
        "a condition of twenty digits in OpenQASM 2",
        "qreg q[1]; creg c[1]; if(c==99999999999999999999) U(0,0,0) q[0];",
        "",
        UNSUPPORTED,
        SYNTAX,
    ),
    openqasm3("an angle of twenty digits", HEAD3 + "rx(99999999999999999999) $0;", ""),
    openqasm2(
        "an angle of twenty digits in OpenQASM 2", HEAD2 + "qreg q[1]; rx(99999999999999999999) q[0];", "", SYNTAX
    ),
    openqasm3("annotations without number", lambda: "@a\n" * 20_000 + "U(0,0,0) $0;", "", UNSUPPORTED),
    openqasm3("pragmas without number", lambda: "#pragma a\n" * 6_000 + "U(0,0,0) $0;", "", UNSUPPORTED),
    openqasm3("semicolons without number", lambda: ";" * 60_000, "", SYNTAX, DEAR),
    openqasm2("a mebibyte of one comment", lambda: "//" + "a" * 1_000_000, "", SYNTAX),
    openqasm3("thousands of variables", lambda: "".join(f"bit b{n};\n" for n in range(4_000)), "", UNSUPPORTED, DEAR),
    openqasm2(
        "thousands of registers of nothing",
        lambda: "".join(f"creg c{n}[0];\n" for n in range(20_000)),
        "",
        SYNTAX,
        "index-out-of-range",
    ),
    openqasm2("thousands of gates", lambda: "".join(f"gate g{n} a {{U(0,0,0) a;}}\n" for n in range(20_000)), "", DEAR),
    openqasm2(
        "a gate of thousands of qubits", lambda: "gate g " + ",".join(f"a{n}" for n in range(20_000)) + " {}", ""
    ),
    openqasm2(
        "a gate of thousands of angles", lambda: "gate g(" + ",".join(f"a{n}" for n in range(20_000)) + ") q {}", ""
    ),
    openqasm2(
        "names that look like what qcjob makes of gates",
        "gate x a {U(0,0,0) a;} gate ug_x a {x a;} qreg uug_x[1]; ug_x uug_x;",
        "",
    ),
    openqasm2("a doubling that just passes", lambda: doubling(16) + "qreg q[1]; g16 q[0];", "", DEAR),
    openqasm2(
        "sixteen deep, many wide",
        lambda: (
            "qreg q[127];"
            + HEAD2[13:]
            + "".join(f"ccx q[{n % 125}],q[{n % 125 + 1}],q[{n % 125 + 2}];\n" for n in range(30_000))
        ),
        "",
        DEAR,
    ),
    openqasm3(
        "a switch of thousands",
        lambda: "bit[12] c; switch (c) {" + "".join(f"case {n} {{}}" for n in range(3_000)) + "}",
        "",
        UNSUPPORTED,
        DEAR,
    ),
    openqasm3(
        "a set of thousands", lambda: "for int i in {" + ",".join(map(str, range(9_000))) + "} U(0,0,0) $0;", "", DEAR
    ),
    openqasm3("rounds without number, just as many as may be", "for int i in [1:99999] U(0,0,0) $0;", "", DEAR),
)


def doubling(height: int) -> str:
    gates = ["gate g1 a {U(1,2,3) a;U(3,2,1) a;}"]
    return "\n".join([*gates, *(f"gate g{n} a {{g{n - 1} a;g{n - 1} a;}}" for n in range(2, height + 1))])
