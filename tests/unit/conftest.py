"""What unit tests share: a Redis in this process, a clock to move, and a ledger with jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import fakeredis
import pytest
from fakeredis.commands_mixins import server_mixin

from qcjob.ids import new_job_id
from qcjob.job import NewJob
from qcjob.ledger import Ledger


class Clock:
    """The time that fakeredis tells, moved by hand."""

    def __init__(self) -> None:
        self._microseconds = 1_800_000_000_000_000

    @property
    def now(self) -> float:
        return self._microseconds / 1_000_000

    def time(self) -> float:
        self._microseconds += 10
        return self.now

    def advance(self, seconds: float) -> None:
        self._microseconds += round(seconds * 1_000_000)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(server_mixin, "time", clock)
    return clock


@pytest.fixture
def client() -> Iterator[fakeredis.FakeRedis]:
    client = fakeredis.FakeRedis()
    yield client
    client.close()


@pytest.fixture
def ledger(client: fakeredis.FakeRedis, clock: Clock) -> Ledger:
    return Ledger(client)


@pytest.fixture
def roomy_ledger(client: fakeredis.FakeRedis, clock: Clock) -> Ledger:
    """One whose device `simulator` is online, with a slot for every job and leases that outlast all that is waited."""
    ledger = Ledger(client, lease_seconds=86_400)
    ledger.online("simulator", {"slots": "99", "status": "online"})
    return ledger


@pytest.fixture
def new_job() -> Callable[..., NewJob]:
    def build(**changes: object) -> NewJob:
        fields: dict[str, object] = {
            "id": new_job_id(),
            "customer": "alice",
            "key_id": "k1",
            "tier": 2,
            "device": "simulator",
            "runtime": "verbatim",
            "language": "rotations",
            "program": "X(90)",
            "compiled": '{"format":1,"qubits":1,"clbits":1,"ops":[["rx",[0],[1.5]],["measure",[0],[],[0]]]}',
            "shots": 10,
        }
        return NewJob(**{**fields, **changes})  # type: ignore[arg-type]

    return build
