"""The compile service: from a request to the compiled program, whatever the program does to its compiler."""

from __future__ import annotations

import importlib.util
import os
import signal
import threading
import time
from collections.abc import Mapping
from functools import cache
from typing import Any

from qcjob.compile_service import wire
from qcjob.compile_service.cache import Cache
from qcjob.compile_service.places import Places
from qcjob.compile_service.process import Silent, Zygote, ZygoteLost
from qcjob.compile_service.request import Request
from qcjob.errors import CompilerBusy, InvalidProgram, ProgramError
from qcjob.logs import get_logger

log = get_logger(__name__)

WORK = "qcjob.compile_service.work:work"

PAUSE_SECONDS = 2.0
"""After a zygote that did not start; each try costs a second of a processor."""

_MEMORY_SIGNALS = (signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS)
"""How a library in C or Rust ends when it is given no memory; also how it ends by a fault of its own."""

Compiled = dict[str, Any]
"""{"compiled": the program for the driver, "stats": its figures}, plain JSON."""


NEEDED = ("qiskit", "openqasm3")
"""What of the extra `circuits` the compiler's children import."""


@cache
def can_compile() -> bool:
    """Whether the extra `circuits` is installed. Imports nothing."""
    return all(importlib.util.find_spec(name) is not None for name in NEEDED)


class CompileService:
    """Compiles OpenQASM in processes that can be killed. Every thread of a process shares one.

    The zygote is started by the first compile that is not in the cache, and again after it has died. It ends when this
    process does, or with `close`.
    """

    def __init__(self, *, running: int, waiting: int, cache: Cache | None = None, work: str = WORK) -> None:
        self._places = Places(running, waiting)
        self._cache = cache
        self._work = work
        self._starting = threading.Lock()
        self._zygote: Zygote | None = None
        self._owner = os.getpid()
        self._not_before = 0.0

    @property
    def zygote(self) -> int | None:
        """The process id of the zygote that is there, if one is."""
        zygote = self._zygote
        return zygote.pid if zygote is not None and zygote.lives else None

    def compile(self, request: Request) -> Compiled:
        """The program, compiled; `stats` says whether it was `cached`.

        Raises InvalidProgram with all that is wrong with it, or with `too-expensive-to-compile` or `cannot-compile`
        where compiling it took more than the device's limits allow or broke the compiler; CompilerBusy where it could
        not be tried, or where only another try can tell.
        """
        known = self._cache.find(request) if self._cache else None
        if known is not None:
            return {**known, "stats": {**known["stats"], "cached": True}}
        with self._places.take(wait_seconds=request.limits.compile_seconds):
            compiled = self._compile(request)
        if self._cache:
            self._cache.keep(request, compiled)
        return {**compiled, "stats": {**compiled["stats"], "cached": False}}

    def close(self) -> None:
        """End the zygote. The next compile starts another."""
        with self._starting:
            if self._zygote is not None and self._owner == os.getpid():
                self._zygote.end()
            self._zygote = None

    def _compile(self, request: Request) -> Compiled:
        document = request.as_dict()
        limits, about = request.limits, document["target"].encode()
        order = wire.Order(limits.compile_seconds, limits.compile_memory_bytes, about)
        for again in (True, False):
            zygote = self._living()
            try:
                answer = zygote.compile(document, order)
            except ZygoteLost as error:
                log.warning("compile zygote lost", reason=str(error), again=again)
                continue
            if isinstance(answer, Silent):
                raise _unanswered(answer.ending, order)
            return _read(answer, order)
        raise CompilerBusy("the compiler was lost twice in the middle of this program; try again later")

    def _living(self) -> Zygote:
        with self._starting:
            if self._owner != os.getpid():  # forked: the zygote is the parent's
                self._zygote, self._owner = None, os.getpid()
            if self._zygote is None or not self._zygote.lives:
                if time.monotonic() < self._not_before:
                    raise CompilerBusy("the compiler could not be started; the log says why")
                try:
                    self._zygote = Zygote(self._work)
                except ZygoteLost as error:
                    self._not_before = time.monotonic() + PAUSE_SECONDS
                    log.error("compile zygote did not start", work=self._work)
                    raise CompilerBusy("the compiler could not be started; the log says why") from error
            return self._zygote


def _read(answer: Mapping[str, Any], order: wire.Order) -> Compiled:
    """What a child answered. Raises what it says is wrong with the program."""
    if "done" in answer:
        return dict(answer["done"])
    if "invalid" in answer:
        raise InvalidProgram([ProgramError(*fault) for fault in answer["invalid"]])
    if answer["failed"] == "memory":
        raise _too_expensive(f"more memory than the {_mebibytes(order.memory_bytes)} MiB that are allowed")
    if answer["failed"] == "answer":
        most = f"{_mebibytes(wire.MAX_ANSWER_BYTES)} MiB"
        raise _too_expensive(f"a compiled program of {answer['message']}; {most} are allowed")
    log.error("compiler crashed", reason=answer["message"])
    raise _cannot_compile("the compiler failed on this program")


def _unanswered(ending: wire.Ending, order: wire.Order) -> Exception:
    """From how a child ended to what is said of its program."""
    log.warning(
        "compile ended without an answer",
        signal=ending.signal,
        late=ending.late,
        seconds=round(ending.seconds, 3),
        peak_bytes=ending.peak_bytes,
    )
    if ending.late or ending.signal == signal.SIGXCPU:
        return _too_expensive(
            f"more than the {order.seconds:g} s that are allowed; stopped after {ending.seconds:.1f} s"
        )
    if ending.signal == signal.SIGKILL:
        return CompilerBusy("the compile was killed, as when the machine is short of memory; try again later")
    if ending.signal in _MEMORY_SIGNALS and ending.peak_bytes > order.memory_bytes / 2:
        most = _mebibytes(order.memory_bytes)
        return _too_expensive(f"more than the {most} MiB of memory that are allowed")
    return _cannot_compile("the compiler broke down on this program")


def _too_expensive(used: str) -> InvalidProgram:
    return InvalidProgram([ProgramError(1, 1, "too-expensive-to-compile", f"compiling this program takes {used}")])


def _cannot_compile(why: str) -> InvalidProgram:
    return InvalidProgram([ProgramError(1, 1, "cannot-compile", why)])


def _mebibytes(size: int) -> str:
    return f"{size / 2**20:,.0f}"
