"""What is to be compiled, as a value: everything the compiled program depends on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from qcjob import __version__
from qcjob.languages.openqasm import Limits
from qcjob.target import Target

COMPILERS = ("qiskit", "openqasm3", "qiskit-qasm3-import")
"""The distributions whose versions decide what comes out."""


@dataclass(frozen=True)
class Request:
    """A program in OpenQASM, the runtime and target it is for, the limits it may not exceed.

    `level` is the transpiler's optimization level, 0 to 3, None for the usual one; `seed` is the transpiler's, not the
    run's. `observables` are measured for the program, as qcjob.observables reads them; `bindings` are the
    values of its inputs, one run after another.
    """

    source: str
    language: str
    runtime: str
    target: Target
    limits: Limits
    level: int | None = None
    seed: int = 0
    observables: Sequence[Any] | None = None
    bindings: Sequence[Mapping[str, float]] | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types: what the child is given."""
        return {
            "source": self.source,
            "language": self.language,
            "runtime": self.runtime,
            "target": self.target.as_json(),
            "limits": self.limits.as_dict(),
            "level": self.level,
            "seed": self.seed,
            "observables": self.observables,
            "bindings": self.bindings,
        }

    @cached_property
    def address(self) -> str:
        """SHA-256 of it all and of the compilers' versions: equal for requests that are compiled to the same."""
        whole = [self.as_dict(), versions()]
        return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()


@cache
def versions() -> dict[str, str]:
    """The version of qcjob and of each compiler that is installed."""
    return {"qcjob": __version__, **{name: _version(name) for name in COMPILERS}}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"
