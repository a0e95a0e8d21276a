"""A model of the ledger for hypothesis: what a caller may do in any order, what must come of it, what always holds.

Calls come late, twice and from workers that lost their job long ago; wake-ups are lost and doubled; queues and script
caches are deleted. The model knows of each job what a careful clerk would have written down, and no more: who is
next, and what time does, it reads from Redis before a call and holds the scripts to it.
"""

from __future__ import annotations

import itertools
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from qcjob.acts import Word
from qcjob.batch import NewBatch
from qcjob.errors import InvalidRequest, LedgerUnavailable, NotWaiting, ReservationOverlaps, SessionClosed, StaleWriter
from qcjob.job import NewJob
from qcjob.ledger import Claim, Ledger
from qcjob.ledger.batches import Batches
from qcjob.ledger.checkup import Checkup
from qcjob.ledger.forecast import standing
from qcjob.ledger.operations import Operations
from qcjob.ledger.outcomes import Memory
from qcjob.ledger.pages import list_jobs
from qcjob.ledger.reservations import Reservations
from qcjob.ledger.sessions import Sessions
from qcjob.ledger.stored import read_parts
from qcjob.ledger.wakeup import message
from qcjob.lifecycle import FINAL, TRANSITIONS, Event, JobState
from qcjob.rank import TIER_WIDTH, Privileges
from qcjob.security.customers import Customers
from qcjob.session import Session
from tests.unit.ledger_world import Snapshot, World, look

EXAMPLES = int(os.environ.get("MODEL_EXAMPLES", "0"))
"""How many stories to try, each time others, and the shortest that fails is looked for, which takes minutes. Unset: a
few, always the same."""

MICRO = 1_000_000
WORD = Word("grace", "key", "because")
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
class ToldBatch:
    """What is known of one batch: its jobs, those nobody has recorded yet, and how those ended that are no more."""

    new: NewBatch
    key: str | None
    pending: list[NewJob]
    cancel_asked: bool = False
    gone: Counter[JobState] = field(default_factory=Counter)


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
    put_backs: int = 0
    retried: int = 0
    tier: int = 2
    errors: dict[int, str] = field(default_factory=dict)
    handle: str | None = None
    marked: bool = False
    part: int = 0
    cancel_asked: bool = False
    expired: bool = False
    held: bool = False
    acts: int = 0
    session: str | None = None

    @property
    def state(self) -> JobState:
        return self.states[-1]

    @property
    def queue(self) -> tuple[str, int]:
        """Whose jobs it is ranked among."""
        return self.new.device, self.tier

    @property
    def takes_a_run(self) -> bool:
        """Whether a run may be handed over: the first, or that of the next part."""
        return self.state is JobState.SUBMITTED or (self.state is JobState.RUNNING and self.handle is None)

    def waits_for(self, device: str) -> bool:
        return self.state is JobState.WAITING and self.new.device == device

    def enter(self, *states: JobState) -> None:
        """The job moved, once for each state."""
        self.states += states
        self.version += len(states)
        if self.state in FINAL and self.attempt in self.tries:
            self.tries[self.attempt] = self.state.lower()


@dataclass
class Opened:
    """What is known of one session."""

    customer: str
    device: str
    states: list[str] = field(default_factory=lambda: ["waiting"])
    due: int | None = None
    is_closed_by_hand: bool = False

    @property
    def is_open(self) -> bool:
        return self.states[-1] != "closed"


