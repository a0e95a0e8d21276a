"""What a target says of single operations, and that it survives being published."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from qcjob.canonical import hash_document
from qcjob.devices.driver import Result
from qcjob.target import Figures, Target
from workers.results import stored_part

STRANGE = Target(1, ("rx",), None, gates={"rx": {(0,): Figures(float("nan"), None)}})
LINE = Target(3, ("rz", "sx", "cx", "cz"), ((0, 1), (1, 2)))
UNEVEN = Target(
    3,
    ("rz", "cx", "ecr", "cz"),
    ((0, 1), (1, 2)),
    gates={"ecr": {(1, 0): Figures(3e-7, 0.01)}, "cz": {(1, 2): Figures()}, "measure": {(0,): Figures(1e-6, 0.02)}},
    features=("reset",),
)


@pytest.mark.parametrize(
    ("target", "name", "qubits", "supported"),
    [
        (LINE, "sx", (2,), True),
        (LINE, "sx", (3,), False),
        (LINE, "x", (0,), False),
        (LINE, "cx", (1, 0), True),
        (LINE, "cx", (0, 2), False),
        (LINE, "cx", (1, 1), False),
        (LINE, "cx", (0,), False),
        (LINE, "measure", (0,), True),
        (LINE, "reset", (0,), False),
        (Target(9, ("cz",)), "cz", (3, 8), True),
        (UNEVEN, "ecr", (1, 0), True),
        (UNEVEN, "ecr", (0, 1), False),
        (UNEVEN, "cz", (2, 1), True),
        (UNEVEN, "cz", (0, 1), False),
        (UNEVEN, "cx", (0, 1), True),
        (UNEVEN, "measure", (0,), True),
        (UNEVEN, "measure", (1,), False),
        (UNEVEN, "reset", (1,), True),
    ],
)
def test_an_operation_is_supported_on_its_qubits(
    target: Target, name: str, qubits: tuple[int, ...], supported: bool
) -> None:
    assert target.supports(name, qubits) is supported


def test_figures_are_found_either_way_round_only_where_that_means_the_same() -> None:
    assert UNEVEN.figures("ecr", (1, 0)) == Figures(3e-7, 0.01)
    assert UNEVEN.figures("ecr", (0, 1)) == Figures()
    assert UNEVEN.figures("cx", (0, 1)) == Figures()


def test_a_target_has_the_hash_of_what_is_published_of_it_whatever_numbers_its_driver_gave() -> None:
    whole, real = (Target(1, ("rx",), None, gates={"rx": {(0,): Figures(number, None)}}) for number in (1, 1.0))
    assert whole.sha256() == real.sha256() == hash_document(Target.from_json(whole.as_json()).as_dict())
    assert replace(real, calibration_id="monday").sha256() != real.sha256()
    with pytest.raises(ValueError, match="JSON"):
        STRANGE.sha256()


@pytest.mark.parametrize("target", [None, STRANGE])
def test_a_target_that_has_no_hash_does_not_cost_a_result(target: Target | None) -> None:
    stored = stored_part(Result({"0": 1}), {}, {}, target, "monday")
    assert stored["counts"] == {"0": 1} and stored["calibration"] == "monday" and stored["target_sha256"] is None


def test_the_time_of_a_sample_is_published_where_there_is_one_and_is_part_of_the_hash() -> None:
    plain = Target(1, ("rx",))
    timed = replace(plain, dt=2.5e-10)
    assert "dt" not in plain.as_dict() and Target.from_json(timed.as_json()) == timed
    assert timed.sha256() != plain.sha256()


@pytest.mark.parametrize("dt", [0, -1e-9, float("inf"), float("nan")])
def test_a_sample_takes_time(dt: float) -> None:
    with pytest.raises(ValueError, match="wanted seconds, more than 0"):
        Target.from_dict({**Target(1, ("rx",)).as_dict(), "dt": dt})


def test_a_published_target_is_the_same_target() -> None:
    for target in (LINE, UNEVEN, Target(5, ("prx", "cz"), None, "monday", "2026-01-05T08:00:00.000000Z")):
        assert Target.from_dict(json.loads(json.dumps(target.as_dict()))) == target
        assert Target.from_json(target.as_json()) == target
        assert Target.from_json(target.as_json()) is Target.from_json(target.as_json())
