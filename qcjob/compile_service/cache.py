"""What was compiled before, in the ledger's Redis, so that the same program for the same target costs one look.

    qcjob:compiled-cache:<3 hex digits>   a place: SHA-256 of the request, then what was compiled, compressed; expires
    qcjob:compiled-cache                  hash: hits, misses

There are 4,096 places; the first digits of its address say which is a request's own. Whoever comes later takes it
over, so there are never more entries than places, and no list of them to keep.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from typing import Any

import redis

from qcjob.compile_service.request import Request
from qcjob.ledger.memory import MEMORY_SHARE, MemoryGauge
from qcjob.logs import get_logger

log = get_logger(__name__)

KEY = "qcjob:compiled-cache"
KEEP_SECONDS = 3_600
"""From its last use."""

MAX_ENTRY_BYTES = 65_536
"""Compressed; so all places together never hold more than 256 MiB. Larger programs are compiled again."""

SPARE = MEMORY_SHARE / 2
"""Of Redis' memory: above this nothing more is kept, because the rest is for jobs."""

_PLACE_DIGITS = 3
PLACES = 16**_PLACE_DIGITS
MOST_BYTES = PLACES * MAX_ENTRY_BYTES

_FIND = """
local found = redis.call('GETEX', KEYS[1], 'EX', ARGV[2])
local hit = found and string.sub(found, 1, #ARGV[1]) == ARGV[1]
redis.call('HINCRBY', KEYS[2], hit and 'hits' or 'misses', 1)
return hit and string.sub(found, #ARGV[1] + 1) or false
"""


@dataclass(frozen=True, slots=True)
class CacheState:
    """How the cache does: entries now, of PLACES at most; their bytes, of MOST_BYTES; lookups since Redis was new."""

    entries: int
    bytes: int
    hits: int
    misses: int

    @property
    def hit_share(self) -> float | None:
        """Of all lookups, 0 to 1; None before the first."""
        looked = self.hits + self.misses
        return self.hits / looked if looked else None


class Cache:
    """Compiled programs by the address of their request. What Redis does not give is a miss, never an error."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._find = client.register_script(_FIND)
        self._memory = MemoryGauge(client)

    def find(self, request: Request) -> dict[str, Any] | None:
        """What was compiled for an equal request; one round trip."""
        try:
            found: Any = self._find(keys=[_place(request), KEY], args=[request.address, KEEP_SECONDS])
            return json.loads(zlib.decompress(found)) if found else None
        except (redis.RedisError, zlib.error, ValueError) as error:
            log.warning("compiled programs cannot be looked up", reason=str(error)[:200])
            return None

    def keep(self, request: Request, compiled: dict[str, Any]) -> None:
        """Keep it for others, if it is small enough and Redis has memory to spare."""
        entry = request.address.encode() + zlib.compress(json.dumps(compiled, separators=(",", ":")).encode(), 1)
        try:
            if len(entry) <= MAX_ENTRY_BYTES and self._memory.share() < SPARE:
                self._client.set(_place(request), entry, ex=KEEP_SECONDS)
        except redis.RedisError as error:
            log.warning("compiled program not kept", reason=str(error)[:200])

    def state(self) -> CacheState:
        """What is kept and how often it was of use, in one round trip. Raises RedisError."""
        pipe = self._client.pipeline(transaction=False)
        pipe.hmget(KEY, "hits", "misses")
        for number in range(PLACES):
            pipe.strlen(_key_of(f"{number:0{_PLACE_DIGITS}x}"))
        (hits, misses), *lengths = pipe.execute()
        return CacheState(sum(map(bool, lengths)), sum(lengths), int(hits or 0), int(misses or 0))


def _place(request: Request) -> str:
    return _key_of(request.address[:_PLACE_DIGITS])


def _key_of(place: str) -> str:
    return f"{KEY}:{place}"
