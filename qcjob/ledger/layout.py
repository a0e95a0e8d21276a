"""The keys themselves, whatever they hold: each of the kind that its name says, none that nobody knows, and none that
passes by itself. Redis refuses every move that meets a key of another kind, so such a key is moved aside first.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import redis

from qcjob.ledger.finding import Finding
from qcjob.ledger.scripts import PREFIX, reaching

_AT_ONCE = 500

ASIDE = "damaged:"
"""Where what cannot be used is kept: `damaged:<id>` of a job, `damaged:<the whole name>` of a key."""

_BY_NAME = {
    "string": ("schema", "fence"),
    "hash": ("keys", "compiled-cache"),
    "set": ("devices", "customers"),
    "zset": ("deadlines", "closing", "closed", "ended", "unfinished"),
    "stream": ("changes", "audit"),
}
_BY_FAMILY = {
    "string": (
        "program",
        "compiled",
        "result",
        "memory",
        "order",
        "idempotency",
        "pending",
        "errors",
        "compiled-cache",
    ),
    "hash": ("job", "fair", "device", "session", "reservation", "usage", "batch", "key", "customer"),
    "list": ("parts", "batched"),
    "zset": (
        *("ready", "own", "aside", "turn", "later", "held", "leases", "holds", "jobs", "sessions", "reservations"),
        "batches",
    ),
}
KIND_OF_NAME = {name: kind for kind, names in _BY_NAME.items() for name in names}
KIND_OF_FAMILY = {family: kind for kind, families in _BY_FAMILY.items() for family in families}

_PASSING = ("compiled-cache:", "pending:")
"""What may pass by itself: a cache, and what was kept for a batch that was not accepted."""


class Layout:
    """Yields findings about the keys of one Redis; with `repair`, what can be mended is. Raises LedgerUnavailable."""

    def __init__(self, client: redis.Redis, *, repair: bool = False) -> None:
        self._client: Any = client
        self._repair = repair

    def run(self) -> Iterator[Finding]:
        """Every key of ours, and the queues of the devices."""
        with reaching():
            found = self._client.scan_iter(f"{PREFIX}*", count=_AT_ONCE)
            while keys := list(islice(found, _AT_ONCE)):
                yield from self._look(keys)
            if self._client.type(f"{PREFIX}devices") in (b"set", b"none"):
                queues = sorted(self._client.smembers(f"{PREFIX}devices"))
                for queue, kind in zip(queues, self._kinds(queues), strict=True):
                    if kind not in ("list", "none"):
                        yield self._wrong_kind(queue, kind, "list")

    def _look(self, keys: list[bytes]) -> Iterator[Finding]:
        pipe = self._client.pipeline(transaction=False)
        for key in keys:
            pipe.ttl(key)
        for key, kind, seconds in zip(keys, self._kinds(keys), pipe.execute(), strict=True):
            name = key.decode("utf-8", "backslashreplace").removeprefix(PREFIX)
            if name.startswith(ASIDE) or kind == "none":
                continue
            wanted = KIND_OF_NAME.get(name) or KIND_OF_FAMILY.get(name.partition(":")[0] if ":" in name else "")
            if wanted is None:
                yield Finding(PREFIX + name, "is no key of this layout: somebody else's, or a newer version's", "")
            elif kind != wanted:
                yield self._wrong_kind(key, kind, wanted)
            elif seconds >= 0 and not name.startswith(_PASSING):
                yield Finding(PREFIX + name, f"would pass by itself in {seconds} s", "let it stay")
                if self._repair:
                    self._client.persist(key)

    def _kinds(self, keys: list[bytes]) -> list[str]:
        pipe = self._client.pipeline(transaction=False)
        for key in keys:
            pipe.type(key)
        return [kind.decode() for kind in pipe.execute()]

    def _wrong_kind(self, key: bytes, kind: str, wanted: str) -> Finding:
        name = key.decode("utf-8", "backslashreplace")
        aside = f"{PREFIX}{ASIDE}{name}"
        if self._repair:
            self._client.rename(key, aside)
        return Finding(
            name, f"is a {kind}, wanted a {wanted}: every move that meets it is refused", f"move it to {aside}"
        )
