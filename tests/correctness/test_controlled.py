"""Every gate of the library under every number of controls, also turned round, is what it should be.

Qiskit 2.6 makes another gate of `ctrl(2) @ cswap`, and forgets the phase of a controlled `cu` when it is inverted.
"""

from __future__ import annotations

import numpy as np
import pytest

from qcjob.circuits.build import build
from qcjob.circuits.openqasm3.gates import STDGATES
from qcjob.languages.openqasm import Limits
from tests.correctness.devices import DEVICES, IDEAL
from tests.correctness.matrices import MATRICES, Matrix, controlled
from tests.correctness.oracle import same_operator
from tests.correctness.programs import OLD_NAMES

OTHER_NAMES = {"phase": "p", "cphase": "cp"}


def matrix_of(name: str, angles: list[float]) -> Matrix:
    return (OLD_NAMES.get(name) or MATRICES[OTHER_NAMES.get(name, name)])(*angles)


@pytest.mark.parametrize(
    "modifiers", ["ctrl @", "ctrl(2) @", "inv @ ctrl @", "ctrl @ inv @ ctrl @", "negctrl @ ctrl @"]
)
@pytest.mark.parametrize("name", STDGATES)
def test_a_controlled_gate_is_that_gate_controlled(name: str, modifiers: str) -> None:
    gate = STDGATES[name]
    angles = [0.5, 0.3, -0.7, 0.9][: gate.angles]
    matrix = matrix_of(name, angles)
    size = gate.qubits
    for modifier in reversed(modifiers.removesuffix(" @").split(" @ ")):
        if modifier == "inv":
            matrix = matrix.conj().T
            continue
        for _ in range(2 if modifier == "ctrl(2)" else 1):
            flip = np.eye(2 * len(matrix))
            if modifier == "negctrl":
                flip = np.kron(MATRICES["x"](), np.eye(len(matrix)))
            matrix, size = flip @ controlled(matrix) @ flip, size + 1
    call = f"{name}({', '.join(map(str, angles))})" if angles else name
    on = ", ".join(f"q[{place}]" for place in range(size))
    source = f'OPENQASM 3.0; include "stdgates.inc"; qubit[{size}] q; qubit a; bit b; U(0.3, 0.2, 0.1) q;\n'
    source += f"{modifiers} {call} {on}; b = measure a;"
    ops = [["u", [place], [0.3, 0.2, 0.1]] for place in range(size)] + [["matrix", list(range(size)), [], matrix]]
    for runtime, target in (("simulated", IDEAL), ("optimized", DEVICES["all-to-all"])):
        assert same_operator(build(source, "openqasm3", runtime, target, Limits()).compiled, ops, size), runtime
