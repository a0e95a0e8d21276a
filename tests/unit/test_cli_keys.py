"""`keys`, on the ledger."""

from __future__ import annotations

import json

import fakeredis
import pytest
from click.testing import CliRunner, Result

from qcjob.cli import main
from qcjob.security.keys import Keys
from qcjob.wiring import redis_client


@pytest.fixture(autouse=True)
def on_fakeredis(client: fakeredis.FakeRedis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qcjob.cli.on_redis.redis_client", lambda _: client)


def run(*command: str) -> Result:
    return CliRunner().invoke(main, ["keys", *command])


def test_a_new_key_in_json_is_ready_request_headers_and_nothing_else(client: fakeredis.FakeRedis) -> None:
    answer = run("add", "alice", "--tier", "1", "-o", "json")
    headers = json.loads(answer.stdout)
    assert list(headers) == ["Authorization"]
    caller = Keys(client).authenticate(headers["Authorization"].removeprefix("Bearer "))
    assert caller is not None
    assert (caller.customer, caller.tier) == ("alice", 1)


def test_the_tier_is_that_of_everyone_when_not_given(client: fakeredis.FakeRedis) -> None:
    assert run("add", "alice").exit_code == 0
    assert [key.tier for key in Keys(client).list()] == [2]


def test_a_listed_key_does_not_show_its_secret(client: fakeredis.FakeRedis) -> None:
    secret = Keys(client).add("alice").secret
    for output in ("text", "json"):
        listed = run("list", "-o", output).stdout
        assert "alice" in listed
        assert secret not in listed


def test_no_keys_are_said_to_be_none() -> None:
    assert run("list").stdout == "no keys\n"


def test_a_revoked_key_opens_nothing_and_cannot_be_revoked_again(client: fakeredis.FakeRedis) -> None:
    key = Keys(client).add("alice")
    assert run("revoke", key.id).exit_code == 0
    assert Keys(client).authenticate(key.secret) is None
    assert run("revoke", key.id).exit_code == 1


@pytest.mark.parametrize("command", [("add", "a b"), ("add", "alice", "--tier", "9"), ("add",)])
def test_a_name_or_tier_that_cannot_be_used_ends_with_two(command: tuple[str, ...]) -> None:
    assert run(*command).exit_code == 2


def test_without_redis_the_message_says_where_it_was_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qcjob.cli.on_redis.redis_client", redis_client)
    answer = run("list", "--data", "/nonexistent")
    assert answer.exit_code == 2
    assert "--data" in answer.stderr
