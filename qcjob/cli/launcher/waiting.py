"""Whether a part answers yet. Each question has a short timeout; a stop that is asked for ends the waiting."""

from __future__ import annotations

import http.client
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import redis

from qcjob.cli.launcher.parts import HOST
from qcjob.cli.launcher.signals import Signals
from qcjob.errors import ConfigurationError

PATIENCE_SECONDS = 10.0
TICK_SECONDS = 0.05


def wait_until_gone(redis_socket: Path, signals: Signals, clock: Callable[[], float] = time.monotonic) -> None:
    """Wait for a Redis that a killed launcher left ending: two on the same files would spoil them.

    Raises ConfigurationError when it still answers after PATIENCE_SECONDS.
    """
    deadline = clock() + PATIENCE_SECONDS
    while _answers(redis_socket):
        if clock() >= deadline or signals.wait(TICK_SECONDS):
            raise ConfigurationError(f"a Redis already answers at {redis_socket}: stop it, or give another --data")


def wait_for_redis(
    client: redis.Redis,
    signals: Signals,
    *,
    has_died: Callable[[], bool] | None,
    clock: Callable[[], float] = time.monotonic,
) -> bool:
    """Wait until Redis answers; False when a stop was asked for first.

    An embedded one (`has_died` given) may take as long as it reads its files; one of the operator's PATIENCE_SECONDS.
    Raises ConfigurationError when there is nothing to wait for.
    """
    deadline = clock() + PATIENCE_SECONDS
    while not signals.stop_asked:
        try:
            client.ping()
            return True
        except (redis.exceptions.AuthenticationError, redis.exceptions.AuthorizationError) as error:
            raise ConfigurationError(f"the Redis of QCJOB_REDIS_URL refuses to talk to us: {error}") from error
        except redis.exceptions.BusyLoadingError:
            pass  # it reads its files
        except redis.exceptions.RedisError as error:
            if has_died is not None and has_died():
                raise ConfigurationError("redis-server ended as soon as it was started; it says why above") from error
            if has_died is None and clock() >= deadline:
                raise ConfigurationError(f"the Redis of QCJOB_REDIS_URL does not answer: {error}") from error
        signals.wait(TICK_SECONDS)
    return False


def is_ready(port: int) -> bool:
    """True once the web says that it is ready to accept jobs."""
    connection = http.client.HTTPConnection(HOST, port, timeout=1.0)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def accepts(port: int) -> bool:
    """Whether somebody takes connections at a port of this machine's loopback."""
    try:
        with socket.create_connection((HOST, port), timeout=1.0):
            return True
    except OSError:
        return False


def _answers(path: Path) -> bool:
    real = os.path.realpath(path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.settimeout(1.0)
            probe.connect(real)
        except OSError:
            return False
    return True
