"""What every driver must do, as tests of pytest. To hold your own driver against it:

    class TestMyDevice(DriverSuite):
        def make_driver(self) -> Driver:
            return MyDevice("mine", {"url": ...})

Further hooks say what your device needs: a program it can run, options that make a run last, a way to pass the time.
The sentences are those of `workers.conformance`, which `python -m qcjob check-driver` tries without pytest.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from workers.conformance import CHECKS, NotAsked, Suite
from workers.conformance.checks import SHOTS

__all__ = ["SHOTS", "DriverSuite"]


class DriverSuite(Suite):
    """One test for each sentence of `qcjob.devices.driver`."""

    @pytest.fixture(autouse=True)
    def _driver(self) -> Iterator[None]:
        self.driver = self.make_driver()
        yield
        self.driver.close()

    @pytest.fixture
    def job_id(self) -> str:
        return str(uuid.uuid4())


def _test_of(name: str) -> Callable[[Any], None]:
    def test(self: Any) -> None:
        try:
            getattr(self, name)()
        except NotAsked as reason:
            pytest.skip(str(reason))

    return test


for _name in CHECKS:
    setattr(DriverSuite, f"test_{_name}", _test_of(_name))
