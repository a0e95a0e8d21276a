"""Start, watch, restart, stop: each process in a group of its own, so that Ctrl-C reaches the launcher alone."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from qcjob.cli.launcher.orphans import wait_for_adopted, wait_for_groups
from qcjob.cli.launcher.parts import Part

FIRST_PAUSE_SECONDS = 0.05
MOST_PAUSE_SECONDS = 1.0
"""A part that keeps dying is started again once a second; the promise is within two, and starting takes its time."""
STEADY_SECONDS = 10.0
"""A part that lived this long has come up well: its next restart is at once again."""
_PR_SET_PDEATHSIG = 1


class Log(Protocol):
    """What the supervisor needs of a structlog logger."""

    def info(self, event: str, **fields: Any) -> Any:
        """An event with its fields."""

    def warning(self, event: str, **fields: Any) -> Any:
        """An event somebody may have to look at."""


@dataclass(slots=True)
class _Running:
    part: Part
    process: subprocess.Popen[bytes]
    started_at: float
    deaths: int = 0
    due_at: float | None = None


class Supervisor:
    """Keeps parts running until `stop`. Not a thread of its own: call `watch` when a child died or was due."""

    def __init__(
        self,
        log: Log,
        *,
        env: Mapping[str, str] | None = None,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], object] = time.sleep,
        stdout: int | None = None,
        adopts: bool = False,
    ) -> None:
        """`adopts`: this process has no children but the parts and the orphans it adopted, which are waited for."""
        self._log = log
        self._env = dict(os.environ if env is None else env)
        self._clock = clock
        self._wait = wait
        self._stdout = stdout
        self._adopts = adopts
        self._running: dict[str, _Running] = {}
        self._die_with_parent = _die_with_parent()

    def start(self, part: Part) -> None:
        """Start a part. Raises OSError when its program cannot be started at all."""
        process = self._spawn(part)
        self._running[part.name] = _Running(part, process, self._clock())

    def pid(self, name: str) -> int:
        """The process id of a part, of its latest start."""
        return self._running[name].process.pid

    def has_died(self, name: str) -> bool:
        """True when the part has ended by itself and was not started again yet."""
        return self._running[name].process.poll() is not None

    def watch(self) -> float:
        """Start again what died, once it is due; the seconds until the next look is due."""
        now = self._clock()
        for running in self._running.values():
            if running.due_at is None and running.process.poll() is not None:
                self._bury(running, now)
            if running.due_at is not None and running.due_at <= now:
                self._start_again(running)
        if self._adopts:
            wait_for_adopted([running.process.pid for running in self._running.values()])
        due = [running.due_at for running in self._running.values() if running.due_at is not None]
        return max(0.0, min(due) - now) if due else 3_600.0

    def stop(self, names: Iterable[str]) -> None:
        """End these parts side by side: SIGTERM to each, its time to end well, then SIGKILL to its whole group."""
        ending = [self._running.pop(name) for name in names if name in self._running]
        asked_at = self._clock()
        for running in ending:
            if running.process.poll() is None:
                running.process.terminate()  # the main process alone: its children are its own to end
        while waiting := [running for running in ending if running.process.poll() is None]:
            if all(self._clock() - asked_at >= running.part.stop_seconds for running in waiting):
                break
            for running in waiting:
                if self._clock() - asked_at >= running.part.stop_seconds:
                    _kill_group(running.process)
            self._wait(0.05)
        for running in ending:
            killed = running.process.poll() is None
            _kill_group(running.process)
            running.process.wait()
            self._log.info("part stopped", part=running.part.name, part_pid=running.process.pid, killed=killed)
        wait_for_groups(running.process.pid for running in ending)

    def _bury(self, running: _Running, now: float) -> None:
        """Note a death, end what the dead left behind, and set when to start again."""
        _kill_group(running.process)
        wait_for_groups([running.process.pid])
        running.deaths = 1 if now - running.started_at >= STEADY_SECONDS else running.deaths + 1
        pause = min(FIRST_PAUSE_SECONDS * 2 ** (min(running.deaths, 20) - 1), MOST_PAUSE_SECONDS)
        running.due_at = now + pause
        self._log.warning(
            "part died",
            part=running.part.name,
            part_pid=running.process.pid,
            exit_code=running.process.returncode,
            deaths=running.deaths,
        )

    def _start_again(self, running: _Running) -> None:
        try:
            running.process = self._spawn(running.part)
        except OSError as error:
            self._log.warning("part not started", part=running.part.name, error=str(error))
            running.due_at = self._clock() + MOST_PAUSE_SECONDS
        else:
            running.started_at, running.due_at = self._clock(), None

    def _spawn(self, part: Part) -> subprocess.Popen[bytes]:
        env = {key: value for key, value in {**self._env, **part.env}.items() if value is not None}
        process = subprocess.Popen(
            part.argv,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=self._stdout,
            process_group=0,
            preexec_fn=self._die_with_parent and partial(self._die_with_parent, part.orphan_signal),
        )
        self._log.info("part started", part=part.name, part_pid=process.pid)
        return process


def _die_with_parent() -> Callable[[int], None] | None:
    """For a new child, on Linux: this signal to it when the launcher is gone, even killed; elsewhere nothing."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl  # looked up before the fork, where little is allowed
    launcher = os.getpid()

    def set_signal(number: int) -> None:
        prctl(_PR_SET_PDEATHSIG, number)
        if os.getppid() != launcher:
            os._exit(1)

    return set_signal


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL to whatever is left of a part's process group."""
    with suppress(ProcessLookupError, PermissionError):  # nobody is left (macOS answers EPERM for zombies)
        os.killpg(process.pid, signal.SIGKILL)
