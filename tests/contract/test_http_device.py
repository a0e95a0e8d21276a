"""The HTTP driver against a real reference QC in a process of its own, held against the suite of every driver."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from qcjob.compiler import compile_program
from qcjob.devices.driver import DeviceStatus, Driver, PollState, Program, Result
from qcjob.errors import DriverError, Rejected, Unavailable
from qcjob.languages import parse
from qcjob.target import Target
from tests.contract.driver_suite import SHOTS, DriverSuite
from tests.reference_server import ReferenceServer
from workers.drivers.http import HttpDevice

TOKEN = "the-tokens-own-words"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReferenceServer]:
    folder = tmp_path_factory.mktemp("qc")
    (folder / "token").write_text(TOKEN + "\n")
    server = ReferenceServer(folder, "--token-file", str(folder / "token"), "--slots", "2", token=TOKEN)
    server.start()
    yield server
    server.kill()


class OverHttp(DriverSuite):
    seeded = True
    long_run: ClassVar[dict[str, Any] | None] = {"duration": 0.3}
    options: ClassVar[dict[str, Any]] = {}

    @pytest.fixture(autouse=True)
    def _driver(self, server: ReferenceServer) -> Iterator[None]:
        self.server = server
        self.driver = self.make_driver()
        yield
        self.driver.close()

    def make_driver(self) -> Driver:
        where = {"url": self.server.url, "token_file": str(self.server.log.parent / "token")}
        return HttpDevice("qc", {**where, **self.options})


class TestHttpDevice(OverHttp):
    def test_a_job_is_started_once_however_often_it_is_submitted(self, job_id: str) -> None:
        for _ in range(3):
            handle = self.driver.submit(job_id, self.program(), SHOTS)
        self.finish(handle)
        assert self.server.starts()[job_id] == 1

    def test_a_program_the_machine_cannot_run_is_rejected(self, job_id: str) -> None:
        program = self.program(options={"duration": -1})
        with pytest.raises(Rejected, match="duration"):
            self.driver.submit(job_id, program, SHOTS)

    def test_an_id_that_stands_for_another_program_is_rejected(self, job_id: str) -> None:
        self.driver.submit(job_id, self.program(), SHOTS)
        with pytest.raises(Rejected, match="another body"):
            self.driver.submit(job_id, self.program(), SHOTS + 1)

    def test_what_waits_says_its_position_and_what_runs_since_when(self) -> None:
        long = self.program(options={"duration": 60})
        handles = [self.driver.submit(str(uuid.uuid4()), long, SHOTS) for _ in range(4)]
        polls = [self.driver.poll(handle) for handle in handles]
        while polls[1].state is PollState.QUEUED:
            polls = [self.driver.poll(handle) for handle in handles]
        assert [poll.state.value for poll in polls] == ["running", "running", "queued", "queued"]
        assert [poll.position for poll in polls] == [None, None, 1, 2]
        assert all((poll.started_at is not None) == (poll.state is PollState.RUNNING) for poll in polls)
        assert self.driver.status().state is DeviceStatus.BUSY
        for handle in handles:
            self.driver.cancel(handle)

    def test_a_machine_in_maintenance_says_so_and_takes_no_new_job_but_knows_the_old_ones(self, job_id: str) -> None:
        handle = self.driver.submit(job_id, self.program(), SHOTS)
        self.server.ask("PUT", "/v1/status", json={"state": "maintenance", "reason": "a new cable"})
        try:
            said = self.driver.status()
            assert (said.state, said.reason) == (DeviceStatus.MAINTENANCE, "a new cable")
            with pytest.raises(Unavailable, match="a new cable"):
                self.driver.submit(str(uuid.uuid4()), self.program(), SHOTS)
            assert self.driver.submit(job_id, self.program(), SHOTS) == handle
            self.finish(handle)
        finally:
            self.server.ask("PUT", "/v1/status", json={"state": "online"})

    def test_a_new_calibration_is_told(self) -> None:
        before = self.driver.properties().target
        self.server.ask("POST", "/v1/calibration")
        after = self.driver.properties().target
        assert before.calibration_id != after.calibration_id
        assert (after.calibrated_at or "") > (before.calibrated_at or "")

    def test_a_wrong_token_is_an_error_of_the_device_and_loses_no_job(self, job_id: str, tmp_path: Path) -> None:
        (tmp_path / "token").write_text("another")
        stranger = HttpDevice("qc", {"url": self.server.url, "token_file": str(tmp_path / "token")})
        assert stranger.status().state is DeviceStatus.ERROR
        with pytest.raises(Unavailable):
            stranger.submit(job_id, self.program(), SHOTS)
        with pytest.raises(DriverError):
            stranger.poll("no-such-handle")
        stranger.close()


class TestHttpDeviceWithFind(OverHttp):
    options: ClassVar[dict[str, Any]] = {"dedup": "find"}


def ended(driver: Driver, handle: str) -> Result:
    """The result, once the run is done."""
    deadline = time.monotonic() + 10
    while (poll := driver.poll(handle)).state is not PollState.DONE:
        assert poll.state in (PollState.QUEUED, PollState.RUNNING) and time.monotonic() < deadline, poll
    return driver.result(handle)


def test_a_machine_keeps_its_jobs_when_it_is_killed_and_starts_none_twice(tmp_path: Path) -> None:
    target = Target(1, ("rx", "ry", "rz"))
    compiled = compile_program(parse("X(90)", None, max_bytes=100), "optimized", target)
    quick, long = Program(compiled), Program(compiled, options={"duration": 0.5})
    server = ReferenceServer(tmp_path)
    server.start()
    try:
        driver = HttpDevice("qc", {"url": server.url})
        done, running, queued = (str(uuid.uuid4()) for _ in range(3))
        result = ended(driver, driver.submit(done, quick, SHOTS))
        handles = [driver.submit(job, long, SHOTS) for job in (running, queued)]
        while driver.poll(handles[0]).state is PollState.QUEUED:
            pass
        server.kill()
        server.start()
        assert driver.result(driver.find(done) or "") == result
        assert driver.submit(running, long, SHOTS) == handles[0]
        for handle in handles:
            ended(driver, handle)
        assert server.starts() == {done: 1, running: 1, queued: 1}
        driver.close()
        assert server.terminate() == 0
    finally:
        server.kill()
