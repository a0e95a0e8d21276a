"""The zygote: it has everything imported, works on nothing itself, and has a child of its own for each order.

It is one thread that waits for four things: an order, the death of a child, the time of a child running out, a
service that wants an answer no more. While it has nothing to do it keeps one child standing by, which has rehearsed:
whoever comes first waits neither for a fork nor for the pages that a new child copies with its first steps.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import time
from dataclasses import dataclass

from qcjob.compile_service import child, wire

_MILLISECONDS = 1_000
_KIB = 1_024
_REMEMBERED = 8
"""Devices for which whoever stands by rehearses."""
_LISTENER_GONE = select.POLLERR | select.POLLHUP


@dataclass(slots=True)
class _Child:
    pid: int
    ending: int
    order: wire.Order
    started: float
    late: bool = False

    @property
    def deadline(self) -> float:
        return self.started + self.order.seconds


@dataclass(slots=True)
class _Spare:
    """A child without an order; `line` carries its word that it is ready, and then the order."""

    pid: int
    line: socket.socket

    def is_ready(self) -> bool:
        try:
            return self.line.recv(len(child.READY), socket.MSG_DONTWAIT | socket.MSG_PEEK) == child.READY
        except OSError:
            return False


class Zygote:
    """Serves the orders of one control socket, each with `work` in a child of its own."""

    def __init__(self, control: socket.socket, work: child.Work, rehearse: child.Rehearsal | None = None) -> None:
        self._control = control
        self._work = work
        self._rehearse = rehearse
        self._spare: _Spare | None = None
        self._about: dict[bytes, None] = {}  # what the last orders were about, the latest last
        self._children: dict[int, _Child] = {}  # by process id
        self._poll = select.poll()
        self._poll.register(control, select.POLLIN)
        self._woken, wake = os.pipe()
        for end in (self._woken, wake):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._poll.register(self._woken, select.POLLIN)

    def serve(self) -> None:
        """Until the control socket ends; then every child is ended too."""
        while self._turn():
            pass
        for pid in (*self._children, *([self._spare.pid] if self._spare else ())):
            os.kill(pid, signal.SIGKILL)

    def _turn(self) -> bool:
        if self._rehearse and not self._spare and not self._children:
            self._fork_spare(self._rehearse)
        ready = dict(self._poll.poll(self._pause()))
        if ready.pop(self._woken, 0):
            with contextlib.suppress(BlockingIOError):
                os.read(self._woken, 4_096)
        ordered = ready.pop(self._control.fileno(), 0)
        for each in self._children.values():
            if ready.get(each.ending, 0) & _LISTENER_GONE:
                self._poll.unregister(each.ending)
                os.kill(each.pid, signal.SIGKILL)
            elif time.monotonic() >= each.deadline:
                each.late = True
                os.kill(each.pid, signal.SIGKILL)
        self._reap()
        return not ordered or self._accept()

    def _pause(self) -> float | None:
        """Milliseconds until the first child that is not killed yet runs out of time."""
        deadlines = [each.deadline for each in self._children.values() if not each.late]
        return max(0.0, min(deadlines) - time.monotonic()) * _MILLISECONDS + 1 if deadlines else None

    def _accept(self) -> bool:
        """Fork the child of the next order; whether there was one."""
        found = wire.receive_order(self._control)
        if found is None:
            return False
        order, job, ending = found
        self._remember(order.about)
        pid = self._order_spare(order, job, ending) or self._fork(order, job)
        os.close(job)
        if pid is None:
            wire.write_ending(ending, wire.Ending(signal.SIGKILL, False, 0.0, 0))
            os.close(ending)
            return True
        self._children[pid] = _Child(pid, ending, order, time.monotonic())
        self._poll.register(ending, 0)
        return True

    def _remember(self, about: bytes) -> None:
        self._about.pop(about, None)
        self._about[about] = None
        if len(self._about) > _REMEMBERED:
            del self._about[next(iter(self._about))]

    def _fork(self, order: wire.Order, job: int) -> int | None:
        """A new child for the order; None where the machine has no more processes or memory."""
        zygote = os.getpid()
        try:
            pid = os.fork()
        except OSError:
            return None
        if pid == 0:
            child.run(self._work, order, job, zygote)
        return pid

    def _fork_spare(self, rehearse: child.Rehearsal) -> None:
        zygote = os.getpid()
        line, theirs = socket.socketpair()
        with theirs:
            try:
                pid = os.fork()
            except OSError:
                line.close()
                self._rehearse = None  # a machine that is so short is not pressed again
                return
            if pid == 0:
                line.close()
                child.stand_by(self._work, rehearse, list(self._about), theirs, zygote)
        self._spare = _Spare(pid, line)

    def _order_spare(self, order: wire.Order, job: int, ending: int) -> int | None:
        """Hand the order to the child that stands by, if one is ready."""
        self._reap()  # it may have been killed a moment ago
        spare = self._spare
        if spare is None or not spare.is_ready():
            return None
        self._spare = None
        with spare.line, contextlib.suppress(OSError):
            wire.send_order(spare.line, order, job, ending)
            return spare.pid
        return None

    def _reap(self) -> None:
        while self._children or self._spare:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
            if pid == 0:
                return
            if self._spare and pid == self._spare.pid:
                if not self._spare.is_ready():
                    self._rehearse = None  # it died of the rehearsal, and so would the next
                self._spare.line.close()
                self._spare = None
                continue
            ended = self._children.pop(pid, None)
            if ended is None:
                continue
            with contextlib.suppress(KeyError):
                self._poll.unregister(ended.ending)
            seconds = time.monotonic() - ended.started
            number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
            with contextlib.suppress(OSError):  # the service has its answer, and gone
                wire.write_ending(ended.ending, wire.Ending(number, ended.late, seconds, usage.ru_maxrss * _KIB))
            os.close(ended.ending)
