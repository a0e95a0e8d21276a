"""How full the ledger's Redis is. A full one takes no job and lets none end, so jobs are refused before that."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import redis

from qcjob.errors import LedgerFull

MEMORY_SHARE = 0.7
"""Of maxmemory: above this no job is accepted, so that those that were can end."""

_FRESH_SECONDS = 1.0


class MemoryGauge:
    """Asks Redis at most once a second."""

    def __init__(self, client: redis.Redis, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        self._share = 0.0
        self._asked_at = float("-inf")

    def share(self) -> float:
        """Used memory as a share of maxmemory, as of a second ago at most; 0 without a limit. Raises RedisError."""
        now = self._clock()
        if now - self._asked_at > _FRESH_SECONDS:
            self._asked_at = now
            try:
                info: Any = self._client.info("memory")
            except redis.ResponseError:  # a Redis that does not say (a managed one, fakeredis) is never called full
                info = {}
            self._share = info.get("used_memory", 0) / info["maxmemory"] if info.get("maxmemory") else 0.0
        return self._share

    def refuse_when_full(self) -> None:
        """Raises LedgerFull above MEMORY_SHARE."""
        share = self.share()
        if share > MEMORY_SHARE:
            raise LedgerFull(
                f"the ledger's Redis uses {share:.0%} of its memory limit; no job is accepted above {MEMORY_SHARE:.0%}"
            )
