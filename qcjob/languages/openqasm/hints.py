"""What somebody may have meant by a name that is not defined."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from qcjob.languages.openqasm.standard import DEFINED, LATER, LIBRARIES

_ALIASES = {
    **{"cnot": "cx", "ccnot": "ccx", "toffoli": "ccx", "fredkin": "cswap", "not": "x", "i": "id", "hadamard": "h"},
    **{"si": "sdg", "ti": "tdg", "v": "sx", "phaseshift": "p", "cphaseshift": "cp", "cu1": "cp"},
}
"""Gates by what other languages call them, or this one in another version."""

_QISKIT = ["r", "prx", "cs", "csdg", "iswap", "dcx", "ecr", "ryy", "rzx", "ccz", "rcccx", "ms", "mcx", "mcp", "mcrx"]
_QISKIT += ["mcry", "mcrz", "xx_plus_yy", "xx_minus_yy", "rv"]
_BRAKET = ["xx", "yy", "zz", "xy", "gpi", "gpi2", "pswap", "cphaseshift00", "cphaseshift01", "cphaseshift10", "cv"]
_ELSEWHERE = frozenset([*_QISKIT, *_BRAKET, *DEFINED["qelib1.inc"], *LATER])
"""Gates that some library has."""

_MOST = 200
"""Names that are looked at: a program may have thousands, and a hundred that are not defined."""


def gate_hint(name: str, known: Iterable[str], language: str) -> str:
    """The end of a message on a gate that nothing defines, where `known` are those that are: empty, or from '; ' on."""
    there = set(known)
    wanted = _ALIASES.get(name.lower())
    if wanted in there:
        return f"; did you mean {wanted}?"
    if name.lower() in there:
        return f"; did you mean {name.lower()}?"
    if name in _ELSEWHERE:
        return f"; it is not in {LIBRARIES[language]}: define it with `gate`, or use gates that are there"
    return name_hint(name, sorted(there))


def name_hint(name: str, known: Iterable[str]) -> str:
    """The same on any name: the most similar of those that are known."""
    similar = [each for each in known if abs(len(each) - len(name)) <= 2 and each != name][:_MOST]
    other_case = [each for each in similar if each.lower() == name.lower()]
    found = other_case or get_close_matches(name, similar, 1, 0.7)
    return f"; did you mean {found[0]}?" if found else ""
