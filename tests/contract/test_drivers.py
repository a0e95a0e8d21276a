"""The drivers that ship, held against the suite every driver must pass."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import pytest

from qcjob.devices.driver import Driver
from tests.contract.driver_suite import DriverSuite
from workers.drivers.echo import Echo
from workers.drivers.scripted import Scripted
from workers.drivers.simulator import Simulator


class Clocked(DriverSuite):
    """For drivers that take a clock: time passes when the suite says so."""

    seeded = True
    now = 1_000.0

    def clock(self) -> float:
        return self.now

    def pass_time(self) -> None:
        self.now += 1


class TestSimulator(Clocked):
    long_run: ClassVar[dict[str, Any] | None] = {"duration": 3}

    def make_driver(self) -> Driver:
        return Simulator("simulator", {"readout_error": 0.01}, clock=self.clock)


class TestSimulatorWithFixedPulses(Clocked):
    long_run: ClassVar[dict[str, Any] | None] = {"duration": 3}

    def make_driver(self) -> Driver:
        return Simulator("simulator", {"num_qubits": 5, "native_gates": ["rz", "sx", "x", "cz"]}, clock=self.clock)


class TestEcho(DriverSuite):
    seeded = True

    def make_driver(self) -> Driver:
        return Echo("echo", {})


class TestScripted(Clocked):
    long_run: ClassVar[dict[str, Any] | None] = {"script": {"duration": 3}}
    options: ClassVar[dict[str, Any]] = {}

    @pytest.fixture(autouse=True)
    def _directory(self, tmp_path: Path) -> None:
        self.directory = tmp_path

    @pytest.fixture(autouse=True)
    def _driver(self, _directory: None) -> Any:
        self.driver = self.make_driver()
        yield
        self.driver.close()

    def make_driver(self) -> Driver:
        return Scripted("scripted", {**self.options, "state": str(self.directory)}, clock=self.clock)


class TestScriptedWithFind(TestScripted):
    options: ClassVar[dict[str, Any]] = {"caps": {"dedup": "find"}}


class TestScriptedInItsOwnProcess(Clocked):
    long_run: ClassVar[dict[str, Any] | None] = {"script": {"duration": 3}}

    def make_driver(self) -> Driver:
        return Scripted("scripted", {"caps": {"reattach": False}}, clock=self.clock)
