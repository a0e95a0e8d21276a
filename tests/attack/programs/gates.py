"""Gates that are more than they look, and modifiers on top of them."""

from __future__ import annotations

from tests.attack.programs.attack import openqasm2, openqasm3

MANY, DEEP, RECURSIVE, MODIFIERS = "too-many-operations", "gate-too-deep", "recursive-gate", "too-many-modifiers"


def tower(height: int, width: int) -> str:
    """Gate g1 is `width` rotations, g2 is `width` times g1, and so on; a line each."""
    lines = ["gate g1 a { " + "U(0,0,0) a;" * width + " }"]
    lines += [f"gate g{level} a {{ " + f"g{level - 1} a;" * width + " }" for level in range(2, height + 1)]
    return "\n".join(lines) + "\n"


ATTACKS = (
    openqasm2("doubling seventeen times", lambda: tower(17, 2), DEEP, 14, 17),
    openqasm2(
        "doubling sixteen times, used twice", lambda: tower(16, 2) + "qreg q[1];\ng16 q[0];\ng16 q[0];", MANY, 1, 19
    ),
    openqasm2("tripling", lambda: tower(16, 3) + "qreg q[1]; g16 q[0];", MANY, 20, 11),
    openqasm2("a hundredfold, three times", lambda: tower(3, 100) + "qreg q[1]; g3 q[0];", MANY, 63, 3),
    openqasm3("doubling seventeen times in OpenQASM 3", lambda: tower(17, 2), DEEP, 14, 17),
    openqasm3("tripling in OpenQASM 3", lambda: tower(16, 3) + "g16 $0;", MANY, 20, 11),
    openqasm3("a gate of gates in a loop", lambda: tower(10, 2) + "for int i in [0:99] g10 $0;", MANY, 21, 11),
    openqasm2("a gate of gates on a register", lambda: tower(10, 2) + "qreg q[127];\ng10 q;", MANY, 1, 12),
    openqasm2("a deep tower of one", lambda: tower(1_000, 1), DEEP, 14, 17),
    openqasm2("a gate that is itself", "gate g a { g a; }", RECURSIVE, 12),
    openqasm3("a gate that is itself in OpenQASM 3", "gate g a { inv @ g a; }", RECURSIVE, 18),
    openqasm2("two gates that are each other", "gate a q { b q; } gate b q { a q; }", "undefined-name", 12),
    openqasm3("three gates in a ring", "gate a q { c q; } gate b q { a q; } gate c q { b q; }", "undefined-name", 12),
    openqasm2("a broadcast eight hundred times", lambda: "qreg q[127];\n" + "U(0,0,0) q;\n" * 800, MANY, 1, 789),
    openqasm2("a hundred thousand gates and one", lambda: "qreg q[1];\n" + "CX q,q;\n" * 100_001, MANY, 1, 100_002),
    openqasm2("a measurement for ever", lambda: "qreg q[99];creg c[99];\n" + "measure q->c;\n" * 2_000, MANY, 1, 1_012),
    openqasm2("a thousand resets of everything", lambda: "qreg q[127];\n" + "reset q;\n" * 1_000, MANY, 1, 789),
    openqasm2("a gate of nothing, for ever", lambda: "gate g a {} qreg q[1];\n" + "g q;\n" * 150_000, MANY, 1, 100_002),
    openqasm3("nine modifiers", "inv @ " * 9 + "x $0;", MODIFIERS),
    openqasm3("ten thousand modifiers", lambda: "inv @ " * 10_000 + "x $0;", MODIFIERS),
    openqasm3("nine controls", "ctrl(9) @ x $0, $1, $2, $3, $4, $5, $6, $7, $8, $9;", MODIFIERS),
    openqasm3("two thousand million controls", "ctrl(2000000000) @ x $0;", MODIFIERS),
    openqasm3("controls of twenty digits", "negctrl(99999999999999999999) @ x $0;", MODIFIERS),
    openqasm3("controls beyond belief", "ctrl(10 ** 300) @ x $0;", MODIFIERS),
    openqasm3("controls in two parts", "ctrl(5) @ negctrl(4) @ x $0;", MODIFIERS),
    openqasm3("a power of a thousand million", "pow(1000000000) @ x $0;", MANY),
    openqasm3("a power below nothing", "pow(-1000000000) @ x $0;", MANY),
    openqasm3("a power of powers", "pow(99999) @ pow(99999) @ x $0;", MANY),
    openqasm3("a power of a gate of gates", lambda: tower(12, 2) + "pow(99) @ g12 $0;", MANY, 1, 13),
    openqasm3("a power in a loop", "for int i in [1:999] pow(999) @ x $0;", MANY, 22),
    openqasm3("modifiers in a gate", lambda: "gate g a { " + "inv @ " * 9 + "x a; }", MODIFIERS, 12),
)
