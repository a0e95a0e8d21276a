"""Why jobs wait for a device that takes none."""

from __future__ import annotations

import pytest

from qcjob.devices.config import SIMULATOR, Devices
from qcjob.errors import LedgerUnavailable
from qcjob.ledger import Ledger
from qcjob.service.catalogue import Catalogue
from tests.unit.conftest import Clock


@pytest.fixture
def catalogue(ledger: Ledger, clock: Clock) -> Catalogue:
    return Catalogue(Devices({"simulator": SIMULATOR}, "simulator"), ledger, clock=lambda: clock.now)


@pytest.mark.parametrize("status", ["online", "busy", "a word of another version"])
def test_a_device_that_takes_jobs_says_nothing(catalogue: Catalogue, ledger: Ledger, status: str) -> None:
    ledger.online("simulator", {"status": status, "reason": "as usual"})
    assert catalogue.held("simulator") is None


@pytest.mark.parametrize(
    ("published", "said"),
    [
        ({"status": "maintenance", "reason": "it is moved"}, "simulator is maintenance: it is moved"),
        ({"status": "calibrating", "reason": ""}, "simulator is calibrating: jobs wait"),
        ({}, "simulator is offline: no worker has served this device yet; jobs wait"),
    ],
    ids=str,
)
def test_a_device_that_takes_no_jobs_says_why(
    catalogue: Catalogue, ledger: Ledger, published: dict[str, str], said: str
) -> None:
    if published:
        ledger.online("simulator", published)
    assert catalogue.held("simulator") == said


def test_a_device_whose_worker_is_silent_says_since_when(catalogue: Catalogue, ledger: Ledger, clock: Clock) -> None:
    ledger.online("simulator", {"status": "online"})
    clock.advance(20)
    assert catalogue.held("simulator") == "simulator is offline: its worker was last seen 20 s ago; jobs wait"


def test_a_device_that_was_taken_out_of_the_configuration_says_so(catalogue: Catalogue) -> None:
    assert catalogue.held("fridge") == "fridge is not configured here any more: jobs wait"


def test_the_ledger_is_asked_once_in_two_seconds(
    catalogue: Catalogue, ledger: Ledger, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []
    devices = ledger.devices

    def counted(*names: str) -> object:
        asked.append(clock.now)
        return devices(*names)

    monkeypatch.setattr(ledger, "devices", counted)
    for _ in range(30):
        catalogue.held("simulator")
        clock.advance(0.1)
    assert len(asked) == 2


def test_a_ledger_that_does_not_answer_costs_no_answer(
    catalogue: Catalogue, ledger: Ledger, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.online("simulator", {"status": "maintenance", "reason": "it is moved"})
    said = catalogue.held("simulator")
    clock.advance(3)
    monkeypatch.setattr(ledger, "devices", _gone)
    assert catalogue.held("simulator") == said


def _gone(*_: str) -> None:
    raise LedgerUnavailable("Redis does not answer")
