"""What a device can run, as a value."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from qcjob.canonical import hash_document
from qcjob.gates import GATES, SYMMETRIC

RESET, MID_CIRCUIT, CONDITIONALS, LOOPS = "reset", "mid-circuit-measurement", "conditionals", "loops"
ASSIGNMENTS = "assignments"
FEATURES = (RESET, MID_CIRCUIT, CONDITIONALS, LOOPS, ASSIGNMENTS)
"""What a device may do beside gates and one last measurement of each qubit: reset; measure, then go on with the qubit;
choose operations by what was measured (if, switch); repeat them for as long as a measurement says so (while); give a
clbit a value that is made of others."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What one operation on one set of qubits costs: seconds, and the chance that it goes wrong; None: not known."""

    duration: float | None = None
    error: float | None = None


Table = Mapping[tuple[int, ...], Figures]
"""One gate's qubits, in the order they are given, and its figures there."""


@dataclass(frozen=True, slots=True)
class Target:
    """The gates, size and wiring a program is compiled for.

    `native_gates` are lower-case names of qcjob.gates. `connectivity` lists coupled qubit pairs, either way round; None
    means all to all. `gates` holds, for a native gate (or "measure", "reset"), exactly the qubits it works on; a native
    gate without an entry works on every qubit, or on every coupled pair. `features` are of FEATURES.
    `calibration_id` names the calibration the numbers belong to; `calibrated_at` is its RFC 3339 time. `dt` is the time
    of one sample of the device's pulses, in seconds; None: it has none, or nobody said.
    """

    num_qubits: int
    native_gates: tuple[str, ...]
    connectivity: tuple[tuple[int, int], ...] | None = None
    calibration_id: str | None = None
    calibrated_at: str | None = None
    gates: Mapping[str, Table] = field(default_factory=dict)
    features: tuple[str, ...] = ()
    dt: float | None = None
    _coupled: frozenset[tuple[int, int]] = field(init=False, repr=False, compare=False)
    _json: str = field(init=False, repr=False, compare=False, default="")

    def __post_init__(self) -> None:
        """Remember the coupled pairs both ways round: `supports` is asked for every operation of every program."""
        pairs = self.connectivity or ()
        object.__setattr__(self, "_coupled", frozenset((*pairs, *((b, a) for a, b in pairs))))

    def supports(self, name: str, qubits: tuple[int, ...]) -> bool:
        """Whether the device has this gate (or measure, reset) on these of its qubits, in this order."""
        if len(set(qubits)) != len(qubits) or not all(0 <= qubit < self.num_qubits for qubit in qubits):
            return False
        table = self.gates.get(name)
        if table is not None:
            return qubits in table or (name in SYMMETRIC and qubits[::-1] in table)
        if name == "measure":
            return len(qubits) == 1
        if name == "reset":
            return len(qubits) == 1 and RESET in self.features
        if name not in self.native_gates or (name in GATES and GATES[name][0] != len(qubits)):
            return False
        return len(qubits) == 1 or self.connectivity is None or qubits in self._coupled

    def figures(self, name: str, qubits: tuple[int, ...]) -> Figures:
        """What is known of an operation; nothing where nothing was published."""
        table = self.gates.get(name, {})
        return table.get(qubits) or (table.get(qubits[::-1]) if name in SYMMETRIC else None) or Figures()

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types, as published in the ledger; `dt` only of a device that has one."""
        return {
            "num_qubits": self.num_qubits,
            "native_gates": list(self.native_gates),
            "connectivity": None if self.connectivity is None else [list(pair) for pair in self.connectivity],
            "calibration_id": self.calibration_id,
            "calibrated_at": self.calibrated_at,
            "gates": {name: _rows(table) for name, table in self.gates.items()},
            "features": list(self.features),
            **({} if self.dt is None else {"dt": self.dt}),
        }

    def as_json(self) -> str:
        """`as_dict` as a text, worked out once: a large target takes milliseconds."""
        if not self._json:
            object.__setattr__(self, "_json", json.dumps(self.as_dict()))
        return self._json

    def sha256(self) -> str:
        """Hex SHA-256 of `as_dict` as canonical JSON, as whoever reads it from the ledger or over HTTP has it.

        Milliseconds for a large target. Raises ValueError where a figure is no number.
        """
        return hash_document(Target.from_json(self.as_json()).as_dict())

    @staticmethod
    def from_json(text: str) -> Target:
        """The inverse of `as_json`; the same value again for one of the last texts. Raises as `from_dict` does."""
        return _from_json(text)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Target:
        """The inverse of `as_dict`. Raises KeyError, TypeError or ValueError on anything else."""
        pairs = data.get("connectivity")
        return cls(
            num_qubits=int(data["num_qubits"]),
            native_gates=tuple(str(gate) for gate in data["native_gates"]),
            connectivity=None if pairs is None else tuple((int(a), int(b)) for a, b in pairs),
            calibration_id=data.get("calibration_id"),
            calibrated_at=data.get("calibrated_at"),
            gates={str(name): _table(rows) for name, rows in (data.get("gates") or {}).items()},
            features=tuple(str(feature) for feature in data.get("features") or ()),
            dt=_seconds(data.get("dt")),
        )


@lru_cache(64)
def _from_json(text: str) -> Target:
    return Target.from_dict(json.loads(text))


def _rows(table: Table) -> list[dict[str, Any]]:
    return [
        {"qubits": list(qubits), "duration": figures.duration, "error": figures.error}
        for qubits, figures in table.items()
    ]


def _table(rows: Iterable[Mapping[str, Any]]) -> dict[tuple[int, ...], Figures]:
    return {
        tuple(int(qubit) for qubit in row["qubits"]): Figures(_number(row.get("duration")), _number(row.get("error")))
        for row in rows
    }


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _seconds(value: Any) -> float | None:
    if value is None or 0 < float(value) < math.inf:
        return _number(value)
    raise ValueError(f"dt = {value!r}: wanted seconds, more than 0")
