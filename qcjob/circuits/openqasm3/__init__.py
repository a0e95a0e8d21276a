"""OpenQASM 3 to a circuit: openqasm3's parser, then our own walk over its tree.

    parse        text -> tree, whole or statement by statement; what the parser refuses, with its line and column
    arithmetic   what operators and functions make of known values
    values       expressions whose value is known when the program is compiled
    kinds        the types, and what a value of each is; casts: to another type; picks: members of arrays
    scope        names and what they stand for; recovery: which of them are lost with a statement that is refused
    registers    qubits and bits; operands: those picked by index, range, set or concatenation
    store        what bits hold that no measurement gave them; settling: how they come to have it at the end
    measured     expressions that a measurement decides, as words (integers, bit by bit) of formulas (over single bits)
    giving       values for bits and variables, known or measured
    gates        calls, modifiers, definitions; bodies: what they do
    rounds       the values of a for loop
    questions    conditions on what was measured
    statements   each kind of statement; reading: what they share

Loops with known bounds, constants, variables that do not depend on a measurement, and subroutines are worked out while
the tree is walked, so that what is left is gates, measurements and control flow that only the device can decide.
"""

from qcjob.circuits.openqasm3.statements import read_openqasm3

__all__ = ["read_openqasm3"]
