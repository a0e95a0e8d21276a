"""Customers: what each of them may, kept beside the ledger and changed while everything runs.

    qcjob:customer:NAME  hash    tier, weight, jobs_waiting, shots, device_seconds, session_seconds (absent: no limit),
                                 created_at;
                                 held: 1 where an operator lets none of their jobs be claimed
    qcjob:customers      set     every recorded name
    qcjob:changes        stream  one entry with id "customers" for every change
    qcjob:audit          stream  one entry for every change, see qcjob.acts

A customer need not be recorded to have keys and jobs; one who is not has ORDINARY privileges.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any, cast

import redis

from qcjob.acts import AUDIT, KEPT, Act, Word
from qcjob.errors import FieldError, InvalidRequest, LedgerUnavailable
from qcjob.rank import LEAST_WEIGHT, MOST_WEIGHT, ORDINARY, TIERS, Privileges
from qcjob.security.announce import announce
from qcjob.security.names import check_customer, is_customer

INDEX = "qcjob:customers"
CUSTOMERS_CHANGED = "customers"

CACHE_SECONDS = 1.0  # the longest a web process that missed the change may go on with earlier privileges
CACHE_SIZE = 1_024

MOST = 1_000_000_000
"""The largest quota; more than that is better said by none."""

HERE = Word("the command line")
"""Whose word a change is that somebody makes on Redis itself."""

_QUOTAS = ("jobs_waiting", "shots", "device_seconds", "session_seconds")


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer as recorded; `created_at` is microseconds since the epoch."""

    name: str
    privileges: Privileges
    created_at: int


