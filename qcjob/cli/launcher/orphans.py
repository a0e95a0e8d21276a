"""What a part's dead process leaves behind comes to the launcher (Linux), which waits for its end: no zombies."""

from __future__ import annotations

import ctypes
import os
import sys
import time
from collections.abc import Callable, Collection, Iterable

MOST_SECONDS = 1.0
"""A killed process is gone in milliseconds, unless the kernel is busy with its disk."""
TICK_SECONDS = 0.005
_PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> bool:
    """From now on orphaned descendants become children of this process; False where there is no such thing."""
    if not sys.platform.startswith("linux"):
        return False
    return bool(ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)


def wait_for_groups(
    groups: Iterable[int],
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
) -> None:
    """Wait for every child in these process groups, which were killed; at most MOST_SECONDS in all.

    Whoever holds a child as a Popen has waited for it before, or its exit code is lost to them.
    """
    deadline = clock() + MOST_SECONDS
    for group in groups:
        while _wait_for_the_dead_of(group) and clock() < deadline:
            sleep(TICK_SECONDS)


def wait_for_adopted(own: Collection[int]) -> None:
    """Wait for every dead child that is none of `own`, which are waited for by those who started them."""
    while (dead := _next_dead()) and dead not in own:
        os.waitpid(dead, 0)


def _wait_for_the_dead_of(group: int) -> bool:
    """True while children of this group live."""
    try:
        while os.waitpid(-group, os.WNOHANG)[0]:
            pass
        return True
    except ChildProcessError:
        return False


def _next_dead() -> int | None:
    """A dead child, left as it is."""
    try:
        found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return None
    return found.si_pid if found else None
