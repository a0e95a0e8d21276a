"""Real processes on one real Redis: what the integration tests start, break and look at.

Nothing here sleeps for a fixed time: `wait_for` looks again and again until a deadline.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import httpx
from celery import Celery

from qcjob.cli.launcher.redis import find_redis_server, redis_argv, socket_path
from qcjob.errors import ConfigurationError, LedgerUnavailable
from qcjob.job import Job
from qcjob.security.caller import Caller
from qcjob.security.keys import Keys
from qcjob.service import JobRequest
from qcjob.settings import read_settings
from qcjob.wiring import build_ledger, build_service, redis_client

HOUSE = Path(__file__).resolve().parents[2]

ALICE = Caller("alice", "key-of-alice", tier=2)

PROGRAM = "X(90),Y(90), X(180)"

QUICK = {
    "QCJOB_LEASE_SECONDS": "1.5",
    "QCJOB_KEEPER_SECONDS": "0.2",
    "QCJOB_LOG_FORMAT": "json",
    "QCJOB_LOG_LEVEL": "info",
}
"""Leases short enough that a test can wait for their end."""

DEVICES = """
default = "simulator"

[devices.simulator]
driver = "workers.drivers.simulator:Simulator"
on_uncertain = "rerun"

[devices.four]
driver = "workers.drivers.simulator:Simulator"
slots = 4
on_uncertain = "rerun"

[devices.scripted]
driver = "workers.drivers.scripted:Scripted"
submit_timeout = 1
job_options = ["script"]
options = {{ state = "{state}/scripted", log = "{state}/scripted.log" }}

[devices.untold]
driver = "workers.drivers.scripted:Scripted"
submit_timeout = 1.5
job_options = ["script"]
options = {{ state = "{state}/untold", log = "{state}/untold.log", status = "busy", caps = {{ dedup = "none" }} }}

[devices.hasty]
driver = "workers.drivers.scripted:Scripted"
submit_timeout = 1
max_run_seconds = 1
job_options = ["script"]
options = {{ state = "{state}/hasty", log = "{state}/hasty.log" }}

[devices.forgetful]
driver = "tests.integration.unruly:Forgetful"
job_options = ["script"]
options = {{ state = "{state}/forgetful", log = "{state}/forgetful.log", caps = {{ dedup = "none" }} }}

[devices.many]
driver = "workers.drivers.scripted:Scripted"
slots = 4
on_uncertain = "rerun"
job_options = ["script"]
options = {{ state = "{state}/many", log = "{state}/many.log", caps = {{ dedup = "none" }} }}
"""
"""`untold` cannot tell a second submit from the first, and never says that it is idle."""

T = TypeVar("T")


def missing_redis() -> str | None:
    """Why there is no redis-server here, None where there is one."""
    try:
        find_redis_server()
    except ConfigurationError as error:
        return str(error)
    return None


def wait_for(look: Callable[[], T], within: float = 30.0, what: str = "") -> T:
    """Look until the answer is true, and give it back. Fails when it was not within so many seconds."""
    deadline = time.monotonic() + within
    while not (answer := look()):
        assert time.monotonic() < deadline, f"not within {within} s: {what or 'what was waited for'} (last: {answer!r})"
        time.sleep(0.01)
    return answer


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Process:
    """One part, in a process group of its own, with its output in a file."""

    def __init__(self, name: str, argv: tuple[str, ...], env: Mapping[str, str], log: Path) -> None:
        self.name, self.log = name, log
        with log.open("ab") as output:
            self._popen = subprocess.Popen(
                argv, cwd=HOUSE, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )
        self.pid = self._popen.pid

    @property
    def lives(self) -> bool:
        """Whether the main process is still there."""
        return self._popen.poll() is None

    def children(self) -> list[int]:
        """Ids of the living direct children of the main process."""
        listed = subprocess.run(
            ["ps", "-o", "pid=,stat=", "--ppid", str(self.pid)], capture_output=True, text=True, check=False
        )
        rows = [line.split() for line in listed.stdout.splitlines()]
        return [int(pid) for pid, state in rows if not state.startswith("Z")]

    def signal_all(self, number: int) -> None:
        """Signal the main process and every child."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def kill_main(self) -> None:
        """kill -9 of the main process alone."""
        os.kill(self.pid, signal.SIGKILL)
        self._popen.wait()

    def end(self) -> None:
        """End it and whatever it started, for sure."""
        self.signal_all(signal.SIGKILL)
        self._popen.wait()

    def text(self) -> str:
        """Everything it has written so far."""
        return self.log.read_text(errors="replace")

    def events(self, event: str | None = None, **fields: Any) -> list[dict[str, Any]]:
        """Its JSON log lines; with this event and these fields."""
        found = [json.loads(line) for line in self.text().splitlines() if line.startswith("{") and line.endswith("}")]
        return [
            line
            for line in found
            if event in (None, line.get("event")) and all(line.get(key) == value for key, value in fields.items())
        ]

    def child_of(self, job_id: str) -> int:
        """The child that runs a job, known by the line it writes once the device has the job."""
        return int(wait_for(lambda: self.events("job running", job_id=job_id), what="the job in a child")[-1]["pid"])


