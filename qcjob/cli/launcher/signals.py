"""Waiting that a signal ends: SIGTERM, SIGINT and SIGHUP ask to stop, SIGCHLD says that a part may have died."""

from __future__ import annotations

import os
import select
import signal
from types import FrameType, TracebackType
from typing import Any, Self

STOP = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Signals:
    """While it is entered, signals end no code halfway: they are noted, and end `wait`. Only for the main thread."""

    def __init__(self) -> None:
        self.stop_asked = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)
        self._wakeup_before = signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        self._before = {number: signal.signal(number, self._note) for number in (*STOP, signal.SIGCHLD)}
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._wakeup_before)
        os.close(self._read)
        os.close(self._write)

    def wait(self, seconds: float) -> bool:
        """Wait until a signal comes or `seconds` have passed; True once a stop was asked for."""
        select.select([self._read], [], [], max(0.0, seconds))
        try:
            while os.read(self._read, 4_096):
                pass
        except BlockingIOError:
            pass  # read to its end
        return self.stop_asked

    def _note(self, number: int, _: FrameType | None) -> None:
        if number in STOP:
            self.stop_asked = True
