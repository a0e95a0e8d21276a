"""How likely each clbit of a compiled program is read wrong, from the figures of the qubits that were measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qcjob.target import Target

Chances = tuple[float, float]
"""That a bit is read 1 although it is 0, and 0 although it is 1."""

RIGHT: Chances = (0.0, 0.0)


def chances(circuit: Mapping[str, Any], target: Target, readout_error: float | None = None) -> list[Chances]:
    """One for each clbit, that of its last measurement; a clbit that is never written is never read wrong.

    `readout_error` is what the job itself asked a simulator for: it holds for every bit. Raises ValueError with the
    reason where the device says nothing of a qubit, and for control flow: which qubit a clbit came from is not known.
    """
    if circuit["format"] != 1:
        raise ValueError("a program with control flow has no fixed qubit behind each of its bits")
    found = [RIGHT] * circuit["clbits"]
    for op in circuit["ops"]:
        if op[0] == "measure":
            [wire], [clbit] = op[1], op[3]
            qubit = circuit["layout"][wire]
            error = target.figures("measure", (qubit,)).error if readout_error is None else readout_error
            if error is None:
                raise ValueError(f"the device publishes no readout error of its qubit {qubit}")
            found[clbit] = (error, error)
    return found


def overhead(chances: Sequence[Chances]) -> float:
    """By how much mitigation widens the variance of any estimate, at most: 1 where every bit is read right.

    The square of the 1-norm of the inverse of the readout matrix. Raises ValueError
    for a bit that is read no better than by a coin.
    """
    product = 1.0
    for up, down in chances:
        if not (0 <= up <= 1 and 0 <= down <= 1 and up + down < 1):
            raise ValueError(f"a bit that is read wrong with the chances {up:g} and {down:g} tells nothing")
        product *= (1 + abs(up - down)) / (1 - up - down)
    return product**2
