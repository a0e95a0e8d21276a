"""What the front door says of devices: the configuration, and over it what workers published."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from qcjob.devices.config import load_devices
from qcjob.devices.driver import STALE_SECONDS
from qcjob.ledger import Ledger
from qcjob.service.catalogue import Catalogue, DeviceView
from qcjob.target import Target
from tests.unit.conftest import Clock

TARGET = Target(5, ("prx", "cz"), ((0, 1), (1, 2)), "monday", "2026-01-05T08:00:00.000000Z")


DEVICES = """
[devices.fridge]
driver = "lab:Fridge"

[devices.told]
driver = "lab:Fridge"
num_qubits = 3
native_gates = ["rz", "sx"]
max_simulated_qubits = 2
"""


@pytest.fixture
def catalogue(ledger: Ledger, clock: Clock, tmp_path: Path) -> Catalogue:
    file = tmp_path / "devices.toml"
    file.write_text(DEVICES)
    return Catalogue(load_devices(file), ledger, clock=lambda: clock.now)


def fridge(catalogue: Catalogue) -> DeviceView:
    return catalogue.view("fridge")


def published(target: Target = TARGET) -> dict[str, str]:
    return {"status": "online", "properties": json.dumps({"target": target.as_dict(), "job_options": ["power"]})}


def test_a_device_never_served_is_offline_and_says_that_jobs_wait(catalogue: Catalogue) -> None:
    view = fridge(catalogue)
    assert view.status == "offline"
    assert view.status_reason == "no worker has served this device yet; jobs wait"
    assert view.target.native_gates == ("rx", "ry", "rz")


def test_what_a_worker_published_is_what_is_said(catalogue: Catalogue, ledger: Ledger) -> None:
    ledger.online("fridge", published())
    view = fridge(catalogue)
    assert (view.status, view.target, view.job_options) == ("online", TARGET, ("power",))
    assert catalogue.target("fridge") == TARGET


def test_a_device_whose_worker_is_silent_is_offline(catalogue: Catalogue, ledger: Ledger, clock: Clock) -> None:
    ledger.online("fridge", published())
    clock.advance(STALE_SECONDS + 1)
    view = fridge(catalogue)
    assert (view.status, view.target) == ("offline", TARGET)
    assert "last seen 16 s ago" in (view.status_reason or "")


@pytest.mark.parametrize("nonsense", ["{", "[]", "{}", '{"target": {}, "job_options": []}', "7", '"x"'])
def test_properties_that_cannot_be_read_leave_the_configuration(
    catalogue: Catalogue, ledger: Ledger, nonsense: str
) -> None:
    ledger.online("fridge", {"status": "online", "properties": nonsense})
    view = fridge(catalogue)
    assert (view.status, view.target.native_gates) == ("online", ("rx", "ry", "rz"))


def test_what_jobs_are_checked_against_is_asked_for_every_two_seconds(
    catalogue: Catalogue, ledger: Ledger, clock: Clock
) -> None:
    assert catalogue.target("fridge").num_qubits == 1
    ledger.online("fridge", published())
    assert catalogue.target("fridge").num_qubits == 1
    clock.advance(2.1)
    assert catalogue.target("fridge").num_qubits == 5


def test_what_the_operator_says_of_a_target_stands_and_the_driver_says_the_rest(
    catalogue: Catalogue, ledger: Ledger
) -> None:
    told = {**json.loads(published()["properties"]), "max_simulated_qubits": 20}
    for name in ("fridge", "told"):
        ledger.online(name, {"status": "online", "properties": json.dumps(told)})
    assert catalogue.target("told") == Target(3, ("rz", "sx"), ((0, 1), (1, 2)), "monday", TARGET.calibrated_at)
    assert [catalogue.max_simulated_qubits(name) for name in ("fridge", "told")] == [20, 2]


def test_properties_are_read_again_when_they_have_changed_only(
    catalogue: Catalogue, ledger: Ledger, clock: Clock
) -> None:
    ledger.online("fridge", published())
    first = fridge(catalogue).target
    assert fridge(catalogue).target is first
    ledger.online("fridge", published(Target(6, ("rz",))))
    assert fridge(catalogue).target == Target(6, ("rz",))
