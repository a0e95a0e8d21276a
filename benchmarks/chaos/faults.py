"""What is done to an installation. A fault is a context: entered it strikes, left it is undone.

Each yields in words what it struck, and takes every choice from the dice, so that a seed gives the same storm again.
How long a fault lasts is given in seconds, or in leases where that is what matters.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from random import Random

import redis

from benchmarks.chaos.installation import DEVICES, MACHINE, Installation
from qcjob.cli.launcher.parts import REDIS, WEB

Strike = Callable[[Installation, Random], AbstractContextManager[str]]

_MEND_SECONDS = 10.0
_RESTART_SECONDS = 60.0
"""A worker that is asked to stop ends its jobs first, and Redis may be away meanwhile."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault. `seconds` and `leases`: the least and the most it lasts; both zero: it is over at once."""

    name: str
    what: str
    strike: Strike
    seconds: tuple[float, float] = (0.0, 0.0)
    leases: tuple[float, float] = (0.0, 0.0)

    def lasts(self, dice: Random, lease_seconds: float) -> float:
        """For how many seconds, this time."""
        return dice.uniform(*self.seconds) + dice.uniform(*self.leases) * lease_seconds


def _ends(number: signal.Signals, *parts: str) -> Strike:
    """One of these parts; a worker where none is named. It lasts until the part is started again."""

    @contextmanager
    def strike(site: Installation, dice: Random) -> Iterator[str]:
        part = dice.choice(parts or site.workers)
        with _until_started_again(site, [part]):
            site.signal(part, number)
            yield part

    return strike


def _ends_all(number: signal.Signals) -> Strike:
    @contextmanager
    def strike(site: Installation, dice: Random) -> Iterator[str]:
        parts = [REDIS, WEB, *site.workers]
        dice.shuffle(parts)
        with _until_started_again(site, parts):
            for part in parts:
                site.signal(part, number)
            yield "everything but the device"

    return strike


@contextmanager
def _until_started_again(site: Installation, parts: Sequence[str]) -> Iterator[None]:
    before = {part: site.pid(part) for part in parts}
    yield
    deadline = time.monotonic() + _RESTART_SECONDS
    while not site.ending.wait(0.05):
        left = [part for part, pid in before.items() if site.pid(part) == pid]
        if not left:
            return
        if time.monotonic() > deadline:
            raise RuntimeError(f"not started again within {_RESTART_SECONDS:g} s: {', '.join(left)}")


@contextmanager
def _restarts_one_by_one(site: Installation, _: Random) -> Iterator[str]:
    """As `docs/operations.md` says: each worker is asked to stop, the web is told to replace its processes."""
    yield "each worker, then each web process"
    for part in site.workers:
        with _until_started_again(site, [part]):
            site.signal(part, signal.SIGTERM)
    before = set(site.children(WEB))
    site.signal(WEB, signal.SIGHUP)
    deadline = time.monotonic() + _RESTART_SECONDS
    while before & set(site.children(WEB)) and not site.ending.wait(0.1):
        if time.monotonic() > deadline:
            raise RuntimeError(f"the web did not replace its processes within {_RESTART_SECONDS:g} s")


def _kills_a_child(*parts: str) -> Strike:
    @contextmanager
    def strike(site: Installation, dice: Random) -> Iterator[str]:
        part, choice = dice.choice(parts or site.workers), dice.random()
        children = site.children(part)
        if children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(children[int(choice * len(children))], signal.SIGKILL)
        yield f"a child of {part}" if children else f"{part} had no child"

    return strike


@contextmanager
def _freezes_a_worker(site: Installation, dice: Random) -> Iterator[str]:
    part, whole, choice = dice.choice(site.workers), dice.random(), dice.random()
    group, children = site.group_of(part), site.children(part)
    if whole < 0.5 or not children:
        frozen, send, told = group, os.killpg, f"{part} and its children"
    elif whole < 0.75:
        frozen, send, told = group, os.kill, f"{part} without its children"
    else:
        frozen, send, told = children[int(choice * len(children))], os.kill, f"a child of {part}"
    with contextlib.suppress(ProcessLookupError):
        send(frozen, signal.SIGSTOP)
    try:
        yield told
    finally:
        with contextlib.suppress(ProcessLookupError):
            send(frozen, signal.SIGCONT)


