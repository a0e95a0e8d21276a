"""Loops that never end, or as good as never."""

from __future__ import annotations

from tests.attack.programs.attack import openqasm3

MANY = "too-many-operations"

ATTACKS = (
    openqasm3("two thousand million rounds", "for int i in [0:2000000000] { x $0; }", MANY, 31),
    openqasm3("as many of nothing", "for int i in [0:2000000000] { }", MANY),
    openqasm3("rounds of twenty digits", "for int i in [0:99999999999999999999] x $0;", MANY, 39),
    openqasm3("backwards", "for int i in [2000000000:-1:0] x $0;", MANY, 32),
    openqasm3("a million in two loops", "for int i in [1:1000] for int j in [1:1000] x $0;", MANY, 45),
    openqasm3("a million in six loops", "for int i in [1:10] " * 6 + "x $0;", MANY, 121),
    openqasm3("by way of a constant", "const int n = 10 ** 9; for int i in [1:n] x $0;", MANY, 43),
    openqasm3(
        "by way of a constant that another hides for a while",
        "const int n = 1000000; if (true) { const int n = 1; } for int i in [1:n] { x $0; y $0; }",
        MANY,
        76,
    ),
    openqasm3(
        "by way of a loop's variable that hides a constant",
        "const int n = 0; for int n in [99999:99999] for int i in [0:n] { x $0; y $0; }",
        MANY,
        72,
    ),
    openqasm3("many loops of nothing", lambda: "for int i in [1:9999] {}\n" * 2_000, MANY, 1, 11),
    openqasm3("a loop over a register in a loop", "bit[4000] c; for int i in [1:99] for bit b in c x $0;", MANY, 49),
    openqasm3("a loop over a list in loops", "for int i in {1,2,3,4,5,6,7,8,9,10} " * 5 + "{ x $0; x $0; }", MANY, 189),
    openqasm3("a broadcast in a loop", "qubit[127] q; for int i in [0:999] { h q; }", MANY, 38),
    openqasm3("a measurement in a loop", "qubit[99] q; for int i in [0:1999] { measure q; }", MANY, 38),
    openqasm3("a wait in a loop", "for int i in [0:200000] delay[1ns] $0;", MANY, 25),
    openqasm3("a barrier in a loop", "for int i in [0:200000] barrier;", MANY, 25),
    openqasm3("a loop in a while", "while (true) { for int i in [0:200000] x $0; }", MANY, 40),
    openqasm3("a loop in a gate", "gate g a { for int i in [0:200000] U(0,0,0) a; }", MANY, 36),
    openqasm3("a loop in a subroutine", "def f(qubit a) { for int i in [0:200000] x a; }", MANY, 42),
    openqasm3("a subroutine in a loop", "def f(qubit a) { x a; y a; } for int i in [0:50000] f($0);", MANY, 53),
    openqasm3(
        "subroutines that double",
        lambda: (
            "def f0(qubit a) { x a; }\n"
            + "".join(f"def f{n}(qubit a) {{ f{n - 1}(a); f{n - 1}(a); }}\n" for n in range(1, 16))
            + "for int i in [0:9] f15($0);"
        ),
        MANY,
        20,
        17,
    ),
    openqasm3("a subroutine that calls itself", "def f(int n) -> int { return f(n); }", "recursive-gate", 30),
    openqasm3("loops in an if without braces", "if (true) for int i in [0:200000] x $0;", MANY, 35),
    openqasm3("loops in an else", "if (true) x $0; else for int i in [0:200000] x $0;", MANY, 46),
    openqasm3("loops in a switch", "switch (1) { case 1 { for int i in [0:200000] x $0; } }", MANY, 47),
)
