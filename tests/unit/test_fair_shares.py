"""Customers share a device fairly: what rank promises, for any jobs hypothesis thinks of, on the ledger's scripts."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import count

import fakeredis
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qcjob.job import NewJob
from qcjob.ledger import Ledger
from qcjob.rank import LAST_TAG, TIER_WIDTH, Privileges, charge, estimate
from tests.unit.fair_queue import FairQueue, normalised

costs = st.integers(1, 50)
weights = st.sampled_from((0.5, 1.0, 2.0, 3.0))
a_few = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


class Device:
    """A device of one slot on a Redis of its own, and customers who use it."""

    def __init__(self, slots: int = 1) -> None:
        self.client = fakeredis.FakeRedis()
        self.ledger = Ledger(self.client)
        self.ledger.online("d", {"slots": str(slots), "status": "online"})
        self._numbers = count()
        self.charges: dict[str, int] = {}
        self.owner: dict[str, str] = {}

    def submit(self, customer: str, cost: int, weight: float = 1.0, tier: int = 2, session: str | None = None) -> str:
        new = NewJob(
            id=f"{random.Random(next(self._numbers)).randrange(16**8):08x}-0000-7000-8000-{len(self.owner):012x}",
            customer=customer,
            key_id="k",
            tier=tier,
            device="d",
            runtime="verbatim",
            language="rotations",
            program="X(90)",
            compiled="{}",
            shots=1,
            cost=cost,
            session=session,
        )
        self.charges[new.id], self.owner[new.id] = charge(cost, weight), customer
        return self.ledger.submit(new, privileges=Privileges(weight=weight)).id

    def run_next(self) -> str | None:
        """Claim the best-ranked job and let it end."""
        claim = self.ledger.claim("d", "w")
        if claim is None:
            return None
        self.ledger.fail(claim.id, claim.fence, "code", "over")
        return claim.id

    def run_all(self) -> Iterator[str]:
        while (job_id := self.run_next()) is not None:
            yield job_id

    def tag(self, job_id: str) -> int:
        """The job's place inside its tier."""
        return int(self.client.hget(f"qcjob:job:{job_id}", "score") or -1) % TIER_WIDTH  # type: ignore[arg-type]

    def waiting(self) -> list[str]:
        """The jobs that wait, as they will be claimed."""
        members: list[bytes] = self.client.zrange("qcjob:ready:d", 0, -1)
        return [member.decode()[-36:] for member in members]

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Something else runs meanwhile, so that clocks go on."""
        self.submit("somebody", 1, tier=0)
        claim = self.ledger.claim("d", "w")
        assert claim is not None
        yield
        self.ledger.fail(claim.id, claim.fence, "code", "over")


# -- by the book


def test_a_trace_of_twenty_customers_runs_in_the_order_of_the_book() -> None:
    """Zipf-like: the busiest customer sends twenty times as much as the last; bursts, pauses, five runs at a time."""
    dice, device, book = random.Random(7), Device(slots=5), FairQueue()
    customers = [f"customer-{number}" for number in range(20)]
    popularity = [1 / (1 + number) for number in range(20)]
    weight = {name: dice.choice((0.5, 1.0, 2.0, 4.0)) for name in customers}
    running: list[str] = []
    order: list[str] = []
    times_empty = 0

    def send() -> None:
        name = dice.choices(customers, popularity)[0]
        cost = dice.choice((1, 7, 400, 400, 90_000, 2_000_000))
        job_id = device.submit(name, cost, weight[name])
        book.arrive(job_id, name, cost, Fraction(weight[name]))

    def start() -> bool:
        claim = device.ledger.claim("d", "w") if len(running) < 5 else None
        if len(running) < 5:
            assert (claim and claim.id) == book.serve()
        if claim:
            order.append(claim.id)
            running.append(claim.id)
        return claim is not None

    def end() -> None:
        ended = running.pop(dice.randrange(len(running)))
        fence = int(device.client.hget(f"qcjob:job:{ended}", "fence") or 0)  # type: ignore[arg-type]
        device.ledger.fail(ended, fence, "code", "over")
        book.end(ended)

    while len(order) < 150:
        step = dice.random()
        if step < 0.45:
            for _ in range(dice.choice((1, 1, 1, 8))):
                send()
        elif step < 0.75:
            start()
        elif step < 0.98:
            for _ in range(min(len(running), dice.choice((1, 1, 5)))):
                end()
        else:  # it runs empty
            times_empty += 1
            while start() or running:
                if running:
                    end()
    assert times_empty > 1
    assert len({device.owner[job_id] for job_id in order}) > 12, "a trace with many customers in it"


@given(st.integers(1, 10**12), st.sampled_from((0.1, 0.5, 1.0, 3.0, 7.5, 1_000.0)))
def test_a_charge_is_the_cost_over_the_weight(cost: int, weight: float) -> None:
    assert abs(charge(cost, weight) - normalised(cost, Fraction(weight))) <= 1
    assert charge(cost, weight) >= 1


def test_an_estimate_takes_what_is_known_of_the_run_and_else_the_shots() -> None:
    assert estimate(1_000) == 100_000 + 1_000 * 250
    assert estimate(1_000, 2.5) == 100_000 + 2_500_000
    assert estimate(10**9) == estimate(1, 10**9) == 86_400_000_000


# -- what follows


Jobs = list[tuple[str, int]]
jobs_of_two = st.lists(st.tuples(st.sampled_from(("a", "b")), costs), min_size=4, max_size=40)


@given(jobs_of_two, weights, weights)
@a_few
def test_two_customers_who_both_wait_get_service_by_their_weights(jobs: Jobs, of_a: float, of_b: float) -> None:
    device, weight = Device(), {"a": of_a, "b": of_b}
    with device.busy():
        sent = [device.submit(name, cost, weight[name]) for name, cost in jobs]
    left = {name: sum(owner == name for owner, _ in jobs) for name in weight}
    largest = {
        name: max((device.charges[one] for one in sent if device.owner[one] == name), default=0) for name in weight
    }
    given_to = {"a": 0, "b": 0}
    for job_id in device.run_all():
        owner = device.owner[job_id]
        if owner in weight:
            given_to[owner] += device.charges[job_id]
            left[owner] -= 1
            if not all(left.values()):
                break
            assert abs(given_to["a"] - given_to["b"]) <= largest["a"] + largest["b"]


@given(st.lists(st.tuples(st.sampled_from("abc"), costs, st.booleans()), max_size=60), weights)
@a_few
def test_no_slot_is_idle_and_one_customers_jobs_run_in_the_order_sent(
    steps: list[tuple[str, int, bool]], weight: float
) -> None:
    device, sent, ran = Device(), [], []
    for name, cost, run in steps:
        sent.append(device.submit(name, cost, weight if name == "a" else 1.0))
        if run:
            ran.append(device.run_next())
    ran += device.run_all()
    assert None not in ran, "a job waited and the slot was free"
    for name in "abc":
        assert [one for one in ran if one and device.owner[one] == name] == [
            one for one in sent if device.owner[one] == name
        ]


@given(
    st.lists(st.tuples(st.sampled_from("abcd"), costs), max_size=30),
    st.integers(0, 20),
    st.lists(st.tuples(st.sampled_from("abcd"), costs), min_size=1, max_size=30),
)
@a_few
def test_nobody_starves_however_many_jobs_come_after(before: Jobs, runs: int, after: Jobs) -> None:
    """While a job waits, another customer gets no more than its start is behind the clock, and one job of theirs."""
    device = Device()
    for name, cost in before:
        device.submit(name, cost)
    for _ in range(runs):
        device.run_next()
    with device.busy():
        mine = device.submit("a", 5)
        clock = int(device.client.hget("qcjob:fair:d", "2") or 0)  # type: ignore[arg-type]
        behind = device.tag(mine) - clock
        for name, cost in after:
            device.submit(name, cost)
    others: dict[str, list[int]] = {}
    for job_id in device.run_all():
        if job_id == mine:
            break
        others.setdefault(device.owner[job_id], []).append(device.charges[job_id])
    assert behind >= 0
    for name in "bcd":
        got = others.get(name, [])
        assert sum(got) <= behind + max(got, default=0)


@pytest.mark.parametrize("flood", [1, 50, 300])
def test_a_flood_delays_a_single_job_of_another_by_one_job_at_most(flood: int) -> None:
    device = Device()
    for _ in range(flood):
        device.submit("many", 1_000)
    running = device.ledger.claim("d", "w")
    assert running is not None
    mine = device.submit("single", 1_000_000)
    device.ledger.fail(running.id, running.fence, "code", "over")
    assert device.run_next() == mine


def test_a_customer_of_twice_the_weight_gets_twice_as_much() -> None:
    device = Device()
    with device.busy():
        for _ in range(60):
            device.submit("heavy", 100, 2.0)
            device.submit("light", 100, 1.0)
    ran = [device.owner[job_id] for job_id in device.run_all()][:60]
    assert ran.count("heavy") == pytest.approx(40, abs=1)


def test_a_better_tier_runs_first_and_shares_by_clocks_of_its_own() -> None:
    device = Device()
    with device.busy():
        low = [device.submit("a", 1) for _ in range(3)]
        high = [device.submit("a", 10**9, tier=1), device.submit("b", 1, tier=1)]
    assert list(device.run_all()) == [*high, *low]


def test_equal_tags_run_in_the_order_of_submission_whatever_the_ids() -> None:
    device = Device()
    with device.busy():
        sent = [device.submit(f"customer-{number}", 5) for number in range(40)]
    assert {device.tag(job_id) for job_id in sent} == {0}
    assert sorted(sent) != sent
    assert list(device.run_all()) == sent


# -- cancel, exchange, change tier


@given(st.lists(st.tuples(costs, st.booleans()), max_size=20), st.randoms(use_true_random=False))
@a_few
def test_a_cancel_gives_back_what_was_not_used(jobs: list[tuple[int, bool]], dice: random.Random) -> None:
    """The next job stands where it would without the cancelled ones, if not before one's own that wait."""
    device = Device()
    with device.busy():
        sent = [(device.submit("a", cost), cost, stays) for cost, stays in jobs]
        cancelled = [job_id for job_id, _, stays in sent if not stays]
        dice.shuffle(cancelled)
        for job_id in cancelled:
            device.ledger.cancel(job_id)
        newest = max((device.tag(job_id) for job_id, _, stays in sent if stays), default=-1)
        fair = sum(cost for _, cost, stays in sent if stays)
        assert device.tag(device.submit("a", 3)) == max(fair, newest + 1)


