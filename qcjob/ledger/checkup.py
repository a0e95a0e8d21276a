"""A checkup of the ledger: the Redis under it, every job against every set, and the queues. Finds, and mends.

A job is checked, and mended, by one script, so that work going on at the same time is never mistaken for a fault.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from typing import Any

import redis

from qcjob.errors import LedgerUnavailable
from qcjob.ids import ID_CHARACTERS
from qcjob.ledger.finding import Finding
from qcjob.ledger.layout import ASIDE, Layout
from qcjob.ledger.ledger import SCHEMA, Ledger
from qcjob.ledger.memory import MEMORY_SHARE
from qcjob.ledger.queues import Queues
from qcjob.ledger.restoring import Restoring
from qcjob.ledger.scripts import PREFIX, reaching
from qcjob.lifecycle import VISIBLE

_OLDEST = (6, 2)
_SETTINGS = {
    "appendonly": ("yes", "without it an accepted job can be lost with the power"),
    "appendfsync": ("always", "otherwise the last second of accepted jobs can be lost with the power"),
    "maxmemory-policy": ("noeviction", "otherwise a full Redis deletes jobs silently"),
}


_ALWAYS_THERE: Mapping[str, Sequence[str]] = {
    "batch": ("customer", "jobs", "recorded", "kept", "created", "updated", "version", "asked"),
    "session": ("customer", "device", "state", "created", "max", "idle"),
    "reservation": ("customer", "device", "from", "to", "created"),
}
"""What no record of these is without. The record of a job is looked at field by field, see restoring.py."""

_BY_ORDER = ("ready:", "own:", "aside:", "turn:")
"""Sets that name a job behind its order."""

_SETS_OF_JOBS = (
    *("ready:", "later:", "held:", "own:", "aside:", "turn:"),
    *("leases:", "jobs:", "deadlines", "ended"),
)


__all__ = ["Checkup", "Finding", "check"]


class Checkup:
    """Yields findings; with `repair`, what can be mended is. Raises LedgerUnavailable when Redis does not answer."""

    def __init__(self, ledger: Ledger, *, repair: bool = False) -> None:
        self._ledger = ledger
        self._client: Any = ledger.client
        self._repair = repair
        self._damaged: set[str] = set()

    def run(self) -> Iterator[Finding]:
        """Everything, from the ground up."""
        with reaching():
            yield from self._redis()
        yield from self.contents()

    def contents(self) -> Iterator[Finding]:
        """All but the Redis underneath: what it holds."""
        yield from Layout(self._client, repair=self._repair).run()
        for look in (
            *(self._records, self._jobs, self._batches, self._sessions, self._reservations),
            *(self._strays, self._usage, Queues(self._ledger, repair=self._repair).run),
        ):
            yield from self._as_far_as(look)

    def _as_far_as(self, look: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
        """What a look finds until a key of a wrong kind, which is a finding already, is in its way."""
        try:
            with reaching():
                yield from look()
        except LedgerUnavailable as error:
            if not _is_refusal(error):
                raise
            yield Finding("ledger", f"could not be looked at to its end: {error}", "")

    def _redis(self) -> Iterator[Finding]:
        info = self._client.info()
        version = tuple(int(part) for part in info["redis_version"].split(".")[:2])
        if version < _OLDEST:
            yield Finding("redis", f"version {info['redis_version']} is too old", "")
        for name, (wanted, why) in _SETTINGS.items():
            found = self._client.config_get(name).get(name)
            if found != wanted:
                yield Finding("redis", f"{name} is {found}: {why}", f"set {name} to {wanted}")
                if self._repair:
                    self._client.config_set(name, wanted)
        if info["maxmemory"] and info["used_memory"] > MEMORY_SHARE * info["maxmemory"]:
            share = info["used_memory"] / info["maxmemory"]
            yield Finding("redis", f"{share:.0%} of maxmemory is used: no job is accepted", "")
        yield from self._as_far_as(self._schema)

    def _schema(self) -> Iterator[Finding]:
        schema = self._client.get(f"{PREFIX}schema")
        if schema is None:
            yield Finding("schema", "the ledger's layout is not noted", f"note {SCHEMA}")
            if self._repair:
                self._client.set(f"{PREFIX}schema", SCHEMA, nx=True)
        elif schema != str(SCHEMA).encode():
            yield Finding(
                "schema", f"the ledger has layout {schema.decode('utf-8', 'replace')}, this version knows {SCHEMA}", ""
            )

    def _records(self) -> Iterator[Finding]:
        """The record of every job by itself, and of those that were moved aside because they were no hash."""
        restoring = Restoring(self._ledger)
        for job_id in (*self._ids("job:"), *self._ids(f"{ASIDE}{PREFIX}job:")):
            faults, restored = restoring.look(job_id)
            if not faults or (restored is None and not self._exists(job_id, "job:")):
                continue
            self._damaged.add(job_id)
            aside = f"{PREFIX}{ASIDE}{PREFIX}job:{job_id}"
            said = "; ".join(map(str, faults[:5])) + (f"; and {len(faults) - 5} more" if len(faults) > 5 else "")
            mend = restored.said if restored else f"nobody knows whose it is: move it to {aside}"
            yield Finding(f"job {job_id}", f"its record is damaged: {said}", mend)
            if self._repair and restored is None:
                self._client.rename(f"{PREFIX}job:{job_id}", aside)
            elif self._repair and restored is not None and restoring.mend(job_id, faults, restored):
                self._damaged.discard(job_id)

    def _each(self, kind: str) -> Iterator[Finding]:
        for found_id in self._ids(f"{kind}:"):
            if (kind == "job" and found_id in self._damaged) or (yield from self._incomplete(kind, found_id)):
                continue
            try:
                found = check(self._ledger, found_id, kind, repair=self._repair)
            except LedgerUnavailable as error:
                if not _is_refusal(error):
                    raise
                found = [(f"cannot be checked, its record must be damaged: {error}", "")]
            for what, mend in found:
                yield Finding(f"{kind} {found_id}", what, mend)

    def _incomplete(self, kind: str, found_id: str) -> Generator[Finding, None, bool]:
        """Whether fields are missing without which nobody knows what the record was: then it is moved aside."""
        names, key = _ALWAYS_THERE.get(kind, ()), f"{PREFIX}{kind}:{found_id}"
        missing = [
            name
            for name, found in zip(names, self._client.hmget(key, names) if names else (), strict=True)
            if not found
        ]
        if missing:
            aside = f"{PREFIX}{ASIDE}{key}"
            said = f"its record is damaged: {', '.join(missing)} missing"
            yield Finding(f"{kind} {found_id}", said, f"move it to {aside}")
            if self._repair:
                self._client.rename(key, aside)
        return bool(missing)

    def _usage(self) -> Iterator[Finding]:
        """What is counted of each customer."""
        customers = {*self._ids("usage:")}
        for customer in sorted(customers):
            for what, mend in check(self._ledger, customer, "usage", repair=self._repair):
                yield Finding(f"customer {customer}", what, mend)

    def _jobs(self) -> Iterator[Finding]:
        return self._each("job")

    def _sessions(self) -> Iterator[Finding]:
        return self._each("session")

    def _reservations(self) -> Iterator[Finding]:
        return self._each("reservation")

    def _batches(self) -> Iterator[Finding]:
        yield from self._each("batch")
        for family in ("batched:", "pending:", "errors:"):
            for batch_id in self._ids(family):
                passes = self._client.ttl(f"{PREFIX}{family}{batch_id}") >= 0  # of a batch that is being accepted
                if not passes and not self._exists(batch_id, "batch:", f"{ASIDE}{PREFIX}batch:"):
                    yield Finding(f"{PREFIX}{family}{batch_id}", "belongs to no batch", "delete it")
                    if self._repair:
                        self._client.delete(f"{PREFIX}{family}{batch_id}")

    def _strays(self) -> Iterator[Finding]:
        """Names of what is no more: in sets, and in keys of their own."""
        of_others = {"batches:": "batch", "unfinished": "batch", "reservations:": "reservation"}
        for family, kind in {**dict.fromkeys(_SETS_OF_JOBS, "job"), **of_others}.items():
            for key in self._client.scan_iter(f"{PREFIX}{family}*", count=500):
                yield from self._strays_in(key, kind)
        for family in ("program:", "compiled:", "result:", "parts:", "memory:"):
            for job_id in self._ids(family):
                if not self._exists(job_id, "job:"):
                    yield Finding(f"{PREFIX}{family}{job_id}", "belongs to no job", "delete it")
                    if self._repair:
                        self._client.delete(f"{PREFIX}{family}{job_id}")
        for key in self._client.scan_iter(f"{PREFIX}idempotency:*", count=500):
            found = self._client.get(key)
            stands_for = "" if found is None else found.decode("utf-8", "replace")
            if found is not None and not self._exists(stands_for, "job:", "batch:"):
                what = f"stands for {stands_for}, which is no job and no batch"
                yield Finding(key.decode("utf-8", "replace"), what, "delete it")
                if self._repair:
                    self._client.delete(key)

    def _strays_in(self, key: bytes, kind: str) -> Iterator[Finding]:
        is_by_order = key.startswith(tuple(f"{PREFIX}{family}".encode() for family in _BY_ORDER))
        for member, _ in self._client.zscan_iter(key, count=500):
            found_id = member[-ID_CHARACTERS:].decode("utf-8", "replace")  # in a ready set behind its order
            what = ""
            if not self._exists(found_id, f"{kind}:"):
                what = f"names {found_id}, which is no {kind}"
            elif is_by_order and found_id not in self._damaged:
                order = self._client.hget(f"{PREFIX}job:{found_id}", "order") or b""
                what = (
                    "" if member == order + found_id.encode() else f"names {found_id} by an order that is not its own"
                )
            elif key.startswith(f"{PREFIX}jobs:".encode()) and found_id not in self._damaged:
                customer = self._client.hget(f"{PREFIX}job:{found_id}", "customer") or b""
                lists = (f"{PREFIX}jobs:".encode() + customer, *_lists_of(customer))
                what = "" if key in lists else f"names {found_id}, which is another customer's"
            if what:
                yield Finding(key.decode("utf-8", "replace"), what, "strike it out")
                if self._repair:
                    self._client.zrem(key, member)

    def _ids(self, family: str) -> Iterator[str]:
        prefix = f"{PREFIX}{family}"
        for key in self._client.scan_iter(f"{prefix}*", count=500):
            try:
                yield key.decode().removeprefix(prefix)
            except UnicodeDecodeError:
                continue  # named by the layout, or nobody's

    def _exists(self, found_id: str, *families: str) -> bool:
        return bool(self._client.exists(*(f"{PREFIX}{family}{found_id}" for family in families)))


def _lists_of(customer: bytes) -> list[bytes]:
    return [b"%bjobs:%b:%b" % (PREFIX.encode(), customer, state.encode()) for state in VISIBLE]


def _is_refusal(error: LedgerUnavailable) -> bool:
    """Whether Redis answered, and could not do it: some key is not what it should be."""
    return isinstance(error.__cause__, redis.ResponseError)


def check(ledger: Ledger, found_id: str, kind: str = "job", *, repair: bool = False) -> list[tuple[str, str]]:
    """What is wrong between a job, batch, session, reservation or customer's usage and what should tell the same, and
    what mends that.

    It is mended when asked to. Raises LedgerUnavailable.
    """
    script = "check" if kind == "job" else f"check_{kind}"
    lease = int(ledger.lease_seconds * 1_000_000)
    found = ledger.scripts.call(script, found_id, "repair" * repair, lease)
    return [(what.decode("utf-8", "replace"), mend.decode()) for what, mend in found]
