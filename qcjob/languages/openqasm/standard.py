"""What the standard libraries define, and what is there without them."""

from __future__ import annotations

LIBRARIES = {"openqasm2": "qelib1.inc", "openqasm3": "stdgates.inc"}
"""The one file that a program may include; nothing is read from any disk for it."""

VERSIONS = {"openqasm2": ("2", "2.0"), "openqasm3": ("3", "3.0", "3.1")}

_BOTH = ["u1", "u2", "u3", "cx", "id", "x", "y", "z", "h", "s", "sdg", "t", "tdg", "rx", "ry", "rz"]
_BOTH += ["cz", "cy", "ch", "ccx", "crz"]
_STDGATES = ["p", "sx", "cp", "crx", "cry", "swap", "cswap", "cu", "CX", "phase", "cphase"]
_LATER = ["u0", "u", "p", "sx", "sxdg", "swap", "cswap", "crx", "cry", "cp", "csx", "cu", "rxx", "rzz"]

DEFINED = {
    # Only what every edition of it has: later ones added gates under names that programs define for themselves.
    "qelib1.inc": frozenset([*_BOTH, "cu1", "cu3"]),
    "stdgates.inc": frozenset([*_BOTH, *_STDGATES]),
}
"""Names that a program which includes the file may not define again."""

LATER = frozenset([*_LATER, "rccx", "rc3x", "c3x", "c3sqrtx", "c4x"])
"""Names that some editions of qelib1.inc have: theirs until the program defines its own."""

WAIT = "delay"
"""The opaque gate under whose name Qiskit writes a wait of so many dt, and reads it."""

_WORDS = ["OPENQASM", "include", "gate", "measure", "barrier", "reset", "if", "qreg", "creg", "pi"]
_WORDS_3 = ["def", "extern", "box", "let", "break", "continue", "else", "end", "return", "for", "while", "in", "switch"]
_WORDS_3 += ["case", "default", "nop", "input", "output", "const", "readonly", "mutable", "qubit", "bool", "bit", "int"]
_WORDS_3 += [
    "uint",
    "float",
    "angle",
    "complex",
    "array",
    "void",
    "duration",
    "stretch",
    "inv",
    "pow",
    "ctrl",
    "negctrl",
]

KEYWORDS = {
    "openqasm2": frozenset([*_WORDS, "opaque"]),
    "openqasm3": frozenset([*_WORDS, *_WORDS_3, "delay", "durationof", "true", "false", "tau", "euler", *"πτℇ"]),
}
"""What no gate can be called."""

BUILT_IN = {"openqasm2": frozenset({"U", "CX"}), "openqasm3": frozenset({"U", "gphase"})}
"""Gates of the language itself."""
