"""Commands that work on Redis itself, no web needed: how they reach it, and how they end when it cannot be reached."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import redis

from qcjob.cli.exits import CANNOT, stop
from qcjob.cli.options import Common
from qcjob.errors import ConfigurationError, InvalidRequest, LedgerUnavailable
from qcjob.wiring import redis_client


@contextmanager
def on_redis(shared: Common, what: str) -> Iterator[redis.Redis]:
    """The Redis of --data or QCJOB_REDIS_URL, where `what` is kept. Ends the command where something cannot be."""
    try:
        try:
            client = redis_client(shared.settings())
        except ValueError as error:
            stop(CANNOT, f"QCJOB_REDIS_URL cannot be used: {error}")
        try:
            yield client
        finally:
            client.close()
    except InvalidRequest as error:
        stop(CANNOT, "\n".join(f"{entry.field}: {entry.message}; allowed: {entry.allowed}" for entry in error.errors))
    except ConfigurationError as error:
        stop(CANNOT, str(error))
    except LedgerUnavailable as error:
        if isinstance(error.__cause__, redis.exceptions.OutOfMemoryError):
            stop(CANNOT, f"Redis has reached its memory limit (maxmemory) and refuses to write; {what} are kept in it.")
        stop(CANNOT, f"{error}. Is it up? {what} are kept in the Redis of --data or QCJOB_REDIS_URL.")


def rfc3339(microseconds: int) -> str:
    """A time since the epoch as users see it."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
