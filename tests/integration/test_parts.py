"""A job of several circuits over HTTP, on a quantum computer outside: workers are killed, each part is started once."""

from __future__ import annotations

import math
import os
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from qcjob.client import Client
from qcjob.ledger.checkup import Checkup
from tests.integration.cluster import Cluster, cluster_in, wait_for
from tests.reference_server import ReferenceServer

DEVICES = """
[devices.qc]
driver = "workers.drivers.http:HttpDevice"
submit_timeout = 5
job_options = ["duration", "readout_error"]
options = {{ url = "{url}", read_timeout = 0.5, submit_seconds = 2.0, circuit_seconds = 0.5 }}
"""
DEGREES = (0, 45, 90, 135, 180)


@pytest.fixture
def qc(tmp_path: Path) -> Iterator[ReferenceServer]:
    server = ReferenceServer(tmp_path / "qc")
    server.start()
    yield server
    server.kill()


@pytest.fixture
def lab(tmp_path: Path, qc: ReferenceServer) -> Iterator[Cluster]:
    devices = tmp_path / "lab.toml"
    devices.write_text(DEVICES.format(url=qc.url))
    quick = {"QCJOB_LEASE_SECONDS": "0.9", "QCJOB_KEEPER_SECONDS": "0.1"}
    with cluster_in(tmp_path, QCJOB_DEVICES=str(devices), **quick) as cluster:
        yield cluster


def test_workers_killed_between_parts_and_in_the_middle_of_one_start_no_part_twice(
    lab: Cluster, qc: ReferenceServer, tmp_path: Path
) -> None:
    died = tmp_path / "died"
    lab.worker("qc", "first", QCJOB_CRASH_POINT="after advance", QCJOB_CRASH_ONCE=str(died))
    key = lab.headers["Authorization"].removeprefix("Bearer ")
    with Client(lab.web(), key) as client:
        wait_for(lambda: client.devices()[0]["status"] == "online", what="the device is known")
        job = client.submit(
            "X({theta})",
            device="qc",
            shots=400,
            seed=5,
            bindings=[{"theta": theta} for theta in DEGREES],
            options={"observables": ["Z"], "duration": 0.4, "mitigation": "readout", "readout_error": 0.05},
        )
        wait_for(died.exists, what="a child died between two parts")

        def in_the_middle_of_the_third() -> bool:
            now = client.status(job)
            return now.document["parts"]["done"] == 2 and bool(now.document["attempts"][0]["handle"])

        wait_for(in_the_middle_of_the_third, within=60, what="the third part runs")
        first = next(process for process in lab.processes if process.name == "first")
        os.killpg(first.pid, signal.SIGKILL)
        lab.worker("qc", "second")
        ended = client.wait(job, timeout_seconds=40)
        result = client.result(job).document
    assert ended.state == "COMPLETED" and ended.document["parts"] == {"done": 5, "of": 5}
    assert [attempt["outcome"] for attempt in ended.document["attempts"]] == ["completed"]
    assert len(ended.document["attempts"][0]["rescues"]) >= 2
    assert qc.starts() == dict.fromkeys((job.id, *(f"{job.id}.{part}" for part in range(1, 5))), 1)
    assert [part["binding"]["theta"] for part in result["parts"]] == list(DEGREES)
    for value, degrees in zip(result["expectation_values"], DEGREES, strict=True):
        wanted = math.cos(math.radians(degrees))
        assert abs(value["mitigated_value"] - wanted) < 5 * value["mitigated_standard_error"] + 0.02
    assert not list(Checkup(lab.ledger).run())


def test_a_sweep_that_is_cancelled_in_the_middle_keeps_what_its_finished_parts_gave(lab: Cluster) -> None:
    lab.worker("qc")
    key = lab.headers["Authorization"].removeprefix("Bearer ")
    with Client(lab.web(), key) as client:
        wait_for(lambda: client.devices()[0]["status"] == "online", what="the device is known")
        job = client.submit(
            "X({t})", device="qc", shots=50, bindings=[{"t": t} for t in DEGREES], options={"duration": 0.3}
        )
        wait_for(lambda: client.status(job).document["parts"]["done"] == 2, what="two parts are over")
        assert client.result(job, partial=True).document["partial"]["of"] == 5
        client.cancel(job)
        assert client.wait(job, timeout_seconds=20).state == "CANCELLED"
        found = client.result(job, partial=True).document
    done = found["partial"]["done"]
    assert 2 <= done < 5 and [part["binding"]["t"] for part in found["parts"]] == list(DEGREES[:done])
    assert found["counts"] == {"0": 50}
    assert not list(Checkup(lab.ledger).run())


CIRCUIT = """OPENQASM 3.0;
include "stdgates.inc";
input float a;
qubit[2] q;
ry(2 * a) q[0];
cx q[0], q[1];
"""


def test_a_circuit_is_swept_and_observed_and_the_outcome_of_every_shot_is_kept(tmp_path: Path) -> None:
    with cluster_in(tmp_path) as cluster:
        cluster.worker("simulator")
        key = cluster.headers["Authorization"].removeprefix("Bearer ")
        with Client(cluster.web(), key) as client:
            wait_for(lambda: client.devices()[0]["status"] == "online", what="the device is known")
            values = [0.0, 0.4, math.pi / 4]
            job = client.submit(
                CIRCUIT,
                shots=3_000,
                seed=8,
                bindings=[{"a": value} for value in values],
                options={"observables": ["ZZ", "XX", "IZ"], "memory": True},
            )
            assert client.wait(job, timeout_seconds=60).state == "COMPLETED"
            result = client.result(job).document
            kept = [list(client.memory(job, part=part)) for part in range(len(result["parts"]))]
    assert len(result["ran"]["program"]["circuits"]) == 2, "compiled once for each basis"
    assert [Counter(outcomes) for outcomes in kept] == [part["counts"] for part in result["parts"]]
    found = [(value["observable"], value["binding"]["a"], value) for value in result["expectation_values"]]
    wanted = {"ZZ": lambda a: 1.0, "XX": lambda a: math.sin(2 * a), "IZ": lambda a: math.cos(2 * a)}
    assert len(found) == 9
    for observable, a, value in found:
        assert abs(value["value"] - wanted[observable](a)) < 5 * value["standard_error"] + 1e-9
    assert [register["name"] for register in result["registers"]] == ["meas"]
