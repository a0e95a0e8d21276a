"""The devices that programs are compiled for: five kinds of wiring and gates."""

from __future__ import annotations

from qcjob.target import FEATURES, Figures, Target


def _heavy_hex_row() -> tuple[tuple[int, int], ...]:
    """27 qubits in two rows of hexagons."""
    return (
        *((0, 1), (1, 2), (1, 4), (2, 3), (3, 5), (4, 7), (5, 8), (6, 7), (7, 10), (8, 9), (8, 11), (10, 12)),
        *((11, 14), (12, 13), (12, 15), (13, 14), (14, 16), (15, 18), (16, 19), (17, 18), (18, 21), (19, 20)),
        *((19, 22), (21, 23), (22, 25), (23, 24), (24, 25), (25, 26)),
    )


def _grid(rows: int, columns: int) -> tuple[tuple[int, int], ...]:
    across = [(row * columns + at, row * columns + at + 1) for row in range(rows) for at in range(columns - 1)]
    down = [(at, at + columns) for at in range((rows - 1) * columns)]
    return (*across, *down)


_ECR = {pair if sum(pair) % 2 else pair[::-1]: Figures(5e-7, 0.01 + sum(pair) / 1e4) for pair in _heavy_hex_row()}

_MIXED = {
    "cx": {(0, 1): Figures(3e-7, 0.01), (2, 1): Figures(3e-7, 0.02), (6, 7): Figures(), (8, 9): Figures()},
    "ecr": {(2, 3): Figures(5e-7, 0.01), (1, 0): Figures(5e-7, 0.02), (4, 5): Figures(), (9, 4): Figures()},
    "cz": {(3, 4): Figures(), (5, 6): Figures(), (0, 5): Figures()},
    "iswap": {(7, 8): Figures(), (1, 6): Figures()},
    "rzz": {(2, 7): Figures(), (3, 8): Figures()},
}

DEVICES = {
    "line": Target(6, ("rz", "sx", "x", "cx"), tuple((a, a + 1) for a in range(5)), features=FEATURES),
    "grid": Target(12, ("prx", "cz"), _grid(3, 4), features=FEATURES),
    "heavy-hex": Target(27, ("rz", "sx", "x", "ecr"), _heavy_hex_row(), gates={"ecr": _ECR}, features=FEATURES),
    "all-to-all": Target(127, ("rx", "ry", "rz", "cz"), None, features=FEATURES),
    "mixed": Target(
        10,
        ("rz", "sx", "x", "cx", "ecr", "cz", "iswap", "rzz"),
        tuple(pair for pairs in _MIXED.values() for pair in pairs),
        gates=_MIXED,
        features=FEATURES,
    ),
}
IDEAL = Target(24, ("u",), None, features=FEATURES)