def test_nothing_is_given_back_of_what_others_were_given_meanwhile() -> None:
    device = Device()
    with device.busy():
        first = device.submit("a", 1_000)
        for _ in range(3):
            device.submit("b", 100)
    device.run_next()  # a's
    late = device.submit("a", 50)
    for _ in range(2):
        device.run_next()
    clock = int(device.client.hget("qcjob:fair:d", "2") or 0)  # type: ignore[arg-type]
    device.ledger.cancel(late)
    assert device.tag(device.submit("a", 50)) == 1_000 > clock
    assert device.ledger.read(first) is not None


prices = st.lists(costs, min_size=2, max_size=12)


@given(prices, st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=5))
@a_few
def test_no_exchange_wins_time_from_others(mine: list[int], swaps: list[tuple[int, int]]) -> None:
    """Whatever is exchanged, a job starts no earlier than all of one's own before it are paid for."""
    device = Device()
    with device.busy():
        sent = [device.submit("a", cost) for cost in mine]
        paid = sum(mine)
        for first, second in swaps:
            here, there = sent[first % len(sent)], sent[second % len(sent)]
            device.ledger.exchange(here, there, customer="a")
            order = device.waiting()
            assert order.index(here) <= order.index(there)
            paid = room = 0
            for job_id in order:
                assert device.tag(job_id) >= paid
                assert device.tag(job_id) >= room, "large ones stand in small places, and would run in a row"
                paid += device.charges[job_id]
                room = device.tag(job_id) + device.charges[job_id]
        assert device.tag(device.submit("a", 1)) >= paid == sum(mine)


