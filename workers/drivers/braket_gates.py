"""What Amazon Braket calls the gates of qcjob.gates, and which of them one of its devices has.

Source: the gates of Braket's OpenQASM 3 (`supportedOperations` of a device's OpenQASM action) and their matrices in
`braket.default_simulator.gate_operations`; the tests run every one of them.
"""

from __future__ import annotations

from collections.abc import Iterable

NAMES = {
    "id": "i",
    **{name: name for name in ("x", "y", "z", "h", "s", "t", "rx", "ry", "rz", "prx", "cy", "cz", "swap", "iswap")},
    **{name: name for name in ("ecr", "cswap")},
    "sdg": "si",
    "tdg": "ti",
    "sx": "v",
    "sxdg": "vi",
    "p": "phaseshift",
    "u": "U",
    "cx": "cnot",
    "cp": "cphaseshift",
    "csx": "cv",
    "rxx": "xx",
    "ryy": "yy",
    "rzz": "zz",
    "ccx": "ccnot",
}


def known(told: Iterable[str]) -> tuple[str, ...]:
    """The gates of qcjob.gates among those a device tells of, in whatever case it spells them."""
    there = {name.lower() for name in told}
    return tuple(gate for gate, name in NAMES.items() if name.lower() in there)
