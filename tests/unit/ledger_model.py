"""A model of the ledger for hypothesis: what a caller may do in any order, what must come of it, what always holds.

Calls come late, twice and from workers that lost their job long ago; wake-ups are lost and doubled; queues and script
caches are deleted. The model knows of each job what a careful clerk would have written down, and no more: who is
next, and what time does, it reads from Redis before a call and holds the scripts to it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from qcjob.errors import StaleWriter
from qcjob.job import NewJob
from qcjob.ledger import Claim, Ledger
from qcjob.ledger.checkup import Checkup
from qcjob.ledger.wakeup import message
from qcjob.lifecycle import FINAL, TRANSITIONS, Event, JobState
from qcjob.rank import TIER_WIDTH
from tests.unit.ledger_world import Snapshot, World, look

EXAMPLES = int(os.environ.get("MODEL_EXAMPLES", "0"))
"""How many stories to try, each time others, and the shortest that fails is looked for, which takes minutes. Unset: a
few, always the same."""

MICRO = 1_000_000
LEASE_SECONDS = 300.0
RETENTION_SECONDS = 20 * LEASE_SECONDS
DEVICES = ("left", "right")
CUSTOMERS = ("alice", "bob")
COUNTS = {"counts": {"0": 10}, "seed": 1, "compiler": "qcjob", "calibration": None}
MOVES = {(state, to) for (state, _), to in TRANSITIONS.items()}
CLAIMED = (JobState.SUBMITTED, JobState.RUNNING)

devices = st.sampled_from(DEVICES)
customers = st.sampled_from(CUSTOMERS)
workers = st.sampled_from(("first", "second"))
one_of_many = st.integers(0, 24)
hold_seconds = st.sampled_from((0, LEASE_SECONDS, 3 * LEASE_SECONDS))
moments = st.sampled_from((0.6, 0.3 * LEASE_SECONDS, 1.1 * LEASE_SECONDS, 1.1 * RETENTION_SECONDS))
"""What brings a put-back job nearer, what a lease survives once, what it does not survive, what ends a retention."""


def budget(examples: int) -> settings:
    """For `run_state_machine_as_test`: so many examples, unless the environment wants more."""
    return settings(
        max_examples=EXAMPLES or examples,
        stateful_step_count=50,
        derandomize=not EXAMPLES,
        phases=(Phase.generate, Phase.shrink) if EXAMPLES else (Phase.generate,),
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


@dataclass
class Told:
    """What is known of one job from the calls made for it."""

    new: NewJob
    key: str | None
    states: list[JobState] = field(default_factory=lambda: [JobState.WAITING])
    version: int = 1
    attempt: int = 1
    tries: dict[int, str | None] = field(default_factory=dict)
    fence: int | None = None
    fences: list[int] = field(default_factory=list)
    rescues: int = 0
    handle: str | None = None
    marked: bool = False
    cancel_asked: bool = False

    @property
    def state(self) -> JobState:
        return self.states[-1]

    def enter(self, *states: JobState) -> None:
        """The job moved, once for each state."""
        self.states += states
        self.version += len(states)
        if self.state in FINAL and self.attempt in self.tries:
            self.tries[self.attempt] = self.state.lower()


class SoundLedger(Checkup):
    """The doctor, without its look at the server's own settings."""

    def _redis(self) -> Any:
        return ()


