"""The data folder: made for its owner alone, held by one launcher at a time, with the API key in it."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qcjob.errors import ConfigurationError

LOCK_FILE = "up.lock"


def prepare(data: Path) -> None:
    """Make the folder, and Redis's in it, readable by nobody else. Raises ConfigurationError where it cannot."""
    try:
        if data.exists() and not data.is_dir():
            raise NotADirectoryError(20, "it is no folder")
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        (data / "redis").mkdir(mode=0o700, exist_ok=True)
        if not os.access(data, os.W_OK | os.X_OK):
            raise PermissionError(13, "not writable")
    except OSError as error:
        raise ConfigurationError(
            f"the data folder {data} cannot be used: {error.strerror}; choose another with --data"
        ) from error


@contextmanager
def hold(data: Path) -> Iterator[bool]:
    """Hold the folder against a second `up`; True when the one before was killed: its parts may still be ending.

    The kernel lets go of the lock however this process ends. Raises ConfigurationError when another holds it.
    """
    try:
        lock = os.open(data / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ConfigurationError(
            f"the data folder {data} cannot be used: {error.strerror}; choose another with --data"
        ) from error
    try:
        pid = os.read(lock, 32).decode("ascii", "replace").strip()
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ConfigurationError(
                f"another `up` (process {pid or '?'}) runs on {data}: stop it, or give this one a --data and --port"
            ) from error
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
        yield bool(pid)
        os.ftruncate(lock, 0)
    finally:
        os.close(lock)


def ensure_key(path: Path, given: str | None = None) -> str:
    """The API key in `path`, put there first if there is none: the one given, else a new one of 256 random bits.

    The file is its owner's alone (0600), also when it was there before. Raises ConfigurationError.
    """
    try:
        if path.exists() and (key := path.read_text(encoding="ascii").strip()):
            path.chmod(0o600)
            return _checked(key, path)
        key = _checked(given or secrets.token_urlsafe(32), path)
        fresh = path.with_name(f"{path.name}.new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(f"{key}\n")
        fresh.replace(path)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not ASCII text"
        raise ConfigurationError(f"the API key {path} cannot be used: {reason}") from error
    return key


def _checked(key: str, path: Path) -> str:
    """A key that a header and FLOWER_BASIC_AUTH, a list with commas, can carry as it is."""
    if not 32 <= len(key) <= 256 or not key.isascii() or not key.isprintable() or set(key) & set(" ,:"):
        raise ConfigurationError(
            f"the key for {path} cannot be used: wanted 32 to 256 visible ASCII characters without comma and colon. "
            "Take the file away, and a new key is made."
        )
    return key
