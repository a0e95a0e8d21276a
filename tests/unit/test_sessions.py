"""Sessions: whose jobs run next, when one begins and ends, what it costs, what others see; on the ledger's scripts."""

from __future__ import annotations

from collections.abc import Callable

import fakeredis
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qcjob.acts import Word
from qcjob.errors import InvalidRequest, SessionClosed
from qcjob.ids import new_job_id
from qcjob.job import NewJob
from qcjob.ledger import Ledger
from qcjob.ledger.checkup import Checkup
from qcjob.ledger.forecast import standing
from qcjob.ledger.operations import Operations
from qcjob.ledger.sessions import Sessions
from qcjob.rank import Privileges
from qcjob.security.customers import Customers
from qcjob.session import MOST_OPEN, Session, SessionState
from tests.unit.conftest import Clock
from tests.unit.standing_line import faults, line, take, take_all
from tests.unit.test_fair_shares import Device

Build = Callable[..., NewJob]
GRACE = Word("grace", "k7", "it is noon")
RETENTION = 30 * 86_400.0
SECOND = 1_000_000


@pytest.fixture
def ledger(roomy_ledger: Ledger) -> Ledger:
    return roomy_ledger


@pytest.fixture
def sessions(ledger: Ledger) -> Sessions:
    return Sessions(ledger)


def begin(sessions: Sessions, customer: str = "alice", *, most: float = 600, idle: float = 60) -> str:
    found = sessions.open(new_job_id(), customer, "simulator", most, idle, MOST_OPEN)
    assert isinstance(found, Session)
    return found.id


def seen(sessions: Sessions, session_id: str) -> Session:
    found = sessions.read(session_id, None)
    assert found is not None
    return found


# -- whose turn it is


def test_a_session_begins_with_its_first_job_and_then_its_jobs_run_next(
    ledger: Ledger, sessions: Sessions, new_job: Build
) -> None:
    mine = begin(sessions)
    bobs = [ledger.submit(new_job(customer="bob", cost=SECOND)).id for _ in range(3)]
    first, second, third = (ledger.submit(new_job(session=mine, cost=SECOND)).id for _ in range(3))
    urgent = ledger.submit(new_job(customer="carol", tier=0)).id
    better = ledger.submit(new_job(customer="dora", tier=1)).id
    assert seen(sessions, mine).state is SessionState.WAITING
    assert line(ledger, *bobs, first, second, third, urgent, better)[:4] == [urgent, better, bobs[0], first]
    assert [take(ledger) for _ in range(4)] == [urgent, better, bobs[0], first]
    assert seen(sessions, mine).state is SessionState.ACTIVE
    urgent, better = (ledger.submit(new_job(customer="carol", tier=tier)).id for tier in (0, 1))
    expected = [urgent, second, third, better, *bobs[1:]]
    assert line(ledger, *bobs[1:], second, third, urgent, better) == expected
    assert faults(ledger) == []
    assert take_all(ledger) == expected


def test_others_run_while_an_active_session_has_nothing_to_run(
    ledger: Ledger, sessions: Sessions, new_job: Build
) -> None:
    mine = begin(sessions)
    first = ledger.submit(new_job(session=mine)).id
    bobs = [ledger.submit(new_job(customer="bob")).id for _ in range(3)]
    assert [take(ledger), take(ledger)] == [first, bobs[0]]
    late = ledger.submit(new_job(session=mine)).id
    assert take_all(ledger) == [late, *bobs[1:]]


def test_a_second_session_waits_until_the_first_is_closed(ledger: Ledger, sessions: Sessions, new_job: Build) -> None:
    mine, bobs = begin(sessions), begin(sessions, "bob")
    cost = 10 * SECOND
    of_mine = [ledger.submit(new_job(session=mine, cost=cost)).id for _ in range(2)]
    of_bob = [ledger.submit(new_job(customer="bob", session=bobs, cost=cost)).id for _ in range(3)]
    assert take(ledger) == of_mine[0]
    assert [take(ledger), take(ledger)] == [of_mine[1], of_bob[0]]
    assert seen(sessions, bobs).state is SessionState.WAITING, "one at a time"
    carol = ledger.submit(new_job(customer="carol")).id
    sessions.close(mine, "alice")
    assert take(ledger) == carol, "it has its place as any other until its turn has come"
    assert take(ledger) == of_bob[1]
    assert seen(sessions, bobs).state is SessionState.ACTIVE
    assert faults(ledger) == []


