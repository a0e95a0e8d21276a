"""When `up` says that it is ready."""

from __future__ import annotations

import socket

from qcjob.cli.launcher.readiness import (
    PATIENCE_SECONDS,
    Readiness,
    devices_that_wait,
    missing_parts,
    silent_devices,
)
from qcjob.cli.launcher.waiting import accepts
from qcjob.ledger import Ledger
from tests.unit.conftest import Clock

ONLINE = {"status": "online", "slots": "1"}


class Installation:
    """What the launcher would see, and its clock."""

    def __init__(self) -> None:
        self.web_is_ready = False
        self.missing = ["Flower"]
        self.now = 100.0
        self.readiness = Readiness(lambda: self.web_is_ready, lambda: self.missing, lambda: self.now)


def redis_now(ledger: Ledger) -> int:
    seconds, microseconds = ledger.client.time()
    return int(seconds) * 1_000_000 + int(microseconds)


def test_nothing_is_said_before_the_web_is_ready_however_long_it_takes() -> None:
    seen = Installation()
    seen.missing = []
    assert seen.readiness.look() is None
    seen.now += 3_600
    assert seen.readiness.look() is None


def test_it_is_ready_once_nothing_is_missing() -> None:
    seen = Installation()
    seen.web_is_ready = True
    assert seen.readiness.look() is None
    seen.missing = []
    assert seen.readiness.look() == []


def test_what_is_still_missing_is_said_when_patience_ends() -> None:
    seen = Installation()
    seen.web_is_ready = True
    assert seen.readiness.look() is None
    seen.now += PATIENCE_SECONDS - 1
    assert seen.readiness.look() is None
    seen.now += 1
    assert seen.readiness.look() == ["Flower"]


def test_a_web_that_was_ready_once_is_not_asked_again() -> None:
    seen = Installation()
    seen.web_is_ready = True
    seen.readiness.look()
    seen.web_is_ready, seen.missing = False, []
    assert seen.readiness.look() == []


def test_a_device_is_silent_until_its_worker_has_spoken(ledger: Ledger) -> None:
    since = redis_now(ledger)
    ledger.online("simulator", ONLINE)
    assert silent_devices(ledger, ["simulator", "ideal"], since) == ["ideal"]


def test_a_device_that_says_it_is_offline_has_spoken(ledger: Ledger) -> None:
    since = redis_now(ledger)
    ledger.online("simulator", {**ONLINE, "status": "offline"})
    assert silent_devices(ledger, ["simulator"], since) == []


def test_what_a_worker_said_before_this_start_does_not_count(ledger: Ledger, clock: Clock) -> None:
    ledger.online("simulator", ONLINE)
    clock.advance(1.0)
    assert silent_devices(ledger, ["simulator"], redis_now(ledger)) == ["simulator"]


def test_what_is_missing_is_named_for_a_person(ledger: Ledger) -> None:
    with socket.socket() as flower:
        flower.bind(("127.0.0.1", 0))
        port = int(flower.getsockname()[1])
        assert missing_parts(port, ledger, ["ideal"], 0) == ["Flower"]
        assert missing_parts(port, ledger, ["ideal"], 1) == ["Flower", "the worker of ideal"]
        flower.listen()
        assert accepts(port)
        assert missing_parts(port, ledger, ["ideal"], 1) == ["the worker of ideal"]


def test_a_device_that_takes_no_jobs_is_told_with_the_reason(ledger: Ledger) -> None:
    ledger.online("simulator", ONLINE)
    ledger.online("fridge", {"status": "error", "slots": "1", "reason": "its driver cannot be loaded"})
    assert devices_that_wait(ledger, ["simulator", "fridge", "ideal"]) == [
        "fridge is error: its driver cannot be loaded"
    ]