def delay(times: int) -> int:
    """Microseconds that something waits that happens for the first, second, … time."""
    return min(60 * MICRO, MICRO // 2 << (times - 1))


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
        self.operations = Operations(self.ledger)
        self.sessions = Sessions(self.ledger)
        self.opened: dict[str, Opened] = {}
        self.reservations = Reservations(self.ledger)
        self.reserved: list[str] = []
        self.jobs: dict[str, Told] = {}
        self.claims: list[Claim] = []
        self.keys: dict[tuple[str, str], str] = {}
        self.batched = Batches(self.ledger, piece_jobs=2)
        self.batches: dict[str, ToldBatch] = {}
        self.batch_keys: dict[tuple[str, str], str] = {}
        self.numbers = itertools.count()
        self.deleted: set[str] = set()
        self.unwatched: set[str] = set()
        self.seen: Snapshot | None = None
        self.taken = dict.fromkeys(DEVICES, 0)
        self.last_fence = 0
        self.last_change = "-"
        self.told_versions: dict[str, int] = {}

    # -- the front door

    @initialize(
        tiers=st.lists(st.integers(0, 2), min_size=3, max_size=7),
        together=st.lists(devices, min_size=2, max_size=5),
        dies=st.booleans(),
    )
    def begin(self, tiers: list[int], together: list[str], dies: bool) -> None:
        """Two devices, and some jobs wait when the story begins, of which some came in a batch."""
        self.ledger.online("left", {"slots": "3", "status": "online"})
        for number, tier in enumerate(tiers):
            self.submit(DEVICES[number // 5], CUSTOMERS[number % 2], tier, None)
        self.submit_batch(together, CUSTOMERS[0], 1, None, dies)

    @rule(
        device=devices,
        customer=customers,
        tier=st.integers(0, 2),
        key=st.sampled_from((None, None, "k", "l")),
        retries=st.sampled_from((None, 0, 3)),
        on_uncertain=st.sampled_from((None, "rerun", "fail")),
        cost=st.sampled_from((1, 7, 7, 400)),
        start_in=st.sampled_from((None, None, -1, 0.5 * LEASE_SECONDS)),
        end_in=st.sampled_from((None, None, 0.8 * LEASE_SECONDS, 2 * LEASE_SECONDS)),
        session=st.sampled_from((None, 0, 0, 1)),
    )
    def submit(
        self,
        device: str,
        customer: str,
        tier: int,
        key: str | None,
        retries: int | None = None,
        on_uncertain: str | None = None,
        cost: int = 7,
        start_in: float | None = None,
        end_in: float | None = None,
        session: int | None = None,
    ) -> None:
        at = self.world.now()
        joined = None if session is None else self._session_of(customer, device, session)
        new = NewJob(
            id=self._new_id(),
            customer=customer,
            key_id="key",
            tier=tier,
            device=device,
            runtime="verbatim",
            language="rotations",
            program="X(90)",
            compiled="{}",
            shots=10,
            cost=cost,
            retries=retries,
            on_uncertain=on_uncertain,
            start_after=None if start_in is None else at + round(start_in * MICRO),
            not_after=None if end_in is None else at + round(end_in * MICRO),
            session=joined,
        )
        known = self.keys.get((customer, key)) if key else None
        if known is not None:
            assert self._unchanged(lambda: self.ledger.submit(new, idempotency_key=key)).id == known
            return
        if joined is not None and not self._takes(joined, new, at):
            _refused(lambda: self.ledger.submit(new, idempotency_key=key), (SessionClosed, InvalidRequest))
            return
        job = self.ledger.submit(new, idempotency_key=key)
        assert (job.id, job.state, job.version) == (new.id, JobState.WAITING, 1)
        assert self.ledger.read(job.id) == job
        self.jobs[job.id] = Told(new, key, tier=tier, session=joined)
        if key:
            self.keys[customer, key] = job.id
        self.unwatched.discard(device)

    @precondition(lambda self: self.jobs)
    @rule(which=one_of_many)
    def submit_again(self, which: int) -> None:
        told = self._job(which)
        answer = self._unchanged(lambda: self.ledger.submit(told.new, idempotency_key=told.key))
        assert answer == self.ledger.read(told.new.id)

    @rule(
        where=st.lists(devices, min_size=1, max_size=6),
        customer=customers,
        tier=st.integers(0, 2),
        key=st.sampled_from((None, None, "k")),
        dies=st.booleans(),
    )
    def submit_batch(self, where: list[str], customer: str, tier: int, key: str | None, dies: bool) -> None:
        """Accepted whole; where the web dies, two of its jobs are recorded, and the others when somebody goes on."""
        batch_id = self._new_id()
        jobs = [
            NewJob(
                *(self._new_id(), customer, "key", tier, device, "verbatim", "rotations", "X(90)", "{}", 10),
                cost=7,
                batch=batch_id,
                index=index,
            )
            for index, device in enumerate(where)
        ]
        new = NewBatch(batch_id, customer, jobs, len(jobs))
        submit = lambda: self.batched.submit(new, idempotency_key=key)
        known = self.batch_keys.get((customer, key)) if key else None
        if known is not None:
            self._go_on(known)
            assert self._unchanged(submit).id == known
            return
        told = self.batches[batch_id] = ToldBatch(new, key, list(jobs))
        if key:
            self.batch_keys[customer, key] = batch_id
        if dies and len(jobs) > 2:
            self._without_records(submit)
            self._recorded(told, 2)
        else:
            batch = submit()
            assert (batch.id, batch.size, batch.version) == (batch_id, len(jobs), 1)
            self._recorded(told, len(jobs))
        self.unwatched.difference_update(where)

    @precondition(lambda self: self.batches)
    @rule(which=one_of_many, asker=st.sampled_from(("owner", "mallory")))
    def cancel_batch(self, which: int, asker: str) -> None:
        told = list(self.batches.values())[-1 - which % len(self.batches)]
        if asker == "mallory":
            assert self._unchanged(lambda: self.batched.cancel(told.new.id, customer="mallory")) is None
            return
        ended = not told.pending and all(job.state in FINAL for job in self._jobs_of(told))
        ask = lambda: self.batched.cancel(told.new.id, customer=told.new.customer)
        if not told.pending and (told.cancel_asked or ended):
            self._unchanged(ask)
        else:
            self._recorded(told, len(told.pending))
            ask()
            self._cancelled(told)
        batch = self.batched.read(told.new.id)
        assert batch is not None and (batch.cancel_requested_at is not None) is told.cancel_asked

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
            self._asked_to_stop(told)

    @precondition(lambda self: self.jobs)
    @rule(which=one_of_many, other=one_of_many)
    def exchange(self, which: int, other: int) -> None:
        """Two of one customer's in one queue, or others, which are refused."""
        told, ahead = self._job(which), self._job(other)
        before = self._before()
        ask = lambda: self.ledger.exchange(told.new.id, ahead.new.id, customer=told.new.customer)
        mine, waits = told.new.customer == ahead.new.customer, {told.state, ahead.state} == {JobState.WAITING}
        known = [before.fields(f"job:{one.new.id}") for one in (told, ahead)]
        unranked = any("unranked" in fields for fields in known)
        if unranked or not (mine and waits and told.queue == ahead.queue):
            self._unchanged(lambda: _refused(ask, (NotWaiting, InvalidRequest)))
        elif before.place(told.new.id) <= before.place(ahead.new.id):
            assert self._unchanged(ask) == self.ledger.read(told.new.id)
        elif any("used" in fields or "held" in fields for fields in known):
            self._unchanged(lambda: _refused(ask, (InvalidRequest,)))
        else:
            assert ask() == self.ledger.read(told.new.id)
            told.version += 1
            ahead.version += 1
            after = look(self.client)
            assert after.place(told.new.id) == before.place(ahead.new.id)
            assert after.place(ahead.new.id) >= before.place(told.new.id)
            others = [job for job in self.jobs.values() if job.new.customer != told.new.customer]
            assert all(after.place(job.new.id) == before.place(job.new.id) for job in others)

    @precondition(lambda self: self.jobs)
    @rule(which=one_of_many, tier=st.integers(0, 2))
    def change_tier(self, which: int, tier: int) -> None:
        told = self._job(which)
        ask = lambda: self.ledger.change_tier(told.new.id, tier, customer=told.new.customer)
        if told.state is not JobState.WAITING:
            self._unchanged(lambda: _refused(ask, (NotWaiting,)))
        elif told.tier == tier:
            assert self._unchanged(ask) == self.ledger.read(told.new.id)
        else:
            job = ask()
            assert job is not None and job.tier == tier and job == self.ledger.read(told.new.id)
            told.tier = tier
            told.version += 1
            self._is_last_of_its_own(told)

    # -- operators

    @precondition(lambda self: self.jobs)
    @rule(which=one_of_many, held=st.booleans())
    def hold(self, which: int, held: bool) -> None:
        told = self._job(which)
        ask = lambda: self.operations.hold(told.new.id, WORD, held=held)
        if told.state is not JobState.WAITING:
            self._unchanged(lambda: _refused(ask, (NotWaiting,)))
        elif told.held is held:
            assert self._unchanged(ask) == self.ledger.read(told.new.id)
        else:
            self._acted(told, ask)
            told.held = held

    @precondition(lambda self: self.jobs)
    @rule(which=one_of_many, device=devices, cost=st.sampled_from((1, 30)))
    def move(self, which: int, device: str, cost: int) -> None:
        told = self._job(which)
        ask = lambda: self.operations.move(told.new.id, told.new.device, device, "{}", cost, cost, WORD)
        if told.state is not JobState.WAITING:
            self._unchanged(lambda: _refused(ask, (NotWaiting,)))
        elif told.new.device == device:
            assert self._unchanged(ask) == self.ledger.read(told.new.id)
        else:
            self._acted(told, ask)
            told.new = replace(told.new, device=device, cost=cost)
            told.session = None
            told.part = 0
            self.unwatched.discard(device)
            self._is_last_of_its_own(told)

    @precondition(lambda self: self.jobs)
    @rule(which=one_of_many, tier=st.integers(0, 2))
    def change_anybodys_tier(self, which: int, tier: int) -> None:
        told = self._job(which)
        ask = lambda: self.operations.change_tier(told.new.id, tier, WORD)
        if told.state is not JobState.WAITING:
            self._unchanged(lambda: _refused(ask, (NotWaiting,)))
        elif told.tier == tier:
            assert self._unchanged(ask) == self.ledger.read(told.new.id)
        else:
            self._acted(told, ask)
            told.tier = tier

    @rule(device=devices, said=st.sampled_from(("online", "online", "drained", "offline")))
    def direct(self, device: str, said: str) -> None:
        before = self._before().fields(f"device:{device}").get("word", "online")
        if before == said:
            self._unchanged(lambda: self.operations.direct(device, said, WORD))
        else:
            self.operations.direct(device, said, WORD)
            self.unwatched.discard(device)

    @rule(customer=customers, held=st.sampled_from((True, False, False)))
    def hold_customer(self, customer: str, held: bool) -> None:
        self._hear_changes()
        Customers(self.client).put(customer, Privileges(held=held))
        self.last_change = f"({self.client.xrevrange('qcjob:changes', count=1)[0][0].decode()}"
        self.unwatched.update(DEVICES)  # until the keeper comes by

    # -- sessions

    @rule(
        customer=customers,
        device=devices,
        most=st.sampled_from((0.5 * LEASE_SECONDS, 2 * LEASE_SECONDS)),
        idle=st.sampled_from((0.1 * LEASE_SECONDS, LEASE_SECONDS)),
    )
    def open_session(self, customer: str, device: str, most: float, idle: float) -> None:
        session_id = f"{len(self.opened):08x}-0000-7000-9000-000000000000"
        opened = self.sessions.open(session_id, customer, device, most, idle, 99)
        assert isinstance(opened, Session) and opened.state == "waiting"
        self.opened[session_id] = Opened(customer, device)

    @precondition(lambda self: self.opened)
    @rule(which=one_of_many, asker=st.sampled_from(("owner", "operator", "mallory")))
    def close_session(self, which: int, asker: str) -> None:
        session_id = list(self.opened)[-1 - which % len(self.opened)]
        opened = self.opened[session_id]
        customer = {"owner": opened.customer, "operator": None, "mallory": "mallory"}[asker]
        close = lambda: self.sessions.close(session_id, customer, None if customer else WORD)
        if asker == "mallory":
            assert self._unchanged(close) is None
        elif not opened.is_open:
            self._unchanged(close)
        else:
            closed = close()
            assert closed is not None and closed.state == "closed"
            opened.is_closed_by_hand = True

    # -- reservations

    @rule(
        device=devices,
        customer=customers,
        begins=st.sampled_from((-1, -1, 0.1 * LEASE_SECONDS, LEASE_SECONDS)),
        length=st.sampled_from((0.2 * LEASE_SECONDS, 20 * LEASE_SECONDS)),
    )
    def reserve(self, device: str, customer: str, begins: float, length: float) -> None:
        before, at = self._before(), self.world.now()
        start, end = (at + round(seconds * MICRO) for seconds in (begins, begins + length))
        new = f"{len(self.reserved):08x}-0000-7000-b000-000000000000"
        add = lambda: self.reservations.add(new, device, customer, WORD, begins=start, ends=end)
        theirs = [before.fields(f"reservation:{one}") for one in before.scores(f"reservations:{device}")]
        if any(int(one["from"]) < end and start < int(one["to"]) for one in theirs):
            self._unchanged(lambda: _refused(add, (ReservationOverlaps,)))
        else:
            assert add().ends == end
            self.reserved.append(new)
            self._compare_the_line(device)

    @precondition(lambda self: self.reserved)
    @rule(which=one_of_many)
    def unreserve(self, which: int) -> None:
        chosen = self.reserved[-1 - which % len(self.reserved)]
        was_there = bool(self._before().fields(f"reservation:{chosen}"))
        assert self.reservations.remove(chosen, WORD) is was_there

    @rule(device=devices)
    def look_at_the_line(self, device: str) -> None:
        """What each waiting job is told is ahead of it is what would be claimed before it."""
        self._compare_the_line(device)

    def _compare_the_line(self, device: str) -> None:
        now, at = self._before(), self.world.now()
        ready = now.in_line(device, now.ready(device), at)
        if ready != now.in_line(device, ready, at + MICRO):
            return  # it is another one in a moment
        for place, job_id in enumerate(ready):
            told = standing(self.ledger, job_id, customer=None)
            assert told is not None and told.ahead == place
            tiers = [now.place(one)[0] // TIER_WIDTH for one in ready[:place]]
            assert told.ahead_by_tier == {tier: tiers.count(tier) for tier in range(3)}
            assert told.passed_by == sum(now.place(one) > now.place(job_id) for one in ready[:place])

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
        until = self.world.now()
        wanted = before.next_claim(device, at) | before.next_claim(device, until)
        assert (claim and (claim.id, claim.rescue)) in wanted
        self._expire(before, until)
        if claim is None:
            return
        told = self.jobs[claim.id]
        assert claim.fence > self.last_fence
        assert (claim.attempt, claim.cancel_requested) == (told.attempt, told.cancel_asked)
        assert (claim.handle, claim.marked, claim.part) == (told.handle, told.marked, told.part)
        assert (claim.retries, claim.on_uncertain) == (told.new.retries or 0, told.new.on_uncertain)
        assert claim.retried == told.retried
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
        if self._write(claim, told.takes_a_run, lambda: self.ledger.mark(claim.id, claim.fence)):
            told.marked = True

    @precondition(lambda self: self.claims)
    @rule(which=one_of_many, handle=st.sampled_from(("handle-1", "handle-1", "handle-2")))
    def start(self, which: int, handle: str) -> None:
        claim, told = self._claim(which)
        again = told.state is JobState.RUNNING and told.handle == handle
        start = lambda: self.ledger.start(claim.id, claim.fence, handle)
        if self._write(claim, told.takes_a_run, start, again=again):
            told.handle = handle
            self._runs(told)

    @precondition(lambda self: self.claims)
    @rule(which=one_of_many, off=st.sampled_from((0, 0, 0, -1, 1)))
    def advance(self, which: int, off: int) -> None:
        """A part is over; also told twice, or of another part."""
        claim, told = self._claim(which)
        if told.part + off < 0:
            return
        again = off == -1 and told.state in CLAIMED
        result = {**COUNTS, "part": told.part}
        advance = lambda: self.ledger.advance(claim.id, claim.fence, told.part + off, result, Memory(b"x", told.part))
        if self._write(claim, off == 0 and told.state in CLAIMED, advance, again=again):
            told.part += 1
            told.handle, told.marked = None, False
            self._runs(told)
            assert [part["part"] for part in read_parts(self.ledger, claim.id)] == list(range(told.part))

    def _runs(self, told: Told) -> None:
        if told.state is JobState.SUBMITTED:
            told.enter(JobState.RUNNING)
        else:
            told.version += 1

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
        before = look(self.client).scores(f"leases:{claim.device}").get(claim.id, 0)
        if self._write(claim, told.state in CLAIMED, lambda: self.ledger.lapse(claim.id, claim.fence)):
            after, now = look(self.client), self.world.now()
            ends = after.scores(f"leases:{claim.device}")[claim.id]
            assert ends <= before, "a lease is never made longer"
            rest = delay(told.rescues) if told.rescues else 0
            assert ends == before or abs(ends - now - rest) < MICRO
            assert told.rescues or claim.id in after.lapsed(claim.device, now), "the first rescue is at once"
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
    @rule(which=one_of_many, later=st.booleans())
    def put_back(self, which: int, later: bool) -> None:
        claim, told = self._claim(which)
        why = "the device was away" if later else ""
        if self._leave(claim, 0, lambda: self.ledger.put_back(claim.id, claim.fence, later_because=why)):
            told.put_backs += later
            self._waits_again(told, delay(told.put_backs) if later else None, why)

    @precondition(lambda self: self.claims)
    @rule(which=one_of_many, retry=st.booleans(), hold=hold_seconds)
    def run_again(self, which: int, retry: bool, hold: float) -> None:
        claim, told = self._claim(which)
        again = lambda: self.ledger.run_again(claim.id, claim.fence, "code", "why", retry=retry, hold_seconds=hold)
        if not self._leave(claim, hold, again) or not self._waits_again(told, delay(told.attempt), "code: why"):
            return
        told.tries[told.attempt], told.errors[told.attempt] = "put_back", "code"
        told.attempt += 1
        told.retried += retry
        told.rescues = told.put_backs = 0

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
        for told in self.jobs.values():
            if told.new.not_after is not None:
                told.new = replace(told.new, not_after=self.world.after(seconds, told.new.not_after))

    @rule()
    def keep(self) -> None:
        before, since = self._before(), self.world.now()
        void = self.ledger.keep(RETENTION_SECONDS, [(claim.id, claim.fence) for claim in self.claims])
        until = self.world.now()
        after = look(self.client)
        self._expire(before, until)
        for session_id in after.scores("closing"):
            assert after.scores("closing")[session_id] > since, "what is past its time is closed"
        late = [job_id for job_id in after.scores("deadlines") if after.expired(job_id, since)]
        assert not late, "what is past its deadline does not wait"
        for batch_id, due in before.scores("unfinished").items():
            if due <= until and self.batches[batch_id].pending:
                assert due > since or after.fields(f"batch:{batch_id}")["recorded"] != "2", "it is gone on with"
                self._go_on(batch_id)
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
            open_cost = sum(self.jobs[one].new.cost for one in mine if self.jobs[one].state not in FINAL)
            pending = [job for told in self.batches.values() if told.new.customer == customer for job in told.pending]
            open_cost += sum(job.cost for job in pending)
            assert int(now.fields(f"usage:{customer}").get("pending", 0)) == len(pending)
            assert int(now.fields(f"usage:{customer}").get("open", 0)) == open_cost
            for device in DEVICES:
                waiting = {one for one in mine if self.jobs[one].waits_for(device)}
                ready = waiting & set(now.ready(device))
                placed = {one for one in waiting if "unranked" not in now.fields(f"job:{one}")}
                assert ready <= placed
                for name, ids in (("own", ready), ("aside", placed - ready)):
                    assert now.scores(f"{name}:{device}:{customer}") == {
                        now.member(one): now.place(one)[0] for one in ids
                    }
        self._look_at_sessions(now)
        for device in DEVICES:
            windows = sorted(
                tuple(int(now.fields(f"reservation:{one}")[name]) for name in ("from", "to"))
                for one in now.scores(f"reservations:{device}")
            )
            assert all(first[1] <= second[0] for first, second in pairwise(windows)), "no two windows overlap"
        for batch_id, batch in self.batches.items():
            fields, counts = now.fields(f"batch:{batch_id}"), Counter(job.state for job in self._jobs_of(batch))
            counts.update(batch.gone + Counter({JobState.WAITING: len(batch.pending)}))
            found = {JobState(name): int(count) for name, count in fields.items() if name.isupper()}
            assert {state: count for state, count in found.items() if count} == dict(counts), "a batch counts rightly"
            assert now.values[f"qcjob:batched:{batch_id}"] == [job.id.encode() for job in batch.new.jobs]
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
        for batch_id in list(self.batches):
            self._go_on(batch_id)
        self.keep()
        findings = list(SoundLedger(self.ledger).run())
        assert not findings, findings
        for customer in CUSTOMERS:
            mine = [told.new.id for told in self.jobs.values() if told.new.customer == customer]
            assert [job.id for job in list_jobs(self.ledger, customer, limit=200).items] == mine[::-1]
        for (customer, key), job_id in self.keys.items():
            found = self.ledger.find_idempotent(customer, key)
            assert found is not None and found.id == job_id
        for name in look(self.client).values:
            assert not any(job_id in name for job_id in self.deleted), f"{name} outlived its job"

    # -- helpers

    def _new_id(self) -> str:
        return f"{next(self.numbers):08x}-0000-7000-8000-000000000000"

    def _jobs_of(self, batch: ToldBatch) -> list[Told]:
        return [self.jobs[job.id] for job in batch.new.jobs if job.id in self.jobs]

    def _without_records(self, submit: Callable[[], Any]) -> None:
        """As a web does that dies when the first piece is recorded."""
        scripts: Any = self.ledger.scripts

        def dies(name: str, calls: Any) -> Any:
            raise LedgerUnavailable(name)

        scripts.call_each = dies
        try:
            _refused(submit, (LedgerUnavailable,))
        finally:
            del scripts.call_each

    def _recorded(self, batch: ToldBatch, count: int) -> None:
        """The next jobs of a batch have begun to wait."""
        for job in batch.pending[:count]:
            self.jobs[job.id] = Told(job, None, tier=job.tier)
            self.unwatched.discard(job.device)
        del batch.pending[:count]

    def _go_on(self, batch_id: str) -> None:
        """Somebody looks at a batch: what was left in the middle is finished."""
        told = self.batches[batch_id]
        assert self.batched.read(batch_id) is not None
        self._recorded(told, len(told.pending))
        self.seen = None

    def _cancelled(self, batch: ToldBatch) -> None:
        batch.cancel_asked = True
        for told in self._jobs_of(batch):
            if told.state not in FINAL and not told.cancel_asked:
                self._asked_to_stop(told)

    def _asked_to_stop(self, told: Told) -> None:
        told.cancel_asked = True
        if told.state is JobState.WAITING:
            told.enter(JobState.CANCELLED)
            told.held = False
        else:
            told.version += 1
        self.unwatched.discard(told.new.device)

    def _is_last_of_its_own(self, told: Told) -> None:
        """It stands behind all that its customer has there, unless it gets its place later."""
        now = look(self.client)
        mine = [one for one in self.jobs.values() if one.queue == told.queue and one.state is JobState.WAITING]
        mine = [one for one in mine if one.new.customer == told.new.customer]
        placed = [one for one in mine if "unranked" not in now.fields(f"job:{one.new.id}")]
        if told in placed:
            assert max(now.place(one.new.id) for one in placed) == now.place(told.new.id)
        else:
            assert told.new.id in now.scores(f"later:{told.new.device}") or told.held

    def _job(self, which: int) -> Told:
        """One of the jobs, the newest for 0."""
        return list(self.jobs.values())[-1 - which % len(self.jobs)]

    def _session_of(self, customer: str, device: str, which: int) -> str | None:
        """One of the customer's there, the last for 0; for want of any the last one of all, which takes no such job."""
        mine = [key for key, one in self.opened.items() if (one.customer, one.device) == (customer, device)]
        pool = mine or list(self.opened)
        return pool[-1 - which % len(pool)] if pool else None

    def _takes(self, session_id: str, new: NewJob, at: int) -> bool:
        opened = self.opened[session_id]
        mine = (opened.customer, opened.device) == (new.customer, new.device)
        return mine and opened.is_open and (opened.due is None or opened.due > at)

    def _look_at_sessions(self, now: Snapshot) -> None:
        """Each only moves forward, closes itself in its time and not before, and counts its jobs."""
        for session_id, opened in list(self.opened.items()):
            fields = now.fields(f"session:{session_id}")
            if not fields:
                assert opened.states[-1] == "closed", "only a closed one is forgotten"
                del self.opened[session_id]
                continue
            if fields["state"] != opened.states[-1]:
                opened.states.append(fields["state"])
                by_itself = fields["state"] == "closed" and not opened.is_closed_by_hand
                assert not by_itself or (opened.due is not None and opened.due <= self.world.now())
            assert ["waiting", "active", "closed"].index(fields["state"]) >= len(opened.states) - 1
            mine = [told for told in self.jobs.values() if told.session == session_id]
            for state in (JobState.WAITING, *CLAIMED):
                assert int(fields.get(state, 0)) == sum(told.state is state for told in mine)
            unended = any(told.state not in FINAL for told in mine)
            opened.due = now.scores("closing").get(session_id)
            assert (opened.due is None) is (not opened.is_open or (unended and opened.states[-1] == "waiting"))
            ready = {one.new.id for one in mine if one.new.id in now.ready(one.new.device)} if opened.is_open else set()
            assert now.scores(f"turn:{session_id}") == {now.member(one): now.place(one)[0] for one in ready}
            is_that = now.fields(f"device:{opened.device}").get("session") == session_id
            assert is_that is (fields["state"] == "active"), "one is active on a device"

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

    def _acted(self, told: Told, act: Callable[[], Any]) -> None:
        """An operator's act on a job that changes it."""
        audited = self._before().values.get("qcjob:audit", 0)
        job = act()
        assert job == self.ledger.read(told.new.id)
        assert look(self.client).values["qcjob:audit"] == audited + 1
        told.version += 1
        told.acts += 1

    def _leave(self, claim: Claim, hold: float, call: Callable[[], Any], *, again: bool = False) -> bool:
        """A write that ends a claim: its slot is free again, or held."""
        before = self._before()
        self.seen = before
        if not self._write(claim, self.jobs[claim.id].state in CLAIMED, call, again=again):
            return False
        assert look(self.client).slots_taken(claim.device) == before.slots_taken(claim.device) - (not hold)
        self.unwatched.discard(claim.device)
        return True

    def _waits_again(self, told: Told, microseconds: int | None, why: str) -> bool:
        """A put-back: the job waits, for so long if for later, and says why; not if a cancel was asked for."""
        told.enter(JobState.CANCELLED if told.cancel_asked else JobState.WAITING)
        if told.cancel_asked:
            return False
        told.fence, told.handle, told.marked = None, None, False
        job = self.ledger.read(told.new.id)
        assert job is not None
        if microseconds is None or job.held:
            assert (job.not_before, job.put_back_because) == (None, None)
        else:
            assert job.not_before is not None and job.put_back_because == why
            due = look(self.client).scores(f"later:{told.new.device}")[told.new.id]
            assert due == job.not_before and abs(due - self.world.now() - microseconds) < MICRO
        return True

    def _void(self, now: Snapshot, at: int) -> set[tuple[str, int]]:
        """Of all claims those whose lease has lapsed, and those whose job is another's, or nobody's, by now."""
        lapsed = {job_id for device in DEVICES for job_id in now.lapsed(device, at)}
        return {
            (claim.id, claim.fence)
            for claim in self.claims
            if claim.fence != self.jobs[claim.id].fence or claim.id in lapsed
        }

    def _expire(self, before: Snapshot, until: int) -> None:
        """Of the jobs that were past their deadline, those that the call ended."""
        for told in self.jobs.values():
            if told.state is JobState.WAITING and before.expired(told.new.id, until):
                job = self.ledger.read(told.new.id)
                if job is not None and job.state is JobState.CANCELLED:
                    told.expired, told.held = True, False
                    told.enter(JobState.CANCELLED)

    def _hear_changes(self) -> None:
        for entry, fields in self.client.xrange("qcjob:changes", min=self.last_change):
            job_id, version = fields[b"id"].decode(), int(fields[b"version"])
            assert version == self.told_versions.get(job_id, 0) + 1
            self.told_versions[job_id] = version
            self.last_change = f"({entry.decode()}"

    def _forget(self, job_id: str) -> None:
        told = self.jobs.pop(job_id)
        assert told.state in FINAL
        if told.new.batch is not None:
            batch = self.batches[told.new.batch]
            batch.gone[told.state] += 1
            if not batch.pending and not self._jobs_of(batch):
                del self.batches[told.new.batch]
                self.deleted.add(told.new.batch)
                if batch.key:
                    del self.batch_keys[batch.new.customer, batch.key]
        if told.key:
            del self.keys[told.new.customer, told.key]
        self.claims = [claim for claim in self.claims if claim.id != job_id]
        self.deleted.add(job_id)


def _refused(call: Callable[[], Any], errors: tuple[type[Exception], ...] = (StaleWriter,)) -> None:
    try:
        call()
    except errors:
        return
    raise AssertionError("what should be refused was taken")


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
    assert (place == "held") >= told.held and ("held" in fields) is told.held
    assert len(job.acts) == min(told.acts, 50)
    assert place in (("ready", "later", "held") if waits else ("leases",) if claimed else ("ended",))
    score = int(fields["score"])
    assert score // TIER_WIDTH == told.tier and now.ready(job.device).get(job_id, score) == score
    assert (fields.get(f"a{told.attempt}:marked") is not None) is told.marked
    times = [moment.at for moment in job.history]
    assert times == sorted(times) and job.created_at == times[0] and times[-1] <= job.updated_at
    assert (job.cancel_requested_at is not None) is told.cancel_asked
    assert (f"qcjob:result:{job_id}" in now.values) is (job.state is JobState.COMPLETED)
    assert job.error_code == ("expired" if told.expired else "code" if job.state is JobState.FAILED else None)
    assert (job_id in now.scores("deadlines")) is (waits and told.new.not_after is not None)
    assert (job.start_after, job.not_after) == (told.new.start_after, told.new.not_after)
    assert waits or "unranked" not in fields or job.state is JobState.CANCELLED
    assert job.parts_done == (told.new.parts if job.state is JobState.COMPLETED else told.part)
    assert (f"qcjob:parts:{job_id}" in now.values) is (told.part > 0 and told.state is not JobState.COMPLETED)
    assert (f"qcjob:memory:{job_id}" in now.values) is (told.part > 0)
    assert {attempt.number: attempt.outcome for attempt in job.attempts} == told.tries
    assert {attempt.number: attempt.error_code for attempt in job.attempts if attempt.error_code} == told.errors
    assert (job.retries, job.on_uncertain) == (told.new.retries, told.new.on_uncertain)
    assert all((attempt.ended_at is None) is (attempt.outcome is None) for attempt in job.attempts)
    assert told.fences == sorted(told.fences)
    for attempt in job.attempts:
        assert {attempt.fence, *(rescue.fence for rescue in attempt.rescues)} <= set(told.fences)
    assert (job.attempts[-1].handle if told.attempt in told.tries else None) == told.handle
