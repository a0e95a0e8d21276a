"""Everything is restarted, part by part, round by round, while clients submit and poll: they notice next to nothing."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from benchmarks.chaos.logged import starts_in
from qcjob.cli.launcher.parts import web_part, worker_parts
from tests.integration.cluster import PROGRAM, Cluster, Process, cluster_in, free_port, wait_for
from tests.reference_server import ReferenceServer

DEVICES = """
default = "simulator"

[devices.qc]
driver = "workers.drivers.http:HttpDevice"
slots = 3
on_uncertain = "fail"
job_options = ["duration", "readout_error"]
options = {{ url = "{url}" }}

[devices.simulator]
driver = "benchmarks.chaos.logged:LoggedSimulator"
slots = 2
on_uncertain = "rerun"
job_options = ["duration", "readout_error"]
options = {{ log = "{log}" }}
"""
DURATIONS = {"qc": (0.0, 0.4, 2.0), "simulator": (0.0, 0.1, 0.3)}
"""Seconds. Some runs outlast the grace of half a second: those outside are handed over, the others waited for."""


@pytest.fixture
def qc(tmp_path: Path) -> Iterator[ReferenceServer]:
    server = ReferenceServer(tmp_path / "qc", "--slots", "3")
    server.start()
    yield server
    server.kill()


class Site:
    """What `up` starts, with a second worker for the quantum computer; each part can be replaced by a new one."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        commands = {part.name: part.argv for part in worker_parts(["qc", "simulator"])[:2]}
        commands["worker-qc-2"] = tuple(word.replace("qc@", "qc-2@") for word in commands["worker-qc"])
        self.commands = commands
        self.parts: dict[str, Process] = {name: self.start_worker(name) for name in commands}
        self.parts["web"] = self.start_web()

    def start_worker(self, name: str) -> Process:
        worker = self.cluster.start(name, *self.commands[name])
        self.cluster.wait_until_ready(worker)
        return worker

    def start_web(self) -> Process:
        """On the port of the one before, which may still be there."""
        web = self.cluster.start("web", *web_part(self.port).argv)
        wait_for(lambda: web.text().count("Started worker-") == 2, within=60, what="both web processes serve")
        return web

    def restart_worker(self, name: str) -> None:
        """As a process manager does: SIGTERM, and the new one when the old one is gone."""
        self.end(self.parts[name])
        self.parts[name] = self.start_worker(name)

    def restart_web(self) -> None:
        """A new one beside the old one, on the same port; then SIGTERM to the old one."""
        old, self.parts["web"] = self.parts["web"], self.start_web()
        self.end(old)

    def reload_web(self) -> None:
        """SIGHUP: granian replaces its processes, one after the other."""
        web = self.parts["web"]
        so_far = web.text().count("Stopped old worker-")
        os.kill(web.pid, signal.SIGHUP)
        wait_for(lambda: web.text().count("Stopped old worker-") == so_far + 2, within=60, what="both are replaced")

    @staticmethod
    def end(part: Process) -> None:
        os.kill(part.pid, signal.SIGTERM)
        wait_for(lambda: not part.lives, within=40, what=f"{part.name} ends")


class Client:
    """Submits one job after the other and follows each to its end, or writes down what it cannot do."""

    def __init__(self, url: str, headers: dict[str, str], number: int, stop: threading.Event) -> None:
        self.accepted: dict[str, str] = {}
        """Job id to the state that it was seen to end in."""
        self.answers: Counter[int] = Counter()
        self.retries = 0
        self.complaints: list[str] = []
        self._http = httpx.Client(base_url=url, headers=headers, trust_env=False, timeout=45)
        self._number, self._stop = number, stop
        self._thread = threading.Thread(target=self._submit_and_follow, name=f"client {number}")
        self.start, self.join = self._thread.start, self._thread.join

    def _submit_and_follow(self) -> None:
        device = ("qc", "qc", "simulator")[self._number % 3]
        waits = {"Prefer": "wait=10"} if self._number % 2 else {}
        count = 0
        while not self._stop.is_set():
            count += 1
            body = {
                "program": PROGRAM,
                "device": device,
                "shots": 10,
                "options": {"duration": DURATIONS[device][count % 3]},
            }
            key = {"Idempotency-Key": f"{self._number}-{count}"}
            job = self._ask(lambda body=body, key=key: self._http.post("/v1/jobs", json=body, headers=key), 202)
            if job is None:
                continue
            self.accepted[job["id"]] = ""
            while job is not None and job["state"] not in ("COMPLETED", "FAILED", "CANCELLED"):
                self._stop.wait(0.02)
                path = f"/v1/jobs/{job['id']}"
                seen = {"If-None-Match": f'"{job["version"]}"'} if waits else {}
                job = self._ask(lambda path=path, seen=seen: self._http.get(path, headers={**waits, **seen}), 200, job)
            if job is not None:
                self.accepted[job["id"]] = job["state"]
        self._http.close()

    def _ask(self, send: Callable[[], httpx.Response], wanted: int, before: dict | None = None) -> dict | None:
        """The answer's JSON, `before` if nothing changed. A connection that failed is tried four times more."""
        for attempt in range(5):
            try:
                answer = send()
            except httpx.TransportError as error:
                self.retries += 1
                last = repr(error)
                time.sleep(0.05 * 2**attempt)
                continue
            self.answers[answer.status_code] += 1
            if answer.status_code == 304:
                return before
            if answer.status_code != wanted:
                self.complaints.append(f"{answer.status_code}: {answer.text[:300]}")
                return None
            return answer.json()
        self.complaints.append(f"no answer in five tries: {last}")
        return None