@given(st.integers(0, 9), st.integers(0, 9))
@a_few
def test_equal_jobs_exchange_places_and_nobody_else_moves(first: int, second: int) -> None:
    device = Device()
    with device.busy():
        sent = [device.submit("ab"[number % 2], 10) for number in range(20)]
        here, there = sent[2 * first], sent[2 * second]
        before = device.waiting()
        device.ledger.exchange(here, there, customer="a")
        wanted = list(before)
        if before.index(here) > before.index(there):
            wanted[before.index(here)], wanted[before.index(there)] = there, here
        assert device.waiting() == wanted


def test_a_change_of_tier_is_a_cancel_and_a_submit() -> None:
    device = Device()
    with device.busy():
        stays, moves = device.submit("a", 10, tier=1), device.submit("a", 20, tier=1)
        below = device.submit("a", 30)
        device.ledger.change_tier(moves, 2, customer="a")
        assert device.waiting() == [stays, below, moves]
        assert (device.tag(moves), device.tag(device.submit("a", 1))) == (30, 50)
        assert device.tag(device.submit("a", 1, tier=1)) == 10


# -- the ends of the scale


def test_tags_begin_again_when_the_device_has_run_empty() -> None:
    device = Device()
    for _ in range(3):
        device.submit("a", 1_000)
    assert len(list(device.run_all())) == 3
    assert device.tag(device.submit("a", 1)) == 0


def test_tags_go_on_while_something_runs_or_waits_for_later(monkeypatch: pytest.MonkeyPatch) -> None:
    device = Device(slots=2)
    device.submit("a", 1_000)
    claim = device.ledger.claim("d", "w")
    assert claim is not None
    assert device.tag(device.submit("a", 1_000)) == 1_000
    device.run_next()
    device.ledger.put_back(claim.id, claim.fence, later_because="away")
    assert device.tag(device.submit("a", 1)) == 2_000


def test_after_the_last_tag_jobs_are_first_come_first_served_in_their_tier() -> None:
    device = Device()
    with device.busy():
        first = device.submit("a", LAST_TAG - 5, tier=1)
        late = [device.submit(name, LAST_TAG, tier=1) for name in "aababa"]
        below = device.submit("c", 1)
        assert {device.tag(job_id) for job_id in late if device.owner[job_id] == "a"} <= {LAST_TAG - 5, LAST_TAG}
        assert [one for one in device.waiting() if device.owner[one] == "a"] == [
            first,
            *(one for one in late if device.owner[one] == "a"),
        ]
        assert device.waiting()[-1] == below
