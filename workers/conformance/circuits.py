"""The sentences about programs of several qubits: which bit is which, and what a device's features promise.

They are made of the device's own gates, one qubit's turns and at most one gate of two, so that neither a compiler nor a
noisy device stands between the question and the answer: what is most often seen is looked at, and shares with room.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from qcjob.compiler import compile_program
from qcjob.devices.driver import Program, Result
from qcjob.languages import parse
from qcjob.target import ASSIGNMENTS, CONDITIONALS, LOOPS, MID_CIRCUIT, RESET
from workers.conformance.checks import Conformance, check, holds, new_id

SHOTS = 1_000
NOISE = 0.08
"""What a device may be off a share, beside five standard deviations of the shots."""

Ops = list[list[Any]]

WRITES = {0: 3, 1: 0, 2: 4}
"""wire: clbit, of the registers a[2] and b[3]. No clbit is its wire's number, from either end; two stay 0."""


class Suite(Conformance):
    """All sentences: those about calls, and these."""

    @check
    def an_x_on_one_qubit_of_three_sets_the_clbit_it_is_measured_into(self) -> None:
        self._wants_qubits(3)
        for wire, clbit in WRITES.items():
            counts = self._run(3, [*self._turn("X(180)", wire), *_measured(WRITES)]).counts
            _mostly(counts, f"{1 << clbit:05b}")

    @check
    def turns_by_different_angles_are_seen_on_the_bits_they_are_measured_into(self) -> None:
        self._wants_qubits(3)
        degrees = (40, 75, 120)
        turns = [op for wire, angle in enumerate(degrees) for op in self._turn(f"Y({angle})", wire)]
        counts = self._run(3, [*turns, *_measured(WRITES)]).counts
        for wire, angle in enumerate(degrees):
            expected, clbit = math.sin(math.radians(angle) / 2) ** 2, WRITES[wire]
            share = sum(seen for key, seen in counts.items() if key[-1 - clbit] == "1") / SHOTS
            room = NOISE + 5 * math.sqrt(expected * (1 - expected) / SHOTS)
            holds(
                abs(share - expected) < room, f"clbit {clbit} is 1 in {share:.3f} of the shots, not in {expected:.3f}"
            )

    @check
    def a_controlled_gate_has_its_control_first(self) -> None:
        name, pair = self._controlled()
        for flipped, key in ((0, "11"), (1, "10")):
            flip = self._turn("X(180)", flipped)
            before, after = (self._turn(turn, 1) if name == "cz" else [] for turn in ("Y(-90)", "Y(90)"))
            ops = [*flip, *before, [name, [0, 1], []], *after, *_measured({0: 0, 1: 1})]
            _mostly(self._run(2, ops, layout=pair).counts, f"000{key}")

    @check
    def a_qubit_measured_and_reset_is_0(self) -> None:
        features = self.driver.properties().target.features
        self._wants(RESET in features and MID_CIRCUIT in features, "this device does not reset what it has measured")
        again = [*self._turn("X(180)", 0), *_measured({0: 2}), ["reset", [0], []], *_measured({0: 1})]
        _mostly(self._run(1, again).counts, "00100")

    @check
    def an_operation_is_chosen_by_what_was_measured(self) -> None:
        self._wants_qubits(2)
        self._wants(2 in self.driver.caps.formats, "this device reads no format with choices")
        self._wants(CONDITIONALS in self.driver.properties().target.features, "this device cannot choose")
        flip = self._turn("X(180)", 1)
        for condition, key in (
            (["clbit", 3], "11000"),
            (["equal", ["creg", [2, 3, 4]], ["lit", 2, ["uint", 3]]], "11000"),
            (["not", ["clbit", 3]], "01000"),
        ):
            ops = [*self._turn("X(180)", 0), *_measured({0: 3}), ["if", condition, flip, []], *_measured({1: 4})]
            _mostly(self._run(2, ops, form=2).counts, key)

    @check
    def a_loop_ends_when_its_condition_does(self) -> None:
        self._wants(2 in self.driver.caps.formats, "this device reads no format with loops")
        self._wants(LOOPS in self.driver.properties().target.features, "this device cannot loop")
        flip = self._turn("X(180)", 0)
        ops = [*flip, *_measured({0: 1}), ["while", ["clbit", 1], [*flip, *_measured({0: 1})]]]
        _mostly(self._run(1, ops, form=2).counts, "00000")

    @check
    def a_clbit_is_given_what_others_make(self) -> None:
        self._wants(2 in self.driver.caps.formats, "this device reads no format with assignments")
        self._wants(ASSIGNMENTS in self.driver.properties().target.features, "this device assigns nothing to clbits")
        opposite = ["not", ["clbit", 3]]
        differ = ["bit_xor", ["clbit", 1], ["clbit", 2]]
        ops = [*self._turn("X(180)", 0), *_measured({0: 1}), *_assigned({0: opposite, 4: differ, 1: ["clbit", 3]})]
        _mostly(self._run(1, ops, form=2).counts, "10001")

    @check
    def memory_has_the_outcome_of_every_shot(self) -> None:
        self._wants(self.driver.caps.memory, "this device keeps no memory")
        options = {"memory": True}
        result = self.finish(self.driver.submit(new_id(), self.program(options=options), SHOTS))
        memory = result.memory
        holds(memory is not None and len(memory) == SHOTS, f"memory of {SHOTS} shots is {memory!r:.80}")
        told = {key: (memory or ()).count(key) for key in set(memory or ())}
        holds(told == dict(result.counts), f"memory adds up to {told!r:.150}, counts are {result.counts!r:.150}")

    def _run(self, wires: int, ops: Ops, *, form: int = 1, layout: Sequence[int] | None = None) -> Result:
        """The result of a program with the registers a[2] and b[3], its wires far apart on the device unless told."""
        size = self.driver.properties().target.num_qubits
        compiled = {
            "format": form,
            "qubits": wires,
            "clbits": 5,
            "registers": {"a": [0, 1], "b": [2, 3, 4]},
            "layout": list(layout or [size - 1, 0, size // 2][:wires]),
            "ops": ops,
        }
        return self.finish(self.driver.submit(new_id(), Program(compiled, 5), SHOTS))

    def _turn(self, rotation: str, wire: int) -> Ops:
        """A rotation in the device's own gates."""
        target = self.driver.properties().target
        ops = compile_program(parse(rotation, None, max_bytes=100), "optimized", target)["ops"]
        return [[name, [wire], angles] for name, _, angles, *_ in ops if name != "measure"]

    def _controlled(self) -> tuple[str, tuple[int, int]]:
        """A gate cx or cz of the device, and two of its qubits that it works on, preferably not in their order."""
        self._wants_qubits(2)
        target = self.driver.properties().target
        coupled = [(0, target.num_qubits - 1)] if target.connectivity is None else target.connectivity
        for name in ("cx", "cz"):
            for a, b in coupled:
                for pair in ((max(a, b), min(a, b)), (min(a, b), max(a, b))):
                    if name in target.native_gates and target.supports(name, pair):
                        return name, pair
        self._wants(False, "this device has neither cx nor cz")
        raise AssertionError

    def _wants_qubits(self, number: int) -> None:
        size = self.driver.properties().target.num_qubits
        self._wants(size >= number, f"this device has {size} qubit{'s' * (size > 1)}")


def _assigned(values: Mapping[int, Any]) -> Ops:
    return [["assign", [], [], [clbit], value] for clbit, value in values.items()]


def _measured(writes: Mapping[int, int]) -> Ops:
    return [["measure", [wire], [], [clbit]] for wire, clbit in writes.items()]


def _mostly(counts: Mapping[str, int], key: str) -> None:
    seen = counts.get(key, 0)
    holds(seen > SHOTS / 2, f"{key} was expected and seen in {seen} of {SHOTS} shots: {dict(counts)!r:.150}")