class Watcher:
    """Waits on the server for a change that never comes, over and over. `cut`: after how many seconds it was cut."""

    def __init__(self, url: str, headers: dict[str, str], path: str, stop: threading.Event) -> None:
        self.cut: list[float] = []
        self.answers: Counter[int] = Counter()
        self._http = httpx.Client(base_url=url, headers=headers, trust_env=False, timeout=45)
        self._path, self._stop = path, stop
        self._thread = threading.Thread(target=self._watch, name="watcher")
        self.start, self.join = self._thread.start, self._thread.join

    def _watch(self) -> None:
        while not self._stop.is_set():
            asked_at = time.monotonic()
            try:
                answer = self._http.get(self._path, headers={"Prefer": "wait=6", "If-None-Match": '"1"'})
                self.answers[answer.status_code] += 1
            except httpx.TransportError:
                self.cut.append(time.monotonic() - asked_at)
        self._http.close()


@pytest.mark.parametrize("rounds", [1, pytest.param(3, marks=pytest.mark.long)])
def test_clients_notice_next_to_nothing_of_rolling_restarts(tmp_path: Path, qc: ReferenceServer, rounds: int) -> None:
    log, devices = tmp_path / "simulator-starts.log", tmp_path / "lab.toml"
    devices.write_text(DEVICES.format(url=qc.url, log=log))
    settings = {"QCJOB_DEVICES": str(devices), "QCJOB_GRACE_SECONDS": "0.5", "QCJOB_LEASE_SECONDS": "5"}
    with cluster_in(tmp_path / "cluster", **settings) as cluster:
        site, stop = Site(cluster), threading.Event()
        waiting = cluster.submit("ideal")  # no worker serves it here
        clients = [Client(site.url, cluster.headers, number, stop) for number in range(9)]
        watchers = [Watcher(site.url, cluster.headers, f"/v1/jobs/{waiting}", stop) for _ in range(4)]
        for thread in (*clients, *watchers):
            thread.start()
        try:
            for number in range(rounds):
                for name in site.commands:
                    site.restart_worker(name)
                (site.reload_web if number % 2 else site.restart_web)()
        finally:
            stop.set()
            for thread in (*clients, *watchers):
                thread.join()

        assert not [complaint for client in clients for complaint in client.complaints]
        answers = sum((client.answers for client in clients), Counter())
        assert set(answers) <= {200, 202, 304}, answers
        assert set().union(*(watcher.answers for watcher in watchers)) == {304}
        assert not [cut for watcher in watchers for cut in watcher.cut if cut > 1], "no long-poll is cut half-way"
        accepted = {job_id: state for client in clients for job_id, state in client.accepted.items()}
        assert len(accepted) > 30 * rounds
        assert set(accepted.values()) == {"COMPLETED"}

        jobs = {job.id: job for job in (cluster.job(job_id) for job_id in accepted)}
        stored = {key.decode().rpartition(":")[2] for key in cluster.client.scan_iter("qcjob:job:*")}
        assert stored == {*accepted, waiting}, "each job that is there was told to somebody, and none twice"
        assert {tuple(attempt.outcome for attempt in job.attempts) for job in jobs.values()} == {("completed",)}
        assert Counter({**starts_in(log), **qc.starts()}) == Counter(dict.fromkeys(accepted, 1))
        handed_over = [line for part in cluster.processes for line in part.events("job handed over")]
        assert len(handed_over) >= rounds, "runs that go on outside were handed over"
        assert sum(client.retries for client in clients) < 10 * len(clients)
