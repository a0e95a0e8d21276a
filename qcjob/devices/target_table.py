"""What a device's TOML table says of its target, key by key.

preset = "heavyhex27"                                # all of the below ready made, see presets.py; each key may follow
num_qubits = 3
native_gates = ["rz", "sx", "cx"]                    # names of qcjob/gates.py
connectivity = [[0, 1], [1, 2]]                      # optional: coupled pairs; all to all when absent
features = ["reset", "mid-circuit-measurement"]      # also conditionals, loops, assignments
dt = 2.222e-10                                       # optional: seconds of one sample, what "dt" in a program means

[[devices.NAME.gates.cx]]                            # optional: exactly where a gate, measure or reset works
qubits = [0, 1]                                      # in the order of its operands
duration = 3e-7                                      # seconds
error = 0.01                                         # the chance that it goes wrong
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from qcjob.devices.presets import PRESETS
from qcjob.gates import GATES
from qcjob.target import FEATURES, Target

KEYS = ("preset", "num_qubits", "native_gates", "connectivity", "features", "gates", "dt")

WHOLE_TARGET = frozenset({"num_qubits", "native_gates", "connectivity", "features", "gates", "dt"})


def read_target(table: Mapping[str, Any], otherwise: Target) -> tuple[Target, frozenset[str]]:
    """The target of a table, and the fields of it that the table decides; the others are those of `otherwise`.

    Raises ValueError with the key and what would do.
    """
    preset = table.get("preset")
    if preset is not None and preset not in PRESETS:
        raise ValueError(f"preset = {preset!r}: wanted one of {', '.join(PRESETS)}")
    given = {key: table[key] for key in KEYS if key in table and key != "preset"}
    base = PRESETS[preset]() if preset is not None else otherwise
    try:
        target = Target.from_dict({**base.as_dict(), **given})
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"{', '.join(given)}: {error} is not what stands at the head of target_table.py") from error
    _check(target)
    told = frozenset(given) | (WHOLE_TARGET | {"calibration_id"} if preset is not None else frozenset())
    return target, told


def _check(target: Target) -> None:
    """Raises ValueError for names there are not and for qubits the device has not."""
    for gate in target.native_gates:
        if gate not in GATES:
            raise ValueError(f"native_gates: {gate!r} is not one of {', '.join(GATES)}")
    for feature in target.features:
        if feature not in FEATURES:
            raise ValueError(f"features: {feature!r} is not one of {', '.join(FEATURES)}")
    for pair in target.connectivity or ():
        _check_qubits("connectivity", pair, target.num_qubits)
    for gate, rows in target.gates.items():
        if gate not in (*target.native_gates, "measure", "reset"):
            raise ValueError(f"gates.{gate}: is not a native gate, measure or reset")
        wanted = GATES[gate][0] if gate in GATES else 1
        for qubits, figures in rows.items():
            _check_qubits(f"gates.{gate}", qubits, target.num_qubits)
            if len(qubits) != wanted:
                raise ValueError(f"gates.{gate}: qubits = {list(qubits)}: wanted {wanted}")
            if not _in_range(figures.duration, math.inf) or not _in_range(figures.error, 1.0):
                raise ValueError(f"gates.{gate}: wanted a duration in seconds, and an error from 0 to 1")


def _check_qubits(where: str, qubits: tuple[int, ...], size: int) -> None:
    if len(set(qubits)) != len(qubits) or not all(0 <= qubit < size for qubit in qubits):
        raise ValueError(f"{where}: {list(qubits)}: wanted different qubits, 0 to {size - 1}")


def _in_range(figure: float | None, most: float) -> bool:
    return figure is None or 0 <= figure <= most
