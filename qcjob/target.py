"""What a device can run, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """The gates, size and wiring a program is compiled for.

    `native_gates` are lower-case names (rx, ry, rz: rotations by any angle; prx: rotation by theta about an axis in the
    XY plane at angle phi; sx, x: fixed pulses). `connectivity` lists coupled qubit pairs; None means all to all.
    `calibration_id` names the calibration the numbers belong to; `calibrated_at` is its RFC 3339 time.
    """

    num_qubits: int
    native_gates: tuple[str, ...]
    connectivity: tuple[tuple[int, int], ...] | None = None
    calibration_id: str | None = None
    calibrated_at: str | None = None

    def as_dict(self) -> dict[str, object]:
        """Plain JSON types, as published in the ledger."""
        return {
            "num_qubits": self.num_qubits,
            "native_gates": list(self.native_gates),
            "connectivity": None if self.connectivity is None else [list(pair) for pair in self.connectivity],
            "calibration_id": self.calibration_id,
            "calibrated_at": self.calibrated_at,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> Target:
        """The inverse of `as_dict`. Raises KeyError, TypeError or ValueError on anything else."""
        pairs = data.get("connectivity")
        return cls(
            num_qubits=int(data["num_qubits"]),  # type: ignore[call-overload]
            native_gates=tuple(str(gate) for gate in data["native_gates"]),  # type: ignore[attr-defined]
            connectivity=None if pairs is None else tuple((int(a), int(b)) for a, b in pairs),  # type: ignore[attr-defined]
            calibration_id=data.get("calibration_id"),  # type: ignore[arg-type]
            calibrated_at=data.get("calibrated_at"),  # type: ignore[arg-type]
        )
