"""How Aer is to be run, as the options of a device have it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from qcjob.errors import ConfigurationError

METHODS = ("automatic", "statevector", "density_matrix", "stabilizer", "matrix_product_state", "extended_stabilizer")
OPTIONS = ("method", "max_memory_mb", "threads", "max_simulated_qubits")

_AMPLITUDE_BYTES = 16
_UNDERSTOOD = frozenset(
    {
        *("lit", "clbit", "creg", "not", "bit_not", "and", "or", "bit_and", "bit_or", "bit_xor"),
        *("equal", "not_equal", "less", "less_equal", "greater", "greater_equal"),
    }
)
"""Words of a condition that Aer 0.18 gets right: it has no arithmetic, and casts to bool come out wrong."""


def is_installed() -> bool:
    """Whether Aer can be imported; nothing is imported for the answer."""
    return find_spec("qiskit_aer") is not None


@dataclass(frozen=True, slots=True)
class AerSettings:
    """`method` is Aer's; `max_memory_mb` bounds one run; `threads` (0: every core) share its state."""

    method: str = "automatic"
    max_memory_mb: int = 1_024
    threads: int = 1
    max_simulated_qubits: int | None = None

    @classmethod
    def of(cls, name: str, options: Mapping[str, Any]) -> AerSettings:
        """The settings among a device's options. Raises ConfigurationError."""
        given = {option: options[option] for option in OPTIONS if option in options}
        if given.get("method", "automatic") not in METHODS:
            raise ConfigurationError(f"device {name}: method = {given['method']!r}: there are {', '.join(METHODS)}")
        for option, least in (("max_memory_mb", 1), ("threads", 0), ("max_simulated_qubits", 1)):
            value = given.get(option, least)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise ConfigurationError(f"device {name}: {option} = {value!r}: wanted a whole number from {least}")
        return cls(**given)

    @property
    def largest(self) -> int | None:
        """The most qubits of one run: as said, else as many as the memory holds, None where only the program tells."""
        if self.max_simulated_qubits is not None or self.method in METHODS[3:]:
            return self.max_simulated_qubits
        qubits = (self.max_memory_mb * 2**20 // _AMPLITUDE_BYTES).bit_length() - 1
        return qubits // 2 if self.method == "density_matrix" else qubits

    def asked(self, noise: Mapping[str, Any]) -> dict[str, Any]:
        """What `aer_child` is asked beside the program."""
        return {
            "engine": "aer",
            "method": self.method,
            "max_memory_mb": self.max_memory_mb,
            "threads": self.threads or os.cpu_count() or 1,
            "noise": noise,
        }


def understands(ops: Sequence[Sequence[Any]]) -> bool:
    """Whether every choice and assignment in the operations is by an expression that Aer gets right."""
    for op in ops:
        if op[0] in ("if", "while"):
            if not (_is_understood(op[1]) and all(understands(block) for block in op[2:])):
                return False
        elif op[0] == "assign":
            if not _is_understood(op[4]):
                return False
        elif op[0] == "switch" and not (_is_understood(op[1]) and all(understands(block) for _, block in op[2])):
            return False
    return True


def _is_understood(condition: Sequence[Any]) -> bool:
    word, *parts = condition
    if word in ("lit", "clbit", "creg"):
        return True
    return word in _UNDERSTOOD and all(_is_understood(part) for part in parts)
