"""The table of moves, held against the diagram in its docstring and against what final means."""

from __future__ import annotations

import re

import pytest

from qcjob import lifecycle
from qcjob.lifecycle import FINAL, TRANSITIONS, Event, JobState, next_state


def test_the_docstring_draws_exactly_the_table() -> None:
    drawn = set()
    for line in (lifecycle.__doc__ or "").splitlines():
        if match := re.match(r"\s+([A-Z|]+)\s+(\w+)\s+-> ([A-Z]+)", line):
            drawn |= {(JobState(state), Event(match[2]), JobState(match[3])) for state in match[1].split("|")}
    table = {(state, event, to) for (state, event), to in TRANSITIONS.items()}
    assert drawn == table


@pytest.mark.parametrize("state", sorted(FINAL))
def test_nothing_leaves_a_final_state(state: JobState) -> None:
    assert all(next_state(state, event) is None for event in Event)


def test_the_final_states_are_completed_failed_and_cancelled() -> None:
    assert {JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED} == FINAL


def test_every_state_but_created_is_reached_by_a_move() -> None:
    assert set(TRANSITIONS.values()) == set(JobState) - {JobState.CREATED}
