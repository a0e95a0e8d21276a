"""Circuits that look different whichever way bits, wires or registers are turned, as compiled programs of format 1."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from qcjob.gates import GATES

Program = dict[str, Any]


def compiled(qubits: int, layout: list[int], registers: dict[str, int], ops: list[list[Any]]) -> Program:
    """A program of format 1; `registers` has the size of each, in order of declaration."""
    places, first = {}, 0
    for name, size in registers.items():
        places[name] = list(range(first, first + size))
        first += size
    return {"format": 1, "qubits": qubits, "clbits": first, "registers": places, "layout": layout, "ops": ops}


def measure(wire: int, clbit: int) -> list[Any]:
    return ["measure", [wire], [], [clbit]]


def asymmetric(pulse: str = "ry", layout: list[int] | None = None) -> Program:
    """Three wires turned by three angles, entangled, and read across two registers in no order; clbit 2 is not written.

    `pulse`: ry, or prx for devices with that. Gates are that and cz.
    """

    def turn(wire: int, angle: float) -> list[Any]:
        return [pulse, [wire], [angle] if pulse == "ry" else [angle, 1.2]]

    ops = [turn(0, 0.4), turn(1, 1.1), turn(2, 2.5), ["cz", [0, 1], []], turn(1, 0.9)]
    ops += [["cz", [2, 1], []], turn(1, -0.7), turn(2, 0.3), measure(2, 0), measure(0, 3), measure(1, 1)]
    return compiled(3, layout or [0, 1, 2], {"low": 2, "high": 2}, ops)


def one_set(wire: int, layout: list[int], *, pulse: str = "x") -> Program:
    """One wire of as many as the layout has is set; wire i is read into clbit i."""
    flip = ["x", [wire], []] if pulse == "x" else ["prx", [wire], [3.141592653589793, 0.0]]
    size = len(layout)
    return compiled(size, layout, {"a": 1, "b": size - 1}, [flip, *(measure(bit, bit) for bit in range(size))])


def mid_circuit(flip: list[Any], layout: list[int]) -> Program:
    """A qubit is set, read into clbit 2, reset, read into clbit 0, set again, read into clbit 1: always "110"."""
    return compiled(1, layout, {"c": 3}, [flip, measure(0, 2), ["reset", [0], []], measure(0, 0), flip, measure(0, 1)])


def distance(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """The total variation distance of two sets of counts, each taken as shares."""
    total, others = sum(one.values()), sum(other.values())
    keys = {*one, *other}
    return sum(abs(one.get(key, 0) / total - other.get(key, 0) / others) for key in keys) / 2


def apart_by_gate(
    gates: Iterable[str],
    run: Callable[[Program], Mapping[str, float]],
    sampled: Callable[[Program], Mapping[str, float]],
) -> dict[str, float]:
    """How far a device is from the engine, for each gate, on three wires that it finds turned by different angles."""
    angles, found = (0.9, 2.1, -1e-05, 0.0), {}
    for gate in gates:
        qubits, count = GATES[gate]
        before = [["ry", [wire], [0.5 + wire]] for wire in range(3)] + [
            ["rx", [wire], [1.0 + wire]] for wire in range(3)
        ]
        after = [["sx", [wire], []] for wire in range(3)]
        ops = [*before, [gate, list(range(qubits)), list(angles[:count])], *after]
        program = compiled(3, [0, 1, 2], {"c": 3}, [*ops, *(measure(wire, wire) for wire in range(3))])
        found[gate] = distance(run(program), sampled(program))
    return found
