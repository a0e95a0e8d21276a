"""One running zygote, as the compile service holds it."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import subprocess
import sys
import threading
import time
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import qcjob
from qcjob.compile_service import wire
from qcjob.logs import get_logger

log = get_logger(__name__)

START_SECONDS = 60.0
"""Importing Qiskit takes half a second, the first time after an installation several."""

PATIENCE_SECONDS = 5.0
"""Beyond a compile's own time: after that the zygote itself hangs."""


class ZygoteLost(Exception):
    """The zygote is gone, or was taken for it: what it worked on is not known."""


@dataclass(frozen=True, slots=True)
class Silent:
    """A child that ended without an answer."""

    ending: wire.Ending


class _Life:
    """The zygote's process, from its start to its end, in one thread."""

    def __init__(self) -> None:
        self.popen: subprocess.Popen[bytes] | None = None
        self.ended = threading.Event()

    def live(self, control: socket.socket, work: str) -> None:
        """Start it with its end of the control socket, and wait for its end."""
        try:
            with control:
                arguments = (str(control.fileno()), str(os.getpid()), work)
                self.popen = subprocess.Popen(
                    (sys.executable, "-m", "qcjob.compile_service", *arguments),
                    cwd=Path(qcjob.__file__).parents[1],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    pass_fds=(control.fileno(),),
                    start_new_session=True,  # see confine.stand_back
                )
            self.popen.wait()
        except OSError as error:
            log.error("compile zygote cannot be started", reason=str(error))
        finally:
            self.ended.set()


class Zygote:
    """A zygote from its start to its end. Any thread may have it compile; one of its own waits for its end.

    Raises ZygoteLost where it cannot be started: it has said why on the standard error of this process.
    """

    def __init__(self, work: str) -> None:
        self._orders = threading.Lock()
        self._control, theirs = socket.socketpair()
        weakref.finalize(self, self._control.close)  # whoever forgets it ends it
        self._life = _Life()
        # The kernel ends the zygote together with the thread that started it, so one that lives as long does that.
        threading.Thread(target=self._life.live, args=(theirs, work), name="compile zygote", daemon=True).start()
        self._await_ready()

    def _await_ready(self) -> None:
        started = time.monotonic()
        self._control.settimeout(START_SECONDS)
        word = b""
        with contextlib.suppress(OSError):
            while len(word) <= len(wire.READY) and (chunk := self._control.recv(len(wire.READY) + 1 - len(word))):
                word += chunk
        if not word.startswith(wire.READY):
            self.end()
            raise ZygoteLost("the compile zygote did not start")
        self._control.settimeout(PATIENCE_SECONDS)
        took = round(time.monotonic() - started, 3)
        log.info("compile zygote ready", seconds=took, network=word.endswith(wire.NETWORK), zygote=self.pid)

    @property
    def lives(self) -> bool:
        """Whether it can be given another compile."""
        return not self._life.ended.is_set()

    @property
    def pid(self) -> int | None:
        """Its process id, None before it has one."""
        return self._life.popen.pid if self._life.popen else None

    def compile(self, request: Any, order: wire.Order) -> dict[str, Any] | Silent:
        """The answer of a child to a request, or that it gave none. Raises ZygoteLost."""
        job, theirs = socket.socketpair()
        ending, their_ending = os.pipe()
        try:
            job.settimeout(order.seconds + PATIENCE_SECONDS)
            try:
                with self._orders:
                    wire.send_order(self._control, order, theirs.fileno(), their_ending)
            except OSError as error:
                self.end()
                raise ZygoteLost(f"it takes no order: {error}") from error
            finally:
                theirs.close()
                os.close(their_ending)
            return self._answer(job, ending, request)
        finally:
            job.close()
            os.close(ending)

    def _answer(self, job: socket.socket, pipe: int, request: Any) -> dict[str, Any] | Silent:
        try:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it died first: its ending says how
                wire.send_frame(job, request)
            answer: dict[str, Any] = wire.receive_frame(job, wire.MAX_ANSWER_BYTES)
            return answer
        except TimeoutError as error:
            self.end()  # it should have killed the child long ago
            raise ZygoteLost("it did not end a compile in time") from error
        except (EOFError, OSError, ValueError):
            pass
        said = select.poll()
        said.register(pipe, select.POLLIN)
        ending = wire.read_ending(pipe) if said.poll(PATIENCE_SECONDS * 1_000) else None
        if ending is None:
            self.end()
            raise ZygoteLost("it ended in the middle of a compile")
        return Silent(ending)

    def end(self) -> None:
        """End it and its children now."""
        with contextlib.suppress(OSError):
            self._control.close()
        popen = self._life.popen
        if popen is not None:
            popen.kill()  # its children die with it
        self._life.ended.set()
