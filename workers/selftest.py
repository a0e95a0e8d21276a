"""Does a small program compile for each device that an operator configured? Tried once, soon after a worker's start.

The answer is published as the device's reason and logged; a device that fails it takes jobs all the same, because some
programs may fit. The compiler's process is a costly one, so it starts when the worker has found its feet.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable

from qcjob.compile_service.client import can_compile
from qcjob.devices.config import BUILT_INS, SIMULATOR, DeviceConfig, Devices
from qcjob.errors import CompilerBusy, LedgerUnavailable
from qcjob.ledger import Ledger
from qcjob.logs import get_logger
from qcjob.service.catalogue import Catalogue
from qcjob.service.proving import unfit
from qcjob.settings import Settings
from qcjob.wiring import build_compile_service, compilation_on

log = get_logger(__name__)

AFTER_SECONDS = 10.0


class SelfTest:
    """Of the devices served here. `remarks` says what is wrong with those that failed, by name."""

    def __init__(
        self,
        settings: Settings,
        ledger: Ledger,
        devices: Devices,
        served: Iterable[DeviceConfig],
        after_seconds: float = AFTER_SECONDS,
    ) -> None:
        self.remarks: dict[str, str] = {}
        self._settings = settings
        self._ledger = ledger
        self._devices = devices
        self._names = [device.name for device in served if device not in (SIMULATOR, *BUILT_INS)]
        self._after_seconds = after_seconds
        self._stopped = threading.Event()

    def start(self) -> None:
        """Try it in a while, in a thread."""
        if self._names and can_compile():
            threading.Thread(target=self._run, name="self-test", daemon=True).start()

    def stop(self) -> None:
        """The worker ends: do not begin any more."""
        self._stopped.set()

    def _run(self) -> None:
        if self._stopped.wait(self._after_seconds):
            return
        service = build_compile_service(self._settings, self._ledger)
        catalogue = Catalogue(self._devices, self._ledger)
        try:
            for name, why in unfit(catalogue, compilation_on(service, catalogue), self._names):
                log.warning("self-test failed", device=name, reason=why)
                self.remarks[name] = why
        except (CompilerBusy, LedgerUnavailable) as error:
            log.warning("self-test not done", reason=str(error))
        finally:
            service.close()
