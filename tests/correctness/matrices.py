"""The matrices of the gates, written out from their definitions: nothing here asks Qiskit or qcjob.

The first qubit of a gate is the first factor of its tensor product, so |01> has the first qubit in 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.complex128]


def _m(*rows: Sequence[complex]) -> Matrix:
    return np.array(rows, dtype=complex)


I2 = _m((1, 0), (0, 1))
X = _m((0, 1), (1, 0))
Y = _m((0, -1j), (1j, 0))
Z = _m((1, 0), (0, -1))
H = _m((1, 1), (1, -1)) / np.sqrt(2)
SX = _m((1 + 1j, 1 - 1j), (1 - 1j, 1 + 1j)) / 2
SWAP = _m((1, 0, 0, 0), (0, 0, 1, 0), (0, 1, 0, 0), (0, 0, 0, 1))


def turn(pauli: Matrix, angle: float) -> Matrix:
    """exp(-i angle/2 P)"""
    return np.cos(angle / 2) * np.eye(len(pauli)) - 1j * np.sin(angle / 2) * pauli


def phase(angle: float) -> Matrix:
    return np.diag([1, np.exp(1j * angle)])


def u(theta: float, phi: float, lam: float) -> Matrix:
    c, s = np.cos(theta / 2), np.sin(theta / 2)
    return _m((c, -np.exp(1j * lam) * s), (np.exp(1j * phi) * s, np.exp(1j * (phi + lam)) * c))


def controlled(matrix: Matrix) -> Matrix:
    """The control is the first qubit."""
    size = len(matrix)
    made = np.eye(2 * size, dtype=complex)
    made[size:, size:] = matrix
    return made


def prx(theta: float, phi: float) -> Matrix:
    return turn(np.cos(phi) * X + np.sin(phi) * Y, theta)


def xx_plus_yy(theta: float, beta: float) -> Matrix:
    """In order: Rz(beta) on the first qubit, exp(-i theta/4 (XX + YY)), Rz(-beta) on the first qubit."""
    made = np.eye(4, dtype=complex)
    c, s = np.cos(theta / 2), -1j * np.sin(theta / 2)
    made[1:3, 1:3] = [[c, s], [s, c]]
    frame = np.kron(turn(Z, -beta), I2)
    return frame @ made @ frame.conj().T


def xx_minus_yy(theta: float, beta: float) -> Matrix:
    """In order: Rz(-beta) on the second qubit, exp(-i theta/4 (XX - YY)), Rz(beta) on the second qubit."""
    made = np.eye(4, dtype=complex)
    c, s = np.cos(theta / 2), -1j * np.sin(theta / 2)
    made[0, 0] = made[3, 3] = c
    made[0, 3] = made[3, 0] = s
    frame = np.kron(I2, turn(Z, beta))
    return frame @ made @ frame.conj().T


CX = controlled(X)
_S, _T = phase(np.pi / 2), phase(np.pi / 4)

MATRICES: dict[str, Callable[..., Matrix]] = {
    **{"id": lambda: I2, "x": lambda: X, "y": lambda: Y, "z": lambda: Z, "h": lambda: H, "sx": lambda: SX},
    **{"s": lambda: _S, "sdg": lambda: _S.conj(), "t": lambda: _T, "tdg": lambda: _T.conj()},
    **{"sxdg": lambda: SX.conj().T, "p": phase, "u": u, "prx": prx},
    **{"rx": lambda a: turn(X, a), "ry": lambda a: turn(Y, a), "rz": lambda a: turn(Z, a)},
    **{"cx": lambda: CX, "cy": lambda: controlled(Y), "cz": lambda: controlled(Z), "ch": lambda: controlled(H)},
    **{"cs": lambda: controlled(_S), "csdg": lambda: controlled(_S.conj()), "csx": lambda: controlled(SX)},
    **{"swap": lambda: SWAP, "iswap": lambda: turn(np.kron(X, X), -np.pi / 2) @ turn(np.kron(Y, Y), -np.pi / 2)},
    "dcx": lambda: SWAP @ CX @ SWAP @ CX,
    "ecr": lambda: (np.kron(X, I2) - np.kron(Y, X)) / np.sqrt(2),
    **{"cp": lambda a: controlled(phase(a)), "crx": lambda a: controlled(turn(X, a))},
    **{"cry": lambda a: controlled(turn(Y, a)), "crz": lambda a: controlled(turn(Z, a))},
    **{"rxx": lambda a: turn(np.kron(X, X), a), "ryy": lambda a: turn(np.kron(Y, Y), a)},
    **{"rzz": lambda a: turn(np.kron(Z, Z), a), "rzx": lambda a: turn(np.kron(Z, X), a)},
    **{"xx_plus_yy": xx_plus_yy, "xx_minus_yy": xx_minus_yy},
    "cu": lambda theta, phi, lam, gamma: controlled(np.exp(1j * gamma) * u(theta, phi, lam)),
    **{"ccx": lambda: controlled(CX), "ccz": lambda: controlled(controlled(Z)), "cswap": lambda: controlled(SWAP)},
}
