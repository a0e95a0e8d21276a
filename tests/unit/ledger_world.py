"""The Redis a model test runs on, whose clock it can move, and a view of everything the ledger keeps there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from qcjob.job import Job
from qcjob.ledger.records import job_from
from qcjob.lifecycle import VISIBLE
from qcjob.rank import TIER_WIDTH
from tests.unit.conftest import Clock


class World(Protocol):
    """A Redis of the test's own, empty at first."""

    client: Any

    def now(self) -> int:
        """What Redis TIME says, in microseconds, give or take a call."""

    def pass_time(self, seconds: float) -> None:
        """From now on everything is due so much sooner."""

    def after(self, seconds: float, at: int) -> int:
        """What a moment in a job's record is when so much time has passed."""


class MovedClock:
    """On fakeredis, whose clock is moved by hand."""

    def __init__(self, client: Any, clock: Clock) -> None:
        self.client, self._clock = client, clock

    def now(self) -> int:
        return round(self._clock.now * 1_000_000)

    def pass_time(self, seconds: float) -> None:
        self._clock.advance(seconds)

    def after(self, seconds: float, at: int) -> int:
        return at


class MovedDeadlines:
    """On a real server, whose clock nobody moves: every deadline comes nearer instead."""

    _DEADLINES = (
        "leases:*",
        "holds:*",
        "later:*",
        "deadlines",
        "ended",
        "unfinished",
        "closing",
        "closed",
        "reservations:*",
    )

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
        for key in self.client.scan_iter("qcjob:session:*"):
            if self.client.hexists(key, "activated"):
                self.client.hincrby(key, "activated", -round(seconds * 1_000_000))
        for family, names in {"job": ("due", "not_after"), "reservation": ("from", "to")}.items():
            for key in self.client.scan_iter(f"qcjob:{family}:*"):
                for name in names:
                    if self.client.hexists(key, name):
                        self.client.hincrby(key, name, -round(seconds * 1_000_000))

    def after(self, seconds: float, at: int) -> int:
        return at - round(seconds * 1_000_000)


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
        """The job as `Ledger.read` would give it, but for how many are ahead of it and how long it waits."""
        fields = self.fields(f"job:{job_id}")
        flat = [part.encode() for pair in fields.items() for part in pair]
        return job_from(job_id, -1, flat, 0) if fields else None

    def places(self, job_id: str, device: str) -> list[str]:
        """The sets that say where a job is; it is in exactly one."""
        sets = {name: self.scores(f"{name}:{device}") for name in ("later", "leases")}
        sets |= {"ready": self.ready(device), "ended": self.scores("ended")}
        sets["held"] = {member[-36:]: 0 for member in self.scores(f"held:{device}")}
        return [name for name, members in sets.items() if job_id in members]

    def ready(self, device: str) -> dict[str, int]:
        """The scores of the jobs that may be claimed, in the order in which they will be."""
        ranked = sorted((score, member) for member, score in self.scores(f"ready:{device}").items())
        return {member[-36:]: score for score, member in ranked}

    def place(self, job_id: str) -> tuple[int, str]:
        """What jobs are ranked by."""
        fields = self.fields(f"job:{job_id}")
        return int(fields["score"]), fields["order"]

    def member(self, job_id: str) -> str:
        """A job's name in the sets that rank it."""
        return self.place(job_id)[1] + job_id

    def listed_as(self, job_id: str, customer: str) -> list[str]:
        """The states a customer's lists have the job in."""
        return [str(state) for state in VISIBLE if job_id in self.scores(f"jobs:{customer}:{state}")]

    def free_slots(self, device: str, at: int | None = None) -> int:
        """How many more jobs the device could take; with `at`, of holds only those that last longer count."""
        known = self.fields(f"device:{device}")
        if "word" in known or known.get("status") in ("offline", "calibrating", "maintenance", "error"):
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

    def next_claim(self, device: str, at: int) -> set[tuple[str, bool] | None]:
        """The job that a claim must get at that time, and whether it is a rescue.

        Several where one that has waited for its start gets its place in the same breath: it may be claimed at once.
        """
        if lapsed := self.lapsed(device, at):
            return {(lapsed[0], True)}
        later = self.scores(f"later:{device}")
        due = [key for key, when in later.items() if when <= at]
        ranked = [key for key in (*self.ready(device), *due) if not self.expired(key, at) and not self.is_held(key)]
        if not ranked or self.free_slots(device, at) < 1:
            return {None}
        unranked = {key for key in ranked if "unranked" in self.fields(f"job:{key}")}
        old = [key for key in ranked if key not in unranked]
        return {(key, False) for key in (*unranked, *(self.in_line(device, old, at)[:1]))}

    def in_line(self, device: str, job_ids: Iterable[str], at: int) -> list[str]:
        """Jobs in the order in which they would be claimed at that time: tier 0, those of who holds a reservation, the
        active session's, the others."""
        ids, session, window = list(job_ids), self.active_session(device, at), self.window(device, at)

        def order(holder: str | None) -> list[str]:
            def turn(job_id: str) -> tuple[bool, bool, bool, tuple[int, str]]:
                fields, place = self.fields(f"job:{job_id}"), self.place(job_id)
                is_of_session = session is not None and fields.get("session") == session
                if place[0] < TIER_WIDTH:
                    return False, False, False, place
                return True, fields["customer"] != holder, not is_of_session, place

            return sorted(ids, key=turn)

        if window is None or int(window["from"]) <= at:
            return order(window and window["customer"])
        plain = [one for one in order(None) if self.place(one)[0] >= TIER_WIDTH]
        holders = [one for one in plain if self.fields(f"job:{one}")["customer"] == window["customer"]]
        if not holders or plain[0] in holders:
            return order(None)
        pace = float(self.fields(f"device:{device}").get("pace", 1))
        late = at + int(self.fields(f"job:{plain[0]}")["cost"]) * pace > int(window["from"])
        return order(window["customer"] if late else None)

    def window(self, device: str, at: int) -> dict[str, str] | None:
        """The reservation of a device that ends next."""
        ids = [(ends, one) for one, ends in self.scores(f"reservations:{device}").items() if ends > at]
        return self.fields(f"reservation:{min(ids)[1]}") if ids else None

    def active_session(self, device: str, at: int) -> str | None:
        """The session whose jobs run next on a device at that time."""
        session = self.fields(f"device:{device}").get("session")
        return session if session and self.scores("closing")[session] > at else None

    def is_held(self, job_id: str) -> bool:
        """Whether an operator holds a job, or its customer."""
        fields = self.fields(f"job:{job_id}")
        return "held" in fields or "held" in self.fields(f"customer:{fields['customer']}")

    def expired(self, job_id: str, at: int) -> bool:
        """Whether a waiting job is past its deadline."""
        return self.scores("deadlines").get(job_id, at + 1) <= at


_KINDS = {
    "hash": ("job:", "batch:", "device:", "fair:", "usage:", "customer:", "session:", "reservation:"),
    "zset": (
        "ready:",
        "later:",
        "leases:",
        "holds:",
        "jobs:",
        "own:",
        "deadlines",
        "ended",
        "held:",
        "batches:",
        *("aside:", "turn:", "sessions:", "closing", "closed", "reservations:"),
        "unfinished",
    ),
    "set": ("devices", "customers"),
    "stream": ("changes", "audit"),
    "name": ("program:", "compiled:", "result:", "pending:", "errors:"),
    "string": ("schema", "fence", "order:", "idempotency:", "memory:"),
    "list": ("parts:", "batched:"),
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
