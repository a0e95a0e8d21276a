"""Connections to Redis that warn each other: once one has led nowhere, no idle one of this process is believed.

What makes one connection useless without a word (a firewall that forgot it, a machine that went away) makes the others
useless too, and to find that out costs a timeout each: seconds, where they stand in one thread's way.
"""

from __future__ import annotations

from typing import Any

import redis


class Pool(redis.ConnectionPool):
    """redis-py's pool, but that it closes its idle connections after any pool's connection came back broken."""

    broken = 0
    """How many connections of this process came back broken so far."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._believed = Pool.broken

    def get_connection(self, *args: Any, **options: Any) -> Any:
        """A connection, new if all that lie here are in doubt."""
        if self._believed != Pool.broken:
            self._believed = Pool.broken
            self.disconnect(inuse_connections=False)
        return super().get_connection(*args, **options)

    def release(self, connection: Any) -> None:
        """Take a connection back; one that failed is closed by now."""
        if not connection.is_connected:
            Pool.broken += 1
        super().release(connection)
