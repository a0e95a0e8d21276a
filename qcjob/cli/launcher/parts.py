"""Which processes an installation has: their names, command lines and environments, in the order they start."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from qcjob.devices.config import BUILT_INS

CELERY_APP = "workers.app"
WSGI_APP = "qcjob.web.wsgi:app"
HOST = "127.0.0.1"
ALONE = ("--without-gossip", "--without-mingle")
"""A worker needs nothing of its neighbours: the ledger tells it all. It is ready a second sooner so."""

LAST = ("nice", "-n", "10")
"""When all parts start at once, or the machine is busy, a window on the workers must not keep jobs waiting."""

REDIS, WEB, FLOWER, BUILT_IN_WORKER = "redis", "web", "flower", "worker-built-ins"


@dataclass(frozen=True, slots=True)
class Part:
    """One process. `env` is laid over the launcher's own; None takes a variable away."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str | None] = field(default_factory=dict, repr=False)
    stop_seconds: float = 4.0
    """How long it may take from SIGTERM to its end before its process group is killed."""
    orphan_signal: int = signal.SIGTERM
    """What the kernel sends it when the launcher is gone without a word (Linux)."""


def redis_part(argv: tuple[str, ...]) -> Part:
    """Redis: ends last, with its append-only file on the disk."""
    return Part(REDIS, argv)


def web_part(port: int, *, python: str = sys.executable) -> Part:
    """The API on granian. 512 threads because a long-poll holds one; websockets are not spoken.

    A process that is replaced has until its last long-poll is over, QCJOB_WAIT_LIMIT of 30 s, and some seconds more.
    """
    return Part(
        WEB,
        (
            *(python, "-m", "granian", "--interface", "wsgi"),
            *("--host", HOST, "--port", str(port), "--no-ws"),
            *("--workers", "2", "--blocking-threads", "512"),
            *("--respawn-failed-workers", "--workers-kill-timeout", "35"),
            WSGI_APP,
        ),
    )


def worker_parts(devices: Iterable[str], *, python: str = sys.executable) -> tuple[Part, ...]:
    """One worker a configured device, and one for the built-ins. Their concurrency is the slots of their devices."""
    built_ins = ",".join(device.name for device in BUILT_INS)
    named = [(f"worker-{name}", name, name) for name in devices]
    return tuple(
        Part(
            part,
            (
                *(python, "-m", "workers", "celery", "-A", CELERY_APP, "-q", "worker"),
                *("-Q", queues, "-n", f"{node}@%h", "-E", *ALONE),
            ),
            stop_seconds=8.0,  # a short job may end; a longer one is rescued when the worker is back
            orphan_signal=signal.SIGKILL,  # without Redis, which gets its signal too, it would wait for it for ever
        )
        for part, queues, node in [*named, (BUILT_IN_WORKER, built_ins, "built-ins")]
    )


def flower_part(port: int, key: str | None, *, python: str = sys.executable) -> Part:
    """Flower, behind the key: in the environment, because a command line can be read by everyone on the machine."""
    env = {"FLOWER_BASIC_AUTH": f"qcjob:{key}" if key else None, "FLOWER_UNAUTHENTICATED_API": None}
    where = (f"--address={HOST}", f"--port={port}", "--logging=warning")
    argv = (*LAST, python, "-m", "celery", "-A", CELERY_APP, "flower", *where)
    return Part(FLOWER, argv, env, stop_seconds=1.5, orphan_signal=signal.SIGKILL)  # as for workers
