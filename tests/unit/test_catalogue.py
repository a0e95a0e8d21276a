"""What the front door says of devices: the configuration, and over it what workers published."""

from __future__ import annotations

import json

import pytest

from qcjob.catalogue import STALE_SECONDS, Catalogue, DeviceView
from qcjob.devices.config import load_devices
from qcjob.ledger import Ledger
from qcjob.target import Target
from tests.unit.conftest import Clock

TARGET = Target(5, ("prx", "cz"), ((0, 1), (1, 2)), "monday", "2026-01-05T08:00:00.000000Z")


@pytest.fixture
def catalogue(ledger: Ledger, clock: Clock) -> Catalogue:
    return Catalogue(load_devices(None), ledger, clock=lambda: clock.now)


def simulator(catalogue: Catalogue) -> DeviceView:
    view = catalogue.view("simulator")
    assert view is not None
    return view


def published(target: Target = TARGET) -> dict[str, str]:
    return {"status": "online", "properties": json.dumps({"target": target.as_dict(), "job_options": ["power"]})}


def test_a_device_never_served_is_offline_and_says_that_jobs_wait(catalogue: Catalogue) -> None:
    view = simulator(catalogue)
    assert view.status == "offline"
    assert view.status_reason == "no worker has served this device yet; jobs wait"
    assert view.target.native_gates == ("rx", "ry", "rz")


def test_what_a_worker_published_is_what_is_said(catalogue: Catalogue, ledger: Ledger) -> None:
    ledger.online("simulator", published())
    view = simulator(catalogue)
    assert (view.status, view.target, view.job_options) == ("online", TARGET, ("power",))
    assert catalogue.target("simulator") == TARGET


def test_a_device_whose_worker_is_silent_is_offline(catalogue: Catalogue, ledger: Ledger, clock: Clock) -> None:
    ledger.online("simulator", published())
    clock.advance(STALE_SECONDS + 1)
    view = simulator(catalogue)
    assert (view.status, view.target) == ("offline", TARGET)
    assert "last seen 16 s ago" in (view.status_reason or "")


@pytest.mark.parametrize("nonsense", ["{", "[]", "{}", '{"target": {}, "job_options": []}', "7", '"x"'])
def test_properties_that_cannot_be_read_leave_the_configuration(
    catalogue: Catalogue, ledger: Ledger, nonsense: str
) -> None:
    ledger.online("simulator", {"status": "online", "properties": nonsense})
    view = simulator(catalogue)
    assert (view.status, view.target.native_gates) == ("online", ("rx", "ry", "rz"))


def test_what_jobs_are_checked_against_is_asked_for_every_two_seconds(
    catalogue: Catalogue, ledger: Ledger, clock: Clock
) -> None:
    assert catalogue.target("simulator").num_qubits == 1
    ledger.online("simulator", published())
    assert catalogue.target("simulator").num_qubits == 1
    clock.advance(2.1)
    assert catalogue.target("simulator").num_qubits == 5
