"""Jobs are refused before Redis is full; asking costs one round trip a second at most."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import fakeredis
import pytest
import redis

from qcjob.errors import LedgerFull
from qcjob.job import NewJob
from qcjob.ledger import Ledger
from qcjob.ledger.memory import MemoryGauge


class Redis(fakeredis.FakeRedis):
    """fakeredis that says how much memory it uses."""

    used, most, asked = 0, 100, 0

    def info(self, section: str | None = None, *args: str, **kwargs: Any) -> Any:
        self.asked += 1
        return {"used_memory": self.used, "maxmemory": self.most}


def test_no_job_is_accepted_above_seventy_percent(new_job: Callable[..., NewJob]) -> None:
    client = Redis()
    ledger = Ledger(client)
    client.used = 71
    with pytest.raises(LedgerFull, match="71%"):
        ledger.submit(new_job())
    assert client.zcard("qcjob:ready:simulator") == 0


def test_a_gauge_is_asked_once_a_second() -> None:
    client, now = Redis(), [0.0]
    gauge = MemoryGauge(client, lambda: now[0])
    client.used = 50
    assert [gauge.share() for _ in range(5)] == [0.5] * 5
    client.used, now[0] = 60, 1.1
    assert gauge.share() == 0.6
    assert client.asked == 2


@pytest.mark.parametrize("most", [0, None])
def test_a_redis_without_a_limit_is_never_full(most: int | None) -> None:
    client = Redis()
    client.used, client.most = 10**12, most  # type: ignore[assignment]
    MemoryGauge(client).refuse_when_full()


def test_a_redis_that_does_not_say_is_never_called_full(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise redis.ResponseError("unknown command 'INFO'")

    client = Redis()
    monkeypatch.setattr(client, "info", refuse)
    MemoryGauge(client).refuse_when_full()
