"""Customers on fakeredis: what is recorded, what is refused, and how long earlier privileges are believed."""

from __future__ import annotations

import fakeredis
import pytest

from qcjob.errors import ConfigurationError, InvalidRequest, LedgerUnavailable
from qcjob.rank import ORDINARY, Privileges
from qcjob.security.customers import CACHE_SECONDS, Customers
from tests.unit.test_keys import Clock

ALL = Privileges(tier=1, weight=2.5, jobs_waiting=0, shots=10, device_seconds=3_600)


@pytest.fixture
def customers(client: fakeredis.FakeRedis) -> Customers:
    return Customers(client)


@pytest.mark.parametrize("privileges", [ORDINARY, ALL])
def test_a_recorded_customer_is_read_as_recorded(customers: Customers, privileges: Privileges) -> None:
    made = customers.put("ada", privileges)
    assert made is not None
    assert customers.get("ada") == made
    assert made.privileges == privileges
    assert customers.privileges("ada") == privileges


def test_nobody_needs_to_be_recorded(customers: Customers) -> None:
    assert customers.get("ada") is None
    assert customers.privileges("ada") == ORDINARY


def test_recording_again_replaces_all_but_the_time_of_the_first(customers: Customers) -> None:
    first = customers.put("ada", ALL)
    again = customers.put("ada", ORDINARY)
    assert first is not None and again is not None
    assert (again.privileges, again.created_at) == (ORDINARY, first.created_at)
    assert customers.put("ada", ALL, new=True) is None
    assert customers.privileges("ada") == ORDINARY


def test_a_change_leaves_the_rest_and_takes_a_quota_away(customers: Customers) -> None:
    customers.put("ada", ALL)
    changed = customers.change("ada", {"weight": 3.0, "shots": None})
    assert changed is not None
    assert changed.privileges == Privileges(1, 3.0, 0, None, 3_600)
    assert customers.get("ada") == changed
    assert customers.change("grace", {"weight": 3.0}) is None
    assert customers.get("grace") is None


def test_a_removed_customer_is_as_everyone(customers: Customers) -> None:
    customers.put("ada", ALL)
    customers.put("grace", ORDINARY)
    assert [customer.name for customer in customers.list()] == ["ada", "grace"]
    assert customers.remove("ada") and not customers.remove("ada")
    assert [customer.name for customer in customers.list()] == ["grace"]
    assert customers.privileges("ada") == ORDINARY


@pytest.mark.parametrize("name", ["", "a" * 65, "a b", "a:b", "a/b", "ä", ".", ".."])
def test_a_name_that_cannot_be_used_is_refused(customers: Customers, name: str) -> None:
    with pytest.raises(ConfigurationError, match="1 to 64 characters"):
        customers.put(name, ORDINARY)
    assert customers.get(name) is None
    assert customers.remove(name) is False


@pytest.mark.parametrize(
    ("privileges", "fields"),
    [
        (Privileges(tier=3), ["tier"]),
        (Privileges(weight=0.01), ["weight"]),
        (Privileges(weight=float("nan")), ["weight"]),
        (Privileges(weight=1_001), ["weight"]),
        (Privileges(tier=-1, shots=-1, jobs_waiting=10**10), ["tier", "quota_jobs_waiting", "quota_shots"]),
    ],
)
def test_what_nobody_can_have_is_refused_field_by_field(
    customers: Customers, privileges: Privileges, fields: list[str]
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        customers.put("ada", privileges)
    assert [error.field for error in refused.value.errors] == fields
    assert all(error.allowed for error in refused.value.errors)
    assert customers.get("ada") is None


def test_a_change_is_believed_elsewhere_when_the_cache_ends_or_the_change_is_heard(client: fakeredis.FakeRedis) -> None:
    clock = Clock()
    here, elsewhere, listening = Customers(client), Customers(client, clock), Customers(client, clock)
    for customers in (here, elsewhere, listening):
        assert customers.privileges("ada") == ORDINARY
    here.put("ada", ALL)
    listening.forget()
    assert here.privileges("ada") == listening.privileges("ada") == ALL
    assert elsewhere.privileges("ada") == ORDINARY, "believed from the cache"
    clock.now += CACHE_SECONDS
    assert elsewhere.privileges("ada") == ALL


def test_every_change_is_announced(customers: Customers, client: fakeredis.FakeRedis) -> None:
    customers.put("ada", ALL)
    customers.change("ada", {"tier": 2})
    customers.remove("ada")
    assert [fields[b"id"] for _, fields in client.xrange("qcjob:changes")] == [b"customers"] * 3


def test_a_redis_that_does_not_answer_is_said_to_be_unavailable() -> None:
    server = fakeredis.FakeServer()
    customers = Customers(fakeredis.FakeRedis(server=server))
    server.connected = False
    for ask in (
        lambda: customers.put("ada", ALL),
        lambda: customers.change("ada", {"tier": 1}),
        lambda: customers.get("ada"),
        lambda: customers.privileges("ada"),
        lambda: customers.remove("ada"),
        customers.list,
    ):
        with pytest.raises(LedgerUnavailable):
            ask()
