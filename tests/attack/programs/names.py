"""Names that are too long, taken, or not what they seem."""

from __future__ import annotations

from tests.attack.programs.attack import openqasm2, openqasm3

LONG, TAKEN = "identifier-too-long", "already-defined"

ATTACKS = (
    openqasm3("a name of sixty-five", "qubit " + "a" * 65 + ";", LONG, 7),
    openqasm2("a name of a million", lambda: "qreg " + "a" * 1_000_000 + "[1];", LONG, 6),
    openqasm3("a name of sixty thousand", lambda: "qubit q; " + "x" * 60_000 + " q;", LONG, 10),
    openqasm2("a thousand names too long", lambda: ("a" * 65 + "\n") * 1_000 + ";", LONG),
    openqasm3("a gate of sixty-five", "gate " + "g" * 65 + " a {}", LONG, 6),
    openqasm2("a standard gate again", 'include "qelib1.inc"; gate x a { U(0,0,0) a; }', TAKEN, 28),
    openqasm3("a standard gate again in OpenQASM 3", 'include "stdgates.inc"; gate x a { U(0,0,0) a; }', TAKEN, 30),
    openqasm2("a standard gate before the include", 'gate x a { U(0,0,0) a; } include "qelib1.inc";', TAKEN, 6),
    openqasm3("a standard gate before the include in OpenQASM 3", 'gate h a {} include "stdgates.inc";', TAKEN, 6),
    openqasm2("opaque under a standard name", 'include "qelib1.inc"; opaque x a;', TAKEN, 30),
    openqasm2("the gate U again", "gate U(a,b,c) q { }", TAKEN, 6),
    openqasm2("the gate CX again", "gate CX a,b { }", TAKEN, 6),
    openqasm3("the gate U again in OpenQASM 3", "gate U(a,b,c) q { }", TAKEN, 6),
    openqasm3("gphase again", "gate gphase(a) q { }", TAKEN, 6),
    openqasm3("a gate under a keyword's name", "gate measure a {}", "syntax-error", 6),
    openqasm2("a gate under a keyword's name in OpenQASM 2", "gate barrier a {}", "syntax-error", 6),
    openqasm3("the gate pi", "gate pi a {}", "syntax-error", 6),
    openqasm3("a subroutine under a keyword's name", "def inv(int a) {}", "syntax-error", 5),
    openqasm2("a gate twice", "gate g a {} gate g a {}", TAKEN, 18),
    openqasm3("a gate twice in OpenQASM 3", "gate g a {} gate g a, b {}", TAKEN, 18),
    openqasm3("a subroutine and a gate", "def g(int a) {} gate g a {}", TAKEN, 22),
    openqasm2("a register and a gate", "qreg g[1]; gate g a {}", TAKEN, 17),
    openqasm3("a gate and a register", "gate g a {} qubit g;", TAKEN, 19),
    openqasm2("a gate defined after it is used", "qreg q[1]; g q; gate g a {}", "undefined-name", 12),
    openqasm3("calibrations", 'defcalgrammar "openpulse";', "unsupported"),
    openqasm3("a calibration of x", "defcal x $0 { play(drive, wf); }", "unsupported"),
    openqasm3("a block of calibration", "cal { while (true) {} }", "unsupported"),
    openqasm3("a calibration that is not closed", "qubit q; cal { { { {", "unsupported", 10),
)
