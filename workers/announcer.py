"""Tells the ledger, for every device served here, what it is and how it is: the web answers with that.

A thread of the worker's main process, because a driver may take its time to answer.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping

from qcjob.devices.config import DeviceConfig
from qcjob.devices.driver import DeviceStatus, Driver, Properties, Status
from qcjob.errors import ConfigurationError, LedgerUnavailable
from qcjob.ledger import Ledger
from qcjob.logs import get_logger
from qcjob.service.options import MEMORY
from workers.loading import load

log = get_logger(__name__)

EVERY_SECONDS = 2.0


class Announcer:
    """One thread a device, so that a driver that hangs silences only its own device."""

    def __init__(self, ledger: Ledger, devices: Iterable[DeviceConfig], remarks: Mapping[str, str]) -> None:
        self._ledger = ledger
        self._remarks = remarks  # what else is to be said of a device, by its name
        self._devices = tuple(devices)
        self._drivers: dict[str, Driver] = {}
        self._stopped = threading.Event()

    def start(self) -> None:
        """Announce at once, and then every two seconds."""
        for device in self._devices:
            threading.Thread(target=self._announce, args=(device,), name=f"announce {device.name}", daemon=True).start()

    def stop(self) -> None:
        """Announce no more."""
        self._stopped.set()

    def _announce(self, device: DeviceConfig) -> None:
        said = None
        while True:
            try:
                asked_at = self._ledger.now()
                status, fields = self._look(device)
                if status != said:
                    log.info("device status", device=device.name, status=status.state, reason=status.reason)
                    said = status
                idle_at = asked_at if status.state is DeviceStatus.ONLINE else None
                self._ledger.online(device.name, fields, idle_at=idle_at)
            except LedgerUnavailable as error:
                log.warning("device status not published", device=device.name, reason=str(error))
            if self._stopped.wait(EVERY_SECONDS):
                return

    def _look(self, device: DeviceConfig) -> tuple[Status, dict[str, str]]:
        """How the device is, and everything to publish of it."""
        fields = {
            "slots": str(device.slots),
            "submit_timeout": str(device.submit_timeout),
            "max_run_seconds": str(device.max_run_seconds),
            "on_uncertain": device.on_uncertain,
        }
        try:
            driver = self._drivers.get(device.name) or self._drivers.setdefault(device.name, load(device))
            status, found = driver.status(), driver.properties()
            fields["properties"] = json.dumps(
                {
                    "target": found.target.as_dict(),
                    "job_options": _job_options(driver, found),
                    "max_simulated_qubits": found.max_simulated_qubits,
                }
            )
        except ConfigurationError as error:
            status = Status(DeviceStatus.ERROR, str(error)[:300])
        except Exception as error:
            status = Status(DeviceStatus.OFFLINE, f"the driver does not answer: {error!r}"[:300])
        reason = status.reason or self._remarks.get(device.name, "")
        return status, {**fields, "status": status.state, "reason": reason}


def _job_options(driver: Driver, found: Properties) -> list[str]:
    """What its jobs may ask for: the driver's own options, and memory where it can keep that."""
    own = [option for option in found.job_options if option != MEMORY]
    return [*own, MEMORY] if driver.caps.memory else own
