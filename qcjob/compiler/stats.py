"""What a compiled program costs on its device: qubits, depth, gates by name, seconds a shot. Formats 1 to 3.

Every operation starts when all its qubits and clbits are free, as early as it can; depth counts operations on the
longest way through the program that way, and the seconds of a shot are those of the way that lasts longest. A barrier
and a delay are on the way and are no operation. Of `if` and `switch` the longer branch counts; of a `while` one round.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from qcjob.compiler import parts
from qcjob.gates import GATES
from qcjob.target import Target

BLOCKS = ("if", "while", "switch")

_Resource = tuple[str, int]
"""("q", wire) or ("c", clbit)."""


@dataclass(slots=True)
class _Way:
    """How far a sequence of operations has come on each resource: (operations, seconds)."""

    reached: dict[_Resource, tuple[int, float]] = field(default_factory=dict)

    def add(self, resources: Collection[_Resource], operations: int, seconds: float) -> None:
        depth, ended = 0, 0.0
        for resource in resources:
            if (end := self.reached.get(resource)) is not None:
                depth, ended = max(depth, end[0]), max(ended, end[1])
        reached = depth + operations, ended + seconds
        for resource in resources:
            self.reached[resource] = reached

    @property
    def length(self) -> tuple[int, float]:
        ends = self.reached.values()
        return max((end[0] for end in ends), default=0), max((end[1] for end in ends), default=0.0)


def program_stats(compiled: Mapping[str, Any], target: Target) -> dict[str, Any]:
    """{qubits_used, depth, gates, two_qubit_gates, seconds_per_shot}; the seconds None where no duration is known.

    Of a program of several parts: the most qubits and depth that one has, and gates and seconds of all.
    """
    if "parts" in compiled:
        each = [program_stats(circuit, target) for circuit in parts.circuits_of(compiled)]
        return _together([each[part["circuit"]] for part in parts.parts_of(compiled)])
    counted: Counter[str] = Counter()
    walk = _Walk(target, compiled["layout"], counted)
    depth, seconds = walk.way(compiled["ops"]).length
    return {
        "qubits_used": len({wire for op in _flat(compiled["ops"]) if op[0] != "barrier" for wire in _wires(op)}),
        "depth": depth,
        "gates": dict(sorted(counted.items())),
        "two_qubit_gates": sum(number for name, number in counted.items() if GATES[name][0] == 2),
        "seconds_per_shot": seconds if walk.knows_durations else None,
    }


def _together(each: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    gates: Counter[str] = Counter()
    for one in each:
        gates.update(one["gates"])
    seconds = [one["seconds_per_shot"] for one in each]
    return {
        "qubits_used": max(one["qubits_used"] for one in each),
        "depth": max(one["depth"] for one in each),
        "gates": dict(sorted(gates.items())),
        "two_qubit_gates": sum(one["two_qubit_gates"] for one in each),
        "seconds_per_shot": None if None in seconds else sum(seconds),
    }


def with_shots(stats: Mapping[str, Any], shots: int) -> dict[str, Any]:
    """The stats with `estimated_seconds`, those of all shots, None where those of one are not known."""
    seconds = stats["seconds_per_shot"]
    return {**stats, "estimated_seconds": None if seconds is None else seconds * shots}


class _Walk:
    """Over operations and the blocks among them, counting gates on the way."""

    def __init__(self, target: Target, layout: Sequence[int], counted: Counter[str]) -> None:
        self._target = target
        self._layout = layout
        self._counted = counted
        self._gates: dict[tuple[Any, ...], tuple[list[_Resource], float]] = {}
        """What gates on the wires they stand on use, and their seconds: a program has few of them, many times over."""
        self.knows_durations = False

    def way(self, ops: Iterable[Sequence[Any]]) -> _Way:
        way = _Way()
        for op in ops:
            if op[0] in BLOCKS:
                inner = [self.way(branch) for branch in branches(op)]
                lengths = [each.length for each in inner]
                resources = {one for each in inner for one in each.reached} | set(_asked(op[1]))
                way.add(resources, max(length[0] for length in lengths) + 1, max(length[1] for length in lengths))
            elif op[0] not in ("break", "continue"):
                self._plain(op, way)
        return way

    def _plain(self, op: Sequence[Any], way: _Way) -> None:
        name, wires = op[0], op[1]
        if name in GATES:
            self._counted[name] += 1
            gate = (name, *wires)
            if gate not in self._gates:
                self._gates[gate] = [("q", wire) for wire in wires], self._duration(name, wires)
            used, seconds = self._gates[gate]
            way.add(used, 1, seconds)
            return
        resources = [*(("q", wire) for wire in wires), *(("c", clbit) for clbit in (op[3] if len(op) > 3 else ()))]
        if name == "barrier":
            way.add(resources, 0, 0.0)
        elif name == "assign":
            way.add([*resources, *_asked(op[4])], 1, 0.0)
        elif name == "delay":
            way.add(resources, 0, op[2][0])
        else:
            way.add(resources, 1, self._duration(name, wires))

    def _duration(self, name: str, wires: Sequence[int]) -> float:
        duration = self._target.figures(name, tuple(self._layout[wire] for wire in wires)).duration
        self.knows_durations = self.knows_durations or duration is not None
        return duration or 0.0


def branches(op: Sequence[Any]) -> list[Any]:
    """The sequences of operations in a block."""
    if op[0] == "switch":
        return [ops for _, ops in op[2]] or [[]]
    return [op[2], op[3]] if op[0] == "if" and len(op) > 3 else [op[2]]


def _flat(ops: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    for op in ops:
        if op[0] in BLOCKS:
            for branch in branches(op):
                yield from _flat(branch)
        else:
            yield op


def _wires(op: Sequence[Any]) -> Sequence[int]:
    return op[1] if len(op) > 1 else ()


def _asked(condition: Any) -> Iterator[_Resource]:
    """The clbits that a condition looks at."""
    if isinstance(condition, list):
        if condition[:1] == ["clbit"]:
            yield "c", condition[1]
        elif condition[:1] == ["creg"]:
            yield from (("c", clbit) for clbit in condition[1])
        else:
            for part in condition:
                yield from _asked(part)
