"""Registers, indexes and variables beyond every device."""

from __future__ import annotations

from tests.attack.programs.attack import openqasm2, openqasm3

QUBITS, CLBITS, RANGE = "too-many-qubits", "too-many-clbits", "index-out-of-range"


def doubled_aliases() -> str:
    return "qubit[100] a0;\n" + "".join(f"let a{n} = a{n - 1} ++ a{n - 1};\n" for n in range(1, 40))


ATTACKS = (
    openqasm2("two thousand million qubits", "qreg q[2000000000];", QUBITS),
    openqasm3("two thousand million qubits in OpenQASM 3", "qubit[2000000000] q;", QUBITS),
    openqasm2("a size of twenty digits", "qreg q[99999999999999999999];", QUBITS),
    openqasm3("a size of twenty digits in OpenQASM 3", "qubit[99999999999999999999] q;", QUBITS),
    openqasm2("a size of ten thousand digits", lambda: "qreg q[" + "9" * 10_000 + "];", QUBITS),
    openqasm3("a size of 2 to the 64", "qubit[18446744073709551616] q;", QUBITS),
    openqasm3("a size of 2 to the 31", "qubit[2147483648] q;", QUBITS),
    openqasm3("a hexadecimal size", "qubit[0xffffffffffff] q;", QUBITS),
    openqasm3("a size with underscores", "qubit[1_000_000_000] q;", QUBITS),
    openqasm3("a size of powers", "qubit[2 ** 70] q;", QUBITS),
    openqasm3("a size by way of constants", "const int a = 1 << 4; const int b = 1000; qubit[b * b] q;", QUBITS, 43),
    openqasm3("one qubit too many", "qubit[127] q; qubit r;", QUBITS, 15),
    openqasm2("a register too many", lambda: "".join(f"qreg q{n}[1];\n" for n in range(5_000)), QUBITS, 1, 128),
    openqasm3("thousands of registers", lambda: "".join(f"qubit q{n};\n" for n in range(5_000)), QUBITS, 1, 128),
    openqasm3("a size below nothing", "qubit[-5] q;", "syntax-error", 7),
    openqasm2("a size below nothing in OpenQASM 2", "qreg q[-5];", "syntax-error", 8),
    openqasm2("half a qubit", "qreg q[0.5];", "syntax-error", 8),
    openqasm3("a size that is measured", "bit[4] b; int n = b; qubit[n] q;", "unsupported", 28),
    openqasm3("qubits a subroutine is given", "def f(qubit[2000000000] a) { }", QUBITS, 7),
    openqasm2("ten thousand million bits", "creg c[10000000000];", CLBITS),
    openqasm3("bits beyond the limit", "bit[4097] c;", CLBITS),
    openqasm3("bits in a loop", "for int i in [1:5000] { bit b; }", CLBITS, 25),
    openqasm3("bits that are read in", "input bit[99999999] b;", CLBITS),
    openqasm3("a number of two thousand million bits", "uint[2000000000] n;", CLBITS),
    openqasm3("a float of as many", "float[2000000000] f;", CLBITS),
    openqasm3("an angle of as many", "angle[2000000000] f;", CLBITS),
    openqasm3("an array of a million millions", "array[int[8], 1000000, 1000000] a;", CLBITS),
    openqasm3("an array of seven dimensions", "array[int[8], 99, 99, 99, 99, 99, 99, 99] a;", CLBITS),
    openqasm3("a complex number of as many bits", "complex[float[2000000000]] z;", CLBITS),
    openqasm3("bits a subroutine is given", "def f(bit[2000000000] a) { }", CLBITS, 7),
    openqasm2(
        "thousands of classical registers", lambda: "".join(f"creg c{n}[1];\n" for n in range(9_000)), CLBITS, 1, 4097
    ),
    openqasm3("a qubit the device has not", "x $127;", QUBITS, 3),
    openqasm3("a qubit of twenty digits", "measure $99999999999999999999;", QUBITS, 9),
    openqasm3("a qubit of ten thousand digits", lambda: "x $" + "9" * 10_000 + ";", "literal-too-long", 3),
    openqasm2("an index beyond its register", "qreg q[3]; U(0,0,0) q[3];", RANGE, 23),
    openqasm2("an index of twenty digits", "qreg q[3]; U(0,0,0) q[99999999999999999999];", RANGE, 23),
    openqasm3("an index in a list", "qubit[3] q; x q[{0, 1, 4000000000}];", RANGE, 24),
    openqasm2("a bit beyond its register", "qreg q[1]; creg c[1]; measure q[0] -> c[1];", RANGE, 41),
    openqasm3("aliases that double", doubled_aliases, QUBITS, 1, 7),
    openqasm3(
        "an alias of sixty-six", lambda: "qubit q; let a = " + " ++ ".join(["q"] * 66) + ";", "too-many-operators", 340
    ),
)
