"""What makes a parser call itself, or read on for ever."""

from __future__ import annotations

from tests.attack.programs.attack import openqasm2, openqasm3

DEEP, LONG, WRONG = "nested-too-deep", "too-many-operators", "syntax-error"

ATTACKS = (
    openqasm3("twenty-five brackets", "rx(" + "(" * 24 + "1" + ")" * 25 + " $0;", DEEP, 27),
    openqasm3("ten thousand brackets", lambda: "rx(" + "(" * 10_000 + "1" + ")" * 10_001 + " $0;", DEEP, 27),
    openqasm2("half a million brackets", lambda: "U(" + "(" * 500_000 + "1" + ")" * 500_001 + " q;", DEEP, 26),
    openqasm2("half a million open brackets", lambda: "U(" + "(" * 500_000, DEEP, 26),
    openqasm3("ten thousand blocks", lambda: "{" * 10_000 + "}" * 10_000, DEEP, 25),
    openqasm3("ten thousand square brackets", lambda: "x " + "q[" * 10_000 + "0" + "]" * 10_000 + ";", DEEP, 52),
    openqasm3("ten thousand lists", lambda: "array[int, 1] a = " + "{" * 10_000 + "}" * 10_000 + ";", DEEP, 43),
    openqasm3("ifs without braces", lambda: "if (true) " * 3_000 + "x $0;", DEEP, 241),
    openqasm3("ifs with braces", lambda: "if(true){" * 3_000 + "}" * 3_000, DEEP, 217),
    openqasm3("one else after another", lambda: "if(true){}\n" + "else if(true){}\n" * 3_000, DEEP, 6, 25),
    openqasm3("loops without braces", lambda: "for int i in [0:0] " * 2_000 + "x $0;", DEEP, 457),
    openqasm3("whiles without braces", lambda: "while (true) " * 2_000 + "x $0;", DEEP, 313),
    openqasm2(
        "ifs without braces in OpenQASM 2", lambda: "creg c[1];\n" + "if(c==1) " * 50_000 + "U(0,0,0) q;", DEEP, 217, 2
    ),
    openqasm3("a switch in a switch", lambda: "switch(1){case 1{" * 2_000 + "}}" * 2_000, DEEP, 205),
    openqasm3("boxes in boxes", lambda: "box{" * 5_000 + "}" * 5_000, DEEP, 97),
    openqasm3("calls in calls", lambda: "float a = " + "sin(" * 10_000 + "1" + ")" * 10_000 + ";", DEEP, 110),
    openqasm3("sixty-five minuses", lambda: "rx(" + "-" * 65 + "1) $0;", LONG, 68),
    openqasm2("half a million minuses", lambda: "U(" + "-" * 500_000 + "1,0,0) q;", LONG, 67),
    openqasm3("twenty thousand nots", lambda: "bool a = " + "!" * 20_000 + "true;", LONG, 74),
    openqasm3("ten thousand sums", lambda: "float a = 1" + "+1" * 10_000 + ";", LONG, 140),
    openqasm2("a tower of powers", lambda: "U(2" + "^2" * 100_000 + ",0,0) q;", "infinite-parameter", 3),
    openqasm3("a tower of powers in OpenQASM 3", lambda: "float a = 1" + "**1" * 10_000 + ";", LONG, 204),
    openqasm3("an index of an index", lambda: "bit[2] c; c" + "[0]" * 10_000 + " = 1;", LONG, 207),
    openqasm3("a call of a call", lambda: "int a = f" + "(1)" * 10_000 + ";", LONG, 205),
    openqasm3("comparisons in a row", lambda: "bool a = 1" + "<1" * 10_000 + ";", LONG, 139),
    openqasm3("concatenations in a row", lambda: "qubit q; let a = q" + "++q" * 10_000 + ";", "too-many-qubits", 10),
    openqasm3("a bracket of another kind", "qubit[2) q;", WRONG, 8),
    openqasm3("brackets crossed", "rx(a[1)] $0;", WRONG, 7),
    openqasm3("a bracket that closes nothing", "x $0; }", WRONG, 7),
    openqasm2("half a million that close nothing", lambda: ")" * 500_000, WRONG),
    openqasm3("a bracket never closed", "gate g a {", WRONG, 10),
    openqasm3("a statement without an end", "x $0", WRONG),
    openqasm2("a mebibyte without an end", lambda: "a " * 500_000, WRONG),
)