def test_what_a_session_has_had_is_not_given_again(ledger: Ledger, sessions: Sessions, new_job: Build) -> None:
    mine = begin(sessions)
    ids = [ledger.submit(new_job(session=mine, cost=10 * SECOND)).id for _ in range(3)]
    bobs = [ledger.submit(new_job(customer="bob", cost=10 * SECOND)).id for _ in range(4)]
    assert [take(ledger) for _ in range(3)] == ids
    carol = [ledger.submit(new_job(customer="carol", cost=10 * SECOND)).id for _ in range(2)]
    sessions.close(mine, "alice")
    more = ledger.submit(new_job(cost=10 * SECOND)).id
    last = take_all(ledger)
    assert last.index(more) >= 5, "bob and carol have had as much first"
    assert last[:2] == [bobs[0], carol[0]], "who came while the session ran stands behind nobody for that"


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    alices=st.lists(st.integers(1, 50), min_size=8, max_size=20),
    bobs=st.lists(st.integers(1, 50), min_size=30, max_size=40),
    taken=st.integers(1, 6),
)
def test_over_time_a_session_gives_nobody_more(alices: list[int], bobs: list[int], taken: int) -> None:
    """Once the session's customer is next again in their own turn, both have had as much, but for a job of each."""
    device = Device()
    sessions = Sessions(device.ledger)
    opened_one = sessions.open(new_job_id(), "alice", "d", 600, 60, MOST_OPEN)
    assert isinstance(opened_one, Session)
    mine = {device.submit("alice", cost, session=opened_one.id): cost for cost in alices}
    others = {device.submit("bob", cost): cost for cost in bobs}
    had = {"alice": 0, "bob": 0}
    while had["alice"] == 0 or len(mine) > len(alices) - taken:
        job_id = device.run_next()
        assert job_id is not None
        had[device.owner[job_id]] += mine.pop(job_id, 0) or others.pop(job_id, 0)
    sessions.close(opened_one.id, "alice")
    while others and mine:
        job_id = device.run_next()
        assert job_id is not None
        if job_id in mine:
            break
        had["bob"] += others.pop(job_id)
    if others:
        assert abs(had["alice"] - had["bob"]) <= max(alices) + max(bobs)


def test_one_tier_passed_by_leaves_the_clock_where_it_was(
    ledger: Ledger, sessions: Sessions, client: fakeredis.FakeRedis, new_job: Build
) -> None:
    mine = begin(sessions)
    ledger.submit(new_job(session=mine, cost=10 * SECOND))
    later = ledger.submit(new_job(session=mine, cost=10 * SECOND)).id
    ledger.submit(new_job(customer="bob", cost=SECOND))
    take(ledger)
    assert take(ledger) == later
    assert client.hget("qcjob:fair:simulator", "2") in (None, b"0")


# -- what becomes of its jobs


def test_a_job_that_was_put_back_is_next_again(
    ledger: Ledger, sessions: Sessions, clock: Clock, new_job: Build
) -> None:
    mine = begin(sessions)
    first, second = (ledger.submit(new_job(session=mine)).id for _ in range(2))
    bob = ledger.submit(new_job(customer="bob")).id
    claim = ledger.claim("simulator", "w")
    assert claim is not None and claim.id == first
    ledger.put_back(claim.id, claim.fence)
    assert line(ledger, first, second, bob) == [first, second, bob]
    claim = ledger.claim("simulator", "w")
    assert claim is not None and claim.id == first
    ledger.put_back(claim.id, claim.fence, later_because="the device was away")
    clock.advance(1)
    assert take_all(ledger) == [first, second, bob]
    assert faults(ledger) == []


def test_a_job_that_is_moved_leaves_its_session(ledger: Ledger, sessions: Sessions, new_job: Build) -> None:
    mine = begin(sessions)
    job = ledger.submit(new_job(session=mine)).id
    moved = Operations(ledger).move(job, "simulator", "other", "{}", 1, 1, GRACE)
    assert moved is not None and moved.session is None
    assert seen(sessions, mine).jobs["WAITING"] == 0
    assert seen(sessions, mine).closes_at is not None
    assert faults(ledger) == []


