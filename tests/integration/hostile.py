"""Work for a compile service that a test wants to see survive it. The request's `source` says what to do."""

from __future__ import annotations

import ctypes
import os
import resource
import socket
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from qcjob.errors import InvalidProgram, ProgramError

REHEARSED: list[int] = []
"""How many orders were remembered at each rehearsal of this process."""


def rehearse(about: Sequence[bytes]) -> None:
    """What a child does while it stands by."""
    REHEARSED.append(len(about))


def work(request: Mapping[str, Any]) -> dict[str, Any]:
    """Do what the source's first word names, with the other words."""
    name, *arguments = request["source"].split()
    return {"compiled": WAYS[name](*arguments), "stats": {"pid": os.getpid()}}


def _hang(_: str = "") -> None:
    while True:
        time.sleep(1)


def _spin() -> None:
    while True:
        pass


def _allocate(mebibytes: str = "100000") -> int:
    return len(bytearray(int(mebibytes) * 2**20))


def _allocate_slowly() -> None:
    kept = []
    while True:
        kept.append(bytearray(16 * 2**20))


def _allocate_in_c(mebibytes: str) -> None:
    """Like a library in Rust: touch what there is, and abort when there is no more."""
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    for _ in range(int(mebibytes)):
        block = libc.malloc(ctypes.c_size_t(2**20))
        if not block:
            os.abort()
        ctypes.memset(block, 1, 2**20)


def _panic() -> None:
    class PanicException(BaseException):
        """What Rust's panics are in Python."""

    raise PanicException("called `Option::unwrap()` on a `None` value")


def _refuse() -> None:
    raise InvalidProgram([ProgramError(3, 7, "undefined-name", "no q"), ProgramError(4, 1, "unsupported", "no")])


def _write(path: str) -> str:
    try:
        with Path(path).open("w") as file:
            file.write("x" * 10_000)
    except OSError as error:
        return type(error).__name__
    return "written"


def _connect(port: str) -> str:
    try:
        socket.create_connection(("127.0.0.1", int(port)), timeout=1).close()
    except OSError as error:
        return type(error).__name__
    return "connected"


def _look() -> dict[str, Any]:
    return {
        "descriptors": sorted(int(entry.name) for entry in Path("/proc/self/fd").iterdir()),
        "parent": os.getppid(),
        "cpu": resource.getrlimit(resource.RLIMIT_CPU)[0],
        "space": resource.getrlimit(resource.RLIMIT_AS)[0],
        "mapped": int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize(),
        "oom": Path("/proc/self/oom_score_adj").read_text().strip(),
        "web": sorted({name.split(".")[0] for name in sys.modules} & {"flask", "celery", "redis", "marshmallow"}),
        "rayon": bytes(Path("/proc/self/environ").read_bytes()) is not None and _c_environment("RAYON_NUM_THREADS"),
    }


def _c_environment(name: str) -> str:
    getenv = ctypes.CDLL(None).getenv
    getenv.restype = ctypes.c_char_p
    return (getenv(name.encode()) or b"").decode()


WAYS: dict[str, Callable[..., Any]] = {
    "echo": lambda *words: list(words),
    "hang": _hang,
    "spin": _spin,
    "sleep": lambda seconds: time.sleep(float(seconds)),
    "allocate": _allocate,
    "allocate-slowly": _allocate_slowly,
    "allocate-in-c": _allocate_in_c,
    "segfault": lambda: ctypes.string_at(0),
    "abort": os.abort,
    "exit": lambda code: os._exit(int(code)),
    "kill": lambda number: os.kill(os.getpid(), int(number)),
    "kill-zygote": lambda: (os.kill(os.getppid(), 9), time.sleep(5)),
    "panic": _panic,
    "quit": sys.exit,
    "recurse": lambda: WAYS["recurse"](),
    "refuse": _refuse,
    "rehearsed": lambda: REHEARSED,
    "flood": lambda mebibytes: "x" * (int(mebibytes) * 2**20),
    "write": _write,
    "connect": _connect,
    "look": _look,
}
