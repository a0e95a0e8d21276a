"""The broker connection of workers: back soon after an outage, and not to be killed by a message that is no message."""

from __future__ import annotations

from queue import Empty
from typing import Any

import kombu
from kombu.transport import redis as kombu_redis

from qcjob.connections import Pool
from qcjob.logs import get_logger

log = get_logger(__name__)


class Channel(kombu_redis.Channel):  # type: ignore[misc]
    """Drops what lies in a device's queue and cannot be read, where kombu would let the worker die of it.

    Its connections are in pools like the ledger's: kombu has one a channel, and each would find out for itself.
    """

    def _get_pool(self, asynchronous: bool = False) -> Pool:
        """As kombu makes it, with our pool."""
        made = super()._get_pool(asynchronous=asynchronous)
        return Pool(made.connection_class, max_connections=made.max_connections, **made.connection_kwargs)

    def _brpop_read(self, **options: Any) -> Any:
        try:
            return super()._brpop_read(**options)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            log.warning("unreadable wake-up dropped", reason=f"{type(error).__name__}: {error}"[:200])
            raise Empty from error


class Transport(kombu_redis.Transport):  # type: ignore[misc]
    """kombu's Redis transport with the channel above."""

    Channel = Channel


class Connection(kombu.Connection):  # type: ignore[misc]
    """Tries again every second at the latest; kombu's own interval grows by two seconds with every try."""

    def get_transport_cls(self) -> type:
        """The transport class for this connection's URL."""
        found: type = super().get_transport_cls()
        return Transport if found is kombu_redis.Transport else found

    def _ensure_connection(self, *args: Any, **kwargs: Any) -> Any:
        return super()._ensure_connection(
            *args, **{**kwargs, "interval_start": 0.2, "interval_step": 0.2, "interval_max": 1}
        )
