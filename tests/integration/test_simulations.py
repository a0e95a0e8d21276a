"""Circuits on the simulators through real workers: what does not end is ended, and hurts nobody."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from typing import Any

import httpx
import psutil
import pytest

from tests.integration.cluster import Cluster, Process, cluster_in, wait_for

DEVICES = """
devices.simulator.preset = "simulator"

[devices.brief]
preset = "simulator"
max_run_seconds = 1
"""
BELL = 'OPENQASM 3.0; include "stdgates.inc"; qubit[2] q; bit[2] c; h q[0]; cx q[0], q[1]; c = measure q;'
ENDLESS = "OPENQASM 3.0; qubit q; bit c; while (!c) { reset q; c = measure q; }"


class Front:
    """A web process and a client of it."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.http = httpx.Client(base_url=cluster.web(), headers=cluster.headers, trust_env=False, timeout=60)

    def submit(self, program: str, **fields: Any) -> str:
        answer = self.http.post("/v1/jobs", json={"program": program, **fields})
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def ended(self, job_id: str) -> dict[str, Any]:
        def look() -> Any:
            found = self.http.get(f"/v1/jobs/{job_id}").json()
            return found if found["state"] in ("COMPLETED", "FAILED", "CANCELLED") else None

        found: dict[str, Any] = wait_for(look, within=60)
        return found

    def counts(self, job_id: str) -> dict[str, int]:
        assert self.ended(job_id)["state"] == "COMPLETED"
        counts: dict[str, int] = self.http.get(f"/v1/jobs/{job_id}/result").json()["counts"]
        return counts


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    pytest.importorskip("qiskit_aer", reason="Aer is not installed: pip install 'qcjob[circuits]'")
    folder = tmp_path_factory.mktemp("simulations")
    devices = folder / "devices.toml"
    devices.write_text(DEVICES)
    with cluster_in(folder / "cluster", QCJOB_DEVICES=str(devices)) as made:
        found = Front(made)
        yield found
        found.http.close()


@pytest.fixture(scope="module")
def worker(front: Front) -> Process:
    return front.cluster.worker("simulator,brief")


def engines(worker: Process) -> list[psutil.Process]:
    """The processes that simulate for this worker, with those that fork them."""
    below = psutil.Process(worker.pid).children(recursive=True)
    found = []
    for each in below:
        with contextlib.suppress(psutil.NoSuchProcess):  # it ended while it was looked at
            if "workers.drivers.aer_child" in each.cmdline():
                found.append(each)
    return found


def test_the_same_seed_gives_the_same_counts_in_another_job(front: Front, worker: Process) -> None:
    jobs = [front.submit(BELL, seed=seed, shots=1_000) for seed in (7, 7, 8)]
    first, again, other = map(front.counts, jobs)
    assert set(first) == {"00", "11"}
    assert first == again != other


def test_an_endless_loop_is_ended_by_a_cancel(front: Front, worker: Process) -> None:
    job = front.submit(ENDLESS)
    child = worker.child_of(job)
    wait_for(lambda: len(engines(worker)) > 1, what="a process of its own")
    front.http.post(f"/v1/jobs/{job}/cancel")
    assert front.ended(job)["state"] == "CANCELLED", front.ended(job)["error"]
    assert set(front.counts(front.submit(BELL))) == {"00", "11"}
    assert psutil.pid_exists(child), "the worker's child takes the next job"
    wait_for(lambda: all(each.parent().pid in worker.children() for each in engines(worker)), what="no run left")


def test_an_endless_loop_is_ended_by_the_devices_time_limit(front: Front, worker: Process) -> None:
    job = front.ended(front.submit(ENDLESS, device="brief"))
    assert (job["state"], job["error"]["code"]) == ("FAILED", "ran-too-long")
    assert set(front.counts(front.submit(BELL, device="brief"))) == {"00", "11"}


def test_a_child_that_is_killed_takes_its_simulation_with_it_and_the_job_runs_again(
    front: Front, worker: Process
) -> None:
    job = front.submit(ENDLESS)
    child = worker.child_of(job)
    running = wait_for(lambda: [each for each in engines(worker) if child in (p.pid for p in each.parents())])
    os.kill(child, signal.SIGKILL)
    wait_for(lambda: not any(each.is_running() for each in running), what="no engine left")
    wait_for(lambda: len(worker.events("job running", job_id=job)) > 1, within=30, what="the job in another child")
    front.http.post(f"/v1/jobs/{job}/cancel")
    assert front.ended(job)["state"] == "CANCELLED", front.ended(job)["error"]
