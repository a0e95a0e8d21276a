"""Numbers that are none, or too large to be one."""

from __future__ import annotations

from tests.attack.programs.attack import openqasm2, openqasm3

INFINITE, LONG = "infinite-parameter", "literal-too-long"


def angle(name: str, expression: str, column: int = 4) -> tuple[str, str, str, int]:
    return name, f"rx({expression}) $0;", INFINITE, column


def angle2(name: str, expression: str, column: int = 3) -> tuple[str, str, str, int]:
    return name, f"U({expression},0,0) q;", INFINITE, column


ATTACKS = (
    openqasm3(*angle("1e400", "1e400")),
    openqasm3(*angle("-1e999", "-1e999", 5)),
    openqasm3(*angle("1e+99999999999999999", "1e+99999999999999999")),
    openqasm3(*angle("one over nothing", "1/0")),
    openqasm3(*angle("nothing over nothing", "0/0")),
    openqasm3(*angle("what is left of nothing", "1 % 0")),
    openqasm3(*angle("one over a difference", "1/(2-2)")),
    openqasm3(*angle("1e308 * 10", "1e308*10")),
    openqasm3(*angle("1e308 + 1e308", "1e308+1e308")),
    openqasm3(*angle("10**400.0", "10**400.0")),
    openqasm3(*angle("10**10**10", "10**10**10")),
    openqasm3(*angle("9**9**9**9", "9**9**9**9")),
    openqasm3(*angle("0**-1", "0**-1")),
    openqasm3(*angle("a root of less than nothing", "(-8)**0.5")),
    openqasm3(*angle("sqrt(-1)", "sqrt(-1)")),
    openqasm3(*angle("ln(0)", "ln(0)")),
    openqasm3(*angle("log of less than nothing", "log(-1)")),
    openqasm3(*angle("arcsin(2)", "arcsin(2)")),
    openqasm3(*angle("exp(1000)", "exp(1000)")),
    openqasm3(*angle("exp(exp(exp(10)))", "exp(exp(exp(10)))")),
    openqasm3(*angle("infinite in the middle", "2 * (3 + 1/(1-1)) - 5")),
    openqasm2(*angle2("1e400 in OpenQASM 2", "1e400")),
    openqasm2(*angle2("one over nothing in OpenQASM 2", "1/0")),
    openqasm2(*angle2("pi^9^9^9", "pi^9^9^9")),
    openqasm2(*angle2("2^99999999", "2^99999999.0")),
    openqasm2(*angle2("2^2^2^2^2^2^2", "2^2^2^2^2^2^2")),
    openqasm2(*angle2("sqrt(-1) in OpenQASM 2", "sqrt(-1)")),
    openqasm2(*angle2("ln(0) in OpenQASM 2", "ln(0)")),
    openqasm3("the second parameter", "U(0, 1/0, 0) $0;", INFINITE, 6),
    openqasm3("in a gate's body", "gate g(a) q { rx(a / 0) q; }", INFINITE, 18),
    openqasm2("in a gate's body in OpenQASM 2", "gate g(a) q { U(a/0,0,0) q; }", INFINITE, 17),
    openqasm3("an infinite product of constants", "const float a = 1e300; rx(a * a) $0;", INFINITE, 27),
    openqasm3("a constant itself", "const float a = 1e400;", INFINITE, 17),
    openqasm3("a modifier's power", "pow(1e400) @ x $0;", INFINITE, 5),
    openqasm3("a size", "qubit[1/0] q;", INFINITE, 7),
    openqasm3("an index", "qubit[2] q; x q[1/0];", INFINITE, 17),
    openqasm3("the end of a loop", "for int i in [0:1/0] x $0;", INFINITE, 17),
    openqasm3("a global phase", "gphase(1/0);", INFINITE, 8),
    openqasm3("a number of a hundred digits", lambda: "rx(" + "1" * 100 + ") $0;", LONG, 4),
    openqasm3("a number of sixty thousand digits", lambda: "rx(0." + "1" * 60_000 + ") $0;", LONG, 4),
    openqasm2("a number of a million digits", lambda: "U(" + "9" * 1_000_000 + ",0,0) q;", LONG, 3),
    openqasm3("a hexadecimal number of a thousand digits", lambda: "int a = 0x" + "f" * 1_000 + ";", LONG, 9),
    openqasm3("a binary number of a thousand digits", lambda: "int a = 0b" + "1" * 1_000 + ";", LONG, 9),
    openqasm3("a thousand underscores", lambda: "int a = 1" + "_" * 1_000 + "1;", LONG, 9),
    openqasm3("an exponent of a thousand digits", lambda: "float a = 1e" + "0" * 1_000 + "1;", LONG, 11),
    openqasm3("a wait of 1e300 s", "qubit q; delay[1e300s] q;", INFINITE, 16),
    openqasm3("a wait of 1e400 s", "qubit q; delay[1e400 s] q;", INFINITE, 16),
    openqasm3("a wait of a week", "qubit q; delay[604800s] q;", INFINITE, 16),
    openqasm3("a wait of a week in ns", "qubit q; delay[604800000000000.0ns] q;", INFINITE, 16),
    openqasm3("a wait of 1e30 dt", "qubit q; delay[1e30dt] q;", INFINITE, 16),
    openqasm3("a box of 1e300 s", "box[1e300s] { x $0; }", INFINITE, 5),
    openqasm3("a duration for ever", "duration d = 1e99ms;", INFINITE, 14),
)
