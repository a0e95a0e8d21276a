"""How large a program in OpenQASM may be: what a device publishes, and what enforces it, are the same object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Limits:
    """Every limit of a device beside its number of qubits, in whole numbers; what has just that much passes."""

    openqasm2_bytes: int = 1_048_576
    """UTF-8; the body of a request has a limit of its own."""
    openqasm3_bytes: int = 65_536
    """Less than for OpenQASM 2, because a line takes its reader a hundred times as long."""
    nesting: int = 24
    """Brackets in brackets, and blocks, bodies without braces and `else if` in each other."""
    operators_per_statement: int = 64
    literal_characters: int = 24
    """Of a number: a double with all of its digits and an exponent has 23. A string of bits may have `clbits`."""
    identifier_characters: int = 64
    clbits: int = 4_096
    """Of all classical registers, and of any one variable or array."""
    modifiers: int = 8
    """`inv @`, `pow(…) @`, `ctrl @`, `negctrl @` before one gate; ctrl(n) counts n times."""
    gate_depth: int = 16
    """A gate defined by gates that are defined by gates …: how many in a row."""
    operations: int = 100_000
    """With loops, broadcasts, subroutines and the program's own gates written out."""
    compile_seconds: int = 10
    compile_memory_bytes: int = 2 * 2**30
    """On top of what the compiler takes before it has seen a program."""

    def most_bytes(self, language: str) -> int:
        """How long a program in openqasm2 or openqasm3 may be, in bytes of UTF-8."""
        return self.openqasm2_bytes if language == "openqasm2" else self.openqasm3_bytes

    def as_dict(self) -> dict[str, int]:
        """Plain JSON types, as published."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Limits:
        """The inverse of `as_dict`; what is left out has its default. Raises ValueError for anything else."""
        names = {limit.name for limit in fields(cls)}
        for name, value in data.items():
            if name not in names:
                raise ValueError(f"{name!r} is not one of {', '.join(sorted(names))}")
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ValueError(f"{name} = {value!r}: wanted a whole number from 1")
        return cls(**data)
