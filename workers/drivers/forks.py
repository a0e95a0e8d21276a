"""Runs that can be killed: each in a process of its own, forked by one that was started for that and imported once.

The process that forks is a module of this folder, run with `python -m`; see `workers.drivers.fork_server` for what it
keeps to.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time
from typing import Any

from qcjob.errors import Unavailable

PID = struct.Struct("!q")
READ_SECONDS = 4.0
"""What an answer may take from its first byte to its last: the driver's call is allowed 5 s."""


class Fork:
    """One run: asked when it was made, answered once."""

    def __init__(self, line: socket.socket, pid: int) -> None:
        self._line, self._pid, self._parts = line, pid, list[bytes]()
        self._over = False
        self._told: dict[str, Any] | None = None

    def answer(self) -> dict[str, Any] | None:
        """What the run told, {"error": …} where it died without a word, None while it goes on."""
        if not self._over and not self._read():
            return None
        if self._told is None:
            try:
                told = json.loads(b"".join(self._parts))
            except ValueError:
                told = None
            lost = {"error": "the process of the run ended without a result"}
            self._told = told if isinstance(told, dict) else lost
            self._parts.clear()
        return self._told

    def _read(self) -> bool:
        """Whether the answer is complete; once it has begun to come, all of it is waited for."""
        deadline = time.monotonic() + READ_SECONDS
        self._line.settimeout(0.0)
        try:
            while part := self._line.recv(1 << 20):
                self._parts.append(part)
                self._line.settimeout(max(0.001, deadline - time.monotonic()))
        except (BlockingIOError, TimeoutError):
            return False
        except OSError:
            pass  # it died while it wrote
        self._over = True
        self._line.close()
        return True

    def kill(self) -> bool:
        """Ends the run at once; False where it had ended by itself."""
        if self._over or self._read():
            return False
        os.kill(self._pid, signal.SIGKILL)  # not buried yet: its end of the line is open
        self._over = True
        self._parts.clear()
        self._line.close()
        return True


class Forks:
    """The process that forks: started with the first run, anew when it is gone."""

    def __init__(self, module: str) -> None:
        self._module = module
        self._orders: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def run(self, asked: dict[str, Any], within: float) -> Fork:
        """Start a run; the first also waits for the imports. Raises Unavailable after so many seconds, or on a death.

        Nothing was started then: a run is asked only once there is a process for it.
        """
        mine, theirs = socket.socketpair()
        try:
            with theirs:
                orders = self._connected(within)
                socket.send_fds(orders, [b"f"], [theirs.fileno()])
                number = orders.recv(PID.size, socket.MSG_WAITALL)
            if len(number) < PID.size:
                raise ConnectionError("it ended")
            mine.settimeout(within)
            mine.sendall(json.dumps(asked).encode())
            mine.shutdown(socket.SHUT_WR)
        except OSError as error:
            mine.close()
            self.close()
            raise Unavailable(f"{self._module} does not start a run: {error or 'it took too long'}") from error
        return Fork(mine, PID.unpack(number)[0])

    def _connected(self, within: float) -> socket.socket:
        if self._orders is None:
            self._orders, theirs = socket.socketpair()
            with theirs:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", self._module],
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,  # what libraries print is nobody's protocol
                    start_new_session=True,  # its children are killed as one group
                )
        self._orders.settimeout(within)
        return self._orders

    def close(self) -> None:
        """End the process and every run of it."""
        if self._orders is not None:
            self._orders.close()
            self._orders = None
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):  # it is gone
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None
