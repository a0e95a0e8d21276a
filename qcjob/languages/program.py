"""A parsed program, as every language leaves it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Axis = Literal["X", "Y", "Z"]


@dataclass(frozen=True, slots=True)
class Rotation:
    """A rotation of the qubit about an axis of the Bloch sphere, in degrees as written; where it stands, from 1."""

    axis: Axis
    degrees: float
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Program:
    """A program as far as it is read at the door: its text as given, and, of rotations, what the text says.

    A program of rotations is without faults, has one qubit and one clbit, and ends by measuring. Of a program in
    OpenQASM nothing is known yet but that it is not too long: `rotations` is empty.
    """

    language: str
    source: str
    rotations: tuple[Rotation, ...]
    num_qubits: int = 1
    num_clbits: int = 1
