"""Compiled programs for the engines, and how far two sets of counts are apart."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from typing import Any

from qcjob.devices.driver import Driver, Finished, PollState, Program, Result
from qcjob.gates import GATES

MEASURED = ("lit", "clbit", "creg")


def document(
    qubits: int, clbits: int, *ops: list[Any], layout: list[int] | None = None, **registers: list[int]
) -> dict[str, Any]:
    """A compiled program, of format 2 where it has control flow; all its clbits are `c`, unless registers are told."""
    return {
        "format": 2 if any(op[0] in ("if", "while", "switch") for op in ops) else 1,
        "qubits": qubits,
        "clbits": clbits,
        "registers": registers or {"c": list(range(clbits))},
        "layout": layout or list(range(qubits)),
        "ops": list(ops),
    }


def measure(qubit: int, clbit: int) -> list[Any]:
    return ["measure", [qubit], [], [clbit]]


def bell() -> dict[str, Any]:
    return document(2, 2, ["h", [0], []], ["cx", [0, 1], []], measure(0, 0), measure(1, 1))


def endless() -> dict[str, Any]:
    """A loop whose condition never changes."""
    return document(1, 1, ["while", ["not", ["clbit", 0]], [["barrier", [0], []]]], measure(0, 0))


def shuffled(seed: int, qubits: int = 5, length: int = 60, gates: tuple[str, ...] = tuple(GATES)) -> dict[str, Any]:
    """Gates at random, every qubit measured into a clbit that is not its own."""
    draw = random.Random(seed)
    ops: list[list[Any]] = []
    for name in draw.choices(gates, k=length):
        number, angles = GATES[name]
        ops.append([name, draw.sample(range(qubits), number), [draw.uniform(-3, 3) for _ in range(angles)]])
    order = draw.sample(range(qubits), qubits)
    return document(qubits, qubits, *ops, *(measure(qubit, clbit) for qubit, clbit in enumerate(order)))


def outcome(driver: Driver, program: Program, shots: int, job_id: str = "job", seconds: float = 60) -> Result:
    """The result of a run that goes well."""
    answer = driver.submit(job_id, program, shots)
    if isinstance(answer, Finished):
        return answer.result
    assert isinstance(answer, str)
    ends_at = time.monotonic() + seconds
    while (poll := driver.poll(answer)).state in (PollState.RUNNING, PollState.QUEUED):
        assert time.monotonic() < ends_at, "the run does not end"
        time.sleep(0.005)
    assert poll.state is PollState.DONE, poll
    return driver.result(answer)


def apart(one: Mapping[str, int], two: Mapping[str, int]) -> float:
    """The total variation distance of two sets of counts, 0 to 1."""
    totals = sum(one.values()), sum(two.values())
    keys = {*one, *two}
    return sum(abs(one.get(key, 0) / totals[0] - two.get(key, 0) / totals[1]) for key in keys) / 2


def noise_of(one: Mapping[str, int], two: Mapping[str, int]) -> float:
    """The distance that two samples of one distribution stay below but for one time in a million or so.

    With k outcomes seen and n shots in the smaller sample, sqrt(k/n) is twice the distance to be expected, and each
    shot moves it by at most 1/n (McDiarmid).
    """
    shots = min(sum(one.values()), sum(two.values()))
    return float((len({*one, *two}) / shots) ** 0.5 + (14 / shots) ** 0.5)
