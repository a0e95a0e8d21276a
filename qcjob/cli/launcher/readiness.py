"""Whether everything can be used: the web says ready, Flower's port accepts, every device has shown a worker."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence

from qcjob.cli.launcher.waiting import accepts
from qcjob.devices.driver import DeviceStatus
from qcjob.errors import LedgerUnavailable
from qcjob.ledger import Ledger

PATIENCE_SECONDS = 15.0
"""From the web's ready on: who waits for `up` may use what is there by then, and is told what is not."""


class Readiness:
    """Looks until everything is there, or patience has ended. `web_is_ready` and `missing` are asked at each look."""

    def __init__(
        self,
        web_is_ready: Callable[[], bool],
        missing: Callable[[], Sequence[str]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._web_is_ready = web_is_ready
        self._missing = missing
        self._clock = clock
        self._web_since: float | None = None

    def look(self) -> Sequence[str] | None:
        """None: wait on. Else what is still missing, nothing when all is there."""
        if self._web_since is None:
            if not self._web_is_ready():
                return None
            self._web_since = self._clock()
        missing = self._missing()
        return None if missing and self._clock() - self._web_since < PATIENCE_SECONDS else missing


def missing_parts(flower_port: int, ledger: Ledger, devices: Iterable[str], since: int) -> list[str]:
    """What does not answer yet, as a person would say it. A worker counts once it spoke after `since` (Redis µs)."""
    missing = [] if accepts(flower_port) else ["Flower"]
    return missing + [f"the worker of {name}" for name in silent_devices(ledger, devices, since)]


def silent_devices(ledger: Ledger, devices: Iterable[str], since: int) -> list[str]:
    """Devices no worker has spoken for after `since` (microseconds of Redis); all of them while Redis does not answer.

    What a worker says of its device is another matter: offline is an answer too.
    """
    names = list(devices)
    try:
        published = [fields for fields, _ in ledger.devices(*names)]
    except LedgerUnavailable:
        return names
    return [name for name, fields in zip(names, published, strict=True) if int(fields.get("seen", 0)) < since]


def devices_that_wait(ledger: Ledger, devices: Iterable[str]) -> list[str]:
    """Each device that takes no jobs, with what its worker last said of it; none while Redis does not answer."""
    names = list(devices)
    try:
        published = [fields for fields, _ in ledger.devices(*names)]
    except LedgerUnavailable:
        return []
    return [
        f"{name} is {fields['status']}: {fields.get('reason') or 'no reason is given'}"
        for name, fields in zip(names, published, strict=True)
        if "status" in fields and not DeviceStatus(fields["status"]).takes_jobs
    ]
