"""What a compiled program is said to cost."""

from __future__ import annotations

from typing import Any

from qcjob.compiler.stats import program_stats, with_shots
from qcjob.target import Figures, Target

DEVICE = Target(
    4,
    ("sx", "cx"),
    ((0, 1), (2, 3)),
    gates={
        "sx": {(qubit,): Figures(1.0) for qubit in range(4)},
        "cx": {(2, 3): Figures(10.0)},
        "measure": {(qubit,): Figures(100.0) for qubit in range(4)},
    },
)


def stats(*ops: list[Any], layout: tuple[int, ...] = (2, 3), target: Target = DEVICE) -> dict[str, Any]:
    return program_stats({"layout": list(layout), "ops": list(ops)}, target)


def test_depth_and_seconds_follow_the_longest_way_and_gates_are_counted_by_name() -> None:
    found = stats(["sx", [0], []], ["sx", [0], []], ["sx", [1], []], ["cx", [0, 1], []], ["measure", [1], [], [0]])
    assert found == {
        "qubits_used": 2,
        "depth": 4,
        "gates": {"cx": 1, "sx": 3},
        "two_qubit_gates": 1,
        "seconds_per_shot": 112.0,
    }


def test_durations_are_those_of_the_qubits_that_the_layout_names() -> None:
    assert stats(["cx", [0, 1], []])["seconds_per_shot"] == 10.0
    assert stats(["cx", [0, 1], []], layout=(0, 1))["seconds_per_shot"] is None


def test_a_barrier_keeps_what_follows_back_and_a_delay_lasts_but_neither_is_an_operation() -> None:
    found = stats(["sx", [0], []], ["barrier", [0, 1], []], ["delay", [1], [5.0]], ["sx", [1], []])
    assert (found["depth"], found["seconds_per_shot"], found["gates"]) == (2, 7.0, {"sx": 2})


def test_where_no_duration_is_known_no_seconds_are_said() -> None:
    found = with_shots(stats(["sx", [0], []], target=Target(4, ("sx",))), 1_000)
    assert found["seconds_per_shot"] is found["estimated_seconds"] is None


def test_all_shots_take_as_long_as_one_so_many_times() -> None:
    assert with_shots(stats(["sx", [0], []]), 1_000)["estimated_seconds"] == 1_000.0


def test_of_a_choice_the_longer_branch_counts_and_it_waits_for_what_it_asks() -> None:
    measure = ["measure", [0], [], [0]]
    choice = ["if", ["equal", ["creg", [0]], ["lit", 1, ["uint", 1]]], [["sx", [1], []]], [["sx", [1], []]] * 2]
    found = stats(measure, choice)
    assert (found["depth"], found["seconds_per_shot"]) == (4, 102.0)
    assert found["gates"] == {"sx": 3}
    assert found["qubits_used"] == 2


def test_blocks_within_blocks_are_counted() -> None:
    inner = ["switch", ["creg", [0]], [[[1], [["cx", [0, 1], []], ["break"]]], ["default", []]]]
    found = stats(["while", ["clbit", 0], [inner, ["measure", [0], [], [0]]]])
    assert (found["two_qubit_gates"], found["seconds_per_shot"]) == (1, 110.0)
