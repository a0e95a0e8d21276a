"""What a program can be refused for, beside its length: the code of a fault and, for people, its title."""

from __future__ import annotations

TITLES = {
    # rotations
    "empty-program": "The program is empty",
    "missing-comma": "A comma is missing between two rotations",
    "unknown-axis": "A rotation has no such axis",
    "malformed-rotation": "A rotation is not written AXIS(ANGLE)",
    "angle-out-of-range": "An angle is out of range",
    # OpenQASM, its text
    "not-printable-ascii": "A character is not printable ASCII",
    "unknown-version": "There is no such version of OpenQASM here",
    "syntax-error": "The program cannot be read",
    "include-not-allowed": "Only the standard libraries can be included",
    "nested-too-deep": "The program is nested too deep",
    "too-many-operators": "A statement has too many operators",
    "literal-too-long": "A number is too long",
    "identifier-too-long": "A name is too long",
    "too-many-modifiers": "A gate has too many modifiers",
    "gate-too-deep": "Gates are defined by gates too many times in a row",
    "recursive-gate": "A gate is defined by itself",
    "too-many-operations": "The program has too many operations",
    # OpenQASM, its meaning
    "undefined-name": "A name is not defined",
    "already-defined": "A name is defined already",
    "wrong-arguments": "A gate or function is given the wrong arguments",
    "duplicate-qubit": "An operation is given a qubit twice",
    "index-out-of-range": "An index is out of range",
    "register-size-mismatch": "Registers differ in size",
    "infinite-parameter": "An angle is not a finite number",
    "unsupported": "Something in the program is not supported here",
    # the device, and what compiling costs
    "too-many-qubits": "The device has fewer qubits",
    "invalid-bindings": "The bindings do not fit the program",
    "invalid-observables": "The observables do not fit the program",
    "too-many-clbits": "The program has too many classical bits",
    "unsupported-gate": "The device has no such gate",
    "unsupported-feature": "The device cannot do something the program asks for",
    "too-large-to-simulate": "The program uses more qubits than can be simulated",
    "too-expensive-to-compile": "Compiling the program takes too much time or memory",
    "cannot-compile": "The compiler fails on this program",
    "language-not-available": "This language is not installed here",
}
