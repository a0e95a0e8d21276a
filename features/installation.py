"""A real installation to test against: `python -m qcjob up` in a folder of its own, and the customers who use it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from qcjob.cli.launcher.redis import find_redis_server
from qcjob.cli.launcher.waiting import is_ready
from qcjob.errors import ConfigurationError
from qcjob.security.keys import Keys
from qcjob.settings import Settings
from qcjob.wiring import redis_client

HOUSE = Path(__file__).resolve().parents[1]
READY_WITHIN_SECONDS = 60.0
ENDS_WITHIN_SECONDS = 30.0


def why_not() -> str | None:
    """Why no installation can be started here; None when one can."""
    try:
        find_redis_server()
    except ConfigurationError as error:
        return f"no redis-server: {error}"
    return None


def eventually(look: Callable[[], bool], within: float = ENDS_WITHIN_SECONDS) -> None:
    """Look until it is so; AssertionError when it was not within so many seconds."""
    deadline = time.monotonic() + within
    while not look():
        assert time.monotonic() < deadline, f"not within {within:g} s"
        time.sleep(0.05)


class Installation:
    """One data folder and the `up` that runs on it; `restart` keeps the folder."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="qcjob-features-")
        self._log = Path(self._folder.name) / "log"
        self._data = Path(self._folder.name) / "data"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._up: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Bring everything up, and wait until the web accepts jobs."""
        env = {name: value for name, value in os.environ.items() if not name.startswith("QCJOB_")}
        env["QCJOB_LOG_FORMAT"] = "json"
        command = [sys.executable, "-m", "qcjob", "up", "--data", str(self._data), "--port", str(self.port)]
        with self._log.open("ab") as log:
            self._up = subprocess.Popen(command, cwd=HOUSE, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        eventually(lambda: self._is_ready(), READY_WITHIN_SECONDS)

    def _is_ready(self) -> bool:
        assert self._up is not None
        assert self._up.poll() is None, self._log.read_text(errors="replace")[-3_000:]
        return is_ready(self.port)

    def stop(self) -> None:
        """SIGTERM, as an operator would; it must end well and leave nothing behind."""
        assert self._up is not None
        started = self._parts()
        assert len(started) == 5, f"wanted Redis, web, two workers and Flower: {started}"
        self._up.send_signal(signal.SIGTERM)
        assert self._up.wait(timeout=25) == 0, "up did not end well"
        left = [args for pid, args in started.items() if _group_lives(pid)]
        assert not left, f"processes were left: {left}"

    def restart(self) -> None:
        """Stop everything, then start again on the same data."""
        self.stop()
        self.start()

    def close(self) -> None:
        """Stop, and throw the data away."""
        try:
            if self._up is not None and self._up.poll() is None:
                self.stop()
        finally:
            if self._up is not None and self._up.poll() is None:
                self._up.kill()
                self._up.wait()
            self._folder.cleanup()

    def kill_worker(self, device: str) -> None:
        """SIGKILL to the worker of a device; the launcher starts another."""
        [worker] = [pid for pid, args in self._parts().items() if f" worker -Q {device} " in args]
        os.kill(worker, signal.SIGKILL)

    def add_customer(self, name: str) -> Customer:
        """Somebody with a new API key, made on the ledger as `python -m qcjob keys add` does it."""
        with redis_client(Settings(data=self._data)) as client:
            secret = Keys(client).add(name).secret
        return Customer(f"http://127.0.0.1:{self.port}", {"Authorization": f"Bearer {secret}"})

    def _parts(self) -> dict[int, str]:
        """Process id, which is that of its group too, and command line of every part that lives."""
        assert self._up is not None
        listed = subprocess.run(["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
        rows = [line.split(None, 2) for line in listed.splitlines()]
        return {int(pid): args for pid, parent, args in rows if int(parent) == self._up.pid}


class Customer:
    """One who asks over HTTP; `headers` hold the key."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        self._http = httpx.Client(base_url=url, headers=headers, timeout=40, trust_env=False)

    def get(self, path: str, **headers: str) -> httpx.Response:
        """One GET."""
        return self._http.get(path, headers=headers)

    def submit(self, program: str, *, key: str | None = None, **fields: Any) -> httpx.Response:
        """POST a job, with an idempotency key if one is given."""
        headers = {} if key is None else {"Idempotency-Key": key}
        return self._http.post("/v1/jobs", json={"program": program, **fields}, headers=headers)

    def job(self, job_id: str) -> dict[str, Any]:
        """The descriptor as it is now."""
        answer = self.get(f"/v1/jobs/{job_id}")
        assert answer.status_code == 200, answer.text
        document: dict[str, Any] = answer.json()
        return document

    def wait_for(self, job_id: str, *states: str) -> dict[str, Any]:
        """The descriptor once the job is in one of these states."""
        deadline = time.monotonic() + ENDS_WITHIN_SECONDS
        while (job := self.job(job_id))["state"] not in states:
            assert time.monotonic() < deadline, f"still {job['state']} after {ENDS_WITHIN_SECONDS:g} s: {job}"
            self.get(f"/v1/jobs/{job_id}", **{"Prefer": "wait=2", "If-None-Match": f'"{job["version"]}"'})
        return job

    def cancel(self, job_id: str) -> httpx.Response:
        """POST …/cancel."""
        return self._http.post(f"/v1/jobs/{job_id}/cancel")

    def jobs(self) -> list[dict[str, Any]]:
        """The newest 50 of their jobs."""
        items: list[dict[str, Any]] = self.get("/v1/jobs").json()["items"]
        return items

    def cancel_all(self) -> None:
        """Leave nothing running; wait for the end of what was."""
        for job in self.jobs():
            if job["state"] in ("WAITING", "SUBMITTED", "RUNNING"):
                self.cancel(job["id"])
        for job in self.jobs():
            self.wait_for(job["id"], "COMPLETED", "FAILED", "CANCELLED")
        self._http.close()


def _group_lives(pid: int) -> bool:
    try:
        os.killpg(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return False  # the number is somebody else's by now
    return True
