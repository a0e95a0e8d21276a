"""A device that is calibrated while jobs wait: what fits runs as compiled, the rest is compiled again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import fakeredis
import pytest

from qcjob.compiler.fits import fits
from qcjob.devices.config import DeviceConfig, Devices
from qcjob.errors import CompilerBusy
from qcjob.ledger import Ledger
from qcjob.lifecycle import JobState
from qcjob.security.caller import Caller
from qcjob.service import JobRequest, Service
from qcjob.target import Figures, Target
from workers.app import app
from workers.attempt import Attempt
from workers.eager import in_process, run
from workers.lease import Lease
from workers.loading import driver_of

ME = Caller("ada", "k", tier=2)
FRIDGE = DeviceConfig("fridge", "workers.drivers.simulator:Simulator")
MONDAY = Target(1, ("rx", "rz"), calibration_id="monday")
TUESDAY = Target(1, ("sx", "rz"), calibration_id="tuesday")


@pytest.fixture
def service(client: fakeredis.FakeRedis) -> Iterator[Service]:
    with in_process(client, Devices({"fridge": FRIDGE}, "fridge")) as service:
        yield service


def calibrate(target: Target) -> None:
    """What a worker publishes of the device."""
    properties = {"target": target.as_dict(), "job_options": []}
    app.ledger.online("fridge", {"status": "online", "properties": json.dumps(properties)})


def submitted(service: Service, **fields: Any) -> str:
    calibrate(MONDAY)
    return service.submit(ME, JobRequest("X(90)", seed=1, **fields)).id


def names(compiled: Any) -> list[str]:
    return [op[0] for op in compiled["ops"]]


def test_a_program_names_the_calibration_it_was_compiled_for(service: Service) -> None:
    assert service.program(ME, submitted(service)).compiled["calibration"] == "monday"


def test_a_program_that_still_fits_runs_as_it_was_compiled(service: Service) -> None:
    job_id = submitted(service)
    before = service.program(ME, job_id).compiled
    calibrate(Target(1, ("rx",), calibration_id="tuesday"))
    run()
    assert service.result(ME, job_id)["ran"]["program"] == before


def test_a_program_that_does_not_fit_any_more_is_compiled_again_and_the_job_says_so(service: Service) -> None:
    job_id = submitted(service)
    assert names(service.program(ME, job_id).compiled) == ["rx", "measure"]
    calibrate(TUESDAY)
    run()
    ran = service.result(ME, job_id)["ran"]
    assert names(ran["program"]) == ["sx", "measure"]
    assert (ran["program"]["calibration"], ran["calibration"]) == ("tuesday", "tuesday")
    assert service.program(ME, job_id).compiled == ran["program"]


def test_a_program_that_the_device_cannot_run_any_more_fails_and_says_why(service: Service) -> None:
    job_id = submitted(service, runtime="verbatim")
    calibrate(TUESDAY)
    run()
    job = service.status(ME, job_id)
    assert (job.state, job.error_code) == (JobState.FAILED, "calibration-changed")
    assert "no rx" in (job.error_message or "")


def test_a_job_waits_while_its_program_cannot_be_compiled_again(service: Service) -> None:
    job_id = submitted(service)
    claim = app.ledger.claim("fridge", "worker@a")
    assert claim is not None

    def busy(*_: object) -> None:
        raise CompilerBusy("no place")

    lease = Lease(app.ledger, claim, 1.5)
    Attempt(app.ledger, driver_of(FRIDGE), FRIDGE, claim, lease, renewed=busy).run()
    job = service.status(ME, job_id)
    assert (job.state, job.put_back_because) == (JobState.WAITING, "no place")


def test_who_rescues_a_job_gets_the_program_that_may_be_running(client: fakeredis.FakeRedis, service: Service) -> None:
    job_id = submitted(service)
    quick = Ledger(client, lease_seconds=0.001)
    claim = quick.claim("fridge", "worker@a")
    assert claim is not None
    quick.mark(job_id, claim.fence, '{"another": 1}')
    rescue = None
    while rescue is None or not rescue.rescue:
        rescue = quick.claim("fridge", "worker@b") or rescue
    assert (rescue.compiled, rescue.marked) == ('{"another": 1}', True)


# -- what fits

PAIR = Target(3, ("sx", "cx"), ((0, 1), (1, 2)), gates={"sx": {(0,): Figures(), (1,): Figures()}}, features=("reset",))


@pytest.mark.parametrize(
    ("layout", "ops", "wanted"),
    [
        ([0, 1], [["sx", [0], []], ["cx", [0, 1], []], ["measure", [1], [], [0]]], True),
        ([0, 2], [["cx", [0, 1], []]], False),
        ([0, 2], [["sx", [1], []]], False),
        ([0, 2], [["barrier", [0, 1], []], ["delay", [1], [1e-6]], ["reset", [1], []]], True),
        ([0, 1], [["if", ["clbit", 0], [["sx", [0], []]], [["h", [0], []]]]], False),
        ([0, 1], [["while", ["clbit", 0], [["cx", [0, 1], []], ["break"]]]], True),
        ([0, 2], [["switch", ["creg", [0]], [[[0], [["sx", [0], []]]], ["default", [["sx", [1], []]]]]]], False),
    ],
)
def test_a_program_fits_where_the_device_has_every_operation(layout: list[int], ops: list[Any], wanted: bool) -> None:
    assert fits({"layout": layout, "ops": ops}, PAIR) is wanted
