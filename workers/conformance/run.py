"""Each sentence in a process of its own: a driver that hangs is ended at its limit, one that dies is seen to."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Literal

from qcjob.devices.config import DeviceConfig
from qcjob.devices.driver import Driver, Failed, Finished, Handle, Poll, Program, Properties, Result, Status
from qcjob.errors import ConfigurationError
from workers.conformance.checks import CHECKS, NotAsked, Violation
from workers.conformance.circuits import Suite
from workers.loading import load

_PAUSE_SECONDS = 0.05
_UNLIMITED = 3_600.0
MAKING = "making the driver"


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds: `call` for poll, status, find, result and cancel, `submit` for submit, `patience` for a run to end."""

    call: float = 5.0
    submit: float = 30.0
    patience: float = 60.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one sentence; `why` is empty where it holds."""

    check: str
    outcome: Literal["holds", "does not hold", "not asked"]
    why: str = ""


def check_driver(
    device: DeviceConfig,
    *,
    long_run: Mapping[str, Any] | None = None,
    seeded: bool = False,
    limits: Limits | None = None,
    checks: Iterable[str] = CHECKS,
) -> Iterator[Verdict]:
    """Try the sentences on the device's driver, and tell of each as it is known.

    Without `long_run`, {"duration": 2} is tried where the driver takes that option. Raises ConfigurationError for a
    driver that cannot be made.
    """
    for name in checks:
        yield _in_a_child(name, device, long_run, seeded, limits or Limits())


def _in_a_child(
    name: str, device: DeviceConfig, long_run: Mapping[str, Any] | None, seeded: bool, limits: Limits
) -> Verdict:
    fork = multiprocessing.get_context("fork")  # what the driver imports is imported once
    ours, theirs = fork.Pipe(duplex=False)
    child = fork.Process(target=_try, args=(theirs, name, device, long_run, seeded, limits), daemon=True)
    child.start()
    theirs.close()
    try:
        return _listen(ours, child, name, device, limits)
    finally:
        child.kill()
        child.join()
        ours.close()


def _listen(told: Connection, child: Any, name: str, device: DeviceConfig, limits: Limits) -> Verdict:
    sentence, doing, until = CHECKS[name], MAKING, time.monotonic() + limits.submit
    while True:
        if not told.poll(max(0.0, until - time.monotonic())):
            if doing == MAKING:
                late = (
                    f"device {device.name}: importing and making {device.driver} did not end within {limits.submit:g} s"
                )
                raise ConfigurationError(f"{late}: connect on the first call, not on import or in __init__")
            return Verdict(sentence, "does not hold", f"{doing} did not end in time")
        try:
            what, text, seconds = told.recv()
        except EOFError:
            child.join()
            code = child.exitcode
            how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
            return Verdict(sentence, "does not hold", f"the process ended with {how}, while {doing}")
        if what == "doing":
            doing, until = text, time.monotonic() + seconds
        elif what == "cannot":
            raise ConfigurationError(text)
        else:
            return Verdict(sentence, what, text)


def _try(
    tell: Connection, name: str, device: DeviceConfig, long_run: Mapping[str, Any] | None, seeded: bool, limits: Limits
) -> None:
    """In the child: make the driver, try the sentence, tell what came of it. What it prints goes to standard error."""
    os.dup2(2, 1)
    sys.stdout = sys.stderr

    def doing(what: str, seconds: float) -> None:
        tell.send(("doing", what, seconds))

    try:
        subject = _Subject(device, long_run, seeded, limits, doing)
    except ConfigurationError as error:
        tell.send(("cannot", str(error), 0.0))
        return
    except Exception as error:
        tell.send(("does not hold", _shown(error), 0.0))
        return
    try:
        getattr(subject, name)()
        subject.driver.close()
    except NotAsked as reason:
        tell.send(("not asked", str(reason), 0.0))
    except Violation as violation:
        tell.send(("does not hold", str(violation), 0.0))
    except Exception as error:
        tell.send(("does not hold", _shown(error), 0.0))
    else:
        tell.send(("holds", "", 0.0))


class _Subject(Suite):
    def __init__(
        self,
        device: DeviceConfig,
        long_run: Mapping[str, Any] | None,
        seeded: bool,
        limits: Limits,
        doing: Callable[[str, float], None],
    ) -> None:
        self._device, self._limits, self._doing = device, limits, doing
        self.seeded = seeded
        self.patience = max(1, round(limits.patience / _PAUSE_SECONDS))
        self.driver = self.make_driver()
        options = getattr(self.driver.properties(), "job_options", ()) if long_run is None else ()
        takes_duration = "duration" in options
        self.long_run = {"duration": 2} if takes_duration else long_run  # type: ignore[misc]  # of this device alone

    def make_driver(self) -> Driver:
        """The device's driver, watched."""
        return _Watched(self._device, load(self._device), self._limits, self._doing)

    def pass_time(self) -> None:
        """A little, in real time."""
        time.sleep(_PAUSE_SECONDS)


class _Watched(Driver):
    """Tells of each call before it is made, with what it may take."""

    def __init__(
        self, device: DeviceConfig, driver: Driver, limits: Limits, doing: Callable[[str, float], None]
    ) -> None:
        super().__init__(device.name, device.options)
        self.caps = getattr(driver, "caps", None)  # type: ignore[assignment]  # a sentence asks what they are
        self.watched, self._limits, self._doing = driver, limits, doing

    def _call(self, method: str, *arguments: Any, seconds: float | None = None) -> Any:
        self._doing(method, self._limits.call if seconds is None else seconds)
        answer = getattr(self.watched, method)(*arguments)
        self._doing(f"what followed {method}", _UNLIMITED)
        return answer

    def properties(self) -> Properties:
        answer: Properties = self._call("properties")
        return answer

    def status(self) -> Status:
        answer: Status = self._call("status")
        return answer

    def submit(self, job_id: str, program: Program, shots: int) -> Handle | Finished | Failed:
        blocking = getattr(self.caps, "mode", "handle") == "blocking"
        seconds = self._limits.patience if blocking else self._limits.submit
        answer: Handle | Finished | Failed = self._call("submit", job_id, program, shots, seconds=seconds)
        return answer

    def find(self, job_id: str) -> Handle | None:
        answer: Handle | None = self._call("find", job_id)
        return answer

    def poll(self, handle: Handle) -> Poll:
        answer: Poll = self._call("poll", handle)
        return answer

    def result(self, handle: Handle) -> Result:
        answer: Result = self._call("result", handle)
        return answer

    def cancel(self, handle: Handle) -> Any:
        return self._call("cancel", handle)

    def close(self) -> None:
        self._call("close")


def _shown(error: Exception) -> str:
    return f"it raised {type(error).__name__}: {error}"[:300]
