"""A Redis with so many waiting jobs, and a web in front of it."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import redis

from qcjob.cli.launcher.redis import find_redis_server
from qcjob.ids import new_job_id
from qcjob.job import NewJob
from qcjob.ledger import Ledger
from qcjob.security.keys import Keys

DEVICE = "simulator"
CUSTOMERS, PAGE = 100, 100
PROGRAM = "X(90),Y(90), X(180)"
SLOTS = 1_000_000
"""More than are claimed: the benchmark ends no job."""

COMPILED = json.dumps(
    {
        "format": 1,
        "qubits": 1,
        "clbits": 1,
        "layout": [0],
        "ops": [["rx", [0], [1.5708]], ["ry", [0], [1.5708]], ["rx", [0], [3.1416]], ["measure", [0], [], [0]]],
    }
)


@dataclass
class Full:
    """One length of the queue. `mine` are waiting jobs of customer 0, PAGE at first, in the order of submission."""

    waiting: int
    client: redis.Redis
    folder: Path
    ledger: Ledger
    mine: list[str] = field(default_factory=list)
    bytes_per_job: float = 0.0

    def new_job(self, number: int) -> NewJob:
        """A job as the service would build it: the first ones of customer 0, so that any queue has a page of theirs,
        the rest of all customers in turn. Their costs differ, so that tags do."""
        customer = 0 if number < PAGE else number % CUSTOMERS
        return NewJob(
            id=new_job_id(),
            customer=f"customer-{customer}",
            key_id="0123456789ab",
            tier=2,
            device=DEVICE,
            runtime="optimized",
            language="rotations",
            program=PROGRAM,
            compiled=COMPILED,
            shots=1_000,
            cost=350_000 + 1_000 * customer,
            request_id="0123456789abcdef",
        )

    def submit(self, number: int) -> str:
        """One more job waits; its id."""
        return self.ledger.submit(self.new_job(number)).id

    def fill(self) -> None:
        """As many jobs as are wanted, and what each weighs."""
        self.ledger.online(DEVICE, {"slots": str(SLOTS), "status": "online"})
        before = self._used()
        for number in range(self.waiting):
            job_id = self.submit(number)
            if number < PAGE:
                self.mine.append(job_id)
        self.bytes_per_job = (self._used() - before) / max(1, self.waiting)

    def _used(self) -> int:
        info: dict[str, Any] = self.client.info("memory")  # type: ignore[assignment]
        return int(info["used_memory"])


@contextmanager
def full(waiting: int, folder: Path) -> Iterator[Full]:
    """A queue of this length; its Redis writes nothing to disk, so that what is measured is work, not the disk."""
    folder.mkdir(parents=True)
    path = folder / "redis.sock"
    argv = (find_redis_server(), "--port", "0", "--unixsocket", str(path), "--save", "", "--dir", str(folder))
    server = subprocess.Popen([*argv, "--loglevel", "warning"], stdout=subprocess.DEVNULL)
    client = redis.Redis(unix_socket_path=str(path))
    try:
        _wait(lambda: client.ping(), "Redis answers")
        queue = Full(waiting, client, folder, Ledger(client))
        queue.fill()
        yield queue
    finally:
        client.close()
        server.kill()
        server.wait()


@contextmanager
def web(queue: Full, **settings: str) -> Iterator[httpx.Client]:
    """A web process on that Redis, and a client with the key of the first customer."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {name: value for name, value in os.environ.items() if not name.startswith("QCJOB_")}
    env |= {"QCJOB_REDIS_URL": f"unix://{queue.folder}/redis.sock", "QCJOB_DATA": str(queue.folder), **settings}
    argv = (sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port), "--no-ws")
    process = subprocess.Popen(
        [*argv, "--blocking-threads", "32", "--log-level", "warning", "qcjob.web.wsgi:app"],
        env={**env, "QCJOB_LOG_LEVEL": "warning"},
        start_new_session=True,
    )
    headers = {"Authorization": f"Bearer {Keys(queue.client).add('customer-0').secret}"}
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, trust_env=False, timeout=30)
    try:
        _wait(lambda: client.get("/readyz").status_code == 200, "the web is ready")
        yield client
    finally:
        client.close()
        process.terminate()
        process.wait()


def _wait(look: Any, what: str, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(redis.RedisError, httpx.TransportError):
            if look():
                return
        time.sleep(0.05)
    raise RuntimeError(f"not within {seconds:g} s: {what}")
