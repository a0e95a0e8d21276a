"""Every figure that is told of a queue, against what plain Python makes of the ledger's records; and who runs next."""

from __future__ import annotations

import random
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import fakeredis
import pytest

from qcjob.acts import Word
from qcjob.batch import NewBatch
from qcjob.errors import InvalidRequest, NotWaiting, TooManyBetween
from qcjob.ids import new_job_id
from qcjob.job import NewJob
from qcjob.ledger import Ledger
from qcjob.ledger.batches import Batches
from qcjob.ledger.forecast import Pace, standing
from qcjob.ledger.operations import Operations
from qcjob.ledger.reservations import Reservations
from qcjob.ledger.sessions import Sessions
from qcjob.ledger.waiting import Waiting, waiting
from qcjob.rank import TIER_WIDTH, Privileges
from qcjob.security.customers import Customers
from tests.unit.conftest import Clock
from tests.unit.ledger_world import Snapshot, look

MICRO = 1_000_000
GRACE = Word("grace", "k7")
CUSTOMERS = ("alice", "bob", "carol", "dave")
DEVICE = "simulator"


class Queue:
    """A device whose queue has met everything that there is, in an order that dice decide."""

    def __init__(self, client: fakeredis.FakeRedis, clock: Clock, seed: int) -> None:
        self.dice, self.client, self.clock = random.Random(seed), client, clock
        self.ledger = Ledger(client, lease_seconds=86_400)
        self.operations, self.customers = Operations(self.ledger), Customers(client)
        self.weight = {name: self.dice.choice((0.5, 1.0, 2.0)) for name in CUSTOMERS}
        self.ids: list[str] = []
        self.sessions: list[tuple[str, str]] = []
        self.ledger.online(DEVICE, {"slots": str(self.dice.choice((1, 3))), "status": "online"})
        if self.dice.random() < 0.7:
            for seconds in (0.8, 1.0, 1.2, 1.0, 0.9, 1.1):
                self.ledger.submit(self.new("before", MICRO))
                self.run(seconds)
        acts = (self.send, self.send, self.send, self.claim, self.hold, self.rerank, self.cancel, self.put_back)
        self.open_session()
        for _ in range(self.dice.choice((10, 40))):
            self.dice.choice(acts)()
            self.clock.advance(self.dice.uniform(0, 1))
        self.reserve()
        if self.dice.random() < 0.3:
            name = self.dice.choice(CUSTOMERS)
            self.customers.put(name, Privileges())
            self.customers.change(name, {"held": True})
        self.ledger.online(DEVICE, {"status": "online"})

    @property
    def now(self) -> int:
        return round(self.clock.now * MICRO)

    def new(self, customer: str, cost: int, **more: Any) -> NewJob:
        fields = {"key_id": "k", "tier": self.dice.choice((0, 1, 2, 2, 2, 2)), "device": DEVICE, "shots": 1, **more}
        text = {"runtime": "verbatim", "language": "rotations", "program": "X(90)", "compiled": "{}"}
        return NewJob(id=new_job_id(), customer=customer, cost=cost, **text, **fields)

    def run(self, seconds: float) -> None:
        claim = self.ledger.claim(DEVICE, "w")
        if claim is not None:
            self.clock.advance(seconds)
            self.ledger.complete(claim.id, claim.fence, {"counts": {"0": 1}})

    # -- what happens to a queue

    def send(self) -> None:
        name, dice = self.dice.choice(CUSTOMERS), self.dice
        privileges = Privileges(weight=self.weight[name])
        own = [one for one, owner in self.sessions if owner == name]
        is_open = own and Sessions(self.ledger).read(own[0], None).state != "closed"  # type: ignore[union-attr]
        session = own[0] if is_open and dice.random() < 0.5 else None
        if dice.random() < 0.2:
            batch, tier = new_job_id(), dice.choice((1, 2))
            jobs = [
                self.new(name, dice.randint(1, 9) * MICRO, tier=tier, session=session, batch=batch, index=index)
                for index in range(dice.randint(2, 6))
            ]
            Batches(self.ledger).submit(NewBatch(batch, name, jobs, len(jobs)), privileges=privileges)
            self.ids += [job.id for job in jobs]
            return
        times = {}
        if dice.random() < 0.2:
            times["start_after"] = self.now + dice.randint(-5, 30) * MICRO
        if dice.random() < 0.2:
            times["not_after"] = self.now + dice.randint(40, 90) * MICRO
        job = self.new(name, dice.randint(1, 9) * MICRO, session=session, **times)
        self.ids.append(self.ledger.submit(job, privileges=privileges).id)

    def claim(self) -> None:
        if self.dice.random() < 0.5:
            self.run(self.dice.uniform(0, 2))
        else:
            self.ledger.claim(DEVICE, "w")

    def hold(self) -> None:
        self.act(lambda one: self.operations.hold(one, GRACE, held=self.dice.random() < 0.6))

    def rerank(self) -> None:
        if self.dice.random() < 0.5:
            self.act(lambda one: self.operations.change_tier(one, self.dice.choice((1, 2)), GRACE))
        else:
            other = self.dice.choice(self.ids or [""])
            owner = (self.client.hget(f"qcjob:job:{other}", "customer") or b"alice").decode()  # type: ignore[union-attr]
            self.act(lambda one: self.ledger.exchange(one, other, customer=owner))

    def cancel(self) -> None:
        self.act(self.ledger.cancel)

    def put_back(self) -> None:
        leases = [member.decode() for member in self.client.zrange(f"qcjob:leases:{DEVICE}", 0, -1)]
        if leases:
            job_id = self.dice.choice(leases)
            fence = int(self.client.hget(f"qcjob:job:{job_id}", "fence") or 0)  # type: ignore[arg-type]
            self.ledger.put_back(job_id, fence, later_because=self.dice.choice(("", "the device is away")))

    def act(self, what: Any) -> None:
        if self.ids:
            with suppress(NotWaiting, InvalidRequest, TooManyBetween):
                what(self.dice.choice(self.ids))

    def open_session(self) -> None:
        for name in self.dice.sample(CUSTOMERS, self.dice.randint(0, 2)):
            found = Sessions(self.ledger).open(new_job_id(), name, DEVICE, self.dice.randint(5, 90), 60, 10)
            assert not isinstance(found, int)
            self.sessions.append((found.id, name))

    def reserve(self) -> None:
        begins = self.now + self.dice.randint(-20, 8) * MICRO
        for name in self.dice.sample(CUSTOMERS, self.dice.randint(0, 2)):
            ends = max(begins, self.now) + self.dice.randint(5, 40) * MICRO
            Reservations(self.ledger).add(new_job_id(), DEVICE, name, GRACE, begins=begins, ends=ends)
            begins = ends


