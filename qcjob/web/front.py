"""What every view reaches for, made once per application."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import cast

import redis
from flask import Flask, current_app

from qcjob.ledger import Ledger
from qcjob.ledger.changes import Changes
from qcjob.security.keys import Keys
from qcjob.service import Service
from qcjob.service.batching import Batching
from qcjob.service.operating import Operating
from qcjob.service.reservations import Reservations
from qcjob.service.sessions import Sessions
from qcjob.settings import Settings
from qcjob.wiring import build_changes, build_ledger, build_service, redis_client

EXTENSION = "qcjob"


@dataclass(frozen=True, slots=True)
class Front:
    """The service behind the door, who may pass it, and how many may wait in it (`places`)."""

    settings: Settings
    ledger: Ledger
    service: Service
    operating: Operating
    batching: Batching
    sessions: Sessions
    reservations: Reservations
    keys: Keys
    changes: Changes
    places: threading.Semaphore


def build_front(settings: Settings, client: redis.Redis | None = None) -> Front:
    """Everything on one client of the configured Redis, or on the client given. Nothing is asked of it yet."""
    shared = client or redis_client(settings)
    ledger, service = build_ledger(settings, shared), build_service(settings, shared)
    return Front(
        settings=settings,
        ledger=ledger,
        service=service,
        operating=Operating(service, ledger),
        batching=Batching(service, ledger),
        sessions=Sessions(service, ledger),
        reservations=Reservations(service, ledger),
        keys=Keys(shared),
        changes=build_changes(settings, shared),
        places=threading.Semaphore(settings.long_polls),
    )


def front_of(app: Flask) -> Front:
    """The Front that an application was made with."""
    return cast(Front, app.extensions[EXTENSION])


def front() -> Front:
    """The Front of the application that answers the current request."""
    return cast(Front, current_app.extensions[EXTENSION])