def test_jobs_of_a_session_can_be_held_cancelled_and_given_another_tier(
    ledger: Ledger, sessions: Sessions, clock: Clock, new_job: Build
) -> None:
    mine = begin(sessions)
    one, two, three, four = (ledger.submit(new_job(session=mine)).id for _ in range(4))
    bob = ledger.submit(new_job(customer="bob")).id
    later = ledger.submit(new_job(session=mine, start_after=ledger.now() + 5 * SECOND)).id
    assert take(ledger) == one
    Operations(ledger).hold(two, GRACE, held=True)
    ledger.cancel(three)
    ledger.change_tier(four, 1, customer="alice")
    assert line(ledger, four, bob) == [four, bob]
    found = ledger.read(two)
    assert found is not None and (found.held, found.ahead) == ("job", 1), "where it would be"
    assert faults(ledger) == []
    assert [take(ledger), take(ledger)] == [four, bob]
    Operations(ledger).hold(two, GRACE, held=False)
    clock.advance(6)
    bob = ledger.submit(new_job(customer="bob")).id
    assert take_all(ledger) == [two, later, bob]
    assert seen(sessions, mine).jobs == {
        **dict.fromkeys(("WAITING", "SUBMITTED", "RUNNING", "COMPLETED"), 0),
        **{"FAILED": 4, "CANCELLED": 1},
    }


def test_jobs_of_a_held_customer_wait_and_others_run(
    ledger: Ledger, sessions: Sessions, client: fakeredis.FakeRedis, new_job: Build
) -> None:
    mine = begin(sessions)
    one, two = (ledger.submit(new_job(session=mine)).id for _ in range(2))
    bob = ledger.submit(new_job(customer="bob")).id
    assert take(ledger) == one
    Customers(client).put("alice", Privileges(held=True))
    assert take_all(ledger) == [bob]
    assert faults(ledger) == []
    Customers(client).put("alice", Privileges())
    ledger.keep(RETENTION)
    bob = ledger.submit(new_job(customer="bob")).id
    assert take_all(ledger) == [two, bob]


# -- how it ends


def test_it_closes_itself_when_its_time_is_over(
    ledger: Ledger, sessions: Sessions, clock: Clock, new_job: Build
) -> None:
    mine = begin(sessions, most=100)
    ids = [ledger.submit(new_job(session=mine, cost=SECOND)).id for _ in range(3)]
    bobs = [ledger.submit(new_job(customer="bob", cost=SECOND)).id for _ in range(3)]
    clock.advance(1_000)
    assert seen(sessions, mine).closes_at is None, "it waits for its turn"
    assert take(ledger) == ids[0]
    begun = seen(sessions, mine)
    assert begun.activated_at is not None and begun.closes_at == begun.activated_at + 100 * SECOND
    clock.advance(99)
    assert line(ledger, *ids[1:], *bobs) == [*ids[1:], *bobs]
    clock.advance(2)
    assert line(ledger, *ids[1:], *bobs) == [bobs[0], ids[1], bobs[1], ids[2], bobs[2]], "before anybody closes it"
    assert take(ledger) == bobs[0]
    closed = seen(sessions, mine)
    assert (closed.state, closed.closed_because, closed.closes_at) == (SessionState.CLOSED, "max-time", None)
    with pytest.raises(SessionClosed, match="its time was over"):
        ledger.submit(new_job(session=mine))
    assert take_all(ledger) == [ids[1], bobs[1], ids[2], bobs[2]]
    assert faults(ledger) == []


@pytest.mark.parametrize("begun", [False, True])
def test_it_closes_itself_when_none_of_its_jobs_waits_or_runs(
    ledger: Ledger, sessions: Sessions, clock: Clock, new_job: Build, begun: bool
) -> None:
    mine = begin(sessions, idle=60)
    clock.advance(59)
    job = ledger.submit(new_job(session=mine, start_after=None if begun else ledger.now() + 200 * SECOND)).id
    if begun:
        claim = ledger.claim("simulator", "w")
        assert claim is not None
    clock.advance(120)
    ledger.keep(RETENTION)
    assert seen(sessions, mine).state is not SessionState.CLOSED
    ledger.fail(claim.id, claim.fence, "code", "over") if begun else ledger.cancel(job)
    clock.advance(59)
    ledger.keep(RETENTION)
    assert seen(sessions, mine).state is not SessionState.CLOSED
    clock.advance(2)
    ledger.keep(RETENTION)
    closed = ledger.client.hgetall(f"qcjob:session:{mine}")
    assert (closed[b"state"], closed[b"why"]) == (b"closed", b"idle")
    assert not ledger.client.hexists("qcjob:device:simulator", "session")


