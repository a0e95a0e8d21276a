"""The ledger's moves, on the real scripts in fakeredis, with a clock moved by hand."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise

import fakeredis
import pytest

from qcjob.errors import ConfigurationError, InvalidRequest, StaleWriter
from qcjob.job import Job, NewJob
from qcjob.ledger import Claim, Ledger, pages
from qcjob.ledger.pages import list_jobs
from qcjob.ledger.stored import read_result
from qcjob.lifecycle import TRANSITIONS, JobState
from tests.unit.conftest import Clock

Build = Callable[..., NewJob]
COUNTS = {"counts": {"0": 10}, "seed": 1, "compiler": "qcjob", "calibration": None}


def claimed(ledger: Ledger, device: str = "simulator") -> Claim:
    claim = ledger.claim(device, "worker@a")
    assert claim is not None
    return claim


def seen(ledger: Ledger, job_id: str) -> Job:
    job = ledger.read(job_id)
    assert job is not None
    return job


def states(job: Job) -> list[str]:
    return [str(moment.state) for moment in job.history]


def test_a_submitted_job_reads_as_it_was_answered(ledger: Ledger, new_job: Build) -> None:
    job = ledger.submit(new_job(name="Bell", tags=("a", "b"), seed=7, options={"duration": 2.5}))
    assert seen(ledger, job.id) == job
    assert (job.state, job.version, job.ahead, states(job)) == (JobState.WAITING, 1, 0, ["WAITING"])


def test_submitting_the_same_id_again_changes_nothing(ledger: Ledger, new_job: Build) -> None:
    new = new_job()
    first = ledger.submit(new)
    assert ledger.submit(new) == first
    assert ledger.client.zcard("qcjob:ready:simulator") == 1


def test_an_idempotency_key_stands_for_one_job_per_customer(ledger: Ledger, new_job: Build) -> None:
    first = ledger.submit(new_job(), idempotency_key="k")
    assert ledger.submit(new_job(), idempotency_key="k").id == first.id
    assert ledger.submit(new_job(customer="bob"), idempotency_key="k").id != first.id
    found = ledger.find_idempotent("alice", "k")
    assert found is not None and found.id == first.id


def test_jobs_are_claimed_by_tier_and_then_in_the_order_they_came(ledger: Ledger, new_job: Build) -> None:
    ledger.online("simulator", {"slots": "60"})
    tiers = [random.Random(3).choice((0, 1, 2)) for _ in range(60)]
    jobs = [ledger.submit(new_job(tier=tier)) for tier in tiers]
    wanted = [job.id for _, job in sorted(zip(tiers, jobs, strict=True), key=lambda pair: pair[0])]
    assert [seen(ledger, job_id).ahead for job_id in wanted] == list(range(60))
    assert [claimed(ledger).id for _ in range(60)] == wanted


def test_a_device_gives_out_no_more_jobs_than_it_has_slots(ledger: Ledger, new_job: Build) -> None:
    for _ in range(3):
        ledger.submit(new_job())
    assert ledger.claim("simulator", "w") is not None
    assert ledger.claim("simulator", "w") is None
    ledger.online("simulator", {"slots": "2"})
    assert ledger.claim("simulator", "w") is not None
    assert ledger.claim("simulator", "w") is None


@pytest.mark.parametrize("status", ["offline", "calibrating", "maintenance", "error"])
def test_a_device_that_takes_no_jobs_holds_them(ledger: Ledger, new_job: Build, status: str) -> None:
    ledger.online("simulator", {"status": status})
    job = ledger.submit(new_job())
    assert ledger.claim("simulator", "w") is None
    assert ledger.client.llen("simulator") == 0
    ledger.online("simulator", {"status": "online"})
    assert ledger.client.llen("simulator") == 1
    assert claimed(ledger).id == job.id


def test_a_job_passes_through_every_state_to_completed(ledger: Ledger, new_job: Build) -> None:
    job = ledger.submit(new_job())
    claim = claimed(ledger)
    ledger.start(claim.id, claim.fence, "handle-1")
    ledger.complete(claim.id, claim.fence, COUNTS)
    job = seen(ledger, job.id)
    assert states(job) == ["WAITING", "SUBMITTED", "RUNNING", "COMPLETED"]
    attempt = job.attempts[0]
    assert (attempt.number, attempt.fence, attempt.worker) == (1, claim.fence, "worker@a")
    assert (attempt.handle, attempt.outcome, attempt.ended_at) == ("handle-1", "completed", job.updated_at)
    assert read_result(ledger, job.id) == COUNTS


def test_a_result_that_came_at_once_passes_through_running(ledger: Ledger, new_job: Build) -> None:
    ledger.submit(new_job())
    claim = claimed(ledger)
    ledger.complete(claim.id, claim.fence, COUNTS)
    assert states(seen(ledger, claim.id)) == ["WAITING", "SUBMITTED", "RUNNING", "COMPLETED"]


def test_every_move_asked_twice_happens_once(ledger: Ledger, new_job: Build) -> None:
    ledger.submit(new_job())
    claim = claimed(ledger)
    ledger.start(claim.id, claim.fence, "h")
    version = seen(ledger, claim.id).version
    ledger.start(claim.id, claim.fence, "h")
    assert seen(ledger, claim.id).version == version
    ledger.complete(claim.id, claim.fence, COUNTS)
    done = seen(ledger, claim.id)
    ledger.complete(claim.id, claim.fence, COUNTS)
    assert seen(ledger, claim.id) == done


def test_a_final_state_is_never_left(ledger: Ledger, new_job: Build) -> None:
    ledger.submit(new_job())
    claim = claimed(ledger)
    ledger.fail(claim.id, claim.fence, "device-error", "broke")
    for late in (
        lambda: ledger.complete(claim.id, claim.fence, COUNTS),
        lambda: ledger.cancelled(claim.id, claim.fence),
        lambda: ledger.start(claim.id, claim.fence, "h"),
        lambda: ledger.run_again(claim.id, claim.fence, "uncertain", "why", retry=False),
        lambda: ledger.renew(claim.id, claim.fence),
        lambda: ledger.lapse(claim.id, claim.fence),
    ):
        with pytest.raises(StaleWriter):
            late()
    job = ledger.cancel(claim.id)
    assert job is not None and job.state is JobState.FAILED and job.error_code == "device-error"


def test_a_worker_whose_claim_was_taken_over_is_refused(ledger: Ledger, new_job: Build, clock: Clock) -> None:
    ledger.submit(new_job())
    first = claimed(ledger)
    clock.advance(5.1)
    second = claimed(ledger)
    assert second.rescue and second.fence > first.fence and second.id == first.id
    for write in (
        lambda: ledger.start(first.id, first.fence, "h"),
        lambda: ledger.complete(first.id, first.fence, COUNTS),
        lambda: ledger.fail(first.id, first.fence, "x", "y"),
        lambda: ledger.put_back(first.id, first.fence),
        lambda: ledger.renew(first.id, first.fence),
    ):
        with pytest.raises(StaleWriter):
            write()
    ledger.complete(second.id, second.fence, COUNTS)
    attempt = seen(ledger, first.id).attempts[0]
    assert attempt.fence == first.fence and [rescue.fence for rescue in attempt.rescues] == [second.fence]


def test_a_renewed_lease_does_not_lapse(ledger: Ledger, new_job: Build, clock: Clock) -> None:
    ledger.submit(new_job())
    claim = claimed(ledger)
    for _ in range(5):
        clock.advance(3)
        ledger.renew(claim.id, claim.fence)
    assert ledger.claim("simulator", "w") is None


def test_a_rescue_knows_how_far_the_lost_worker_came(ledger: Ledger, new_job: Build, clock: Clock) -> None:
    ledger.submit(new_job())
    first = claimed(ledger)
    ledger.mark(first.id, first.fence)
    clock.advance(6)
    second = claimed(ledger)
    assert (second.marked, second.handle, second.rescues) == (True, None, 1)
    ledger.start(second.id, second.fence, "h")
    ledger.lapse(second.id, second.fence)
    clock.advance(0.6)
    third = claimed(ledger)
    assert (third.handle, third.state, third.rescues) == ("h", JobState.RUNNING, 2)


def test_a_waiting_job_is_cancelled_at_once_and_not_claimed(ledger: Ledger, new_job: Build) -> None:
    job = ledger.submit(new_job())
    cancelled = ledger.cancel(job.id, customer="alice")
    assert cancelled is not None and cancelled.state is JobState.CANCELLED
    assert cancelled.cancel_requested_at is not None
    assert ledger.claim("simulator", "w") is None
    assert ledger.cancel(job.id, customer="alice") == cancelled


def test_a_running_job_hears_of_its_cancel_when_it_renews(ledger: Ledger, new_job: Build) -> None:
    ledger.submit(new_job())
    claim = claimed(ledger)
    assert ledger.start(claim.id, claim.fence, "h") is False
    asked = ledger.cancel(claim.id, customer="alice")
    assert asked is not None and asked.state is JobState.RUNNING and asked.cancel_requested_at
    assert ledger.renew(claim.id, claim.fence) is True
    ledger.cancelled(claim.id, claim.fence)
    assert seen(ledger, claim.id).state is JobState.CANCELLED


def test_another_customers_job_cannot_be_cancelled(ledger: Ledger, new_job: Build) -> None:
    job = ledger.submit(new_job())
    assert ledger.cancel(job.id, customer="mallory") is None
    assert seen(ledger, job.id).state is JobState.WAITING


def test_a_job_put_back_for_later_waits_twice_as_long_each_time(ledger: Ledger, new_job: Build, clock: Clock) -> None:
    job = ledger.submit(new_job())
    for delay in (0.5, 1, 2, 4, 8, 16, 32, 60, 60):
        claim = claimed(ledger)
        ledger.put_back(claim.id, claim.fence, later_because="away")
        clock.advance(delay - 0.1)
        assert ledger.claim("simulator", "w") is None
        clock.advance(0.2)
    job = seen(ledger, job.id)
    assert len(job.attempts) == 1 and job.attempts[0].outcome is None and job.ahead == 0


def test_a_rerun_is_the_next_attempt_and_keeps_its_rank(ledger: Ledger, new_job: Build, clock: Clock) -> None:
    first, second = ledger.submit(new_job()), ledger.submit(new_job())
    claim = claimed(ledger)
    ledger.start(claim.id, claim.fence, "h")
    ledger.run_again(claim.id, claim.fence, "uncertain", "why", retry=False)
    clock.advance(1)
    again = claimed(ledger)
    assert (again.id, again.attempt, again.handle) == (first.id, 2, None)
    ledger.complete(again.id, again.fence, COUNTS)
    attempts = seen(ledger, first.id).attempts
    assert [(attempt.number, attempt.outcome) for attempt in attempts] == [(1, "put_back"), (2, "completed")]
    assert claimed(ledger).id == second.id


def test_an_attempt_that_is_followed_by_another_says_what_went_wrong_with_it(
    ledger: Ledger, new_job: Build, clock: Clock
) -> None:
    job = ledger.submit(new_job(retries=2, on_uncertain="rerun"))
    for retry in (True, False):
        claim = claimed(ledger)
        assert (claim.retries, claim.on_uncertain) == (2, "rerun")
        ledger.run_again(claim.id, claim.fence, "no-light", "laser off", retry=retry)
        clock.advance(1.1)
    third = claimed(ledger)
    assert (third.attempt, third.retried) == (3, 1)
    ledger.fail(third.id, third.fence, "device-error", "again")
    ended = seen(ledger, job.id)
    errors = [(attempt.outcome, attempt.error_code, attempt.error_message) for attempt in ended.attempts]
    assert errors == [("put_back", "no-light", "laser off")] * 2 + [("failed", None, None)]
    assert (ended.error_code, ended.retries, ended.on_uncertain) == ("device-error", 2, "rerun")


def test_the_next_attempt_waits_twice_as_long_as_the_one_before(ledger: Ledger, new_job: Build, clock: Clock) -> None:
    ledger.submit(new_job())
    for delay in (0.5, 1, 2, 4, 8, 16, 32, 60, 60):
        claim = claimed(ledger)
        ledger.run_again(claim.id, claim.fence, "code", "why", retry=True)
        clock.advance(delay - 0.1)
        assert ledger.claim("simulator", "w") is None
        clock.advance(0.2)


def test_a_job_that_waits_for_later_says_until_when_and_why(ledger: Ledger, new_job: Build, clock: Clock) -> None:
    job = ledger.submit(new_job())
    assert (job.not_before, job.put_back_because) == (None, None)
    claim = claimed(ledger)
    ledger.put_back(claim.id, claim.fence, later_because="no light")
    waits = seen(ledger, job.id)
    assert waits.not_before is not None and abs(waits.not_before - clock.now * 1e6 - 500_000) < 1_000
    assert waits.put_back_because == "no light"
    clock.advance(0.6)
    ledger.keep(1_000)
    due = seen(ledger, job.id)
    assert (due.state, due.not_before, due.put_back_because) == (JobState.WAITING, None, None)
    claim = claimed(ledger)
    assert seen(ledger, job.id).put_back_because is None
    ledger.run_again(claim.id, claim.fence, "no-light", "laser off", retry=True)
    assert seen(ledger, job.id).put_back_because == "no-light: laser off"


def test_what_ends_one_worker_after_the_other_gets_a_growing_rest_within_its_lease(
    ledger: Ledger, new_job: Build, clock: Clock
) -> None:
    ledger.submit(new_job())
    claim = claimed(ledger)
    for rest in (0, 0.5, 1, 2, 4, 5, 5):
        ledger.lapse(claim.id, claim.fence)
        if rest:
            clock.advance(rest - 0.1)
            assert ledger.claim("simulator", "w") is None
            clock.advance(0.2)
        claim = claimed(ledger)
        assert claim.rescue


def test_a_job_put_back_after_its_cancel_was_asked_is_cancelled(ledger: Ledger, new_job: Build) -> None:
    ledger.submit(new_job())
    claim = claimed(ledger)
    ledger.cancel(claim.id)
    assert ledger.put_back(claim.id, claim.fence, later_because="away") is JobState.CANCELLED
    assert ledger.client.zcard("qcjob:leases:simulator") == 0


def test_a_hold_keeps_the_slot_until_it_ends_or_the_device_is_idle(
    ledger: Ledger, new_job: Build, clock: Clock
) -> None:
    for _ in range(3):
        ledger.submit(new_job())
    claim = claimed(ledger)
    ledger.fail(claim.id, claim.fence, "uncertain", "?", hold_seconds=30)
    assert ledger.claim("simulator", "w") is None
    clock.advance(31)
    claim = claimed(ledger)
    ledger.fail(claim.id, claim.fence, "uncertain", "?", hold_seconds=30)
    ledger.online("simulator", {"slots": "1"}, idle_at=ledger.now())
    assert ledger.claim("simulator", "w") is not None


def test_a_hold_made_after_the_device_was_asked_stays(ledger: Ledger, new_job: Build, clock: Clock) -> None:
    for _ in range(2):
        ledger.submit(new_job())
    ledger.online("simulator", {"slots": "1", "submit_timeout": "30.0"})
    claim, asked_at = claimed(ledger), ledger.now()
    clock.advance(0.001)
    ledger.fail(claim.id, claim.fence, "uncertain", "?", hold_seconds=30)
    ledger.online("simulator", {"slots": "1"}, idle_at=asked_at)
    assert ledger.claim("simulator", "w") is None
    ledger.online("simulator", {"slots": "1"}, idle_at=ledger.now())
    assert ledger.claim("simulator", "w") is not None


def test_a_device_unavailable_for_days_does_not_grow_the_history_without_end(
    ledger: Ledger, new_job: Build, clock: Clock
) -> None:
    job = ledger.submit(new_job())
    for _ in range(400):
        claim = claimed(ledger)
        ledger.put_back(claim.id, claim.fence, later_because="away")
        clock.advance(61)
    path = states(seen(ledger, job.id))
    assert len(path) < 410
    assert path[0] == "WAITING" and set(pairwise(path)) == {
        ("WAITING", "SUBMITTED"),
        ("SUBMITTED", "WAITING"),
    }


def test_slots_that_come_online_together_are_all_woken(ledger: Ledger, new_job: Build) -> None:
    for _ in range(5):
        ledger.submit(new_job())
    ledger.client.delete("simulator")
    ledger.online("simulator", {"slots": "4"})
    claims = 0
    while ledger.client.rpop("simulator"):
        claims += ledger.claim("simulator", "w") is not None
    assert claims == 4


def test_every_final_move_tells_waiting_celery_clients(ledger: Ledger, new_job: Build) -> None:
    heard = ledger.client.pubsub(ignore_subscribe_messages=True)
    heard.psubscribe("celery-task-meta-*")
    heard.get_message()
    ledger.cancel(ledger.submit(new_job()).id)
    ledger.submit(new_job())
    claim = claimed(ledger)
    ledger.complete(claim.id, claim.fence, COUNTS)
    messages = [message["data"] for message in iter(heard.get_message, None)]
    assert [b"REVOKED" in messages[0], b'{"counts": {"0": 10}}' in messages[1]] == [True, True]


def test_lists_are_newest_first_by_customer_state_device_and_tag_and_page_without_gaps(
    ledger: Ledger, new_job: Build
) -> None:
    jobs = [ledger.submit(new_job(tags=("even",) if n % 2 == 0 else ())) for n in range(9)]
    ledger.submit(new_job(customer="bob"))
    ledger.cancel(jobs[4].id)
    newest = [job.id for job in reversed(jobs)]
    found, cursor = [], None
    while True:
        page = list_jobs(ledger, "alice", limit=4, cursor=cursor)
        found += [job.id for job in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert found == newest
    assert [job.id for job in list_jobs(ledger, "alice", state=JobState.CANCELLED).items] == [jobs[4].id]
    assert [job.id for job in list_jobs(ledger, "alice", tag="even").items] == newest[::2]
    assert list_jobs(ledger, "alice", device="other").items == ()
    between = list_jobs(ledger, "alice", created_after=jobs[2].created_at, created_before=jobs[6].created_at)
    assert [job.id for job in between.items] == [jobs[n].id for n in (5, 4, 3)]


def test_a_page_ends_after_so_many_jobs_even_if_few_had_the_tag_and_none_is_left_out(
    ledger: Ledger, new_job: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "_CHUNK", 2)
    monkeypatch.setattr(pages, "MOST_LOOKED_AT", 4)
    jobs = [ledger.submit(new_job(tags=("rare",) if n in (0, 1, 7) else ())) for n in range(12)]
    looked, cursor = [], None
    while True:
        page = list_jobs(ledger, "alice", tag="rare", limit=2, cursor=cursor)
        looked.append([job.id for job in page.items])
        if (cursor := page.next) is None:
            break
    assert looked == [[], [jobs[7].id], [], [jobs[1].id, jobs[0].id]]


@pytest.mark.parametrize("cursor", ["", "x", "MTIz", "ÿ", "MTIzIGFiYw", "=" * 5])
def test_a_cursor_that_was_not_handed_out_is_refused(ledger: Ledger, cursor: str) -> None:
    with pytest.raises(InvalidRequest):
        list_jobs(ledger, "alice", cursor=cursor)


def test_final_jobs_are_gone_after_the_retention_and_others_stay(ledger: Ledger, new_job: Build, clock: Clock) -> None:
    gone = ledger.submit(new_job(), idempotency_key="k")
    ledger.cancel(gone.id)
    kept = ledger.submit(new_job())
    clock.advance(100)
    ledger.keep(101)
    assert ledger.read(gone.id) is not None
    clock.advance(2)
    ledger.keep(101)
    assert ledger.read(gone.id) is None and ledger.find_idempotent("alice", "k") is None
    assert [job.id for job in list_jobs(ledger, "alice").items] == [kept.id]
    assert not [key for key in ledger.client.scan_iter() if gone.id.encode() in key]


def test_a_redis_written_by_a_newer_version_is_refused(client: fakeredis.FakeRedis) -> None:
    Ledger(client).check_schema()
    client.set("qcjob:schema", 2)
    with pytest.raises(ConfigurationError, match="schema 2"):
        Ledger(client).check_schema()


def test_the_ledger_survives_a_flushed_script_cache(ledger: Ledger, new_job: Build) -> None:
    job = ledger.submit(new_job())
    ledger.client.script_flush()
    assert seen(ledger, job.id).id == job.id


@pytest.mark.parametrize("job_id", ["", "x", "../../etc", "\ud800", "0" * 1000, "01a20c64-4d54-4317-bfcf-f8c469968727"])
def test_a_malformed_id_is_simply_unknown(ledger: Ledger, job_id: str) -> None:
    assert ledger.read(job_id) is None
    assert ledger.cancel(job_id) is None


def test_the_wake_up_invariant_holds_while_jobs_come_run_lapse_and_go(
    ledger: Ledger, new_job: Build, clock: Clock
) -> None:
    ledger.online("simulator", {"slots": "3"})
    dice, held = random.Random(11), []
    for _ in range(300):
        move = dice.choice(("submit", "submit", "claim", "finish", "lapse", "put_back", "cancel", "wait"))
        if move == "submit":
            ledger.submit(new_job())
        elif move == "claim" and ledger.client.rpop("simulator"):
            claim = ledger.claim("simulator", "w")
            held += [claim] if claim else []
        elif move == "wait":
            clock.advance(1)
            ledger.keep(1_000)
        elif held:
            claim = held.pop(dice.randrange(len(held)))
            try:
                if move == "finish":
                    ledger.complete(claim.id, claim.fence, COUNTS)
                elif move == "lapse":
                    ledger.lapse(claim.id, claim.fence)
                elif move == "put_back":
                    ledger.run_again(claim.id, claim.fence, "uncertain", "why", retry=False)
                else:
                    ledger.cancel(claim.id)
                    held.append(claim)
            except StaleWriter:
                pass
        waiting = ledger.client.zcard("qcjob:ready:simulator")
        leases = ledger.client.zcard("qcjob:leases:simulator")
        lapsed = ledger.client.zcount("qcjob:leases:simulator", "-inf", int(clock.now * 1e6))
        queued = ledger.client.llen("simulator")
        assert leases <= 3
        if (waiting and leases < 3) or lapsed:
            assert queued >= 1, f"nothing wakes a worker after {move}"
        if move == "wait":
            assert queued >= min(waiting, 3 - leases) + lapsed


def test_the_keeper_is_told_which_claims_are_void(ledger: Ledger, new_job: Build, clock: Clock) -> None:
    ledger.online("simulator", {"slots": "4"})
    for _ in range(4):
        ledger.submit(new_job())
    ended, put_back, lapsed, good = (claimed(ledger) for _ in range(4))
    ledger.complete(ended.id, ended.fence, COUNTS)
    ledger.put_back(put_back.id, put_back.fence, later_because="away")
    clock.advance(4)
    ledger.renew(good.id, good.fence)
    clock.advance(2)
    claims = [(claim.id, claim.fence) for claim in (ended, put_back, lapsed, good)]
    assert ledger.keep(1_000, claims) == {(put_back.id, put_back.fence), (lapsed.id, lapsed.fence)}
    taken_over = claimed(ledger)
    assert taken_over.id == lapsed.id
    ledger.renew(taken_over.id, taken_over.fence)
    assert (lapsed.id, lapsed.fence) in ledger.keep(1_000, claims)
    assert ledger.keep(1_000, [(taken_over.id, taken_over.fence)]) == frozenset()


def test_a_job_cancelled_while_it_waits_to_go_on_ends_its_attempt(ledger: Ledger, new_job: Build) -> None:
    job = ledger.submit(new_job())
    claim = claimed(ledger)
    ledger.put_back(claim.id, claim.fence, later_because="away")
    ledger.cancel(job.id)
    [attempt] = seen(ledger, job.id).attempts
    assert attempt.outcome == "cancelled" and attempt.ended_at is not None


def test_a_job_that_ran_twice_can_hold_two_slots(ledger: Ledger, new_job: Build, clock: Clock) -> None:
    ledger.online("simulator", {"slots": "2"})
    ledger.submit(new_job())
    ledger.submit(new_job())
    for _ in range(2):
        claim = claimed(ledger)
        ledger.run_again(claim.id, claim.fence, "uncertain", "why", retry=False, hold_seconds=30)
        clock.advance(1.1)
    assert ledger.claim("simulator", "w") is None


def test_the_history_of_a_job_that_ran_before_its_device_was_away_stays_a_path(
    ledger: Ledger, new_job: Build, clock: Clock
) -> None:
    job = ledger.submit(new_job())
    for _ in range(2):
        claim = claimed(ledger)
        ledger.start(claim.id, claim.fence, "h")
        ledger.run_again(claim.id, claim.fence, "uncertain", "why", retry=False)
        clock.advance(1.1)
    for _ in range(400):
        claim = claimed(ledger)
        ledger.put_back(claim.id, claim.fence, later_because="away")
        clock.advance(61)
    path = states(seen(ledger, job.id))
    assert set(pairwise(path)) <= {(str(state), str(to)) for (state, _), to in TRANSITIONS.items()}
    assert path.count("RUNNING") == 2 and len(path) < 410


def test_the_history_stays_bounded_after_a_rescue_too(ledger: Ledger, new_job: Build, clock: Clock) -> None:
    job = ledger.submit(new_job())
    claim = claimed(ledger)
    ledger.lapse(claim.id, claim.fence)
    for _ in range(400):
        claim = claimed(ledger)
        ledger.put_back(claim.id, claim.fence, later_because="away")
        clock.advance(61)
    assert len(states(seen(ledger, job.id))) < 410


def test_a_job_submitted_again_under_another_key_does_not_take_that_key(ledger: Ledger, new_job: Build) -> None:
    new = new_job()
    ledger.submit(new, idempotency_key="k")
    ledger.submit(new, idempotency_key="l")
    assert ledger.find_idempotent("alice", "l") is None
