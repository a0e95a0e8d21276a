"""Readout-error mitigation: what the counts would most likely have been, had every bit been read right.

Each clbit's reading is taken to go wrong on its own, with the chances its calibration gives. The correction is solved
for among the outcomes that were seen (the method of Nation et al., "Scalable mitigation of measurement errors on
quantum computers", PRX Quantum 2, 040326, arXiv:2108.12518): its cost grows with the outcomes, not with 2^clbits.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from qcjob.compiler.readout import Chances, overhead

MAX_OUTCOMES = 4_096
"""More different outcomes than these are not mitigated: the matrix has their square."""


def mitigated(counts: Mapping[str, int], chances: Sequence[Chances]) -> dict[str, float]:
    """Quasi-probabilities: they add up to one, and may be below zero by about the noise of the counts.

    `chances[i]` belongs to clbit i, the i-th character of a key from the right. Raises ValueError for a bit that is
    read no better than by a coin, for chances that are not one for each bit, and for more than MAX_OUTCOMES outcomes.
    """
    outcomes, shots = list(counts), sum(counts.values())
    if any(len(outcome) != len(chances) for outcome in outcomes):
        raise ValueError(f"there are chances for {len(chances)} bits, the outcomes have others")
    if len(outcomes) > MAX_OUTCOMES:
        raise ValueError(f"{len(outcomes):,} different outcomes were seen; up to {MAX_OUTCOMES:,} can be mitigated")
    overhead(chances)
    seen = [counts[outcome] / shots for outcome in outcomes]
    if len(chances) == 1:
        return _one_bit(dict(zip(outcomes, seen, strict=True)), chances[0])
    return dict(zip(outcomes, _solved(outcomes, seen, chances), strict=True))


def _one_bit(seen: Mapping[str, float], chances: Chances) -> dict[str, float]:
    up, down = chances
    one = (seen.get("1", 0.0) - up) / (1 - up - down)
    return {"0": 1 - one, "1": one}


def _solved(outcomes: Sequence[str], seen: Sequence[float], chances: Sequence[Chances]) -> list[float]:
    import numpy as np  # only programs of several bits come here, and with them comes numpy

    bits = np.array([[character == "1" for character in reversed(outcome)] for outcome in outcomes])
    matrix = np.ones((len(outcomes), len(outcomes)))
    for place, (up, down) in enumerate(chances):
        read, true = bits[:, place, None], bits[None, :, place]
        matrix *= np.where(true, np.where(read, 1 - down, down), np.where(read, up, 1 - up))
    matrix /= matrix.sum(axis=0)  # what leads out of the outcomes seen is left out
    found = np.linalg.solve(matrix, np.array(seen))
    assert math.isclose(found.sum(), 1.0, abs_tol=1e-6)
    return [float(value) for value in found]
