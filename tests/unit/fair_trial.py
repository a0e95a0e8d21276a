"""Customers who do to their jobs, and operators and workers who do to them, whatever can be done, by the dice; and what
each customer was given, held to the bound in every queue.

What is service, and who waits: a job counts once for each place it is given, when it is claimed from that place for the
first time. One that was put back has been counted, so it is no work that waits; nor is one that is held, or not due.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import fakeredis

from qcjob.acts import Word
from qcjob.errors import InvalidRequest, TooManyBetween
from qcjob.job import NewJob
from qcjob.ledger import Claim, Ledger
from qcjob.ledger.operations import Operations
from qcjob.ledger.reservations import Reservations
from qcjob.ledger.sessions import Sessions
from qcjob.rank import Privileges, charge
from tests.unit.conftest import Clock
from tests.unit.fair_bound import FairBound

DEVICES = ("one", "two")
WEIGHTS = {"a": Fraction(1, 2), "b": Fraction(1), "c": Fraction(2), "d": Fraction(3)}
COSTS = ((6,), (6, 12), (6, 6, 12, 60, 300))  # over every weight whole, so a charge is the cost over the weight
WORD = Word("grace", "k", "")
YEAR = 365 * 86_400.0

PLAIN = {"submit": 10, "burst": 0.5, "claim": 14, "finish": 10, "cancel_last": 1}
MORE = {
    "put_back": 4,
    "unavailable": 4,
    "retry": 2,
    "start_after": 4,
    "exchange": 5,
    "cancel": 3,
    "hold": 2,
    "release": 2,
    "hold_customer": 0.3,
    "release_customer": 1,
    "change_tier": 2,
    "move": 2,
    "session": 0.5,
    "reserve": 0.2,
    "pass_time": 5,
}
TOGETHER = {"hold": "release", "hold_customer": "release_customer"}

Queue = tuple[str, int]


@dataclass(eq=False)
class One:
    """A job as the trial knows it."""

    id: str
    customer: str
    device: str
    tier: int
    cost: int
    session: str | None = None
    state: str = "waiting"  # claimed, over
    is_held: bool = False
    due: int | None = None
    is_placed: bool = True
    is_used: bool = False

    @property
    def queue(self) -> Queue:
        return self.device, self.tier

    @property
    def price(self) -> Fraction:
        return self.cost / WEIGHTS[self.customer]

    @property
    def is_fresh(self) -> bool:
        """Whether its place has not been counted."""
        return self.state == "waiting" and self.is_placed and not self.is_used


class Trial:
    """Acts by these dice, each kind so often."""

    def __init__(self, seed: int, clock: Clock, kinds: dict[str, float]) -> None:
        self.seed, self.dice, self.clock = seed, random.Random(seed), clock
        self.client = fakeredis.FakeRedis()
        self.ledger = Ledger(self.client, lease_seconds=YEAR)
        self.operations, self.sessions = Operations(self.ledger), Sessions(self.ledger)
        self.reservations = Reservations(self.ledger)
        self.kinds = kinds | {TOGETHER[kind]: MORE[TOGETHER[kind]] for kind in kinds if kind in TOGETHER}
        self.costs = self.dice.choice(COSTS)
        self.customers = self.dice.sample(sorted(WEIGHTS), self.dice.randint(2, 4))
        self.devices = DEVICES if "move" in self.kinds else DEVICES[:1]
        self.tiers = (1, 2, 2, 2) if "change_tier" in self.kinds else (2,)
        for device in DEVICES:
            self.ledger.online(device, {"slots": str(self.dice.choice((1, 1, 2, 3))), "status": "online"})
        self.jobs: dict[str, One] = {}
        self.claims: dict[str, Claim] = {}
        self.lines: defaultdict[tuple[Queue, str], list[One]] = defaultdict(list)
        self.bounds: defaultdict[Queue, FairBound] = defaultdict(FairBound)
        self.held_customers: set[str] = set()
        self.reserved: dict[str, list[tuple[str, int]]] = {device: [] for device in DEVICES}
        self.acted: Counter[str] = Counter()
        self.log: list[str] = []
        self._numbers = iter(range(10**9))

    def run(self, steps: int) -> None:
        names, weights = list(self.kinds), list(self.kinds.values())
        for _ in range(steps):
            kind = self.dice.choices(names, weights)[0]
            act: Callable[[], object] = getattr(self, kind)
            try:
                if act() is not None:
                    self.acted[kind] += 1
                self._look()
            except AssertionError as error:
                error.add_note("\n".join((f"seed {self.seed}, {names}", *self.log[-60:])))
                raise

    # -- acts; each says what it did, None where there was nothing to do

    def submit(self, start_after: int | None = None) -> object:
        customer, device = self.dice.choice(self.customers), self.dice.choice(self.devices)
        opened = [key for key, (of, there) in self._open().items() if (of, there) == (customer, device)]
        session = self.dice.choice(opened) if opened and self.dice.random() < 0.7 else None
        job = One(
            id=f"{next(self._numbers):08x}-0000-7000-8000-000000000000",
            customer=customer,
            device=device,
            tier=self.dice.choice(self.tiers),
            cost=self.dice.choice(self.costs),
            session=session,
            due=start_after,
            is_placed=False,
        )
        self._forget_when_empty(device)
        new = NewJob(
            id=job.id, customer=customer, key_id="k", tier=job.tier, device=device, runtime="verbatim",
            language="rotations", program="X(90)", compiled="{}", shots=1, cost=job.cost, session=session,
            start_after=start_after,
        )  # fmt: skip
        self.ledger.submit(new, privileges=Privileges(weight=float(WEIGHTS[customer])))
        self.jobs[job.id] = job
        if start_after is None:
            self._place(job)
        return self._say("submit", job)

    def burst(self) -> object:
        for _ in range(self.dice.randrange(5, 20)):
            self.submit()
        return True

    def start_after(self) -> object:
        return self.submit(start_after=self._in_seconds(self.dice.choice((1, 3, 10, 30))))

    def claim(self) -> object:
        device = self.dice.choice(self.devices)
        active = self.sessions.active(device)
        holders = {who for who, ends in self.reserved[device] if ends > self._now()}
        claim = self.ledger.claim(device, "w")
        if claim is None:
            return None
        job = self.jobs[claim.id]
        assert job.state == "waiting" and job.device == device and not job.is_held and job.is_placed
        assert job.customer not in self.held_customers
        is_first = (active is not None and active.id == job.session) or job.customer in holders
        if job.is_fresh:
            if is_first:
                self._allow(job)
            self._leave_line(job)
            self._say("serve", job)
            self.bounds[job.queue].serve(job.customer, job.price)
        job.state, job.is_used = "claimed", True
        self.claims[job.id] = claim
        return self._say("claim", job)

    def finish(self) -> object:
        return self._end_claim(lambda claim: self.ledger.fail(claim.id, claim.fence, "code", "over"), "over")

    def put_back(self) -> object:
        return self._end_claim(lambda claim: self.ledger.put_back(claim.id, claim.fence), "waiting")

    def unavailable(self) -> object:
        away = lambda claim: self.ledger.put_back(claim.id, claim.fence, later_because="away")
        return self._end_claim(away, "waiting")

    def retry(self) -> object:
        again = lambda claim: self.ledger.run_again(claim.id, claim.fence, "code", "again", retry=True)
        return self._end_claim(again, "waiting")

    def cancel(self) -> object:
        job = self._waiting(lambda one: True)
        return job and self._cancel(job)

    def cancel_last(self) -> object:
        lines = [line for line in self.lines.values() if line]
        return self._cancel(self.dice.choice(lines)[-1]) if lines else None

    def exchange(self) -> object:
        job = self._waiting(lambda one: True)
        other = job and self._waiting(lambda one: (one.customer, one.queue) == (job.customer, job.queue))
        if job is None or other is None:
            return None
        before = self._place_of(job), self._place_of(other)
        with suppress(InvalidRequest, TooManyBetween):
            self.ledger.exchange(job.id, other.id, customer=job.customer)
            if before == (self._place_of(job), self._place_of(other)):
                return None
            line = self.lines[job.queue, job.customer]
            if job in line and other in line:
                here, there = line.index(job), line.index(other)
                line[here], line[there] = other, job
            return self._say("exchange", job, other)
        return None

    def hold(self) -> object:
        job = self._waiting(lambda one: not one.is_held)
        if job is None:
            return None
        self.operations.hold(job.id, WORD, held=True)
        job.is_held = True
        if job.is_fresh:
            self._allow(job)
        return self._say("hold", job)

    def release(self) -> object:
        job = self._waiting(lambda one: one.is_held)
        if job is None:
            return None
        self.operations.hold(job.id, WORD, held=False)
        job.is_held = False
        self._keep()
        return self._say("release", job)

    def hold_customer(self) -> object:
        customer = self.dice.choice(self.customers)
        self.client.hset(f"qcjob:customer:{customer}", "held", "1")
        self.held_customers.add(customer)
        for job in self.jobs.values():
            if job.customer == customer and job.is_fresh:
                self._allow(job)
        return customer

    def release_customer(self) -> object:
        if not self.held_customers:
            return None
        customer = self.dice.choice(sorted(self.held_customers))
        self.client.hdel(f"qcjob:customer:{customer}", "held")
        self.held_customers.discard(customer)
        self._keep()
        return customer

    def change_tier(self) -> object:
        job = self._waiting(lambda one: True)
        if job is None:
            return None
        tier = 3 - job.tier
        self._move_away(job)
        self.ledger.change_tier(job.id, tier, customer=job.customer)
        job.tier = tier
        return self._arrive(job, "change tier")

    def move(self) -> object:
        job = self._waiting(lambda one: True)
        if job is None:
            return None
        device, cost = DEVICES[1 - DEVICES.index(job.device)], self.dice.choice(self.costs)
        self._move_away(job)
        self._forget_when_empty(device)
        new_charge = charge(cost, float(WEIGHTS[job.customer]))
        self.operations.move(job.id, job.device, device, "{}", cost, new_charge, WORD)
        job.device, job.cost, job.session = device, cost, None
        return self._arrive(job, "move")

    def session(self) -> object:
        customer, device = self.dice.choice(self.customers), self.dice.choice(self.devices)
        session_id = f"{next(self._numbers):08x}-0000-7000-8000-000000000000"
        self.sessions.open(session_id, customer, device, 20, 20, 9)
        return session_id

    def reserve(self) -> object:
        customer, device = self.dice.choice(self.customers), self.dice.choice(self.devices)
        start = self._in_seconds(self.dice.choice((1, 5)))
        ends = start + 10_000_000
        if any(other > start for _, other in self.reserved[device]):
            return None
        number = f"{next(self._numbers):08x}-0000-7000-8000-000000000000"
        self.reservations.add(number, device, customer, WORD, begins=start, ends=ends)
        self.reserved[device].append((customer, ends))
        return number

    def pass_time(self) -> object:
        self.clock.advance(self.dice.choice((1, 1, 3, 10)))
        self._keep()
        return True

    # -- what follows

    def _end_claim(self, end: Callable[[Claim], object], state: str) -> object:
        if not self.claims:
            return None
        claim = self.claims.pop(self.dice.choice(sorted(self.claims)))
        end(claim)
        job = self.jobs[claim.id]
        job.state = state
        job.due = self._due(job) if state == "waiting" else None
        return self._say(state, job)

    def _cancel(self, job: One) -> object:
        self._move_away(job)
        self.ledger.cancel(job.id)
        job.state = "over"
        return self._say("cancel", job)

    def _move_away(self, job: One) -> None:
        """Its place is given up: exactly that, where it is the last of its customer's."""
        line = self.lines[job.queue, job.customer]
        if job.is_fresh and line and line[-1] is not job:
            self._allow(job)
        self._leave_line(job)

    def _arrive(self, job: One, how: str) -> object:
        job.is_used, job.is_placed = False, False
        job.due = job.due if job.is_held else self._due(job)
        if job.due is None:
            self._place(job)
        return self._say(how, job)

    def _place(self, job: One) -> None:
        """It is given a place, the last of its customer's."""
        job.is_placed, job.is_used, job.due = True, False, None
        self.lines[job.queue, job.customer].append(job)
        bound = self.bounds[job.queue]
        bound.largest[job.customer] = max(bound.largest[job.customer], job.price)
        if job.is_held or job.customer in self.held_customers:
            self._allow(job)

    def _leave_line(self, job: One) -> None:
        line = self.lines[job.queue, job.customer]
        if job in line:
            line.remove(job)

    def _allow(self, job: One) -> None:
        self.bounds[job.queue].beyond[job.customer] += job.price

    def _keep(self) -> None:
        """The keeper brings what is due, in its order."""
        self.ledger.keep(YEAR)
        due = [one for one in self._all_waiting() if one.due is not None and one.due <= self._now() and not one.is_held]
        for job in sorted(due, key=lambda one: (one.due, one.id)):
            job.due = None
            if not job.is_placed:
                self._place(job)

    def _look(self) -> None:
        waiting: defaultdict[Queue, set[str]] = defaultdict(set)
        for job in self._all_waiting():
            if job.is_fresh and not job.is_held and job.due is None and job.customer not in self.held_customers:
                waiting[job.queue].add(job.customer)
        for queue, bound in self.bounds.items():
            bound.wait(waiting[queue])

    def _forget_when_empty(self, device: str) -> None:
        """Its clocks begin again, and nobody owes anybody anything."""
        if not any(job.device == device and job.state != "over" for job in self.jobs.values()):
            for queue in [queue for queue in self.bounds if queue[0] == device]:
                self.bounds[queue].beyond.clear()
                self.bounds[queue].spans.clear()

    # -- helpers

    def _all_waiting(self) -> Iterator[One]:
        return (job for job in self.jobs.values() if job.state == "waiting")

    def _waiting(self, such: Callable[[One], bool]) -> One | None:
        pool = [job for job in self._all_waiting() if such(job)]
        return self.dice.choice(pool) if pool else None

    def _due(self, job: One) -> int | None:
        found = self.ledger.read(job.id)
        assert found is not None
        return found.not_before

    def _place_of(self, job: One) -> Any:
        return self.client.hmget(f"qcjob:job:{job.id}", "score", "order")

    def _open(self) -> dict[str, tuple[str, str]]:
        found = {}
        for customer in self.customers:
            for session in self.sessions.list(customer, limit=200).items if "session" in self.kinds else ():
                if session.state != "closed":
                    found[session.id] = (customer, session.device)
        return found

    def _now(self) -> int:
        return round(self.clock.now * 1_000_000)

    def _in_seconds(self, seconds: int) -> int:
        """Between two whole seconds: nothing is due in the middle of an act."""
        return (self._now() // 1_000_000 + seconds) * 1_000_000 + 750_000

    def _say(self, what: str, *jobs: One) -> object:
        self.log.append(f"{what} " + " / ".join(f"{one.id[:8]} {one.customer} {one.queue} {one.price}" for one in jobs))
        return True
