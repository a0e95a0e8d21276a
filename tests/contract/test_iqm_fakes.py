"""IQM's fake backends through the driver of Qiskit providers. They need an older Qiskit than the house: `make iqm`."""

from __future__ import annotations

import time
from typing import ClassVar

import pytest

from qcjob.devices.driver import Driver
from tests.contract.driver_suite import DriverSuite

pytest.importorskip("iqm.qiskit_iqm", reason="IQM's client for Qiskit has a venv of its own: make iqm")

from workers.drivers.qiskit_backend import QiskitBackend


class TestFakeAdonis(DriverSuite):
    """Five qubits in a star."""

    backend: ClassVar[str] = "fake_adonis:IQMFakeAdonis"
    patience = 3_000

    def pass_time(self) -> None:
        time.sleep(0.02)

    def make_driver(self) -> Driver:
        return QiskitBackend("iqm", {"backend": f"iqm.qiskit_iqm.fake_backends.{self.backend}"})


class TestFakeGarnet(TestFakeAdonis):
    """Twenty qubits on a square grid."""

    backend = "fake_garnet:IQMFakeGarnet"
