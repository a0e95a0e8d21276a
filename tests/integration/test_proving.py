"""Every ready-made device compiles the program that tries all it has; one that nothing compiles for is told of."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from qcjob.devices.config import load_devices
from qcjob.ledger import Ledger
from qcjob.service.catalogue import Catalogue
from qcjob.service.proving import unfit
from qcjob.settings import Settings
from qcjob.wiring import build_compilation
from tests.integration.cluster import HOUSE, Cluster, cluster_in, wait_for

DEVICES = """
devices.simulator.preset = "simulator"
devices.line5.preset = "line5"
devices.heavyhex27.preset = "heavyhex27"
devices.heavyhex127.preset = "heavyhex127"

[devices.poor]
preset = "line5"
native_gates = ["rz"]
gates = {}
"""


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    pytest.importorskip("qiskit_qasm3_import")
    devices = tmp_path / "devices.toml"
    devices.write_text(DEVICES)
    with cluster_in(tmp_path / "cluster", QCJOB_DEVICES=str(devices)) as made:
        yield made


def found_on(ledger: Ledger, settings: Settings) -> list[str]:
    catalogue = Catalogue(load_devices(settings.devices), ledger)
    return [name for name, _ in unfit(catalogue, build_compilation(settings, ledger, catalogue))]


def test_only_a_device_that_nothing_compiles_for_is_found(cluster: Cluster) -> None:
    assert found_on(cluster.ledger, cluster.settings) == ["poor"]


def test_the_doctor_tells_of_it(cluster: Cluster) -> None:
    argv = (sys.executable, "-m", "qcjob", "doctor", "-o", "json")
    doctor = subprocess.run(argv, cwd=HOUSE, env=cluster.env, capture_output=True, text=True, timeout=120)
    assert doctor.returncode == 1, doctor.stderr
    [finding] = [each for each in json.loads(doctor.stdout)["findings"] if each["where"].startswith("device")]
    assert finding["where"] == "device poor"
    assert "may not compile" in finding["what"]


def test_the_doctor_tells_how_the_cache_of_compiled_programs_does(cluster: Cluster) -> None:
    def doctor(*more: str) -> str:
        argv = (sys.executable, "-m", "qcjob", "doctor", *more)
        return subprocess.run(argv, cwd=HOUSE, env=cluster.env, capture_output=True, text=True, timeout=120).stdout

    found_on(cluster.ledger, cluster.settings)
    first = json.loads(doctor("-o", "json"))["compiled_cache"]
    assert first["entries"] == first["misses"] - 1 > 0, "nothing is kept of the one device that nothing compiles for"
    assert (first["most_entries"], first["most_bytes"]) == (4_096, 2**28) and 0 < first["bytes"] < 2**20
    assert json.loads(doctor("-o", "json"))["compiled_cache"]["hits"] == first["hits"] + first["entries"]
    assert f"compiled programs kept: {first['entries']} of at most 4,096" in doctor()


def test_a_worker_tries_its_device_and_says_what_it_found(cluster: Cluster) -> None:
    cluster.worker("poor,line5")

    def reason(name: str) -> str:
        [(fields, _)] = cluster.ledger.devices(name)
        return fields.get("reason", "")

    wait_for(lambda: "may not compile" in reason("poor"), 60, "the self-test's remark")
    [(fields, _)] = cluster.ledger.devices("poor")
    assert fields["status"] == "online", "some programs may fit"
    assert reason("line5") == ""
