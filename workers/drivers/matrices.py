"""What each gate of qcjob.gates does, as a matrix, global phase included as in Qiskit's library.

The first of a gate's qubits is the most significant bit of a row's number, so a control comes first and the matrix of
a controlled gate is the identity above the gate's own.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.complex128]

_HALF = math.sqrt(0.5)
_X, _Y, _Z = (
    np.array(pauli, dtype=np.complex128) for pauli in ([[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]])
)
_SWAP = np.eye(4, dtype=np.complex128)[[0, 2, 1, 3]]


def prx(theta: float, phi: float) -> Matrix:
    """A rotation by theta about the axis at angle phi in the XY plane."""
    cosine, sine = math.cos(theta / 2), -1j * math.sin(theta / 2)
    return np.array([[cosine, sine * cmath.exp(-1j * phi)], [sine * cmath.exp(1j * phi), cosine]])


def ry(theta: float) -> Matrix:
    """A rotation by theta about Y."""
    cosine, sine = math.cos(theta / 2), math.sin(theta / 2)
    return np.array([[cosine, -sine], [sine, cosine]], dtype=np.complex128)


def rz(theta: float) -> Matrix:
    """A rotation by theta about Z."""
    return np.array([[cmath.exp(-0.5j * theta), 0], [0, cmath.exp(0.5j * theta)]])


def p(angle: float) -> Matrix:
    """A phase of the state 1."""
    return np.array([[1, 0], [0, cmath.exp(1j * angle)]])


def u(theta: float, phi: float, lam: float) -> Matrix:
    """OpenQASM 3's U, as Qiskit's library has it: Rz(phi) Ry(theta) Rz(lam), the upper left corner real."""
    cosine, sine = math.cos(theta / 2), math.sin(theta / 2)
    return np.array(
        [
            [cosine, -sine * cmath.exp(1j * lam)],
            [sine * cmath.exp(1j * phi), cosine * cmath.exp(1j * (phi + lam))],
        ]
    )


def cu(theta: float, phi: float, lam: float, gamma: float) -> Matrix:
    """Controlled u, with a phase gamma where the control is set."""
    return _controlled(cmath.exp(1j * gamma) * u(theta, phi, lam))


def xx_plus_yy(theta: float, beta: float) -> Matrix:
    """A rotation by theta between 01 and 10; beta is the phase it turns about."""
    cosine, sine = math.cos(theta / 2), -1j * math.sin(theta / 2)
    matrix = np.eye(4, dtype=np.complex128)
    matrix[1:3, 1:3] = [[cosine, sine * cmath.exp(1j * beta)], [sine * cmath.exp(-1j * beta), cosine]]
    return matrix


def xx_minus_yy(theta: float, beta: float) -> Matrix:
    """A rotation by theta between 00 and 11; beta is the phase it turns about."""
    cosine, sine = math.cos(theta / 2), -1j * math.sin(theta / 2)
    matrix = np.eye(4, dtype=np.complex128)
    matrix[np.ix_([0, 3], [0, 3])] = [[cosine, sine * cmath.exp(-1j * beta)], [sine * cmath.exp(1j * beta), cosine]]
    return matrix


def _fixed(rows: object) -> Callable[..., Matrix]:
    matrix = np.array(rows, dtype=np.complex128)
    return lambda: matrix


def _controlled(matrix: Matrix) -> Matrix:
    size = len(matrix)
    whole = np.eye(2 * size, dtype=np.complex128)
    whole[size:, size:] = matrix
    return whole


def _control(make: Callable[..., Matrix]) -> Callable[..., Matrix]:
    return lambda *angles: _controlled(make(*angles))


def _turn(first: Matrix, second: Matrix) -> Callable[[float], Matrix]:
    """exp(-i theta/2 P Q) for Pauli matrices P and Q."""
    both = np.kron(first, second)
    return lambda theta: math.cos(theta / 2) * np.eye(4) - 1j * math.sin(theta / 2) * both


_SX = np.array([[0.5 + 0.5j, 0.5 - 0.5j], [0.5 - 0.5j, 0.5 + 0.5j]])
_CX = _controlled(_X)
_TURNED_CX = _SWAP @ _CX @ _SWAP

MATRICES: dict[str, Callable[..., Matrix]] = {
    "id": _fixed(np.eye(2)),
    "x": _fixed(_X),
    "y": _fixed(_Y),
    "z": _fixed(_Z),
    "h": _fixed([[_HALF, _HALF], [_HALF, -_HALF]]),
    "s": _fixed(np.diag([1, 1j])),
    "sdg": _fixed(np.diag([1, -1j])),
    "t": _fixed(p(math.pi / 4)),
    "tdg": _fixed(p(-math.pi / 4)),
    "sx": _fixed(_SX),
    "sxdg": _fixed(_SX.conj().T),
    "rx": lambda theta: prx(theta, 0.0),
    "ry": ry,
    "rz": rz,
    "p": p,
    "prx": prx,
    "u": u,
    "cx": _fixed(_CX),
    "cy": _fixed(_controlled(_Y)),
    "cz": _fixed(_controlled(_Z)),
    "ch": _fixed(_controlled(np.array([[_HALF, _HALF], [_HALF, -_HALF]], dtype=np.complex128))),
    "cs": _fixed(np.diag([1, 1, 1, 1j])),
    "csdg": _fixed(np.diag([1, 1, 1, -1j])),
    "csx": _fixed(_controlled(_SX)),
    "swap": _fixed(_SWAP),
    "iswap": _fixed(_SWAP @ np.diag([1, 1j, 1j, 1])),
    "dcx": _fixed(_TURNED_CX @ _CX),
    "ecr": _fixed(_HALF * (np.kron(_X, np.eye(2)) - np.kron(_Y, _X))),
    "cp": _control(p),
    "crx": _control(lambda theta: prx(theta, 0.0)),
    "cry": _control(ry),
    "crz": _control(rz),
    "rxx": _turn(_X, _X),
    "ryy": _turn(_Y, _Y),
    "rzz": _turn(_Z, _Z),
    "rzx": _turn(_Z, _X),
    "xx_plus_yy": xx_plus_yy,
    "xx_minus_yy": xx_minus_yy,
    "cu": cu,
    "ccx": _fixed(_controlled(_CX)),
    "ccz": _fixed(_controlled(_controlled(_Z))),
    "cswap": _fixed(_controlled(_SWAP)),
}
"""By name; each takes the gate's angles in radians."""
