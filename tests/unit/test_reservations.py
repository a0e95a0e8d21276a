"""Reservations: whose jobs run next in a window, and before it; on the ledger's scripts, over HTTP, with commands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fakeredis
import pytest

from qcjob.acts import Word
from qcjob.errors import InvalidRequest, ReservationOverlaps
from qcjob.ids import new_job_id
from qcjob.job import NewJob
from qcjob.ledger import Ledger
from qcjob.ledger.forecast import standing
from qcjob.ledger.operations import Operations
from qcjob.ledger.reservations import Reservations
from qcjob.ledger.sessions import Sessions
from qcjob.reservation import Reservation
from tests.unit.conftest import Clock
from tests.unit.door import Door, opened
from tests.unit.standing_line import faults, line, take, take_all
from tests.unit.webtest import Web

Build = Callable[..., NewJob]
GRACE = Word("grace", "k7", "a course")
RETENTION = 30 * 86_400.0
SECOND = 1_000_000


@pytest.fixture
def ledger(roomy_ledger: Ledger) -> Ledger:
    return roomy_ledger


@pytest.fixture
def reservations(ledger: Ledger) -> Reservations:
    return Reservations(ledger)


def reserve(reservations: Reservations, clock: Clock, customer: str, start: float, end: float) -> Reservation:
    """A window, in seconds from now."""
    begins, ends = (round((clock.now + seconds) * SECOND) for seconds in (start, end))
    return reservations.add(new_job_id(), "simulator", customer, GRACE, begins=begins, ends=ends)


# -- whose turn it is


def test_in_the_window_the_holders_jobs_come_before_all_but_tier_0(
    ledger: Ledger, reservations: Reservations, clock: Clock, new_job: Build
) -> None:
    reserve(reservations, clock, "alice", 100, 200)
    bobs = [ledger.submit(new_job(customer="bob", tier=tier)).id for tier in (2, 1, 0)]
    mine = [ledger.submit(new_job(tier=tier)).id for tier in (2, 1, 2)]
    before = [bobs[2], bobs[1], mine[1], bobs[0], mine[0], mine[2]]
    assert line(ledger, *bobs, *mine) == before
    clock.advance(101)
    within = [bobs[2], mine[1], mine[0], mine[2], bobs[1], bobs[0]]
    assert line(ledger, *bobs, *mine) == within
    told = standing(ledger, bobs[1], customer=None)
    assert told is not None and (told.passed_by, told.ahead_by_tier) == (3, {0: 1, 1: 1, 2: 2})
    clock.advance(100)
    assert line(ledger, *bobs, *mine) == before, "its end is not in it"
    clock.advance(-50)
    assert take_all(ledger) == within
    assert faults(ledger) == []


def test_others_run_while_the_holder_has_nothing_ready(
    ledger: Ledger, reservations: Reservations, clock: Clock, new_job: Build
) -> None:
    reserve(reservations, clock, "alice", -1, 1_000)
    bobs = [ledger.submit(new_job(customer="bob")).id for _ in range(2)]
    later = ledger.submit(new_job(start_after=ledger.now() + 5 * SECOND)).id
    held = ledger.submit(new_job()).id
    Operations(ledger).hold(held, GRACE, held=True)
    assert take(ledger) == bobs[0]
    clock.advance(6)
    Operations(ledger).hold(held, GRACE, held=False)
    assert take_all(ledger) == [held, later, bobs[1]]


def test_windows_and_sessions(ledger: Ledger, reservations: Reservations, clock: Clock, new_job: Build) -> None:
    sessions = Sessions(ledger)
    opened_one = sessions.open(new_job_id(), "bob", "simulator", 5_000, 900, 9)
    assert not isinstance(opened_one, int)
    bobs = [ledger.submit(new_job(customer="bob", session=opened_one.id, cost=SECOND)).id for _ in range(3)]
    carol = ledger.submit(new_job(customer="carol", cost=SECOND)).id
    assert take(ledger) == bobs[0]
    window = reserve(reservations, clock, "alice", -1, 1_000)
    mine = [ledger.submit(new_job(cost=SECOND)).id for _ in range(2)]
    assert line(ledger, *bobs[1:], carol, *mine) == [*mine, *bobs[1:], carol]
    assert reservations.remove(window.id, GRACE)
    assert line(ledger, *bobs[1:], carol, *mine)[:2] == bobs[1:]
    reserve(reservations, clock, "bob", -1, 1_000)
    other = ledger.submit(new_job(customer="bob", cost=SECOND)).id
    assert line(ledger, other, *bobs[1:], carol, *mine)[:3] == [*bobs[1:], other]
    assert take_all(ledger)[:3] == [*bobs[1:], other]


def test_the_holders_jobs_are_charged_and_the_clock_stands_still_for_others(
    ledger: Ledger, reservations: Reservations, clock: Clock, client: fakeredis.FakeRedis, new_job: Build
) -> None:
    ledger.submit(new_job(customer="bob", cost=SECOND))
    take(ledger)
    ledger.submit(new_job(customer="bob", cost=SECOND))
    reserve(reservations, clock, "alice", -1, 100)
    mine = [ledger.submit(new_job(cost=10 * SECOND)).id for _ in range(3)]
    assert [take(ledger) for _ in range(3)] == mine
    assert int(client.hget("qcjob:fair:simulator", "2:alice") or 0) == 30 * SECOND  # type: ignore[arg-type]
    assert int(client.hget("qcjob:fair:simulator", "2") or 0) == 0  # type: ignore[arg-type]


# -- before it


@pytest.mark.parametrize(("left", "early"), [(11, False), (9, True)])
def test_a_job_that_would_run_into_the_window_is_passed_over_while_the_holders_are_ready(
    ledger: Ledger, reservations: Reservations, clock: Clock, new_job: Build, left: float, early: bool
) -> None:
    reserve(reservations, clock, "alice", left, 1_000)
    bob = ledger.submit(new_job(customer="bob", cost=10 * SECOND)).id
    mine = ledger.submit(new_job(cost=SECOND)).id
    expected = [mine, bob] if early else [bob, mine]
    assert line(ledger, mine, bob) == expected
    assert take_all(ledger) == expected


def test_it_is_not_passed_over_for_jobs_that_are_not_ready(
    ledger: Ledger, reservations: Reservations, clock: Clock, new_job: Build
) -> None:
    window = reserve(reservations, clock, "alice", 9, 1_000)
    bob = ledger.submit(new_job(customer="bob", cost=10 * SECOND)).id
    mine = ledger.submit(new_job(cost=SECOND, start_after=window.begins)).id
    assert take(ledger) == bob, "the device does not idle"
    clock.advance(10)
    assert take(ledger) == mine


def test_the_estimate_is_what_such_jobs_have_taken(
    ledger: Ledger, reservations: Reservations, clock: Clock, new_job: Build
) -> None:
    for _ in range(5):
        ledger.submit(new_job(customer="before", cost=SECOND))
        claim = ledger.claim("simulator", "w")
        assert claim is not None
        clock.advance(3)
        ledger.complete(claim.id, claim.fence, {"counts": {"0": 10}})
    reserve(reservations, clock, "alice", 20, 1_000)
    bob = ledger.submit(new_job(customer="bob", cost=10 * SECOND)).id
    mine = ledger.submit(new_job(cost=SECOND)).id
    assert take_all(ledger) == [mine, bob], "thirty seconds, at that pace"


# -- made and taken away


def test_overlaps_are_refused(ledger: Ledger, reservations: Reservations, clock: Clock) -> None:
    first = reserve(reservations, clock, "alice", 100, 200)
    for start, end in ((150, 160), (50, 101), (199, 300), (0.1, 1_000)):
        with pytest.raises(ReservationOverlaps, match=first.id):
            reserve(reservations, clock, "bob", start, end)
    begins, ends = first.begins, first.ends
    again = reservations.add(new_job_id(), "simulator", "alice", GRACE, begins=begins, ends=ends)
    assert again == first
    before = reservations.add(new_job_id(), "simulator", "bob", GRACE, begins=begins - 9, ends=begins)
    after = reservations.add(new_job_id(), "simulator", "bob", GRACE, begins=ends, ends=ends + 9)
    other = reservations.add(new_job_id(), "other", "bob", GRACE, begins=begins, ends=ends)
    assert reservations.list("simulator") == [before, first, after]
    assert reservations.list("simulator", "other") == [before, other, first, after]
    with pytest.raises(InvalidRequest):
        reserve(reservations, clock, "bob", -20, -10)


def test_they_are_audited_and_forgotten(
    ledger: Ledger, reservations: Reservations, client: fakeredis.FakeRedis, clock: Clock
) -> None:
    first, second = reserve(reservations, clock, "alice", 0, 100), reserve(reservations, clock, "bob", 100, 200)
    assert reservations.remove(second.id, GRACE) and not reservations.remove(second.id, GRACE)
    removed, _, made = Operations(ledger).audit(limit=9).items
    window = f"alice {first.begins} {first.ends}"
    assert (made.what, made.on, made.before, made.after, made.why) == (
        *("reserve", "device simulator", ""),
        *(window, "a course"),
    )
    assert (removed.what, removed.after) == ("unreserve", "") and removed.before.startswith("bob ")
    clock.advance(101)
    assert reservations.list("simulator") == []
    clock.advance(RETENTION)
    ledger.keep(RETENTION)
    assert not [key for key in client.keys("*") if key.startswith(b"qcjob:reservation")]


# -- over HTTP and with commands


@pytest.fixture
def web(client: fakeredis.FakeRedis, clock: Clock) -> Web:
    return Web(client)


@pytest.fixture
def operator(web: Web) -> str:
    return web.front.keys.add("grace", role="operator").secret


@pytest.fixture
def door(web: Web, tmp_path: Path) -> Iterator[Door]:
    with opened(web, tmp_path) as made:
        yield made


def test_a_reservation_over_http(web: Web, operator: str) -> None:
    wanted: dict[str, Any] = {"customer": "ada", "device": "simulator", "seconds": 600, "note": "course", "why": "w"}
    assert web.post("/v1/reservations", json=wanted).json["code"] == "operator-only"
    made = web.post("/v1/reservations", json=wanted, key=operator)
    found = made.json
    assert made.status_code == 201 and (found["customer"], found["note"]) == ("ada", "course")
    overlaps = web.post("/v1/reservations", json={**wanted, "customer": "bob"}, key=operator)
    assert (overlaps.status_code, overlaps.json["code"]) == (409, "reservation-overlaps")
    assert found["id"] in overlaps.json["detail"]
    other = web.front.keys.add("mallory").secret
    lists = {key: web.get("/v1/reservations", key=key).json["items"] for key in ("", other, operator)}
    assert lists == {"": [found], other: [], operator: [found]}
    window = {"from": found["from"], "to": found["to"]}
    for key, customer in (("", "ada"), (other, None), (operator, "ada")):
        assert web.get("/v1/devices/simulator", key=key).json["reservations"] == [{**window, "customer": customer}]
    assert web.ask("DELETE", f"/v1/reservations/{found['id']}").json["code"] == "operator-only"
    assert web.ask("DELETE", f"/v1/reservations/{found['id']}", key=operator).status_code == 204
    gone = web.ask("DELETE", f"/v1/reservations/{found['id']}", key=operator)
    assert gone.json["code"] == "reservation-not-found"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"seconds": None}, "to, seconds"),
        ({"to": "2100-01-01T00:00:00Z"}, "to, seconds"),
        ({"seconds": 0}, "seconds"),
        ({"customer": "a b"}, "customer"),
        ({"note": "x" * 201}, "note"),
        ({"from": "noon"}, "from"),
        ({"seconds": None, "from": "2100-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z"}, "to"),
        ({"seconds": None, "to": "2000-01-01T00:00:00Z"}, "to"),
    ],
)
def test_a_window_that_cannot_be_is_refused(web: Web, operator: str, change: dict[str, Any], field: str) -> None:
    wanted = {"customer": "ada", "device": "simulator", "seconds": 60, **change}
    body = {name: value for name, value in wanted.items() if value is not None}
    answer = web.post("/v1/reservations", json=body, key=operator)
    assert answer.status_code == 422 and answer.json["errors"][0]["field"] == field


def test_the_commands_do_what_the_routes_do(door: Door, operator: str) -> None:
    as_operator = ("--api-key", operator, "reservations")
    assert door.run("reservations", "add", "ada", "simulator", "--seconds", "60").exit_code == 1
    found = door.json(*as_operator, "add", "ada", "simulator", "--seconds", "60", "--note", "course")
    assert door.run("reservations", "list").output.split()[6:9] == [found["id"], "simulator", "ada"]
    window = ("--from", "2100-01-01T00:00:00Z", "--to", "2100-01-01T01:00:00Z")
    assert "for bob from 2100" in door.run(*as_operator, "add", "bob", "simulator", *window).output
    assert len(door.json(*as_operator, "list")["items"]) == 2
    assert door.json(*as_operator, "remove", found["id"])["removed"] is True
    assert door.run(*as_operator, "remove", found["id"]).exit_code == 1
    assert door.run("reservations", "list").output == "no reservations\n"