def _breaks_the_line(how: str) -> Strike:
    """`cut`, `silence` or `half_open` of the line between Redis and the web, the workers, or both."""

    @contextmanager
    def strike(site: Installation, dice: Random) -> Iterator[str]:
        names = dice.choice((["web"], ["workers"], ["workers"], ["web", "workers"]))
        struck = [site.proxies[name] for name in names]
        for proxy in struck:
            getattr(proxy, how)()
        try:
            yield f"Redis and {' and '.join(names)}"
        finally:
            for proxy in struck:
                proxy.mend()

    return strike


def _fills_redis(share: float) -> Strike:
    """The memory limit is lowered until what is used is this share of it."""

    @contextmanager
    def strike(site: Installation, _: Random) -> Iterator[str]:
        before = site.client.config_get("maxmemory")["maxmemory"] or "0"
        used = site.client.info("memory")["used_memory"]
        site.client.config_set("maxmemory", int(used / share))
        try:
            yield f"Redis at {share:.0%} of its memory"
        finally:
            _surely(lambda: site.client.config_set("maxmemory", before))

    return strike


@contextmanager
def _deletes_queues(site: Installation, _: Random) -> Iterator[str]:
    site.client.delete(*DEVICES)
    yield "every Celery queue"


@contextmanager
def _flushes_scripts(site: Installation, _: Random) -> Iterator[str]:
    site.client.script_flush()
    yield "the script cache"


def _surely(write: Callable[[], object]) -> None:
    """Try until Redis takes it: a fault that cannot be undone is not one of ours."""
    deadline = time.monotonic() + _MEND_SECONDS
    while True:
        try:
            write()
            return
        except redis.RedisError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


FAULTS = {
    fault.name: fault
    for fault in (
        Fault("worker-killed", "kill -9 of a worker", _ends(signal.SIGKILL)),
        Fault("worker-stopped", "SIGTERM to a worker", _ends(signal.SIGTERM)),
        Fault("rolling-restart", "all workers and web processes restarted in turn", _restarts_one_by_one),
        Fault("child-killed", "kill -9 of a worker's child", _kills_a_child()),
        Fault("worker-frozen", "a worker stopped past its lease, then continued", _freezes_a_worker, leases=(1.2, 1.8)),
        Fault("web-killed", "kill -9 of the web's main process", _ends(signal.SIGKILL, WEB)),
        Fault("web-child-killed", "kill -9 of a web process", _kills_a_child(WEB)),
        Fault("redis-killed", "kill -9 of Redis", _ends(signal.SIGKILL, REDIS)),
        Fault("line-cut", "connections to Redis reset, and refused for a while", _breaks_the_line("cut"), (1.0, 6.0)),
        Fault("line-silent", "nothing passes, then all of it", _breaks_the_line("silence"), leases=(0.4, 1.8)),
        Fault("line-half-open", "connections lead nowhere, new ones work", _breaks_the_line("half_open"), (1.0, 2.0)),
        Fault("redis-full", "Redis over its memory limit", _fills_redis(1.02), (2.0, 6.0)),
        Fault("redis-filling", "Redis at 85 % of its memory", _fills_redis(0.85), (2.0, 6.0)),
        Fault("queues-deleted", "Celery's queues deleted", _deletes_queues),
        Fault("scripts-flushed", "Redis's script cache flushed", _flushes_scripts),
        Fault("device-killed", "kill -9 of the reference QC", _ends(signal.SIGKILL, MACHINE)),
        Fault("all-killed", "kill -9 of everything but the device", _ends_all(signal.SIGKILL)),
        Fault("all-stopped", "SIGTERM to everything at once but the device", _ends_all(signal.SIGTERM)),
    )
}
