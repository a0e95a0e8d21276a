"""The one place that picks implementations: which Redis, which ledger, which service."""

from __future__ import annotations

from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from qcjob.catalogue import Catalogue
from qcjob.devices.config import load_devices
from qcjob.ledger import Ledger
from qcjob.ledger.changes import Changes
from qcjob.service import Service
from qcjob.settings import Settings


def redis_options() -> dict[str, Any]:
    """How every client of the ledger behaves: short timeouts, no retry behind our back (a script may have run)."""
    return {
        "socket_timeout": 1.8,  # whoever asks the web is told within two seconds that Redis does not answer
        "socket_connect_timeout": 1.0,
        "health_check_interval": 30,
        "retry": Retry(NoBackoff(), 0),
    }


def redis_client(settings: Settings) -> redis.Redis:
    """A client of the ledger's Redis, with as many connections as a web process has threads."""
    options = redis_options()
    location = settings.redis_location
    if not location.startswith("unix://"):
        options["socket_keepalive"] = True
    return redis.Redis.from_url(location, max_connections=1_024, **options)


def build_ledger(settings: Settings, client: redis.Redis | None = None) -> Ledger:
    """The ledger on the configured Redis, or on the client given."""
    around = settings.crash_point.around if settings.crash_point else None
    return Ledger(client or redis_client(settings), lease_seconds=settings.lease_seconds, around=around)


def build_service(settings: Settings, client: redis.Redis | None = None) -> Service:
    """The use cases on the configured Redis and devices, or on the client given."""
    ledger = build_ledger(settings, client)
    return Service(ledger, Catalogue(load_devices(settings.devices), ledger))


def build_changes(settings: Settings, client: redis.Redis | None = None) -> Changes:
    """The reader of the stream of changes; one a process."""
    return Changes(client or redis_client(settings))
