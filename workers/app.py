"""The Celery app: `celery -A workers.app worker` serves every configured device, `-Q NAME` one of them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from celery import Celery, signals

import celeryconfig
from qcjob import logs
from qcjob.devices.config import DeviceConfig, Devices, load_devices
from qcjob.errors import ConfigurationError, LedgerUnavailable
from qcjob.ledger import Ledger
from qcjob.service.catalogue import Catalogue
from qcjob.settings import Settings, read_settings
from qcjob.wiring import build_compilation, build_ledger
from workers import control, handover  # noqa: F401  Celery's revoke and terminate, and its end, made ours
from workers.connection import Connection
from workers.keeper import Keeper
from workers.loading import load
from workers.recompile import Recompiler
from workers.tasks import Drive


class QcjobCelery(Celery):  # type: ignore[misc]
    """Celery with the ledger at hand: strategy, task, backend and keeper all reach it by `app.ledger`."""

    def __init__(self, settings: Settings, devices: Devices) -> None:
        super().__init__("qcjob", config_source=celeryconfig, set_as_current=True)
        self.settings = settings
        self.devices = devices
        self.amqp.Connection = Connection
        self.steps["consumer"].add(Keeper)
        self.ledger: Ledger = build_ledger(settings)
        self._recompiler: Recompiler | None = None

    @property
    def recompiler(self) -> Recompiler:
        """What looks after calibrations, on the ledger of now: a child has one of its own."""
        if self._recompiler is None or self._recompiler.ledger is not self.ledger:
            catalogue = Catalogue(self.devices, self.ledger)
            compilation = build_compilation(self.settings, self.ledger, catalogue)
            self._recompiler = Recompiler(self.ledger, catalogue, compilation)
        return self._recompiler


settings = read_settings()
app = QcjobCelery(settings, load_devices(settings.devices))
drive = app.register_task(Drive())


@signals.setup_logging.connect  # type: ignore[untyped-decorator]
def _configure_logs(**_: Any) -> None:
    logs.configure(service="worker", level=settings.log_level, form=settings.log_format)
    for name in ("celery.worker.strategy", "celery.app.trace"):  # they say what `job claimed` and `job left` say
        logging.getLogger(name).setLevel(logging.WARNING)


@signals.celeryd_init.connect  # type: ignore[untyped-decorator]
def _one_child_per_slot(conf: Any, options: dict[str, Any], **_: Any) -> None:
    """Without `-c`, as many children as the devices served have slots."""
    served = served_devices(options.get("queues"))
    conf.worker_concurrency = options.get("concurrency") or sum(device.slots for device in served) or 1
    for device in served:
        try:
            load(device)  # what a driver imports is there before the children are forked
        except ConfigurationError as error:
            logs.get_logger(__name__).error("driver cannot be loaded", device=device.name, reason=str(error))


def served_devices(queues: str | Sequence[str] | None) -> list[DeviceConfig]:
    """The devices of `-Q a,b`, all of them without it."""
    names = queues.split(",") if isinstance(queues, str) else list(queues or ())
    return [device for name, device in app.devices.all.items() if name in names or not names]


@signals.worker_init.connect  # type: ignore[untyped-decorator]
def _check_schema(**_: Any) -> None:
    """A worker does not touch a Redis that a newer version has written; one that does not answer yet may come."""
    try:
        app.ledger.check_schema()
    except ConfigurationError as error:
        raise SystemExit(f"this worker cannot serve: {error}") from error
    except LedgerUnavailable as error:
        logs.get_logger(__name__).warning("ledger unavailable", reason=str(error))


@signals.worker_process_init.connect  # type: ignore[untyped-decorator]
def _own_connections(**_: Any) -> None:
    """A child talks to Redis by connections of its own."""
    app.ledger = build_ledger(settings)
