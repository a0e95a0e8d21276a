"""Braket's local simulator, one process a run: `python -m workers.drivers.braket_child`, started by `Forks`.

Importing Braket takes seconds, and a run cannot be stopped from within.

    {"backend", "properties": true}       -> {"properties": {…}}
    {"backend", "source", "shots"}        -> {"outcomes": {"011": 7}, "measured": [5, 2, 7]}

`outcomes` has a column for each of `measured`, the qubits, from the left.
"""

from __future__ import annotations

import json
from typing import Any

from workers.drivers.fork_server import serve


def main() -> None:
    """Import once, then serve."""
    from braket.devices import LocalSimulator  # noqa: F401

    serve(run)


def run(asked: dict[str, Any]) -> dict[str, Any]:
    """One simulation, or what the backend says of itself."""
    from braket.devices import LocalSimulator
    from braket.ir.openqasm import Program

    device = LocalSimulator(asked["backend"])
    if asked.get("properties"):
        return {"properties": json.loads(device.properties.json())}
    result = device.run(Program(source=asked["source"]), shots=asked["shots"]).result()
    return {
        "outcomes": dict(result.measurement_counts),
        "measured": [int(qubit) for qubit in result.measured_qubits],
    }


if __name__ == "__main__":
    main()