def test_closing_is_final_and_said_once(ledger: Ledger, sessions: Sessions, clock: Clock, new_job: Build) -> None:
    mine = begin(sessions)
    job = ledger.submit(new_job(session=mine)).id
    assert sessions.close(mine, "bob") is None
    closed = sessions.close(mine, "alice")
    assert closed is not None and closed.closed_because == "owner"
    clock.advance(5)
    assert sessions.close(mine, None, GRACE) == closed
    assert Operations(ledger).audit(limit=9).items == ()
    claim = ledger.claim("simulator", "w")
    assert claim is not None and claim.id == job
    again = seen(sessions, mine)
    assert (again.state, again.activated_at, again.jobs["SUBMITTED"]) == (SessionState.CLOSED, None, 1)
    other = begin(sessions)
    sessions.close(other, None, GRACE)
    [act] = Operations(ledger).audit(limit=9).items
    assert (act.by, act.what, act.on, act.before, act.after) == (
        *("grace", "close session", f"session {other}"),
        *("waiting", "closed"),
    )


def test_a_session_is_forgotten_when_its_retention_is_over(
    ledger: Ledger, sessions: Sessions, client: fakeredis.FakeRedis, clock: Clock, new_job: Build
) -> None:
    mine = begin(sessions)
    left = ledger.submit(new_job(session=mine)).id
    sessions.close(mine, "alice")
    clock.advance(RETENTION + 1)
    ledger.keep(RETENTION)
    assert sessions.read(mine, None) is None
    assert take(ledger) == left, "its jobs are not"
    assert not [key for key in client.keys("*") if mine.encode() in key]
    assert client.zcard("qcjob:closed") == client.zcard("qcjob:sessions:alice") == 0


def test_a_clock_that_jumps_closes_a_session_once_and_loses_no_job(
    ledger: Ledger, sessions: Sessions, clock: Clock, new_job: Build
) -> None:
    mine = begin(sessions, most=100)
    ids = [ledger.submit(new_job(session=mine)).id for _ in range(3)]
    assert take(ledger) == ids[0]
    clock.advance(1_000)
    ledger.keep(RETENTION)
    closed = seen(sessions, mine)
    clock.advance(-2_000)
    ledger.keep(RETENTION)
    assert seen(sessions, mine) == closed and closed.state is SessionState.CLOSED
    assert take_all(ledger) == ids[1:]


# -- what can join it


def test_a_job_names_an_open_session_of_its_customer_on_its_device(
    ledger: Ledger, sessions: Sessions, new_job: Build
) -> None:
    mine = begin(sessions)
    for wrong in (
        {"session": new_job_id()},
        {"session": mine, "customer": "bob"},
        {"session": mine, "device": "other"},
    ):
        with pytest.raises(InvalidRequest):
            ledger.submit(new_job(**wrong))
    job = new_job(session=mine)
    assert ledger.submit(job, idempotency_key="k").session == mine
    sessions.close(mine, "alice")
    assert ledger.submit(job, idempotency_key="k").id == job.id, "sent again it is no new job"
    assert ledger.read(job.id) is not None
    assert seen(sessions, mine).jobs["WAITING"] == 1


def test_a_customer_has_so_many_open(ledger: Ledger, sessions: Sessions) -> None:
    ids = [begin(sessions) for _ in range(MOST_OPEN)]
    assert sessions.open(new_job_id(), "alice", "simulator", 60, 60, MOST_OPEN) == MOST_OPEN
    sessions.close(ids[0], "alice")
    begin(sessions)
    begin(sessions, "bob")


