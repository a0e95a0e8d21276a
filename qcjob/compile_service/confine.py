"""What a process that touches untrusted programs may not do. On Linux all of it; elsewhere what there is.

The zygote gives up the network for itself and all its children; each child gives up the rest before it reads its
program: other processes' descriptors, writing files, core dumps, more CPU and memory than its order says.
"""

from __future__ import annotations

import contextlib
import ctypes
import math
import os
import resource
import signal
import sys
import time
from pathlib import Path

_CLONE_NEWNET, _CLONE_NEWUSER = 0x40000000, 0x10000000
_PR_SET_PDEATHSIG = 1
_NICENESS = 5
"""So that a processor goes to whoever answers requests first: a quarter of a busy one is left to compiling."""
_DESCRIPTORS = 64
"""A child reads a module now and then; it needs no more open at a time."""

THREADS = ("RAYON_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def die_with(parent: int) -> None:
    """End this process when its parent ends, also when it has ended already."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def one_thread() -> None:
    """Let no library start threads of its own: a fork takes only one along."""
    for name in THREADS:
        os.putenv(name, "1")  # read by libraries in C and Rust, not by Python


def leave_network() -> bool:
    """Move to a namespace without a network; whether that was allowed. Only while there is one thread."""
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None)
    return any(libc.unshare(flags) == 0 for flags in (_CLONE_NEWNET, _CLONE_NEWNET | _CLONE_NEWUSER))


def stand_back() -> None:
    """Let whoever answers requests go first, also where Linux shares its time out by session (sched(7), autogroup).

    There niceness counts within a session only. So this wants a session of its own, and gives that a niceness too.
    """
    os.nice(max(0, _NICENESS - os.nice(0)))
    with contextlib.suppress(OSError):  # no autogroups here
        Path("/proc/self/autogroup").write_text(str(_NICENESS))


def confine(seconds: float, memory_bytes: int, keep: int) -> None:
    """Leave a child its three standard streams, silenced, and the descriptor `keep`; bound CPU, memory and files.

    `seconds` and `memory_bytes` are on top of what it has used and mapped already.
    """
    null = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(null, stream)
    os.closerange(3, keep)
    os.closerange(keep + 1, max(keep + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0]))
    with contextlib.suppress(OSError):  # when the machine runs out of memory, this process is the one to go
        Path("/proc/self/oom_score_adj").write_text("1000")
    _limit(resource.RLIMIT_CPU, int(time.process_time()) + math.ceil(seconds) + 1)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_NOFILE, max(_DESCRIPTORS, keep + 1))
    mapped = _mapped_bytes()
    if mapped is not None:
        _limit(resource.RLIMIT_AS, mapped + memory_bytes)


def _limit(kind: int, most: int) -> None:
    """Lower a limit for good; where the process has a lower one already, that stays."""
    hard = resource.getrlimit(kind)[1]
    wanted = most if hard == resource.RLIM_INFINITY else min(most, hard)
    with contextlib.suppress(ValueError, OSError):  # a platform without this limit
        resource.setrlimit(kind, (wanted, wanted))


def _mapped_bytes() -> int | None:
    """The address space this process has now; None where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except OSError:
        return None
    return pages * resource.getpagesize()