class LedgerModel(RuleBasedStateMachine):
    """Give it an empty Redis by overriding `make_world`."""

    def make_world(self) -> World:
        """An empty Redis with a clock that can be moved."""
        raise NotImplementedError

    def __init__(self) -> None:
        super().__init__()
        self.world = self.make_world()
        self.client = self.world.client
        self.ledger = Ledger(self.client, lease_seconds=LEASE_SECONDS)
        self.ledger.check_schema()
        self.jobs: dict[str, Told] = {}
        self.claims: list[Claim] = []
        self.keys: dict[tuple[str, str], str] = {}
        self.deleted: set[str] = set()
        self.unwatched: set[str] = set()
        self.seen: Snapshot | None = None
        self.taken = dict.fromkeys(DEVICES, 0)
        self.last_fence = 0
        self.last_change = "-"
        self.told_versions: dict[str, int] = {}

    # -- the front door

    @initialize(tiers=st.lists(st.integers(0, 2), min_size=3, max_size=7))
    def begin(self, tiers: list[int]) -> None:
        """Two devices, and some jobs wait when the story begins."""
        self.ledger.online("left", {"slots": "3", "status": "online"})
        for number, tier in enumerate(tiers):
            self.submit(DEVICES[number // 5], CUSTOMERS[number % 2], tier, None)

    @rule(device=devices, customer=customers, tier=st.integers(0, 2), key=st.sampled_from((None, None, "k", "l")))
    def submit(self, device: str, customer: str, tier: int, key: str | None) -> None:
        new = NewJob(
            id=f"{len(self.jobs) + len(self.deleted):08x}-0000-7000-8000-000000000000",
            customer=customer,
            key_id="key",
            tier=tier,
            device=device,
            runtime="verbatim",
            language="rotations",
            program="X(90)",
            compiled="{}",
            shots=10,
        )
        known = self.keys.get((customer, key)) if key else None
        if known is not None:
            assert self._unchanged(lambda: self.ledger.submit(new, idempotency_key=key)).id == known
            return
        job = self.ledger.submit(new, idempotency_key=key)
        assert (job.id, job.state, job.version) == (new.id, JobState.WAITING, 1)
        assert self.ledger.read(job.id) == job
        self.jobs[job.id] = Told(new, key)
        if key:
            self.keys[customer, key] = job.id
        self.unwatched.discard(device)

    @precondition(lambda self: self.jobs)
    @rule(which=one_of_many)
    def submit_again(self, which: int) -> None:
        told = self._job(which)
        answer = self._unchanged(lambda: self.ledger.submit(told.new, idempotency_key=told.key))
        assert answer == self.ledger.read(told.new.id)

    @precondition(lambda self: self.jobs)
    @rule(which=one_of_many, asker=st.sampled_from(("owner", "owner", "operator", "mallory")))
    def cancel(self, which: int, asker: str) -> None:
        told = self._job(which)
        customer = {"owner": told.new.customer, "operator": None, "mallory": "mallory"}[asker]
        ask = lambda: self.ledger.cancel(told.new.id, customer=customer)
        if asker == "mallory":
            assert self._unchanged(ask) is None
        elif told.state in FINAL or told.cancel_asked:
            assert self._unchanged(ask) == self.ledger.read(told.new.id)
        else:
            job = ask()
            assert job is not None and job == self.ledger.read(told.new.id)
            told.cancel_asked = True
            if told.state is JobState.WAITING:
                told.enter(JobState.CANCELLED)
            else:
                told.version += 1
            self.unwatched.discard(told.new.device)

    # -- the worker

    @rule(device=devices, worker=workers)
    def wake_up(self, device: str, worker: str) -> None:
        """As a worker does: a wake-up is popped, and a job claimed."""
        self.seen = None
        if self.client.rpop(device) is not None:
            self.claim(device, worker)

    @rule(worker=workers)
    def wake_up_until_nothing_is_queued(self, worker: str) -> None:
        """As idle workers do."""
        self.seen = None
        for device in DEVICES:
            while self.client.rpop(device) is not None:
                self.claim(device, worker)

    @rule(device=devices, worker=workers)
    def claim(self, device: str, worker: str) -> None:
        """Without a wake-up, as when eager."""
        before, at = self._before(), self.world.now()
        claim = self.ledger.claim(device, worker)
        wanted = {before.next_claim(device, at), before.next_claim(device, self.world.now())}
        assert (claim and (claim.id, claim.rescue)) in wanted
        if claim is None:
            return
        told = self.jobs[claim.id]
        assert claim.fence > self.last_fence
        assert (claim.attempt, claim.cancel_requested) == (told.attempt, told.cancel_asked)
        assert (claim.handle, claim.marked) == (told.handle, told.marked)
        if claim.rescue:
            told.rescues += 1
            told.version += 1
        else:
            told.tries[told.attempt] = None
            told.enter(JobState.SUBMITTED)
        assert (claim.state, claim.rescues) == (told.state, told.rescues)
        told.fence = self.last_fence = claim.fence
        told.fences.append(claim.fence)
        self.claims.append(claim)
        self.unwatched.discard(device)

    @precondition(lambda self: self.claims)
    @rule(which=one_of_many)
    def mark(self, which: int) -> None:
        claim, told = self._claim(which)
        if self._write(claim, told.state is JobState.SUBMITTED, lambda: self.ledger.mark(claim.id, claim.fence)):
            told.marked = True

    @precondition(lambda self: self.claims)
    @rule(which=one_of_many, handle=st.sampled_from(("handle-1", "handle-1", "handle-2")))
    def start(self, which: int, handle: str) -> None:
        claim, told = self._claim(which)
        again = told.state is JobState.RUNNING and told.handle == handle
        start = lambda: self.ledger.start(claim.id, claim.fence, handle)
        if self._write(claim, told.state is JobState.SUBMITTED, start, again=again):
            told.handle = handle
            told.enter(JobState.RUNNING)

    @precondition(lambda self: self.claims)
    @rule(which=one_of_many)
    def renew(self, which: int) -> None:
        claim, told = self._claim(which)
        if self._write(claim, told.state in CLAIMED, lambda: self.ledger.renew(claim.id, claim.fence)):
            lease = look(self.client).scores(f"leases:{claim.device}")[claim.id]
            assert abs(lease - self.world.now() - LEASE_SECONDS * MICRO) < MICRO

    @precondition(lambda self: self.claims)
    @rule(which=one_of_many)
    def lapse(self, which: int) -> None:
        claim, told = self._claim(which)
        if self._write(claim, told.state in CLAIMED, lambda: self.ledger.lapse(claim.id, claim.fence)):
            assert claim.id in look(self.client).lapsed(claim.device, self.world.now())
            self.unwatched.discard(claim.device)

    @precondition(lambda self: self.claims)
    @rule(which=one_of_many, event=st.sampled_from((Event.COMPLETE, Event.FAIL, Event.CANCELLED)), hold=hold_seconds)
    def finish(self, which: int, event: Event, hold: float) -> None:
        claim, told = self._claim(which)
        calls: dict[Event, Callable[[], None]] = {
            Event.COMPLETE: lambda: self.ledger.complete(claim.id, claim.fence, COUNTS),
            Event.FAIL: lambda: self.ledger.fail(claim.id, claim.fence, "code", "why", hold_seconds=hold),
            Event.CANCELLED: lambda: self.ledger.cancelled(claim.id, claim.fence, hold_seconds=hold),
        }
        to = TRANSITIONS[JobState.RUNNING, event]
        if self._leave(claim, hold if event is not Event.COMPLETE else 0, calls[event], again=told.state is to):
            passes = event is Event.COMPLETE and told.state is JobState.SUBMITTED
            told.enter(*([JobState.RUNNING] if passes else []), to)

    @precondition(lambda self: self.claims)
    @rule(which=one_of_many, next_attempt=st.booleans(), later=st.booleans(), hold=hold_seconds)
    def put_back(self, which: int, next_attempt: bool, later: bool, hold: float) -> None:
        claim, told = self._claim(which)
        put_back = lambda: self.ledger.put_back(
            claim.id, claim.fence, next_attempt=next_attempt, later=later, hold_seconds=hold
        )
        if not self._leave(claim, hold, put_back):
            return
        if told.cancel_asked:
            told.enter(JobState.CANCELLED)
            return
        told.enter(JobState.WAITING)
        told.fence, told.handle, told.marked = None, None, False
        if next_attempt:
            told.tries[told.attempt] = "put_back"
            told.attempt += 1
            told.rescues = 0

    # -- the device, the keeper, and what goes wrong

    @rule(
        device=devices,
        slots=st.sampled_from((None, 1, 2, 3)),
        status=st.sampled_from((None, "online", "online", "online", "busy", "busy", "offline", "calibrating")),
        idle=st.sampled_from((False, False, False, True)),
    )
    def online(self, device: str, slots: int | None, status: str | None, idle: bool) -> None:
        said = {"slots": slots, "status": status}
        fields = {name: str(value) for name, value in said.items() if value is not None}
        self.ledger.online(device, fields, idle_at=self.ledger.now() if idle else None)
        self.unwatched.discard(device)

    @rule(seconds=moments)
    def pass_time(self, seconds: float) -> None:
        self.world.pass_time(seconds)
        self.unwatched.update(DEVICES)

    @rule()
    def keep(self) -> None:
        before, since = self._before(), self.world.now()
        void = self.ledger.keep(RETENTION_SECONDS, [(claim.id, claim.fence) for claim in self.claims])
        until = self.world.now()
        after = look(self.client)
        gone = {(claim.id, claim.fence) for claim in self.claims if after.job(claim.id) is None}
        assert self._void(before, since) | gone <= void <= self._void(before, until) | gone
        for job_id, ended in before.scores("ended").items():
            if after.job(job_id) is None:
                assert ended + RETENTION_SECONDS * MICRO <= until, "a job is kept for its retention"
                self._forget(job_id)
            else:
                assert ended + RETENTION_SECONDS * MICRO > since, "and no longer"
        for device in DEVICES:
            waiting, lapsed_now = len(after.scores(f"ready:{device}")), len(after.lapsed(device, since))
            wanted = max(0, min(waiting, after.free_slots(device))) + lapsed_now
            assert after.queued(device) >= wanted, f"{after.queued(device)} of {wanted} wake-ups after keep"
        self.unwatched.clear()

    @rule(device=devices, what=st.sampled_from(("wake-up lost", "queue deleted", "wake-up doubled", "scripts flushed")))
    def go_wrong(self, device: str, what: str) -> None:
        match what:
            case "wake-up lost":
                self.client.rpop(device)
            case "queue deleted":
                self.client.delete(device)
            case "wake-up doubled":
                self.client.lpush(device, message(device))
            case "scripts flushed":
                self.client.script_flush()
        if what in ("wake-up lost", "queue deleted"):
            self.unwatched.add(device)

    # -- what always holds

    @invariant()
    def holds(self) -> None:
        self.seen = now = look(self.client)
        self._hear_changes()
        for told in self.jobs.values():
            _is_as_told(now, told)
            assert self.told_versions[told.new.id] == told.version, "the stream has an entry for each version"
        for customer in CUSTOMERS:
            mine = {told.new.id for told in self.jobs.values() if told.new.customer == customer}
            assert set(now.scores(f"jobs:{customer}")) == mine
        assert now.values.get("qcjob:fence", b"0") == str(self.last_fence).encode()
        for device in DEVICES:
            taken, slots = now.slots_taken(device), int(now.fields(f"device:{device}").get("slots", 1))
            assert taken <= max(slots, self.taken[device]), "no slot is given out that is not there"
            self.taken[device] = taken
            waits = now.scores(f"ready:{device}") and now.free_slots(device) > 0
            if device not in self.unwatched and (waits or now.lapsed(device, self.world.now())):
                assert now.queued(device) >= 1, "a wake-up is queued"

    def teardown(self) -> None:
        """At the end the doctor finds nothing, and lists, keys and single jobs agree."""
        self.seen = None
        self.keep()
        assert list(SoundLedger(self.ledger).run()) == []
        for customer in CUSTOMERS:
            mine = [told.new.id for told in self.jobs.values() if told.new.customer == customer]
            assert [job.id for job in self.ledger.list(customer, limit=200).items] == mine[::-1]
        for (customer, key), job_id in self.keys.items():
            found = self.ledger.find_idempotent(customer, key)
            assert found is not None and found.id == job_id
        for name in look(self.client).values:
            assert not any(job_id in name for job_id in self.deleted), f"{name} outlived its job"

    # -- helpers

    def _job(self, which: int) -> Told:
        """One of the jobs, the newest for 0."""
        return list(self.jobs.values())[-1 - which % len(self.jobs)]

    def _claim(self, which: int) -> tuple[Claim, Told]:
        """One of all claims ever made, the newest for 0, mostly one that still holds its job; and the job."""
        mine = [claim for claim in self.claims if self.jobs[claim.id].fence == claim.fence]
        working = [claim for claim in mine if self.jobs[claim.id].state in CLAIMED]
        pool = (working, working, working, mine, self.claims)[which % 5] or self.claims
        claim = pool[-1 - which // 5 % len(pool)]
        return claim, self.jobs[claim.id]

    def _before(self) -> Snapshot:
        """Everything as the last step left it, for the first call of this one."""
        seen, self.seen = self.seen, None
        return seen or look(self.client)

    def _unchanged(self, call: Callable[[], Any]) -> Any:
        """What a call answers that must change nothing."""
        before = self._before()
        answer = call()
        assert look(self.client) == before
        return answer

    def _write(self, claim: Claim, allowed: bool, call: Callable[[], Any], *, again: bool = False) -> bool:
        """Whether a write by a claim's holder was done. One that comes late is refused, one that comes `again` is
        answered as before, and neither changes anything."""
        told = self.jobs[claim.id]
        if told.fence == claim.fence and allowed:
            answer = call()
            assert not isinstance(answer, bool) or answer is told.cancel_asked
            return True
        self._unchanged(call if again and told.fence == claim.fence else lambda: _refused(call))
        return False

    def _leave(self, claim: Claim, hold: float, call: Callable[[], Any], *, again: bool = False) -> bool:
        """A write that ends a claim: its slot is free again, or held."""
        before = self._before()
        self.seen = before
        if not self._write(claim, self.jobs[claim.id].state in CLAIMED, call, again=again):
            return False
        assert look(self.client).slots_taken(claim.device) == before.slots_taken(claim.device) - (not hold)
        self.unwatched.discard(claim.device)
        return True

    def _void(self, now: Snapshot, at: int) -> set[tuple[str, int]]:
        """Of all claims those whose lease has lapsed, and those whose job is another's, or nobody's, by now."""
        lapsed = {job_id for device in DEVICES for job_id in now.lapsed(device, at)}
        return {
            (claim.id, claim.fence)
            for claim in self.claims
            if claim.fence != self.jobs[claim.id].fence or claim.id in lapsed
        }

    def _hear_changes(self) -> None:
        for entry, fields in self.client.xrange("qcjob:changes", min=self.last_change):
            job_id, version = fields[b"id"].decode(), int(fields[b"version"])
            assert version == self.told_versions.get(job_id, 0) + 1
            self.told_versions[job_id] = version
            self.last_change = f"({entry.decode()}"

    def _forget(self, job_id: str) -> None:
        told = self.jobs.pop(job_id)
        assert told.state in FINAL
        if told.key:
            del self.keys[told.new.customer, told.key]
        self.claims = [claim for claim in self.claims if claim.id != job_id]
        self.deleted.add(job_id)


def _refused(call: Callable[[], Any]) -> None:
    try:
        call()
    except StaleWriter:
        return
    raise AssertionError("a write that came too late was taken")


def _is_as_told(now: Snapshot, told: Told) -> None:
    """One job in Redis is what is known of it, and consistent in itself."""
    job_id = told.new.id
    job, fields = now.job(job_id), now.fields(f"job:{job_id}")
    assert job is not None, "an accepted job is never lost"
    assert [moment.state for moment in job.history] == told.states
    assert told.states[0] is JobState.WAITING and set(pairwise(told.states)) <= MOVES
    assert (job.state, job.version, job.device) == (told.state, told.version, told.new.device)
    assert max(int(name[1:]) for name in fields if name[0] == "h" and name[1:].isdigit()) <= job.version
    assert fields.get("fence") == (None if told.fence is None else str(told.fence))
    assert now.listed_as(job_id, job.customer) == [job.state]
    waits, claimed = job.state is JobState.WAITING, job.state in CLAIMED
    [place] = now.places(job_id, job.device)
    assert place in (("ready", "later") if waits else ("leases",) if claimed else ("ended",))
    score = int(fields["score"])
    assert score // TIER_WIDTH == told.new.tier and now.scores(f"ready:{job.device}").get(job_id, score) == score
    assert (fields.get(f"a{told.attempt}:marked") is not None) is told.marked
    times = [moment.at for moment in job.history]
    assert times == sorted(times) and job.created_at == times[0] and times[-1] <= job.updated_at
    assert (job.cancel_requested_at is not None) is told.cancel_asked
    assert (f"qcjob:result:{job_id}" in now.values) is (job.state is JobState.COMPLETED)
    assert (job.error_code is not None) is (job.state is JobState.FAILED)
    assert {attempt.number: attempt.outcome for attempt in job.attempts} == told.tries
    assert all((attempt.ended_at is None) is (attempt.outcome is None) for attempt in job.attempts)
    assert told.fences == sorted(told.fences)
    for attempt in job.attempts:
        assert {attempt.fence, *(rescue.fence for rescue in attempt.rescues)} <= set(told.fences)
    assert (job.attempts[-1].handle if told.attempt in told.tries else None) == told.handle
