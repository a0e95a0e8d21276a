"""Tells the ledger, for every device served here, what it is and how it is: the web answers with that.

A thread of the worker's main process, because a driver may take its time to answer.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable

from qcjob.devices.config import DeviceConfig
from qcjob.devices.driver import DeviceStatus, Status
from qcjob.errors import ConfigurationError, LedgerUnavailable
from qcjob.ledger import Ledger
from qcjob.logs import get_logger
from workers.loading import load

log = get_logger(__name__)

EVERY_SECONDS = 2.0


class Announcer:
    """One thread a device, so that a driver that hangs silences only its own device."""

    def __init__(self, ledger: Ledger, devices: Iterable[DeviceConfig]) -> None:
        self._ledger = ledger
        self._devices = tuple(devices)
        self._stopped = threading.Event()

    def start(self) -> None:
        """Announce at once, and then every two seconds."""
        for device in self._devices:
            threading.Thread(target=self._announce, args=(device,), name=f"announce {device.name}", daemon=True).start()

    def stop(self) -> None:
        """Announce no more."""
        self._stopped.set()

    def _announce(self, device: DeviceConfig) -> None:
        driver, said = None, None
        while True:
            fields = {
                "slots": str(device.slots),
                "submit_timeout": str(device.submit_timeout),
                "max_run_seconds": str(device.max_run_seconds),
                "on_uncertain": device.on_uncertain,
            }
            try:
                driver = driver or load(device)
                status, properties = driver.status(), driver.properties()
                fields["properties"] = json.dumps(
                    {"target": properties.target.as_dict(), "job_options": properties.job_options}
                )
            except ConfigurationError as error:
                status = Status(DeviceStatus.ERROR, str(error)[:300])
            except Exception as error:
                status = Status(DeviceStatus.OFFLINE, f"the driver does not answer: {error!r}"[:300])
            fields |= {"status": status.state, "reason": status.reason or ""}
            if status != said:
                log.info("device status", device=device.name, status=status.state, reason=status.reason)
                said = status
            try:
                self._ledger.online(device.name, fields, idle=status.state is DeviceStatus.ONLINE)
            except LedgerUnavailable as error:
                log.warning("device status not published", device=device.name, reason=str(error))
            if self._stopped.wait(EVERY_SECONDS):
                return
