"""`python -m workers.reference_qc`: one process, whose threads are the machine's slots and its door.

Served by werkzeug's threaded server, on purpose: the queue lives in this process, so there must be exactly one, and
kill -9 of it must end all of it at once, as a power cut would. It is a device for trying out and for tests, not a door
to the world: bind it to a lab's own network, and give it a token.
"""

from __future__ import annotations

import argparse
import fcntl
import ipaddress
import logging
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from werkzeug.serving import WSGIRequestHandler, make_server

from qcjob import logs
from qcjob.gates import GATES
from workers.drivers.sampling import largest
from workers.reference_qc.app import create_app
from workers.reference_qc.machine import Build, Machine
from workers.reference_qc.runs import Runs

log = logs.get_logger(__name__)


class Handler(WSGIRequestHandler):
    """Keeps connections open between requests, and lets go of one on which nothing comes."""

    protocol_version = "HTTP/1.1"
    timeout = 60


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or Ctrl-C: 0. Cannot start: 2, with the reason on stderr."""
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        build, token = _build(given), _token(given)
        _lock = _sole_owner(given.state)
        runs = Runs(given.state / "runs.sqlite" if given.state else None)
        machine = Machine(runs, build)
        app = create_app(machine, runs, token)
        server = make_server(given.host, given.port, app, threaded=True, request_handler=Handler)
    except (OSError, ValueError) as error:
        print(f"reference_qc: cannot start: {error}", file=sys.stderr)  # noqa: T201  a command talks to a person
        return 2
    except SystemExit as ended:  # how werkzeug says that the port is taken, after it said so
        return 2 if ended.code else 0
    logs.configure(service="reference-qc", level="info", form=given.log_format)
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # a line for each poll would drown the starts
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    machine.start()
    log.info("reference qc ready", host=given.host, port=server.server_port, slots=build.slots)
    server.serve_forever(poll_interval=0.1)
    machine.stop()
    runs.close()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m workers.reference_qc", description="A quantum computer over HTTP.")
    parser.add_argument("--port", type=int, required=True, help="0 takes a free one, which the first log line names")
    parser.add_argument("--host", default="127.0.0.1", help="127.0.0.1; another one wants a token")
    parser.add_argument("--state", type=Path, metavar="DIR", help="keep the jobs here; in memory when not given")
    parser.add_argument("--slots", type=int, default=1, help="runs at a time (1)")
    parser.add_argument("--max-queue", type=int, default=1_000, help="runs that wait; more are answered 429 (1000)")
    parser.add_argument("--qubits", type=int, default=1, help=f"1 to {largest()} (1)")
    parser.add_argument("--gates", default="rx,ry,rz", help=f"native gates, of {','.join(GATES)} (rx,ry,rz)")
    parser.add_argument("--readout-error", type=float, default=0.0, help="chance that a bit is read wrong (0)")
    parser.add_argument(
        "--token-file", type=Path, metavar="FILE", help="wants Authorization: Bearer and its first line"
    )
    parser.add_argument("--log-format", choices=("auto", "json", "pretty"), default="auto")
    return parser


def _build(given: argparse.Namespace) -> Build:
    gates = tuple(given.gates.split(","))
    if not set(gates) <= set(GATES):
        raise ValueError(f"--gates {given.gates}: there are {', '.join(GATES)}")
    if not 1 <= given.qubits <= largest():
        raise ValueError(f"--qubits {given.qubits}: wanted 1 to {largest()}")
    if given.slots < 1 or given.max_queue < 1:
        raise ValueError("--slots and --max-queue: wanted 1 or more")
    if not 0 <= given.readout_error <= 1:
        raise ValueError(f"--readout-error {given.readout_error}: wanted 0 to 1")
    return Build(given.qubits, gates, given.slots, given.max_queue, given.readout_error)


def _token(given: argparse.Namespace) -> str | None:
    if given.token_file is None:
        if not ipaddress.ip_address(given.host).is_loopback:
            raise ValueError(f"--host {given.host} is open to others: give it a --token-file")
        return None
    lines = given.token_file.read_text(encoding="utf-8").split()
    if not lines:
        raise ValueError(f"--token-file {given.token_file} is empty")
    return str(lines[0])


def _sole_owner(state: Path | None) -> IO[str] | None:
    """Hold the folder's lock for as long as the process lives. Raises OSError where another machine has it."""
    if state is None:
        return None
    state.mkdir(parents=True, exist_ok=True)
    lock = open(state / "lock", "w")  # noqa: SIM115  held until the process ends
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise OSError(f"another machine runs on {state}") from error
    return lock


if __name__ == "__main__":
    sys.exit(main())
