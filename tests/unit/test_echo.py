"""The echo device: exact coins, and failures on request."""

from __future__ import annotations

from typing import Any

import pytest

from qcjob.devices.driver import Failed, Finished, Program
from qcjob.errors import Rejected
from workers.drivers.echo import Echo, random_counts


def submit(options: dict[str, Any]) -> object:
    return Echo("echo", {}).submit("job", Program({"clbits": 1}, None, options), 100)


def test_a_job_that_asks_for_a_failure_fails_with_exactly_that_code() -> None:
    answer = submit({"error": "laser-off"})
    assert isinstance(answer, Failed)
    assert answer.code == "laser-off"


@pytest.mark.parametrize("code", ["", 3, ["x"], False])
def test_a_code_that_is_no_text_is_rejected(code: object) -> None:
    with pytest.raises(Rejected):
        submit({"error": code})


def test_the_same_job_gets_the_same_counts() -> None:
    assert isinstance(submit({}), Finished)
    assert submit({}) == submit({})


@pytest.mark.parametrize("clbits", [1, 2, 3])
def test_every_outcome_is_as_likely_as_any_other(clbits: int) -> None:
    counts = random_counts({"clbits": clbits}, 2**clbits * 10_000, seed=5)
    assert len(counts) == 2**clbits
    assert all(seen == pytest.approx(10_000, abs=500) for seen in counts.values())


def test_many_clbits_cost_no_more_than_the_shots_they_are_drawn_for() -> None:
    counts = random_counts({"clbits": 200}, 10, seed=5)
    assert sum(counts.values()) == 10
    assert {len(key) for key in counts} == {200}
