"""A checkup of the ledger: the Redis under it, every job against every set, and the queues. Finds, and mends.

A job is checked, and mended, by one script, so that work going on at the same time is never mistaken for a fault.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from qcjob.devices.driver import DeviceStatus
from qcjob.ids import ID_CHARACTERS
from qcjob.ledger.ledger import SCHEMA, Ledger
from qcjob.ledger.memory import MEMORY_SHARE
from qcjob.ledger.scripts import PREFIX, reaching
from qcjob.ledger.wakeup import message

_OLDEST = (6, 2)
_SETTINGS = {
    "appendonly": ("yes", "without it an accepted job can be lost with the power"),
    "appendfsync": ("always", "otherwise the last second of accepted jobs can be lost with the power"),
    "maxmemory-policy": ("noeviction", "otherwise a full Redis deletes jobs silently"),
}


_SETS_OF_JOBS = (
    *("ready:", "later:", "held:", "own:", "aside:", "turn:"),
    *("leases:", "jobs:", "deadlines", "ended"),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: with what, what it is, and what would mend it, empty where nothing here can."""

    where: str
    what: str
    mend: str


class Checkup:
    """Yields findings; with `repair`, what can be mended is. Raises LedgerUnavailable when Redis does not answer."""

    def __init__(self, ledger: Ledger, *, repair: bool = False) -> None:
        self._ledger = ledger
        self._client: Any = ledger.client
        self._repair = repair

    def run(self) -> Iterator[Finding]:
        """Everything, from the ground up."""
        with reaching():
            yield from self._redis()
        yield from self.contents()

    def contents(self) -> Iterator[Finding]:
        """All but the Redis underneath: what it holds."""
        with reaching():
            yield from self._each("job")
            yield from self._batches()
            yield from self._each("session")
            yield from self._each("reservation")
            yield from self._strays()
            yield from self._queues()

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
        schema = self._client.get(f"{PREFIX}schema")
        if schema is None:
            yield Finding("schema", "the ledger's layout is not noted", f"note {SCHEMA}")
            if self._repair:
                self._client.set(f"{PREFIX}schema", SCHEMA, nx=True)
        elif schema != str(SCHEMA).encode():
            yield Finding("schema", f"the ledger has layout {schema.decode()}, this version knows {SCHEMA}", "")

    def _each(self, kind: str) -> Iterator[Finding]:
        for found_id in self._ids(f"{kind}:"):
            for what, mend in check(self._ledger, found_id, kind, repair=self._repair):
                yield Finding(f"{kind} {found_id}", what, mend)

    def _batches(self) -> Iterator[Finding]:
        yield from self._each("batch")
        for family in ("batched:", "pending:", "errors:"):
            for batch_id in self._ids(family):
                passes = self._client.ttl(f"{PREFIX}{family}{batch_id}") >= 0  # of a batch that is being accepted
                if not passes and not self._exists(batch_id, "batch:"):
                    yield Finding(f"{PREFIX}{family}{batch_id}", "belongs to no batch", "delete it")
                    if self._repair:
                        self._client.delete(f"{PREFIX}{family}{batch_id}")

    def _strays(self) -> Iterator[Finding]:
        """Names of what is no more: in sets, and in keys of their own."""
        of_others = {"batches:": "batch", "unfinished": "batch", "reservations:": "reservation"}
        for family, kind in {**dict.fromkeys(_SETS_OF_JOBS, "job"), **of_others}.items():
            for key in self._client.scan_iter(f"{PREFIX}{family}*", count=500):
                for member, _ in self._client.zscan_iter(key, count=500):
                    found_id = member.decode()[-ID_CHARACTERS:]  # in a ready set behind its order
                    if not self._exists(found_id, f"{kind}:"):
                        yield Finding(key.decode(), f"names {found_id}, which is no {kind}", "strike it out")
                        if self._repair:
                            self._client.zrem(key, member)
        for family in ("program:", "compiled:", "result:", "parts:", "memory:"):
            for job_id in self._ids(family):
                if not self._exists(job_id, "job:"):
                    yield Finding(f"{PREFIX}{family}{job_id}", "belongs to no job", "delete it")
                    if self._repair:
                        self._client.delete(f"{PREFIX}{family}{job_id}")
        for key in self._client.scan_iter(f"{PREFIX}idempotency:*", count=500):
            found = self._client.get(key)
            if found is not None and not self._exists(found.decode(), "job:", "batch:"):
                yield Finding(key.decode(), f"stands for {found.decode()}, which is no job and no batch", "delete it")
                if self._repair:
                    self._client.delete(key)

    def _queues(self) -> Iterator[Finding]:
        """Every device with work has a wake-up, and its queue holds nothing else."""
        for device in sorted(name.decode() for name in self._client.smembers(f"{PREFIX}devices")):
            waiting = self._client.zcard(f"{PREFIX}ready:{device}")
            taken = self._client.zcard(f"{PREFIX}leases:{device}") + self._client.zcard(f"{PREFIX}holds:{device}")
            published = self._client.hmget(f"{PREFIX}device:{device}", "slots", "status", "word")
            free = int(published[0] or 1) - taken
            takes_jobs = published[1] is None or DeviceStatus(published[1].decode()).takes_jobs
            takes_jobs = takes_jobs and published[2] is None
            if waiting and free > 0 and takes_jobs and not self._client.llen(device):
                yield Finding(
                    f"queue {device}", f"{waiting} jobs wait, {free} slots are free, no wake-up is queued", "wake"
                )
                if self._repair:
                    self._client.lpush(device, message(device))
            foreign = [item for item in self._client.lrange(device, 0, 999) if item != message(device)]
            if foreign:
                yield Finding(f"queue {device}", f"{len(foreign)} messages are no wake-ups of ours", "remove them")
                for item in foreign if self._repair else ():
                    self._client.lrem(device, 0, item)

    def _ids(self, family: str) -> Iterator[str]:
        prefix = f"{PREFIX}{family}"
        for key in self._client.scan_iter(f"{prefix}*", count=500):
            yield key.decode().removeprefix(prefix)

    def _exists(self, found_id: str, *families: str) -> bool:
        return bool(self._client.exists(*(f"{PREFIX}{family}{found_id}" for family in families)))


def check(ledger: Ledger, found_id: str, kind: str = "job", *, repair: bool = False) -> list[tuple[str, str]]:
    """What is wrong between a job, batch, session or reservation and the sets that should name it, and what mends that.

    It is mended when asked to. Raises LedgerUnavailable.
    """
    script = "check" if kind == "job" else f"check_{kind}"
    return [(what.decode(), mend.decode()) for what, mend in ledger.scripts.call(script, found_id, "repair" * repair)]
