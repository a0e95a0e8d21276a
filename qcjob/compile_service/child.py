"""One compile in a process of its own, which ends with it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from qcjob.compile_service import wire
from qcjob.compile_service.confine import confine, die_with
from qcjob.errors import InvalidProgram

Work = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""From the request to what is answered, both plain JSON. May raise InvalidProgram; may do anything at all."""

Rehearsal = Callable[[Sequence[bytes]], object]
"""Touches what `work` will need, in a child that has no order yet; what the last orders were about, the latest last."""

READY = b"+"

_MESSAGE = 300


def run(work: Work, order: wire.Order, job: int, parent: int) -> NoReturn:
    """Read the request, work, answer, end. Nothing of the zygote runs in this process any more."""
    try:
        _leave(parent)
        confine(order.seconds, order.memory_bytes, job)
        with socket.socket(fileno=job) as sock:
            sock.sendall(_answer(work, sock))
    finally:
        os._exit(0)


def stand_by(work: Work, rehearse: Rehearsal, about: Sequence[bytes], line: socket.socket, parent: int) -> NoReturn:
    """Rehearse, say so, wait for an order on the line, and go on like `run`; ends with the line."""
    with contextlib.suppress(BaseException):
        _leave(parent)
        rehearse(about)
        line.sendall(READY)
        if found := wire.receive_order(line):
            order, job, _ = found
            run(work, order, job, parent)
    os._exit(1)


def _leave(parent: int) -> None:
    """Stop being the zygote."""
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    die_with(parent)


def _answer(work: Work, sock: socket.socket) -> bytes:
    """{"done": …}, {"invalid": [[line, column, code, message], …]} or {"failed": why, "message": …}, as a frame."""
    try:
        answer = wire.frame({"done": work(wire.receive_frame(sock, wire.MAX_REQUEST_BYTES))})
        if len(answer) <= wire.MAX_ANSWER_BYTES:
            return answer
        return wire.frame({"failed": "answer", "message": f"{len(answer):,} bytes"})
    except InvalidProgram as error:
        return wire.frame({"invalid": [[e.line, e.column, e.code, e.message] for e in error.errors]})
    except MemoryError:
        return wire.frame({"failed": "memory", "message": ""})
    except BaseException as error:  # a panic in a library written in Rust is no Exception
        return wire.frame({"failed": "crash", "message": f"{type(error).__name__}: {error}"[:_MESSAGE]})
