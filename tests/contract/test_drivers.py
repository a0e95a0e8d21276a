"""The drivers that ship, held against the suite every driver must pass."""

from __future__ import annotations

import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

import pytest

from qcjob.devices.driver import Driver
from tests.contract.driver_suite import DriverSuite
from workers.drivers import aer_settings
from workers.drivers.aer import Aer
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


class Simulated(Clocked):
    """A duration is passed by the clock; a process that computes takes the time it takes."""

    long_run: ClassVar[dict[str, Any] | None] = {"duration": 3}

    def pass_time(self) -> None:
        super().pass_time()
        time.sleep(0.005)


class TestSimulator(Simulated):
    def make_driver(self) -> Driver:
        return Simulator("simulator", {"readout_error": 0.01}, clock=self.clock)


class TestSimulatorOfOneQubit(Simulated):
    def make_driver(self) -> Driver:
        return Simulator("simulator", {"num_qubits": 1, "native_gates": ["rx", "ry", "rz"]}, clock=self.clock)


class TestSimulatorWithFixedPulses(Simulated):
    def make_driver(self) -> Driver:
        return Simulator("simulator", {"num_qubits": 5, "native_gates": ["rz", "sx", "x", "cz"]}, clock=self.clock)


class TestSimulatorWithoutAer(Simulated):
    @pytest.fixture(autouse=True)
    def _driver(self, monkeypatch: pytest.MonkeyPatch) -> Any:
        monkeypatch.setattr(aer_settings, "find_spec", lambda name: None)
        self.driver = self.make_driver()
        yield
        self.driver.close()

    def make_driver(self) -> Driver:
        return Simulator("simulator", {"num_qubits": 20}, clock=self.clock)


@pytest.mark.skipif(find_spec("qiskit_aer") is None, reason="Aer is not installed: pip install 'qcjob[circuits]'")
class TestAer(Simulated):
    options: ClassVar[dict[str, Any]] = {
        "num_qubits": 7,
        "native_gates": ["rz", "sx", "cx"],
        "connectivity": [[0, 1], [1, 2], [2, 3], [5, 4], [5, 6]],
        "noise": {"one_qubit_error": 0.001, "two_qubit_error": 0.02, "readout_error": 0.01},
    }

    def make_driver(self) -> Driver:
        return Aer("aer", self.options, clock=self.clock)


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
