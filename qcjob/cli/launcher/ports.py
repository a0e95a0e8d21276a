"""Ports of this machine's loopback."""

from __future__ import annotations

import socket

from qcjob.cli.launcher.parts import HOST
from qcjob.cli.launcher.signals import Signals
from qcjob.errors import ConfigurationError

TRY_AGAIN_SECONDS = 0.2


def check_port(port: int, option: str, signals: Signals, *, tries: int = 1) -> None:
    """Raises ConfigurationError when the port is taken, or not for this user, and still so after some tries."""
    for left in range(tries, 0, -1):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port that was just let go is free
            try:
                probe.bind((HOST, port))
                probe.listen()
                return
            except OSError as error:
                if left == 1 or signals.stop_asked:
                    raise ConfigurationError(
                        f"port {port} of {HOST} cannot be used ({error.strerror}): choose another with {option} N"
                    ) from error
        signals.wait(TRY_AGAIN_SECONDS)


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