# -- by plain Python


def job_of(seen: Snapshot, job_id: str) -> Mapping[str, str]:
    return seen.fields(f"job:{job_id}")


def stands_at(seen: Snapshot, job_id: str) -> tuple[int, str]:
    """Where it stands by its score; one without a place yet, behind all that its customer would be behind now."""
    fields = job_of(seen, job_id)
    if "unranked" not in fields:
        return seen.place(job_id)
    tier, fair = int(fields["score"]) // TIER_WIDTH, seen.fields(f"fair:{DEVICE}")
    tag = max(int(fair.get(str(tier), 0)), int(fair.get(f"{tier}:{fields['customer']}", 0)))
    return tier * TIER_WIDTH + tag, "~"


def waits(seen: Snapshot) -> tuple[list[str], list[str], list[str]]:
    """The WAITING jobs: those in the queue, those for later by their times, those that were set aside."""
    ids = [key.removeprefix("qcjob:job:") for key in seen.values if key.startswith("qcjob:job:")]
    ids = [job_id for job_id in ids if job_of(seen, job_id)["state"] == "WAITING"]
    aside = {member[-36:]: member for member in seen.scores(f"held:{DEVICE}")}
    later = seen.scores(f"later:{DEVICE}")
    assert not set(aside) & set(later)
    queued = [job_id for job_id in ids if job_id not in aside and job_id not in later]
    by_time = sorted(later, key=lambda one: (later[one], one))
    return queued, by_time, sorted(aside, key=lambda one: aside[one])


