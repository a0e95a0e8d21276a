"""The gates that have a name in a target and in a compiled program: how many qubits and angles each takes.

Angles are radians. Qubits stand in the order of the OpenQASM standard libraries: controls first, the target last. The
names are those of stdgates.inc and Qiskit's library; `prx(theta, phi)` is Qiskit's `r`, a rotation by theta about the
axis at angle phi in the XY plane.
"""

from __future__ import annotations

GATES: dict[str, tuple[int, int]] = {
    **dict.fromkeys(("id", "x", "y", "z", "h", "s", "sdg", "t", "tdg", "sx", "sxdg"), (1, 0)),
    **dict.fromkeys(("rx", "ry", "rz", "p"), (1, 1)),
    "prx": (1, 2),
    "u": (1, 3),
    **dict.fromkeys(("cx", "cy", "cz", "ch", "cs", "csdg", "csx", "swap", "iswap", "dcx", "ecr"), (2, 0)),
    **dict.fromkeys(("cp", "crx", "cry", "crz", "rxx", "ryy", "rzz", "rzx"), (2, 1)),
    **dict.fromkeys(("xx_plus_yy", "xx_minus_yy"), (2, 2)),
    "cu": (2, 4),
    **dict.fromkeys(("ccx", "ccz", "cswap"), (3, 0)),
}
"""name: (qubits, angles)"""

SYMMETRIC = frozenset({"cz", "cs", "csdg", "cp", "swap", "iswap", "rxx", "ryy", "rzz", "ccz"})
"""Gates that do the same whichever way round their qubits are given."""
