"""The other end of `workers.drivers.forks`: a process that imports once and forks for each run.

It has one thread, so that a fork is safe. It is given the ends of sockets on its standard input, and answers each with
the number of the process that has it. That process reads what is asked, JSON to its end, and answers in JSON: what the
run told, or {"error": "…"} where it raised. When whoever started the server is gone, it ends, and every run with it.
"""

from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import Callable
from typing import Any

from workers.drivers.forks import PID


def serve(run: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Fork for each socket that comes in, until nobody is left to send one."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries the children
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the worker's to hear
    with socket.socket(fileno=os.dup(0)) as orders:
        while True:
            message, handed, _, _ = socket.recv_fds(orders, 1, 1)
            if not message:
                break
            child = os.fork()
            if child == 0:
                orders.close()
                _answer(socket.socket(fileno=handed[0]), run)
            os.close(handed[0])
            orders.sendall(PID.pack(child))
    os.killpg(0, signal.SIGKILL)


def _answer(caller: socket.socket, run: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    try:
        with caller, caller.makefile("rb") as question, caller.makefile("w", encoding="ascii") as answer:
            asked = json.load(question)
            try:
                told = run(asked)
            except BaseException as error:
                told = {"error": f"{type(error).__name__}: {error}"[:1_000]}
            json.dump(told, answer)
    finally:
        os._exit(0)
