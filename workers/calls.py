"""Calls of a driver that do no harm when they fail: the reason is logged, and the job is asked about again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from qcjob.devices.config import DeviceConfig
from qcjob.devices.driver import Driver
from qcjob.logs import get_logger
from qcjob.target import Target
from workers.ending import Ending
from workers.lease import Lease

log = get_logger(__name__)

CALL_SECONDS = 5.0
"""What poll, find, result, cancel and properties may take."""

T = TypeVar("T")

NO_ANSWER = object()


class Calls:
    """Asks one device about one claim's run. `ask` and `find` raise StaleWriter where another worker has it."""

    def __init__(
        self,
        driver: Driver,
        device: DeviceConfig,
        lease: Lease,
        end: Ending,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._driver = driver
        self._device = device
        self._lease = lease
        self._end = end
        self._sleep = sleep

    def ask(self, call: Callable[[str], T], argument: str) -> T | object:
        """The answer of poll, result, cancel or find, or NO_ANSWER."""
        self._end.persist(self._lease.make_sure)
        try:
            with self._lease.calling(CALL_SECONDS):
                return call(argument)
        except Exception as error:
            log.warning("device did not answer", call=call.__name__, reason=shown(error))
            return NO_ANSWER

    def find(self, run_id: str) -> object:
        """Whether the device has the run: its handle, None, or NO_ANSWER when it would not say."""
        answer: object = NO_ANSWER
        for pause in (0.1, 0.2, 0.5, 1.0, 2.0, 5.0):
            answer = self.ask(self._driver.find, run_id)
            if answer is None or isinstance(answer, str):
                break
            self._sleep(pause)
        return answer

    def target(self) -> Target | None:
        """The device as it is calibrated now; one that does not say so does not cost a result."""
        try:
            with self._lease.calling(CALL_SECONDS):
                return self._device.target_as(self._driver.properties().target)
        except Exception as error:
            log.warning("device did not answer", call="properties", reason=shown(error))
            return None


def shown(error: BaseException) -> str:
    """An error in a line of a log or a message."""
    return f"{type(error).__name__}: {error}"[:300]