def test_a_list_has_pages(ledger: Ledger, sessions: Sessions) -> None:
    ids = [begin(sessions) for _ in range(5)]
    found, cursor = [], None
    while True:
        page = sessions.list("alice", limit=2, cursor=cursor)
        found += [session.id for session in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert found == ids[::-1]
    assert sessions.list("bob", limit=2).items == ()
    with pytest.raises(InvalidRequest):
        sessions.list("alice", limit=2, cursor="x")


# -- what the queue says


def test_the_terms_of_a_job_that_is_passed_by(ledger: Ledger, sessions: Sessions, new_job: Build) -> None:
    mine = begin(sessions)
    ledger.submit(new_job(session=mine, cost=SECOND))
    bobs = [ledger.submit(new_job(customer="bob", cost=SECOND, tier=tier)).id for tier in (1, 2)]
    of_mine = [ledger.submit(new_job(session=mine, cost=3 * SECOND)).id for _ in range(2)]
    assert take(ledger) == bobs[0]
    take(ledger)
    zero = ledger.submit(new_job(customer="carol", tier=0)).id
    told = standing(ledger, bobs[1], customer=None)
    assert told is not None
    assert (told.ahead, told.passed_by, told.ahead_by_tier, told.session) == (3, 2, {0: 1, 1: 0, 2: 2}, None)
    told = standing(ledger, of_mine[1], customer=None)
    assert told is not None
    assert (told.ahead, told.passed_by, told.ahead_by_tier, told.session) == (2, 0, {0: 1, 1: 0, 2: 1}, mine)
    assert line(ledger, zero, *of_mine, bobs[1]) == [zero, *of_mine, bobs[1]]


def test_the_work_ahead_is_that_of_the_jobs_that_run_first(
    ledger: Ledger, sessions: Sessions, clock: Clock, new_job: Build
) -> None:
    for _ in range(5):
        ledger.submit(new_job(customer="before", cost=SECOND))
        claim = ledger.claim("simulator", "w")
        assert claim is not None
        clock.advance(1)
        ledger.complete(claim.id, claim.fence, {"counts": {"0": 10}})
    mine = begin(sessions)
    ledger.submit(new_job(session=mine, cost=SECOND))
    take(ledger)
    bobs = [ledger.submit(new_job(customer="bob", cost=2 * SECOND)).id for _ in range(2)]
    for _ in range(250):
        ledger.submit(new_job(session=mine, cost=3 * SECOND))
    ledger.online("simulator", {"slots": "1", "status": "online"})
    told = standing(ledger, bobs[1], customer=None)
    assert told is not None and (told.ahead, told.passed_by) == (251, 249), "and one that is ranked before it"
    assert told.work_ahead == pytest.approx(752 * SECOND, rel=0.01)
    assert told.start is not None and told.start[0] == pytest.approx(told.at + 752 * SECOND, rel=0.01)


# -- the doctor


FAULTS: dict[str, Callable[[fakeredis.FakeRedis, str, str], object]] = {
    "wrong in the turn of its session": lambda r, session, job: r.delete(f"qcjob:turn:{session}"),
    "not that of its device": lambda r, session, job: r.hdel("qcjob:device:simulator", "session"),
    "would never close": lambda r, session, job: r.zrem("qcjob:closing", session),
    "missing in its customer's list": lambda r, session, job: r.delete("qcjob:sessions:alice"),
    "would be closed again": lambda r, session, job: (
        r.hset(f"qcjob:session:{session}", "state", "closed"),
        r.hdel("qcjob:device:simulator", "session"),
    ),
}


@pytest.mark.parametrize("what", [*FAULTS, "its retention never ends"])
def test_a_planted_fault_is_found_and_mended(ledger: Ledger, sessions: Sessions, new_job: Build, what: str) -> None:
    mine = begin(sessions)
    first, second = (ledger.submit(new_job(session=mine)).id for _ in range(2))
    assert take(ledger) == first
    assert faults(ledger) == []
    if what in FAULTS:
        FAULTS[what](ledger.client, mine, second)
    else:
        sessions.close(mine, "alice")
        ledger.client.delete("qcjob:closed")
    assert any(what in fault for fault in faults(ledger))
    for _ in range(2):
        list(Checkup(ledger, repair=True).contents())
    assert faults(ledger) == []
    assert take(ledger) == second
