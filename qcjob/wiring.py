"""The one place that picks implementations: which Redis, which ledger, which service."""

from __future__ import annotations

from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from qcjob.compile_service.cache import Cache
from qcjob.compile_service.client import CompileService
from qcjob.connections import Pool
from qcjob.devices.config import Devices, load_devices
from qcjob.ledger import Ledger
from qcjob.ledger.changes import Changes
from qcjob.security.customers import Customers
from qcjob.service import Service
from qcjob.service.building import Builder
from qcjob.service.catalogue import Catalogue
from qcjob.service.compilation import Compilation
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
    return redis.Redis.from_pool(Pool.from_url(location, max_connections=1_024, **options))


def build_ledger(settings: Settings, client: redis.Redis | None = None) -> Ledger:
    """The ledger on the configured Redis, or on the client given."""
    around = settings.crash_point.around if settings.crash_point else None
    return Ledger(client or redis_client(settings), lease_seconds=settings.lease_seconds, around=around)


def build_service(settings: Settings, client: redis.Redis | None = None) -> Service:
    """The use cases on the configured Redis and devices, or on the client given."""
    ledger = build_ledger(settings, client)
    return service_on(settings, ledger, load_devices(settings.devices))


def service_on(settings: Settings, ledger: Ledger, devices: Devices) -> Service:
    """The use cases on this ledger and these devices."""
    catalogue = Catalogue(devices, ledger)
    builder = Builder(ledger, catalogue, build_compilation(settings, ledger, catalogue))
    return Service(ledger, Customers(ledger.client), catalogue, builder)


def build_compilation(settings: Settings, ledger: Ledger, catalogue: Catalogue) -> Compilation:
    """What compiles for these devices; it starts a process with the first OpenQASM that is not in the cache."""
    return compilation_on(build_compile_service(settings, ledger), catalogue)


def compilation_on(service: CompileService, catalogue: Catalogue) -> Compilation:
    """What compiles for these devices, by this service."""
    return Compilation(catalogue, service)


def build_compile_service(settings: Settings, ledger: Ledger) -> CompileService:
    """The processes that compile OpenQASM, and the cache on this ledger's Redis. Nothing is started yet."""
    return CompileService(running=settings.compiles, waiting=settings.compile_queue, cache=Cache(ledger.client))


def build_changes(settings: Settings, client: redis.Redis | None = None) -> Changes:
    """The reader of the stream of changes; one a process."""
    return Changes(client or redis_client(settings))
