"""A compiled program as IQM's circuit in JSON, and IQM's measurements as counts.

An instruction is {"name", "locus": [names of qubits], "args", "implementation": null}: `prx` with `angle` and `phase`
in radians (old versions of the API took full turns, as `angle_t` and `phase_t`), `cz`, `reset`, `barrier`, and
`measure` with a `key` of its own for each. IQM's PRX(angle, phase) is the `prx` of qcjob.gates. Source: `Circuit` and
`CircuitOperation` of iqm-pulse 15, `get_unitary_prx` there, and the operations of its `default_gates`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from qcjob.errors import DriverError, Rejected
from qcjob.result import Counts

_KEY = re.compile(r"clbit_(\d+)_of_(\d+)_at_(\d+)")
"""Which clbit a measurement writes, of how many, as which operation: the results are then readable by themselves."""


def circuit_of(compiled: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """The circuit; `names` has IQM's name of each qubit of the target. Raises Rejected for other operations."""
    instructions = []
    for at, (name, wires, angles, *clbits) in enumerate(compiled["ops"]):
        args: dict[str, Any] = {}
        if name == "prx":
            args = {"angle": angles[0], "phase": angles[1]}
        elif name == "measure":
            args = {"key": f"clbit_{clbits[0][0]}_of_{compiled['clbits']}_at_{at}"}
        elif name not in ("cz", "reset", "barrier"):
            raise Rejected(f"an IQM device has no {name}")
        locus = [names[compiled["layout"][wire]] for wire in wires]
        instructions.append({"name": name, "locus": locus, "args": args, "implementation": None})
    return {"name": "qcjob", "instructions": instructions, "metadata": None}


def counts_of(measurements: Sequence[Any]) -> Counts:
    """Counts from the measurements of one circuit: a mapping of each key to a list with [0] or [1] for each shot.

    What wrote a clbit last counts; one never written reads 0. Raises DriverError for anything else.
    """
    try:
        [results] = measurements
        keys = {key: tuple(int(part) for part in _parts(key)) for key in results}
        widths = {width for _, width, _ in keys.values()}
        [width] = widths
        columns: list[Sequence[int] | None] = [None] * width
        for key, (clbit, _, _) in sorted(keys.items(), key=lambda item: item[1][2]):
            columns[clbit] = [bit for [bit] in results[key]]
        shots = {len(column) for column in columns if column is not None}
        [number] = shots
        zeros = [0] * number
        rows = zip(*(zeros if column is None else column for column in reversed(columns)), strict=True)
        return dict(Counter("".join(map(str, row)) for row in rows))
    except (AttributeError, IndexError, TypeError, ValueError) as error:
        raise DriverError(f"the device answered what are no measurements of the program: {error!r:.200}") from error


def _parts(key: str) -> tuple[str, ...]:
    found = _KEY.fullmatch(key)
    if found is None:
        raise ValueError(f"unknown key {key!r:.80}")
    return found.groups()
