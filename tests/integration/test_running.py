"""Rank, slots and cancels, with a real worker."""

from __future__ import annotations

import random
import time
from dataclasses import replace

import pytest

from tests.integration.cluster import ALICE, Cluster, moments, states


def test_sixty_randomly_ranked_jobs_run_in_exact_order_through_one_slot(shared: Cluster) -> None:
    blocker = shared.submit(duration=60)
    shared.wait_until(blocker, "RUNNING")
    dice = random.Random(3)
    tiers = [dice.choice((0, 1, 2)) for _ in range(60)]
    job_ids = [shared.submit(customer=replace(ALICE, tier=tier)) for tier in tiers]
    wanted = [job_id for _, job_id in sorted(zip(tiers, job_ids, strict=True), key=lambda pair: pair[0])]
    assert [shared.job(job_id).ahead for job_id in wanted] == list(range(60))
    shared.ledger.cancel(blocker)
    jobs = shared.wait_all(job_ids)
    assert [job.id for job in sorted(jobs, key=lambda job: moments(job)["SUBMITTED"])] == wanted
    assert [job.id for job in sorted(jobs, key=lambda job: job.attempts[0].fence)] == wanted
    assert all(states(job) == ["WAITING", "SUBMITTED", "RUNNING", "COMPLETED"] for job in jobs)


@pytest.mark.alone
def test_forty_jobs_go_through_four_slots_without_a_stall_and_never_more_than_four_at_once(shared: Cluster) -> None:
    started = time.monotonic()
    job_ids = [shared.submit("four", duration=0.1) for _ in range(40)]
    jobs = shared.wait_all(job_ids)
    took = time.monotonic() - started
    edges = sorted(edge for job in jobs for edge in ((moments(job)["SUBMITTED"], 1), (moments(job)["COMPLETED"], -1)))
    at_once, most = 0, 0
    for _, step in edges:
        at_once += step
        most = max(most, at_once)
    assert most == 4
    assert took < 4, f"40 jobs of 0.1 s through 4 slots took {took:.1f} s"


@pytest.mark.alone
def test_a_burst_of_empty_jobs_keeps_every_slot_busy(shared: Cluster) -> None:
    started = time.monotonic()
    shared.wait_all([shared.submit("four") for _ in range(40)])
    assert time.monotonic() - started < 3


def test_a_waiting_job_is_cancelled_at_once_and_never_starts(shared: Cluster) -> None:
    blocker, waiting, after = shared.submit(duration=30), shared.submit(), shared.submit()
    shared.wait_until(blocker, "RUNNING")
    cancelled = shared.service.cancel(ALICE, waiting)
    assert states(cancelled) == ["WAITING", "CANCELLED"]
    shared.service.cancel(ALICE, blocker)
    shared.wait_until(after, "COMPLETED")
    assert shared.job(waiting).version == cancelled.version


def test_a_running_job_is_cancelled_within_seconds_and_its_slot_is_free(shared: Cluster) -> None:
    running, after = shared.submit(duration=30), shared.submit()
    shared.wait_until(running, "RUNNING")
    asked = shared.service.cancel(ALICE, running)
    assert (asked.state, asked.cancel_requested_at is not None) == ("RUNNING", True)
    job = shared.wait_until(running, "CANCELLED", within=3)
    assert job.attempts[-1].outcome == "cancelled"
    assert shared.wait_until(after, "COMPLETED", within=3).ahead is None
    assert shared.client.zcard("qcjob:leases:simulator") == 0
