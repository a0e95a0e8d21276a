"""`customers` and `keys add --role`, on the ledger."""

from __future__ import annotations

import json

import fakeredis
import pytest
import redis
from click.testing import CliRunner, Result

from qcjob.cli import main
from qcjob.rank import Privileges
from qcjob.security.customers import Customers
from qcjob.security.keys import Keys


@pytest.fixture(autouse=True)
def on_fakeredis(client: fakeredis.FakeRedis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qcjob.cli.on_redis.redis_client", lambda _: client)


def run(*command: str) -> Result:
    return CliRunner().invoke(main, command)


def test_a_customer_is_recorded_changed_shown_and_forgotten(client: fakeredis.FakeRedis) -> None:
    added = run("customers", "add", "ada", "--tier", "1", "--quota-shots", "50", "-o", "json")
    assert added.exit_code == 0, added.output
    assert Customers(client).privileges("ada") == Privileges(tier=1, shots=50)
    assert run("customers", "set", "ada", "--weight", "2", "--quota-shots", "none").exit_code == 0
    assert Customers(client).privileges("ada") == Privileges(tier=1, weight=2.0)
    shown = json.loads(run("customers", "show", "ada", "-o", "json").stdout)
    assert (shown["tier"], shown["weight"], shown["quota_shots"]) == (1, 2.0, None)
    assert shown["usage"] == {"jobs_waiting": 0, "device_seconds_today": 0.0, "device_seconds_expected": 0.0}
    assert [item["name"] for item in json.loads(run("customers", "list", "-o", "json").stdout)["items"]] == ["ada"]
    assert run("customers", "remove", "ada").exit_code == 0
    assert run("customers", "list").stdout == "no customers are recorded\n"


def test_people_are_told_what_a_customer_may() -> None:
    run("customers", "add", "ada", "--quota-jobs-waiting", "12000")
    assert "ada: tier 2, weight 1; quotas: jobs waiting 12,000" in run("customers", "show", "ada").stdout
    assert "12,000" in run("customers", "list").stdout


def test_a_customer_who_is_held_is_seen_to_be(client: fakeredis.FakeRedis) -> None:
    run("customers", "add", "ada")
    assert "held" not in run("customers", "list").stdout + run("customers", "show", "ada").stdout
    Customers(client).change("ada", {"held": True})
    assert run("customers", "list").stdout.rstrip().endswith("held")
    assert "an operator holds them" in run("customers", "show", "ada").stdout


def test_a_redis_that_is_full_is_not_said_to_be_away(
    client: fakeredis.FakeRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise redis.exceptions.OutOfMemoryError("command not allowed when used memory > 'maxmemory'.")

    monkeypatch.setattr(redis.client.Pipeline, "execute", full)
    for command in (("customers", "add", "ada"), ("keys", "add", "ada")):
        answer = run(*command)
        assert answer.exit_code == 2 and "memory limit" in answer.stderr and "Is it up" not in answer.stderr


@pytest.mark.parametrize(
    "command", [("set", "grace", "--tier", "1"), ("show", "grace"), ("remove", "grace"), ("add", "ada")]
)
def test_one_who_is_not_there_or_is_there_already_ends_with_one(command: tuple[str, ...]) -> None:
    run("customers", "add", "ada")
    answer = run("customers", *command)
    assert answer.exit_code == 1
    assert "recorded" in answer.stderr


@pytest.mark.parametrize(
    "command",
    [
        ("add", "a b"),
        ("add", "ada", "--tier", "3"),
        ("add", "ada", "--weight", "0"),
        ("add", "ada", "--quota-shots", "many"),
        ("set", "ada", "--quota-shots", "-1"),
    ],
)
def test_a_value_that_cannot_be_ends_with_two(client: fakeredis.FakeRedis, command: tuple[str, ...]) -> None:
    assert run("customers", *command).exit_code == 2
    assert Customers(client).list() == ()


def test_a_key_is_a_users_unless_it_is_made_an_operators(client: fakeredis.FakeRedis) -> None:
    for role in ("user", "operator"):
        headers = json.loads(run("keys", "add", "ada", "--role", role, "-o", "json").stdout)
        caller = Keys(client).authenticate(headers["Authorization"].removeprefix("Bearer "))
        assert caller is not None
        assert caller.role == role
    assert sorted(key.role for key in Keys(client).list()) == ["operator", "user"]
    assert run("keys", "add", "ada", "--role", "king").exit_code == 2
