"""API keys: made, listed, revoked, and turned into the caller behind a request.

    qcjob:key:DIGEST     hash    id, customer, tier, role, created_at (microseconds); DIGEST: hex SHA-256 of the secret
    qcjob:keys           hash    key id -> DIGEST
    qcjob:changes        stream  one entry with id "keys" for every key added or revoked

Only the digest is stored. A secret is 256 random bits, so there is no dictionary to try against a leaked digest: one
SHA-256 is as good as a slow hash here, and every request pays for it.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import redis

from qcjob.errors import ConfigurationError, LedgerUnavailable
from qcjob.rank import DEFAULT_TIER, TIERS
from qcjob.security.announce import announce
from qcjob.security.caller import ROLES, USER, Caller
from qcjob.security.names import check_customer

INDEX = "qcjob:keys"
KEYS_CHANGED = "keys"

CACHE_SECONDS = 1.0  # the longest a web process that missed the change may go on believing a revoked key
CACHE_SIZE = 1_024

_SECRET = re.compile(r"[\x21-\x7e]{32,256}")


@dataclass(frozen=True, slots=True)
class Key:
    """A key as listed; `created_at` is microseconds since the epoch. The secret is not known to anybody here."""

    id: str
    customer: str
    tier: int
    created_at: int
    role: str = USER


@dataclass(frozen=True, slots=True)
class NewKey(Key):
    """A key just made: the only moment at which its secret can be read."""

    secret: str = field(repr=False, kw_only=True)


class Keys:
    """The API keys of one installation. Every method raises LedgerUnavailable when Redis does not answer."""

    def __init__(self, client: redis.Redis, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = cast(Any, client)
        self._clock = clock
        self._seen: dict[str, tuple[Caller, float]] = {}

    def add(self, customer: str, tier: int = DEFAULT_TIER, role: str = USER) -> NewKey:
        """Make a key. Raises ConfigurationError for a name, tier or role that cannot be used."""
        secret = f"qcj_{secrets.token_urlsafe(32)}"
        key = self._store(secret, customer, tier, role)
        return NewKey(key.id, key.customer, key.tier, key.created_at, key.role, secret=secret)

    def install(self, secret: str, customer: str, tier: int = DEFAULT_TIER) -> Key:
        """Make sure that this secret (32 to 256 visible ASCII characters) is a key; as it was, if it is one already."""
        if not _SECRET.fullmatch(secret):
            raise ConfigurationError("the API key cannot be used: wanted 32 to 256 visible ASCII characters")
        return self._store(secret, customer, tier, USER)

    def list(self) -> tuple[Key, ...]:
        """Every key, the oldest first."""
        with _asking():
            digests = [_text(digest) for digest in self._client.hvals(INDEX)]
            pipe = self._client.pipeline(transaction=False)
            for digest in digests:
                pipe.hgetall(_key(digest))
            found = [_read(fields) for fields in pipe.execute()]
        return tuple(sorted((key for key in found if key), key=lambda key: (key.created_at, key.id)))

    def revoke(self, key_id: str) -> bool:
        """Forget a key; False if there is none of that id. Refused everywhere within CACHE_SECONDS."""
        with _asking():
            digest = self._client.hget(INDEX, key_id)
            if digest is None:
                return False
            pipe = self._client.pipeline(transaction=True)
            pipe.delete(_key(_text(digest)))
            pipe.hdel(INDEX, key_id)
            announce(pipe, KEYS_CHANGED)
            forgotten = bool(pipe.execute()[1])
        self.forget()
        return forgotten

    def authenticate(self, secret: str) -> Caller | None:
        """The caller this secret stands for, or None. Answers of the last second may come from this process."""
        digest = _digest(secret)
        now = self._clock()
        seen = self._seen.get(digest)
        if seen is not None and seen[1] > now:
            return seen[0]
        with _asking():
            key = _read(self._client.hgetall(_key(digest)))
        if key is None:
            self._seen.pop(digest, None)
            return None
        if len(self._seen) >= CACHE_SIZE:
            self._seen.clear()
        caller = Caller(key.customer, key.id, key.tier, key.role)
        self._seen[digest] = (caller, now + CACHE_SECONDS)
        return caller

    def forget(self) -> None:
        """Believe nothing from before: what `Changes.listen(KEYS_CHANGED, keys.forget)` calls."""
        self._seen.clear()

    def _store(self, secret: str, customer: str, tier: int, role: str) -> Key:
        check_customer(customer)
        if role not in ROLES:
            raise ConfigurationError(f"role {role[:80]!r}: wanted one of {', '.join(ROLES)}")
        if isinstance(tier, bool) or tier not in TIERS:
            allowed = ", ".join(f"{number} ({meaning})" for number, meaning in TIERS.items())
            raise ConfigurationError(f"tier {tier!r}: wanted one of {allowed}")
        digest = _digest(secret)
        with _asking():
            known = _read(self._client.hgetall(_key(digest)))
            if known is not None:
                return known
            seconds, microseconds = self._client.time()
            key = Key(digest[:12], customer, tier, int(seconds) * 1_000_000 + int(microseconds), role)
            pipe = self._client.pipeline(transaction=True)
            fields = {"id": key.id, "customer": customer, "tier": tier, "created_at": str(key.created_at), "role": role}
            pipe.hset(_key(digest), mapping=fields)
            pipe.hset(INDEX, key.id, digest)
            announce(pipe, KEYS_CHANGED)
            pipe.execute()
        return key


def _key(digest: str) -> str:
    return f"qcjob:key:{digest}"


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _read(fields: dict[Any, Any]) -> Key | None:
    if not fields:
        return None
    texts = {_text(name): _text(value) for name, value in fields.items()}
    return Key(texts["id"], texts["customer"], int(texts["tier"]), int(texts["created_at"]), texts.get("role", USER))


@contextmanager
def _asking() -> Iterator[None]:
    try:
        yield
    except redis.RedisError as error:
        raise LedgerUnavailable(f"Redis does not answer for the API keys ({type(error).__name__})") from error
