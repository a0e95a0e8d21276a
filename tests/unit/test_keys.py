"""API keys on fakeredis: what is stored, who is let in, and for how long a revoked key is believed."""

from __future__ import annotations

import fakeredis
import pytest

from qcjob.errors import ConfigurationError, LedgerUnavailable
from qcjob.security.caller import Caller
from qcjob.security.keys import CACHE_SECONDS, Keys


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def client() -> fakeredis.FakeRedis:
    return fakeredis.FakeRedis()


@pytest.fixture
def keys(client: fakeredis.FakeRedis) -> Keys:
    return Keys(client)


def everything_in(client: fakeredis.FakeRedis) -> str:
    found = []
    for key in client.scan_iter():
        kind = client.type(key)
        found.append(key)
        found.append(client.hgetall(key) if kind == b"hash" else client.xrange(key))
    return repr(found)


def test_a_new_key_stands_for_its_customer(keys: Keys) -> None:
    new = keys.add("ada", tier=1)
    assert keys.authenticate(new.secret) == Caller("ada", new.id, 1)


def test_the_default_tier_is_everyone(keys: Keys) -> None:
    assert keys.add("ada").tier == 2


def test_an_unknown_key_stands_for_nobody(keys: Keys) -> None:
    keys.add("ada")
    assert keys.authenticate("qcj_wrong") is None
    assert keys.authenticate("") is None
    assert keys.authenticate("\ud800") is None


def test_the_secret_is_stored_nowhere_and_shown_in_no_repr(keys: Keys, client: fakeredis.FakeRedis) -> None:
    new = keys.add("ada")
    assert len(new.secret) > 40
    assert new.secret not in everything_in(client)
    assert new.secret not in repr(new)
    assert new.secret not in repr(keys.list())


def test_keys_are_listed_oldest_first(keys: Keys) -> None:
    made = [keys.add(name) for name in ("ada", "grace", "ada")]
    assert {key.id for key in keys.list()} == {key.id for key in made}
    assert [key.created_at for key in keys.list()] == sorted(key.created_at for key in made)


def test_a_revoked_key_is_refused_at_once_in_the_same_process(keys: Keys) -> None:
    new = keys.add("ada")
    assert keys.authenticate(new.secret)
    assert keys.revoke(new.id)
    assert keys.authenticate(new.secret) is None
    assert keys.list() == ()


def test_a_revoked_key_is_refused_elsewhere_when_the_cache_ends(client: fakeredis.FakeRedis) -> None:
    clock = Clock()
    here, elsewhere = Keys(client), Keys(client, clock)
    new = here.add("ada")
    assert elsewhere.authenticate(new.secret)
    here.revoke(new.id)
    assert elsewhere.authenticate(new.secret), "believed from the cache"
    clock.now += CACHE_SECONDS
    assert elsewhere.authenticate(new.secret) is None


def test_a_revoked_key_is_refused_elsewhere_as_soon_as_the_change_is_heard(client: fakeredis.FakeRedis) -> None:
    here, elsewhere = Keys(client), Keys(client)
    new = here.add("ada")
    assert elsewhere.authenticate(new.secret)
    here.revoke(new.id)
    elsewhere.forget()
    assert elsewhere.authenticate(new.secret) is None


def test_revoking_an_unknown_key_says_so(keys: Keys) -> None:
    assert keys.revoke("nothing") is False


def test_adding_and_revoking_are_announced_on_the_change_log(keys: Keys, client: fakeredis.FakeRedis) -> None:
    keys.revoke(keys.add("ada").id)
    entries = [fields for _, fields in client.xrange("qcjob:changes")]
    assert entries == [{b"id": b"keys", b"version": b"0", b"state": b"", b"customer": b""}] * 2


def test_installing_the_same_secret_twice_is_one_key(keys: Keys) -> None:
    secret = "s" * 43
    first = keys.install(secret, "me", 2)
    assert keys.install(secret, "me", 2) == first
    assert len(keys.list()) == 1
    assert keys.authenticate(secret) == Caller("me", first.id, 2)


@pytest.mark.parametrize("customer", ["", "a" * 65, "a b", "ä", "a/b", "a\n", "a:b"])
def test_a_customer_name_that_cannot_be_used_is_refused(keys: Keys, customer: str) -> None:
    with pytest.raises(ConfigurationError, match="1 to 64 characters"):
        keys.add(customer)


@pytest.mark.parametrize("tier", [-1, 3, True])
def test_a_tier_that_does_not_exist_is_refused_with_those_that_do(keys: Keys, tier: int) -> None:
    with pytest.raises(ConfigurationError, match="operator"):
        keys.add("ada", tier)


@pytest.mark.parametrize("secret", ["", "short", "ä" * 40, "a b" * 20])
def test_a_secret_that_could_be_guessed_is_not_installed(keys: Keys, secret: str) -> None:
    with pytest.raises(ConfigurationError):
        keys.install(secret, "me", 2)


def test_the_cache_stays_small(client: fakeredis.FakeRedis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qcjob.security.keys.CACHE_SIZE", 3)
    keys = Keys(client)
    for _ in range(10):
        assert keys.authenticate(keys.add("ada").secret)
    assert len(keys._seen) <= 3


def test_a_redis_that_does_not_answer_is_said_to_be_unavailable() -> None:
    server = fakeredis.FakeServer()
    keys = Keys(fakeredis.FakeRedis(server=server))
    server.connected = False
    for ask in (lambda: keys.add("ada"), keys.list, lambda: keys.revoke("x"), lambda: keys.authenticate("x" * 40)):
        with pytest.raises(LedgerUnavailable):
            ask()