class Customers:
    """The customers of one installation. Every method raises LedgerUnavailable when Redis does not answer."""

    def __init__(self, client: redis.Redis, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = cast(Any, client)
        self._clock = clock
        self._seen: dict[str, tuple[Privileges, float]] = {}

    def privileges(self, name: str) -> Privileges:
        """What a customer may, recorded or not. Answers of the last second may come from this process."""
        now = self._clock()
        seen = self._seen.get(name)
        if seen is not None and seen[1] > now:
            return seen[0]
        customer = self.get(name)
        found = customer.privileges if customer else ORDINARY
        if len(self._seen) >= CACHE_SIZE:
            self._seen.clear()
        self._seen[name] = (found, now + CACHE_SECONDS)
        return found

    def forget(self) -> None:
        """Believe nothing from before: what `Changes.listen(CUSTOMERS_CHANGED, customers.forget)` calls."""
        self._seen.clear()

    def get(self, name: str) -> Customer | None:
        """The customer as recorded; None where nobody recorded one of that name."""
        with _asking():
            return _read(name, self._client.hgetall(_key(name)))

    def list(self) -> tuple[Customer, ...]:
        """Every recorded customer, by name."""
        with _asking():
            names = sorted(name.decode() for name in self._client.smembers(INDEX))
            pipe = self._client.pipeline(transaction=False)
            for name in names:
                pipe.hgetall(_key(name))
            found = [_read(name, fields) for name, fields in zip(names, pipe.execute(), strict=True)]
        return tuple(customer for customer in found if customer)

    def put(self, name: str, privileges: Privileges, *, new: bool = False, word: Word = HERE) -> Customer | None:
        """Record a customer, or all of a recorded one anew; with `new`, None where there is one already.

        Raises ConfigurationError for a name that cannot be used, InvalidRequest for privileges that nobody can have.
        """
        check_customer(name)
        check(privileges)
        return self._write(name, lambda known: None if known and new else privileges, word)

    def change(self, name: str, fields: Mapping[str, Any], word: Word = HERE) -> Customer | None:
        """Change what is named; None where there is no such customer. Raises InvalidRequest."""

        def changed(known: Customer | None) -> Privileges | None:
            return check(replace(known.privileges, **fields)) if known else None

        return self._write(name, changed, word)

    def remove(self, name: str, word: Word = HERE) -> bool:
        """Forget what is recorded; False if nothing is. Keys and jobs stay."""
        key = _key(name)

        def removed(pipe: Any) -> bool:
            known, at = _read(name, pipe.hgetall(key)), _now(pipe)
            pipe.multi()
            if known is None:
                return False
            pipe.delete(key)
            pipe.srem(INDEX, name)
            _note(pipe, word, at, name, known, None)
            announce(pipe, CUSTOMERS_CHANGED)
            return True

        with _asking():
            found = bool(self._client.transaction(removed, key, value_from_callable=True))
        self.forget()
        return found

    def _write(self, name: str, decide: Callable[[Customer | None], Privileges | None], word: Word) -> Customer | None:
        """Write what is decided of the customer as it is, or nothing for None; decided anew if it changes meanwhile."""
        key = _key(name)

        def written(pipe: Any) -> Customer | None:
            known = _read(name, pipe.hgetall(key))
            privileges = decide(known)
            if privileges is None:
                return None
            now = _now(pipe)
            customer = Customer(name, privileges, known.created_at if known else now)
            said = {field: value for field, value in asdict(privileges).items() if value is not None}
            said |= {"held": 1} if said.pop("held") else {}
            pipe.multi()
            pipe.delete(key)
            pipe.hset(key, mapping={**said, "created_at": customer.created_at})
            pipe.sadd(INDEX, name)
            if known != customer:
                _note(pipe, word, now, name, known, customer)
            announce(pipe, CUSTOMERS_CHANGED)
            return customer

        with _asking():
            customer = cast(Customer | None, self._client.transaction(written, key, value_from_callable=True))
        self.forget()
        return customer


def _now(pipe: Any) -> int:
    seconds, microseconds = pipe.time()
    return int(seconds) * 1_000_000 + int(microseconds)


def _note(pipe: Any, word: Word, at: int, name: str, before: Customer | None, after: Customer | None) -> None:
    """What a change did, with it."""
    texts = [json.dumps(fields_of(one.privileges)) if one else "" for one in (before, after)]
    what, on = "record" if after else "forget", f"customer {name}"
    act = Act(at, word.by, what, texts[0], texts[1], word.why, on=on, key=word.key)
    pipe.xadd(AUDIT, asdict(act), maxlen=KEPT, approximate=True)


def check(privileges: Privileges) -> Privileges:
    """The same. Raises InvalidRequest with every field that cannot be and what it may be."""
    errors = []
    if privileges.tier not in TIERS:
        errors.append(FieldError("tier", f"{privileges.tier} is not a tier", [str(tier) for tier in TIERS]))
    if not LEAST_WEIGHT <= privileges.weight <= MOST_WEIGHT:
        allowed = f"a number from {LEAST_WEIGHT:g} to {MOST_WEIGHT:g}"
        errors.append(FieldError("weight", f"{privileges.weight} is out of range", allowed))
    for name in _QUOTAS:
        value = getattr(privileges, name)
        if value is not None and not 0 <= value <= MOST:
            allowed = f"a whole number from 0 to {MOST}, or null for no limit"
            errors.append(FieldError(f"quota_{name}", f"{value} is out of range", allowed))
    if errors:
        raise InvalidRequest(errors)
    return privileges


def fields_of(privileges: Privileges) -> dict[str, Any]:
    """Privileges as users and operators spell them: quotas begin with `quota_`, None is no limit."""
    fields = asdict(privileges)
    return {f"quota_{name}" if name in _QUOTAS else name: value for name, value in fields.items()}


def _key(name: str) -> str:
    return f"qcjob:customer:{name if is_customer(name) else ''}"


def _read(name: str, fields: Mapping[bytes, bytes]) -> Customer | None:
    if not fields:
        return None
    texts = {field.decode(): value.decode() for field, value in fields.items()}
    quotas = {field: int(texts[field]) for field in _QUOTAS if field in texts}
    privileges = Privileges(int(texts["tier"]), float(texts["weight"]), **quotas, held="held" in texts)
    return Customer(name, privileges, int(texts["created_at"]))


@contextmanager
def _asking() -> Iterator[None]:
    try:
        yield
    except redis.RedisError as error:
        raise LedgerUnavailable(f"Redis does not answer for the customers ({type(error).__name__})") from error
