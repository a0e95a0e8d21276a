"""The Redis a model test runs on, whose clock it can move, and a view of everything the ledger keeps there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from qcjob.job import Job
from qcjob.ledger.records import job_from
from qcjob.lifecycle import VISIBLE
from tests.unit.conftest import Clock


class World(Protocol):
    """A Redis of the test's own, empty at first."""

    client: Any

    def now(self) -> int:
        """What Redis TIME says, in microseconds, give or take a call."""

    def pass_time(self, seconds: float) -> None:
        """From now on everything is due so much sooner."""


class MovedClock:
    """On fakeredis, whose clock is moved by hand."""

    def __init__(self, client: Any, clock: Clock) -> None:
        self.client, self._clock = client, clock

    def now(self) -> int:
        return round(self._clock.now * 1_000_000)

    def pass_time(self, seconds: float) -> None:
        self._clock.advance(seconds)


class MovedDeadlines:
    """On a real server, whose clock nobody moves: every deadline comes nearer instead."""

    _DEADLINES = ("leases:*", "holds:*", "later:*", "ended")

    def __init__(self, client: Any) -> None:
        self.client = client

    def now(self) -> int:
        seconds, microseconds = self.client.time()
        return int(seconds) * 1_000_000 + int(microseconds)

    def pass_time(self, seconds: float) -> None:
        for family in self._DEADLINES:
            for key in self.client.scan_iter(f"qcjob:{family}"):
                for member in self.client.zrange(key, 0, -1):
                    self.client.zincrby(key, -round(seconds * 1_000_000), member)


@dataclass(frozen=True)
class Snapshot:
    """Everything in Redis at one moment: values by key, without what travels as a change in the stream."""

    values: Mapping[str, Any]

    def scores(self, key: str) -> dict[str, int]:
        """A sorted set of the ledger: scores by member."""
        return dict(self.values.get(f"qcjob:{key}", ()))

    def fields(self, key: str) -> dict[str, str]:
        """A hash of the ledger."""
        return dict(self.values.get(f"qcjob:{key}", ()))

    def queued(self, device: str) -> int:
        """Wake-ups in a device's queue."""
        return len(self.values.get(device, ()))

    def job(self, job_id: str) -> Job | None:
        """The job as `Ledger.read` would give it, but for how many are ahead of it."""
        fields = self.fields(f"job:{job_id}")
        flat = [part.encode() for pair in fields.items() for part in pair]
        return job_from(job_id, -1, flat) if fields else None

    def places(self, job_id: str, device: str) -> list[str]:
        """The sets that say where a job is; it is in exactly one."""
        names = {"ready": f"ready:{device}", "later": f"later:{device}", "leases": f"leases:{device}", "ended": "ended"}
        return [name for name, key in names.items() if job_id in self.scores(key)]

    def listed_as(self, job_id: str, customer: str) -> list[str]:
        """The states a customer's lists have the job in."""
        return [str(state) for state in VISIBLE if job_id in self.scores(f"jobs:{customer}:{state}")]

    def free_slots(self, device: str, at: int | None = None) -> int:
        """How many more jobs the device could take; with `at`, of holds only those that last longer count."""
        known = self.fields(f"device:{device}")
        if known.get("status") in ("offline", "calibrating", "maintenance", "error"):
            return 0
        return int(known.get("slots", 1)) - self.slots_taken(device, at)

    def slots_taken(self, device: str, at: int | None = None) -> int:
        """Leases and holds."""
        holds = self.scores(f"holds:{device}").values()
        return len(self.scores(f"leases:{device}")) + sum(at is None or until > at for until in holds)

    def lapsed(self, device: str, at: int) -> list[str]:
        """Jobs whose lease has ended, the longest ago first."""
        leases = self.scores(f"leases:{device}")
        return sorted((job_id for job_id, until in leases.items() if until <= at), key=lambda key: (leases[key], key))

    def next_claim(self, device: str, at: int) -> tuple[str, bool] | None:
        """The job that a claim must get at that time, and whether it is a rescue."""
        if lapsed := self.lapsed(device, at):
            return lapsed[0], True
        later = self.scores(f"later:{device}")
        due = {key: int(self.fields(f"job:{key}")["score"]) for key, when in later.items() if when <= at}
        ranked = {**self.scores(f"ready:{device}"), **due}
        if not ranked or self.free_slots(device, at) < 1:
            return None
        return min(ranked, key=lambda key: ranked[key]), False


_KINDS = {
    "hash": ("job:", "device:"),
    "zset": ("ready:", "later:", "leases:", "holds:", "jobs:", "ended"),
    "set": ("devices",),
    "stream": ("changes",),
    "name": ("program:", "compiled:", "result:"),
    "string": ("schema", "fence", "tag:", "idempotency:"),
}
"""What the ledger's keys hold, by how their names begin; of large texts only the name is looked at."""


def look(client: Any) -> Snapshot:
    """Everything as it is now."""
    read = {
        "string": lambda pipe, key: pipe.get(key),
        "hash": lambda pipe, key: pipe.hgetall(key),
        "zset": lambda pipe, key: pipe.zrange(key, 0, -1, withscores=True),
        "set": lambda pipe, key: pipe.smembers(key),
        "list": lambda pipe, key: pipe.lrange(key, 0, -1),
        "stream": lambda pipe, key: pipe.xlen(key),
    }
    keys = sorted(key.decode() for key in client.keys("*"))
    pipe = client.pipeline(transaction=False)
    kinds = {key: _kind(key) for key in keys}
    values: dict[str, Any] = {key: True for key in keys if kinds[key] == "name"}
    asked = [key for key in keys if key not in values]
    for key in asked:
        read[kinds[key]](pipe, key)
    for key, value in zip(asked, pipe.execute(), strict=True):
        values[key] = _plain(kinds[key], value)
    return Snapshot(values)


def _kind(key: str) -> str:
    if not key.startswith("qcjob:"):
        return "list"
    [kind] = [kind for kind, families in _KINDS.items() if key.removeprefix("qcjob:").startswith(families)]
    return kind


def _plain(kind: str, value: Any) -> Any:
    if kind == "hash":
        return {name.decode(): text.decode() for name, text in value.items()}
    if kind == "zset":
        return {member.decode(): int(score) for member, score in value}
    return value