class Cluster:
    """A Redis in a folder of its own, the service on it, and the processes a test starts beside it."""

    def __init__(self, folder: Path, **env: str) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.state = folder / "devices"
        for needed in (self.data / "redis", self.state):
            needed.mkdir(parents=True)
        devices = folder / "devices.toml"
        devices.write_text(DEVICES.format(state=self.state))
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("QCJOB_", "CELERY_"))}
        ours = {**QUICK, "QCJOB_DATA": str(self.data), "QCJOB_DEVICES": str(devices), **env}
        self.env = {**kept, **ours}
        self.settings = read_settings(ours)
        self.processes: list[Process] = []
        self._cleanup = contextlib.ExitStack()
        self._socket = self._cleanup.enter_context(socket_path(self.settings.redis_socket))
        self._counts: dict[str, int] = {}
        self.start_redis()
        self.client = redis_client(self.settings)
        self.service = build_service(self.settings, self.client)
        self.ledger = build_ledger(self.settings, self.client)
        self.celery = Celery(
            broker=self.settings.celery_broker_url, backend=self.settings.celery_result_backend, set_as_current=False
        )
        self.celery.ledger = self.ledger
        self.headers = {"Authorization": f"Bearer {Keys(self.client).add(ALICE.customer).secret}"}

    def close(self) -> None:
        """End every process, Redis last."""
        self.celery.close()
        self.client.close()
        for process in reversed(self.processes):
            process.end()
        self._cleanup.close()

    # -- processes

    def start(self, name: str, *argv: str, **env: str) -> Process:
        """Start something in the cluster's environment."""
        self._counts[name] = number = self._counts.get(name, 0) + 1
        process = Process(name, argv, {**self.env, **env}, self.folder / f"{name}-{number}.log")
        self.processes.append(process)
        return process

    def start_redis(self) -> Process:
        """Start Redis, for the first time or again on the same append-only file; it answers."""
        self.redis = self.start("redis", *redis_argv(find_redis_server(), self.settings, self._socket))
        probe = redis_client(self.settings)

        def answers() -> bool:
            with contextlib.suppress(Exception):
                return bool(probe.ping())
            return False

        wait_for(answers, what="Redis answers")
        probe.close()
        return self.redis

    def celery_command(self, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
        """`celery -A workers.app …`, to its end."""
        argv = (sys.executable, "-m", "celery", "-A", "workers.app", *args)
        return subprocess.run(argv, cwd=HOUSE, env={**self.env, **env}, capture_output=True, text=True, timeout=20)

    def worker(self, queues: str | None = None, name: str = "worker", *, wait: bool = True, **env: str) -> Process:
        """A worker as an operator starts it; ready, unless told not to wait."""
        served = ("-Q", queues) if queues else ()
        command = (sys.executable, "-m", "celery", "-A", "workers.app", "worker")
        quick = ("-n", f"{name}@%h", "-E", "--without-mingle")  # looking for neighbours takes a second
        worker = self.start(name, *command, *served, *quick, **env)
        if wait:
            self.wait_until_ready(worker)
        return worker

    @staticmethod
    def wait_until_ready(worker: Process) -> None:
        """Until it consumes."""

        def ready() -> bool:
            assert worker.lives, f"the worker ended: {worker.text()[-2_000:]}"
            return re.search(r"@\S+ ready\.", worker.text()) is not None

        wait_for(ready, within=60, what="a worker is ready")

    def web(self) -> str:
        """The API on granian; its URL, once it answers."""
        port = free_port()
        self.web_process = self.start(
            "web",
            *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)),
            *("--no-ws", "--workers", "1", "--blocking-threads", "32", "qcjob.web.wsgi:app"),
        )
        url = f"http://127.0.0.1:{port}"
        wait_for(lambda: _status(f"{url}/readyz") == 200, within=60, what="the web is ready")
        return url

    def flower(self) -> Callable[[str], Any]:
        """Flower behind a password; a function that reads a path of its API."""
        port, auth = free_port(), ("qcjob", "a-password-for-flower")
        self.start(
            "flower",
            *(sys.executable, "-m", "celery", "-A", "workers.app", "flower", "--address=127.0.0.1", f"--port={port}"),
            FLOWER_BASIC_AUTH=":".join(auth),
        )
        url = f"http://127.0.0.1:{port}"
        wait_for(lambda: _status(f"{url}/api/tasks", auth=auth) == 200, within=60, what="Flower answers")
        return lambda path: httpx.get(url + path, auth=auth, trust_env=False, timeout=5).json()

    # -- jobs

    def submit(
        self, device: str = "simulator", *, customer: Caller = ALICE, runtime: str | None = None, **more: Any
    ) -> str:
        """Submit a job by the service; its id. `duration`, `script`, `error` and `observables` are job options."""
        options: dict[str, Any] = {
            name: more.pop(name) for name in ("duration", "script", "error", "observables") if name in more
        }
        default = {"echo": "echo", "ideal": "simulated"}.get(device, "optimized")
        wanted = {"program": PROGRAM, "shots": 100, **more}
        request = JobRequest(device=device, runtime=runtime or default, options=options, **wanted)
        return self.service.submit(customer, request).id

    def job(self, job_id: str) -> Job:
        """The job as it is now."""
        job = self.ledger.read(job_id)
        assert job is not None, f"job {job_id} is lost"
        return job

    def wait_until(self, job_id: str, *states: str, within: float = 30.0) -> Job:
        """The job, once it is in one of these states."""

        def look() -> Job | None:
            with contextlib.suppress(LedgerUnavailable):
                job = self.job(job_id)
                if job.state in states:
                    return job
                assert not job.state.is_final, f"wanted {' or '.join(states)}: {job}"
            return None

        try:
            found = wait_for(look, within, f"{job_id} is {' or '.join(states)}")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.job(job_id)}") from error
        assert found is not None
        return found

    def wait_all(self, job_ids: list[str], state: str = "COMPLETED", within: float = 60.0) -> list[Job]:
        """The jobs, once each is in this state."""
        deadline = time.monotonic() + within
        return [self.wait_until(job_id, state, within=max(0.1, deadline - time.monotonic())) for job_id in job_ids]

    def runs(self, device: str) -> list[dict[str, Any]]:
        """Each run that the scripted device started, in order: its own log, not the ledger's."""
        log = self.state / f"{device}.log"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    def starts(self, device: str) -> list[str]:
        """The job of each of these runs."""
        return [run["job_id"] for run in self.runs(device)]


def moments(job: Job) -> dict[str, int]:
    """When the job last entered each state, in microseconds."""
    return {str(moment.state): moment.at for moment in job.history}


def rescues(job: Job) -> int:
    """How often a lost worker's lease was taken over, in all attempts."""
    return sum(len(attempt.rescues) for attempt in job.attempts)


def states(job: Job) -> list[str]:
    """The states the job went through."""
    return [str(moment.state) for moment in job.history]


@contextlib.contextmanager
def cluster_in(folder: Path, **env: str) -> Iterator[Cluster]:
    """A cluster that leaves no process behind."""
    cluster = Cluster(folder, **env)
    try:
        yield cluster
    finally:
        cluster.close()


def _status(url: str, auth: tuple[str, str] | None = None) -> int:
    try:
        return httpx.get(url, auth=auth, trust_env=False, timeout=5).status_code
    except httpx.TransportError:
        return 0
