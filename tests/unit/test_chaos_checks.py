"""The checks of the storm see what they are there to see: each is shown a promise kept, and the same one broken."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from benchmarks.chaos.checks import CHECKS, Evidence
from benchmarks.chaos.clients import SHOTS
from benchmarks.chaos.stalls import Struck, stalls
from benchmarks.chaos.witness import Seen, Witness
from qcjob.job import Attempt, Job, Moment, Rescue
from qcjob.ledger.checkup import Finding
from qcjob.lifecycle import JobState

WAITING, SUBMITTED, RUNNING = JobState.WAITING, JobState.SUBMITTED, JobState.RUNNING
COMPLETED, FAILED, CANCELLED = JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED

SECOND = 1_000_000
ATTEMPT = Attempt(1, 7, "worker@host", 2 * SECOND, "handle", 4 * SECOND, "completed")


def job(*path: JobState, device: str = "qc", **more: Any) -> Job:
    """A job that entered each of these states a second after the last one."""
    states = path or (WAITING, SUBMITTED, RUNNING, COMPLETED)
    history = tuple(Moment(state, at * SECOND, 1) for at, state in enumerate(states, 1))
    values = {"attempts": (ATTEMPT,), "updated_at": len(states) * SECOND, "created_at": SECOND, **more}
    return Job(
        "a", "alice", states[-1], len(states), device, "optimized", "rotations", SHOTS, history=history, **values
    )


def seen(state: JobState, version: int, at: float) -> Seen:
    return Seen("a", state, version, at - 0.01, at)


def evidence(found: Job | None = None, *, keys: dict[str, set[str]] | None = None, **more: Any) -> Evidence:
    """One accepted job that ran as it should; what is given takes the place of a part."""
    witness = Witness()
    witness.accepted = {("alice", key): ids for key, ids in (keys or {"k": {"a"}}).items()}
    witness.seen = more.pop("seen", [seen(WAITING, 1, 1.0), seen(COMPLETED, 4, 4.0)])
    for name in ("refused", "answers"):
        getattr(witness, name).update(more.pop(name, {}))
    found = found or job()
    values: dict[str, Any] = {"starts": {"a": 1}, "results": {"a": {"0": SHOTS}}, "findings": (), "unsent": 0, **more}
    return Evidence(jobs=values.pop("jobs", {"a": found}), witness=witness, **values)


SECOND_ATTEMPT = dataclasses.replace(ATTEMPT, number=2, fence=8)
RESCUED = dataclasses.replace(ATTEMPT, rescues=(Rescue(3 * SECOND, "other@host", 9),))

KEPT = {
    "a job that ran": evidence(),
    "a rescue that started the simulator again": evidence(
        job(attempts=(RESCUED,), device="simulator"), starts={"a": 2}
    ),
    "a rerun": evidence(
        job(
            *(WAITING, SUBMITTED, WAITING, SUBMITTED, RUNNING, COMPLETED),
            attempts=(dataclasses.replace(ATTEMPT, outcome="put_back"), SECOND_ATTEMPT),
        ),
        starts={"a": 1, "a~2": 1},
        seen=[seen(WAITING, 3, 3.0), seen(COMPLETED, 6, 6.0)],
    ),
    "an answer that was overtaken": evidence(
        seen=[Seen("a", COMPLETED, 4, 4.0, 4.1), Seen("a", RUNNING, 3, 3.9, 4.2)],
    ),
    "a run on a device that counts no starts": evidence(job(device="echo"), starts={}),
    "many a 503": evidence(answers={"503": 9, "202": 1, "none": 3}),
}

BROKEN = {
    "lost: not final": ("lost", evidence(job(WAITING, SUBMITTED))),
    "lost: gone": ("lost", evidence(jobs={})),
    "run twice by the device outside": ("run twice", evidence(job(attempts=(RESCUED,)), starts={"a": 2})),
    "run twice by the simulator": ("run twice", evidence(job(device="simulator"), starts={"a": 2})),
    "an attempt run twice": (
        "run twice",
        evidence(job(attempts=(ATTEMPT, SECOND_ATTEMPT)), starts={"a": 1, "a~2": 2}),
    ),
    "an attempt nobody knows of": ("run twice", evidence(starts={"a": 1, "a~2": 1})),
    "run and unknown": ("run twice", evidence(starts={"a": 1, "b": 1})),
    "no such step": ("history", evidence(job(WAITING, RUNNING, COMPLETED))),
    "a final state left": ("history", evidence(job(WAITING, SUBMITTED, RUNNING, FAILED, COMPLETED))),
    "a fence that fell": (
        "history",
        evidence(job(attempts=(dataclasses.replace(RESCUED, rescues=(Rescue(3 * SECOND, "w", 6),)),))),
    ),
    "an attempt left open": ("history", evidence(job(attempts=(dataclasses.replace(ATTEMPT, outcome=None),)))),
    "two for one key": ("two jobs", evidence(keys={"k": {"a", "b"}}, jobs={"a": job(), "b": job()})),
    "nobody was told": ("two jobs", evidence(jobs={"a": job(), "b": job()})),
    "an older version later": ("gone back", evidence(seen=[seen(RUNNING, 3, 3.0), seen(SUBMITTED, 2, 4.0)])),
    "two states at one version": ("gone back", evidence(seen=[seen(RUNNING, 3, 3.0), seen(SUBMITTED, 3, 4.0)])),
    "told FAILED": ("gone back", evidence(seen=[seen(FAILED, 4, 4.0)])),
    "no reason": ("failed without", evidence(job(WAITING, SUBMITTED, FAILED), results={"a": "no-result"})),
    "cancelled unasked": ("failed without", evidence(job(WAITING, CANCELLED, attempts=()))),
    "no counts": ("COMPLETED without", evidence(results={"a": "result-not-ready"})),
    "counts missing": ("COMPLETED without", evidence(results={"a": {"0": SHOTS - 1}})),
    "never started": ("COMPLETED without", evidence(starts={})),
    "refused": ("clients", evidence(refused={"422 idempotency-key-reused": 1})),
    "500": ("clients", evidence(answers={"500": 1})),
    "not accepted": ("clients", evidence(unsent=1)),
    "doctor": ("findings", evidence(findings=(Finding("job a", "is lost", ""),))),
}


@pytest.mark.parametrize("case", KEPT.values(), ids=KEPT)
def test_a_promise_kept_is_not_called_broken(case: Evidence) -> None:
    assert {name: list(check(case)) for name, check in CHECKS.items()} == {name: [] for name in CHECKS}


@pytest.mark.parametrize(("begins", "case"), BROKEN.values(), ids=BROKEN)
def test_a_broken_promise_is_seen(begins: str, case: Evidence) -> None:
    [check] = [check for name, check in CHECKS.items() if name.startswith(begins)]
    assert list(check(case))


def test_a_stall_is_the_time_in_which_a_job_was_there_and_none_completed() -> None:
    jobs = [job(created_at=at * SECOND, updated_at=done * SECOND) for at, done in ((9, 10), (11, 19), (12, 20))]
    [found] = stalls(jobs, [Struck("worker-killed", "worker-qc", 10.5, 13.0)])
    assert (found.longest, found.afterwards) == (8.0, 6.0)  # from 11, when there was a job again, to 19


def test_a_fault_answers_only_for_the_time_until_the_next() -> None:
    jobs = [job(created_at=SECOND, updated_at=done * SECOND) for done in (3, 9)]
    first, second = stalls(jobs, [Struck("x", "", 2.0, 2.0), Struck("y", "", 3.5, 3.5)])
    assert (first.longest, second.longest) == (1.0, 5.5)
    assert stalls([], [Struck("x", "", 2.0, 2.0)])[0].longest is None
