"""Devices ready made: sizes, couplings, gates and figures like those of real machines, run by the simulator.

    simulator      127 qubits, all to all, rotations of any angle and cz
    line5          5 qubits in a line, cx
    heavyhex27     27 qubits on the edges and corners of hexagons, cx both ways
    heavyhex127    127 qubits likewise, ecr one way only, and every feature there is

Where a program gives times in dt, one is 1 ns on the first and 2/9 ns on the others.

The figures are made up, and the same at every start: around a typical value each qubit and pair has its own, so that a
compiler has something to choose by. The simulator does not act on them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from functools import cache

from qcjob.gates import GATES
from qcjob.target import FEATURES, MID_CIRCUIT, RESET, Figures, Table, Target

Pair = tuple[int, int]

SIMULATOR_QUBITS = 127

_SQUARE_PULSE, _READOUT = 35e-9, 1.2e-6
_SAMPLE = 2.2222222222222221e-10
_NANOSECOND = 1e-9
"""Seconds. No pulse of a simulator has samples: a round number as good as any."""

_HEXAGONS_27: tuple[Pair, ...] = (
    *((0, 1), (1, 2), (1, 4), (2, 3), (3, 5), (4, 7), (5, 8), (6, 7), (7, 10), (8, 9), (8, 11), (10, 12), (11, 14)),
    *((12, 13), (12, 15), (13, 14), (14, 16), (15, 18), (16, 19), (17, 18), (18, 21), (19, 20), (19, 22), (21, 23)),
    *((22, 25), (23, 24), (24, 25), (25, 26)),
)
"""Two hexagons beside each other; 0, 6, 9, 17, 20 and 26 stick out."""


def simulator() -> Target:
    """What the device `simulator` is: rotations about the three axes, cz between any two, everything a program asks."""
    return Target(SIMULATOR_QUBITS, ("rx", "ry", "rz", "cz"), features=FEATURES, dt=_NANOSECOND)


def ideal() -> Target:
    """What the built-in `ideal` is: every gate that has a name, on any qubits."""
    return Target(SIMULATOR_QUBITS, tuple(GATES), features=FEATURES, dt=_NANOSECOND)


def line5() -> Target:
    """Five qubits in a row: gates, and one measurement of each qubit at the end."""
    return _made("line5", 5, tuple((qubit, qubit + 1) for qubit in range(4)), "cx", 370e-9, 9e-3, ())


def heavyhex27() -> Target:
    """27 qubits on two hexagons; resets and measurements in the middle of a program."""
    return _made("heavyhex27", 27, _HEXAGONS_27, "cx", 400e-9, 1e-2, (RESET, MID_CIRCUIT))


def heavyhex127() -> Target:
    """127 qubits on eighteen hexagons; ecr runs each pair one way, and programs may do all that a program can say."""
    pairs = tuple(_hexagons(rows=7, columns=15))
    return _made("heavyhex127", 127, pairs, "ecr", 533e-9, 7e-3, FEATURES, directed=True)


PRESETS: dict[str, Callable[[], Target]] = {
    "simulator": cache(simulator),
    "line5": cache(line5),
    "heavyhex27": cache(heavyhex27),
    "heavyhex127": cache(heavyhex127),
}
"""By the name that `preset = "…"` gives in a device's table."""


def _hexagons(rows: int, columns: int) -> Iterator[Pair]:
    """Pairs of a lattice of rows joined by single qubits at every fourth column, shifted by two in every other gap.

    Numbered row by row, the joining qubits of a gap between its rows. The first row lacks its last column, the last row
    its first one: nothing would join them.
    """
    numbers: dict[tuple[int, int], int] = {}
    joints: list[tuple[int, int, int]] = []
    number = 0
    for row in range(rows):
        for column in range(row == rows - 1, columns - (row == 0)):
            numbers[row, column] = number
            number += 1
        for column in range(row % 2 * 2, columns, 4) if row < rows - 1 else ():
            joints.append((row, column, number))
            number += 1
    for (row, column), qubit in numbers.items():
        if (row, column + 1) in numbers:
            yield qubit, qubit + 1
    for row, column, qubit in joints:
        yield numbers[row, column], qubit
        yield qubit, numbers[row + 1, column]


def _made(
    name: str,
    size: int,
    pairs: tuple[Pair, ...],
    two: str,
    seconds: float,
    error: float,
    features: tuple[str, ...],
    *,
    directed: bool = False,
) -> Target:
    """A target with rz, sx, x and the gate `two`; its typical figures, and a spread around them drawn by its name."""
    draw = random.Random(name)

    def spread(typical: float) -> float:
        return float(f"{typical * draw.lognormvariate(0, 0.3):.3g}")

    qubits: list[tuple[int, ...]] = [(qubit,) for qubit in range(size)]
    pulses = {qubit: Figures(_SQUARE_PULSE, spread(2.5e-4)) for qubit in qubits}
    ways: Iterable[Pair] = pairs if directed else (way for a, b in pairs for way in ((a, b), (b, a)))
    gates: dict[str, Table] = {
        "rz": {qubit: Figures(0.0, 0.0) for qubit in qubits},  # the frame is turned, nothing happens
        "sx": pulses,
        "x": dict(pulses),
        two: {pair: Figures(spread(seconds), spread(error)) for pair in ways},
        "measure": {qubit: Figures(_READOUT, spread(1.5e-2)) for qubit in qubits},
    }
    if RESET in features:
        gates["reset"] = {qubit: Figures(_READOUT + _SQUARE_PULSE, spread(1e-2)) for qubit in qubits}
    own = ("rz", "sx", "x", two)
    return Target(size, own, pairs, f"{name}-2", gates=gates, features=features, dt=_SAMPLE)