def check_all(queue: Queue) -> list[str]:
    """Compare every answer with the records; the order in which jobs would be claimed."""
    queue.ledger.keep(86_400)
    seen, at = look(queue.client), queue.now
    queued, later, aside = waits(seen)
    order = seen.in_line(DEVICE, queued, at)
    for job_id in (*order, *later, *aside):
        check(queue, seen, job_id, order)
    listed = pages(queue)
    assert [one.id for one in listed] == [*order, *later, *aside]
    assert [one.position for one in listed] == [*range(1, len(order) + 1), *[None] * (len(later) + len(aside))]
    for one in listed:
        check_listed(seen, one, later)
    return order


def check(queue: Queue, seen: Snapshot, job_id: str, order: list[str]) -> None:
    told, fields = standing(queue.ledger, job_id, customer=None), job_of(seen, job_id)
    assert told is not None
    device, fair = seen.fields(f"device:{DEVICE}"), seen.fields(f"fair:{DEVICE}")
    tier = int(fields["score"]) // TIER_WIDTH
    assert (told.device, told.customer, told.tier) == (DEVICE, fields["customer"], tier)
    assert told.tag == int(fields["score"]) % TIER_WIDTH
    assert (told.cost, told.charge) == (int(fields["cost"]), int(fields["charge"]))
    assert told.virtual_time == int(fair.get(str(tier), 0))
    assert told.last_finish == int(fair.get(f"{tier}:{fields['customer']}", 0))
    assert told.session == fields.get("session")
    is_held = "held" in seen.fields(f"customer:{fields['customer']}")
    assert told.held == ("job" if "held" in fields else "customer" if is_held else None)
    is_later = job_id in seen.scores(f"later:{DEVICE}") or int(fields.get("due", 0)) > told.at
    assert told.not_before == (int(fields["due"]) if is_later else None), "also of one that is held until then"
    assert told.not_after == (int(fields["not_after"]) if "not_after" in fields else None)
    assert (told.slots, told.slots_taken) == (int(device["slots"]), seen.slots_taken(DEVICE))
    paced = int(device.get("paced", 0))
    assert told.pace == (Pace(float(device["pace"]), float(device["spread"]), paced) if paced else None)
    stated = fields.get("eta", "")
    assert told.stated == (tuple(map(int, stated.split())) if " " in stated else None)

    before = before_it(seen, job_id, order, told.at)
    place = stands_at(seen, job_id)
    assert told.ahead == len(before)
    tiers = [int(job_of(seen, one)["score"]) // TIER_WIDTH for one in before]
    assert told.ahead_by_tier == {number: tiers.count(number) for number in (0, 1, 2)}
    assert told.passed_by == sum(seen.place(one) > place for one in before)
    read = queue.ledger.read(job_id)
    assert read is not None and (read.ahead, read.held) == (told.ahead, told.held)
    assert read.not_before == (None if told.held else told.not_before)

    can_say = paced >= 5 and told.held is None
    assert (told.start is not None) is can_say
    assert told.work_ahead == pytest.approx(sum(int(job_of(seen, one)["cost"]) for one in before), abs=1)
    if "pace" in device:
        running = [job_of(seen, one) for one in seen.scores(f"leases:{DEVICE}")]
        pace = float(device["pace"])
        left = sum(max(0, int(one["cost"]) * pace - (told.at - int(one["claimed"]))) for one in running)
        assert told.work_running == pytest.approx(left, abs=2)
    else:
        assert told.work_running is None
    if can_say:
        assert told.start is not None and told.at <= told.start[0] < told.start[1]
        assert told.not_before is None or told.start[0] >= told.not_before


def before_it(seen: Snapshot, job_id: str, order: list[str], at: int) -> list[str]:
    """The jobs that would be claimed before it; of one that is not in the queue, if it were in it."""
    if job_id in order:
        return order[: order.index(job_id)]
    fields, place = job_of(seen, job_id), stands_at(seen, job_id)
    session, holder = seen.active_session(DEVICE, at), holder_now(seen, order, at)
    first = [one for one in order if seen.place(one)[0] < TIER_WIDTH]
    rest = order[len(first) :]
    if place[0] < TIER_WIDTH:
        return [one for one in order if seen.place(one) < place]

    def group(customer: str, of: str | None) -> tuple[bool, bool]:
        return customer != holder, session is None or of != session

    mine = group(fields["customer"], fields.get("session"))

    def is_before(one: str) -> bool:
        its = job_of(seen, one)
        theirs = group(its["customer"], its.get("session"))
        return theirs < mine or (theirs == mine and seen.place(one) < place)

    return [*first, *(one for one in rest if is_before(one))]


def holder_now(seen: Snapshot, order: list[str], at: int) -> str | None:
    """Whose jobs come first for a window: `in_line` says it by the order that it gives."""
    window = seen.window(DEVICE, at)
    if window is None:
        return None
    if int(window["from"]) <= at:
        return window["customer"]
    plain = sorted((one for one in order if seen.place(one)[0] >= TIER_WIDTH), key=seen.place)
    session = seen.active_session(DEVICE, at)
    turn = [one for one in plain if session and job_of(seen, one).get("session") == session]
    next_one = (turn or plain or [None])[0]
    holders = [one for one in plain if job_of(seen, one)["customer"] == window["customer"]]
    if next_one is None or not holders or next_one in holders:
        return None
    pace = float(seen.fields(f"device:{DEVICE}").get("pace", 1))
    runs_into = at + int(job_of(seen, next_one)["cost"]) * pace > int(window["from"])
    return window["customer"] if runs_into else None


def pages(queue: Queue) -> list[Waiting]:
    found: list[Waiting] = []
    cursor, limit = None, queue.dice.choice((1, 3, 50))
    while True:
        page = waiting(queue.ledger, DEVICE, limit=limit, cursor=cursor)
        assert len(page.items) <= limit
        found += page.items
        cursor = page.next
        if cursor is None:
            return found


def check_listed(seen: Snapshot, one: Waiting, later: list[str]) -> None:
    fields = job_of(seen, one.id)
    assert (one.customer, one.shots, one.created_at) == (fields["customer"], 1, int(fields["created"]))
    assert one.tier * TIER_WIDTH + one.tag == int(fields["score"])
    assert (one.cost, one.charge) == (int(fields["cost"]), int(fields["charge"]))
    assert (one.session, one.batch, one.name) == (fields.get("session"), fields.get("batch"), fields.get("name"))
    is_held = "held" in seen.fields(f"customer:{fields['customer']}")
    assert one.held == ("job" if "held" in fields else "customer" if is_held else None)
    is_later = one.id in later and one.held is None
    assert one.not_before == (int(fields["due"]) if is_later else None)
    assert one.put_back_because == (fields.get("why") if is_later else None)


@pytest.mark.parametrize("seed", range(20))
def test_what_is_told_of_any_queue_is_what_the_records_say_and_what_comes(
    client: fakeredis.FakeRedis, clock: Clock, seed: int
) -> None:
    queue = Queue(client, clock, seed)
    order = check_all(queue)
    queue.ledger.online(DEVICE, {"slots": "99"})
    steps = 0
    while order:
        claimed = queue.ledger.claim(DEVICE, "w")
        may_run = [one for one in order if b"held" not in customer_of(queue, one)]
        assert (claimed and claimed.id) == (may_run[0] if may_run else None)
        if claimed is None:
            break
        queue.ledger.fail(claimed.id, claimed.fence, "code", "over")
        steps += 1
        if steps % 5 == 0 or seed % 5 == 0:
            order = check_all(queue)
        else:
            queue.ledger.keep(86_400)
            seen = look(queue.client)
            order = seen.in_line(DEVICE, waits(seen)[0], queue.now)


def customer_of(queue: Queue, job_id: str) -> Mapping[bytes, bytes]:
    owner = (queue.client.hget(f"qcjob:job:{job_id}", "customer") or b"").decode()  # type: ignore[union-attr]
    return queue.client.hgetall(f"qcjob:customer:{owner}")  # type: ignore[return-value]
