"""The IQM driver against a server that speaks IQM's API over real HTTP and simulates what it is given."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import stamina

from qcjob.compiler import compile_program
from qcjob.devices.driver import CancelAnswer, DeviceStatus, Driver, PollState, Program
from qcjob.errors import ConfigurationError, DriverError, Rejected, Unavailable, Uncertain
from qcjob.languages import parse
from tests.circuits import asymmetric, compiled, distance, measure, mid_circuit, one_set
from tests.contract.driver_suite import DriverSuite
from tests.iqm_server import CALIBRATION, IqmServer
from workers.drivers.iqm import IqmDevice
from workers.drivers.line import TRIES
from workers.drivers.statevector import sample

SHOTS = 2_000
WHERE = {"quantum_computer": "garnet", "read_timeout": 0.5}
FLIP = ["prx", [0], [3.141592653589793, 0.0]]


@pytest.fixture(autouse=True)
def _no_waiting_between_tries() -> Iterator[None]:
    with stamina.set_testing(True, attempts=TRIES, cap=True):
        yield


@pytest.fixture
def server() -> Iterator[IqmServer]:
    with IqmServer() as server:
        yield server


@pytest.fixture
def driver(server: IqmServer) -> Iterator[IqmDevice]:
    driver = IqmDevice("garnet", {"url": server.url, **WHERE})
    yield driver
    driver.close()


@pytest.fixture
def job_id() -> str:
    return str(uuid.uuid4())


def run(driver: Driver, program: dict[str, Any], shots: int = SHOTS) -> dict[str, int]:
    handle = driver.submit(str(uuid.uuid4()), Program(program), shots)
    deadline = time.monotonic() + 10
    while driver.poll(handle).state is not PollState.DONE:
        assert time.monotonic() < deadline
    return driver.result(handle).counts


class TestIqmDevice(DriverSuite):
    @pytest.fixture(autouse=True)
    def _driver(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        monkeypatch.setenv("IQM_TOKEN_HERE", "a-token")
        with IqmServer(token="a-token") as self.server:
            self.driver = self.make_driver()
            yield
            self.driver.close()

    def make_driver(self) -> Driver:
        return IqmDevice("garnet", {"url": self.server.url, **WHERE, "token_env": "IQM_TOKEN_HERE"})

    def start_long_run(self, job_id: str) -> str:
        self.server.seconds = 0.4
        return str(self.driver.submit(job_id, self.program(), 10))


# -- what it says of itself


def test_the_target_is_the_calibrations_own(driver: IqmDevice) -> None:
    target = driver.properties().target
    assert (target.num_qubits, target.native_gates, target.calibration_id) == (5, ("prx", "cz"), CALIBRATION)
    assert target.connectivity == ((0, 2), (1, 2), (2, 3), (3, 4)), "QB10 comes after QB4"
    assert target.calibrated_at == "2026-01-02T03:04:05.000000Z"
    assert target.supports("cz", (2, 0)) and not target.supports("cz", (0, 1))
    assert (target.figures("prx", (1,)).error, target.figures("prx", (1,)).duration) == (0.0011, 2e-8)
    assert target.figures("cz", (2, 1)).error == 0.01
    assert target.figures("cz", (0, 2)).error is None, "the default there is another implementation"
    assert target.figures("measure", (4,)).error == 0.02


def test_a_machine_without_feedback_neither_resets_nor_goes_on_after_a_measurement(server: IqmServer) -> None:
    server.feedback = False
    driver = IqmDevice("garnet", {"url": server.url, **WHERE})
    assert driver.properties().target.features == ()
    server.feedback = True
    assert driver.properties().target.features == ("reset", "mid-circuit-measurement")
    driver.close()


def test_properties_are_remembered_while_the_server_is_away(server: IqmServer, driver: IqmDevice) -> None:
    told = driver.properties()
    server.fault("dynamic-quantum-architecture", *[{"status": 502}] * 3)
    assert driver.properties() == told
    server.fault("dynamic-quantum-architecture", {"status": 200, "body": {"qubits": "none"}})
    assert driver.properties() == told


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        ({"status": 200}, DeviceStatus.BUSY),
        ({"status": 401, "body": {"message": "who?", "source": "iqm-server"}}, DeviceStatus.ERROR),
        ({"status": 404, "body": {"message": "no garnet", "source": "iqm-server"}}, DeviceStatus.ERROR),
        ({"status": 429, "headers": {"Retry-After": "5"}}, DeviceStatus.BUSY),
        ({"status": 503, "body": {"message": "maintenance"}}, DeviceStatus.OFFLINE),
        ({"status": 500}, DeviceStatus.OFFLINE),
        ("drop", DeviceStatus.OFFLINE),
        ("hang", DeviceStatus.OFFLINE),
    ],
    ids=str,
)
def test_the_status_is_what_the_server_makes_of_it(
    server: IqmServer, driver: IqmDevice, fault: Any, state: DeviceStatus
) -> None:
    server.fault("health", *[fault] * TRIES)
    assert driver.status().state is state


# -- circuits


def test_the_wire_is_iqms_json_with_angles_in_radians(server: IqmServer, driver: IqmDevice, job_id: str) -> None:
    program = compiled(
        2, [4, 3], {"c": 2}, [["prx", [0], [0.5, 0.25]], ["cz", [0, 1], []], ["barrier", [1], []], measure(1, 0)]
    )
    driver.submit(job_id, Program(program), 7)
    [(_, path, body)] = [seen for seen in server.seen if seen[0] == "POST"]
    assert (path, body["shots"], body["calibration_set_id"]) == ("/api/v1/jobs/garnet/circuit", 7, None)
    assert body["circuits"][0]["instructions"] == [
        {"name": "prx", "locus": ["QB10"], "args": {"angle": 0.5, "phase": 0.25}, "implementation": None},
        {"name": "cz", "locus": ["QB10", "QB4"], "args": {}, "implementation": None},
        {"name": "barrier", "locus": ["QB4"], "args": {}, "implementation": None},
        {"name": "measure", "locus": ["QB4"], "args": {"key": "clbit_0_of_2_at_3"}, "implementation": None},
    ]


def test_a_chosen_calibration_and_timeslot_are_asked_for(server: IqmServer, job_id: str) -> None:
    more = {"calibration_set_id": CALIBRATION, "use_timeslot": True, "max_circuit_duration_over_t2": 0.5}
    driver = IqmDevice("garnet", {"url": server.url, **WHERE, **more})
    driver.submit(job_id, Program(one_set(0, [0, 1], pulse="prx")), 7)
    [(_, path, body)] = [seen for seen in server.seen if seen[0] == "POST"]
    assert path.endswith("?use_timeslot=true")
    assert (body["calibration_set_id"], body["max_circuit_duration_over_t2"]) == (CALIBRATION, 0.5)
    assert f"/api/v1/calibration-sets/garnet/{CALIBRATION}/dynamic-quantum-architecture" in {
        p for _, p, _ in server.seen
    }
    driver.close()


@pytest.mark.parametrize("wire", range(3))
def test_each_wire_is_read_into_its_own_clbit(driver: IqmDevice, wire: int) -> None:
    key = "".join("1" if bit == wire else "0" for bit in (2, 1, 0))
    assert run(driver, one_set(wire, [4, 0, 2], pulse="prx"), 20) == {key: 20}


def test_an_asymmetric_circuit_over_two_registers_has_the_distribution_of_the_simulator(driver: IqmDevice) -> None:
    counts = run(driver, asymmetric("prx", [0, 2, 3]))
    exact = sample(asymmetric("prx"), 1_000_000, 1, flip=0.0, max_qubits=3)
    assert distance(counts, exact) < 0.05
    assert distance({key[::-1]: times for key, times in counts.items()}, exact) > 0.2, "else no order would show"


def test_a_qubit_is_measured_reset_and_used_again(driver: IqmDevice) -> None:
    assert run(driver, mid_circuit(FLIP, [1]), 50) == {"110": 50}


def test_rotations_compiled_for_the_target_run(driver: IqmDevice) -> None:
    program = compile_program(parse("X(90),Z(30),Y(45)", None, max_bytes=100), "optimized", driver.properties().target)
    exact = sample(program, 1_000_000, 1, flip=0.0, max_qubits=1)
    assert distance(run(driver, program), exact) < 0.05


@pytest.mark.parametrize("gate", [["h", [0], []], ["rz", [0], [0.5]], ["delay", [0], [1e-6]]], ids=str)
def test_an_operation_iqm_has_not_is_rejected(driver: IqmDevice, gate: list[Any], job_id: str) -> None:
    with pytest.raises(Rejected, match=f"no {gate[0]}"):
        driver.submit(job_id, Program(compiled(1, [0], {"c": 1}, [gate, measure(0, 0)])), 10)


def test_a_job_option_is_rejected(driver: IqmDevice, job_id: str) -> None:
    with pytest.raises(Rejected, match="duration"):
        driver.submit(job_id, Program(one_set(0, [0, 1], pulse="prx"), options={"duration": 1}), 10)


# -- every way a submit can end

GOOD = Program(one_set(0, [0, 1], pulse="prx"))


def no(status: int, **headers: str) -> dict[str, Any]:
    return {"status": status, "body": {"message": "so it is", "source": "iqm-server"}, "headers": headers}


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (no(400), Rejected),
        (no(409), Rejected),
        (no(413), Rejected),
        (no(422), Rejected),
        (no(401), Unavailable),
        (no(403), Unavailable),
        (no(404), Unavailable),
        (no(429), Unavailable),
        (no(503), Unavailable),
        (no(500), Uncertain),
        (no(504), Uncertain),
        ("drop", Uncertain),
        ("hang", Uncertain),
        ({"status": 201, "body": {"status": "waiting"}}, Uncertain),
        ({"status": 201, "body": {"id": "not-a-uuid"}}, Uncertain),
    ],
    ids=str,
)
def test_what_a_submit_ends_with_decides_what_becomes_of_the_job(
    server: IqmServer, driver: IqmDevice, job_id: str, fault: Any, error: type[DriverError]
) -> None:
    driver.properties()
    server.fault("/circuit", fault)
    with pytest.raises(error):
        driver.submit(job_id, GOOD, 10)
    assert len([seen for seen in server.seen if seen[0] == "POST"]) == 1, "the server knows no id of ours"


def test_a_server_that_cannot_be_reached_surely_has_no_job(job_id: str) -> None:
    with IqmServer() as server:
        driver = IqmDevice("garnet", {"url": server.url, **WHERE})
        driver.properties()
    with pytest.raises(Unavailable, match="cannot be reached"):
        driver.submit(job_id, GOOD, 10)
    assert driver.status().state is DeviceStatus.OFFLINE
    driver.close()


def test_retry_after_is_kept_to(server: IqmServer, job_id: str) -> None:
    now = 1_000.0
    driver = IqmDevice("garnet", {"url": server.url, **WHERE}, clock=lambda: now)
    driver.properties()
    server.fault("/circuit", no(429, **{"Retry-After": "30"}))
    with pytest.raises(Unavailable, match="429"):
        driver.submit(job_id, GOOD, 10)
    now += 29
    with pytest.raises(Unavailable, match="left alone"):
        driver.submit(job_id, GOOD, 10)
    assert len([seen for seen in server.seen if seen[0] == "POST"]) == 1
    now += 2
    assert driver.submit(job_id, GOOD, 10) in server.jobs
    driver.close()


def test_a_program_the_server_refuses_is_rejected_with_its_words(driver: IqmDevice, job_id: str) -> None:
    far = compiled(2, [0, 1], {"c": 1}, [["cz", [0, 1], []], measure(0, 0)])
    with pytest.raises(Rejected, match="not coupled"):
        driver.submit(job_id, Program(far), 10)


# -- the run


def test_what_waits_says_its_position(server: IqmServer, driver: IqmDevice) -> None:
    server.seconds = 60
    handles = [driver.submit(str(uuid.uuid4()), GOOD, 10) for _ in range(3)]
    polls = [driver.poll(handle) for handle in handles]
    assert [(poll.state, poll.position) for poll in polls] == [
        (PollState.RUNNING, None),
        (PollState.QUEUED, 1),
        (PollState.QUEUED, 2),
    ]
    assert driver.cancel(handles[2]) is CancelAnswer.CANCELLED
    assert driver.poll(handles[2]).state is PollState.CANCELLED


def test_a_run_that_fails_says_why(server: IqmServer, driver: IqmDevice, job_id: str) -> None:
    handle = driver.submit(job_id, GOOD, 10)
    server.jobs[handle].status = "failed"
    assert (driver.poll(handle).state, driver.poll(handle).message) == (PollState.FAILED, "the fridge is warm")
    with pytest.raises(DriverError, match="404"):
        driver.result(handle)


def test_a_job_the_server_forgot_is_lost_and_one_a_proxy_hides_is_not(
    server: IqmServer, driver: IqmDevice, job_id: str
) -> None:
    handle = driver.submit(job_id, GOOD, 10)
    server.fault(handle, "html")
    with pytest.raises(DriverError, match="404"):
        driver.poll(handle)
    del server.jobs[handle]
    assert driver.poll(handle).state is PollState.LOST
    assert driver.cancel(handle) is CancelAnswer.TOO_LATE


@pytest.mark.parametrize("fault", [no(401), no(429), no(500), no(503), "drop", "hang"], ids=str)
def test_a_poll_that_fails_says_nothing_of_the_job_and_ends_within_5_s(
    server: IqmServer, driver: IqmDevice, job_id: str, fault: Any
) -> None:
    handle = driver.submit(job_id, GOOD, 10)
    server.fault(handle, *[fault] * TRIES)
    began = time.monotonic()
    with pytest.raises(DriverError):
        driver.poll(handle)
    assert time.monotonic() - began < 5
    server.fault(handle)
    assert driver.poll(handle).state in (PollState.RUNNING, PollState.DONE)


@pytest.mark.parametrize(
    "told",
    [
        [],
        [{}],
        [{"clbit_0_of_2_at_1": [[0]]}, {}],
        [{"meas": [[0], [1]]}],
        [{"clbit_0_of_2_at_1": [[0], [1]], "clbit_1_of_2_at_2": [[0]]}],
        [{"clbit_0_of_2_at_1": [[0, 1]]}],
        {"clbit_0_of_2_at_1": [[0]]},
    ],
    ids=str,
)
def test_measurements_that_are_none_of_the_program_are_an_error(
    server: IqmServer, driver: IqmDevice, job_id: str, told: Any
) -> None:
    handle = driver.submit(job_id, GOOD, 2)
    server.fault("measurements", {"status": 200, "body": told})
    with pytest.raises(DriverError, match="no measurements of the program"):
        driver.result(handle)


# -- the token


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"token": "secret-word"}, "token_env or its file"),
        ({"quantum_computer": ""}, "quantum_computer"),
        ({"calibration_set_id": "today"}, "calibration_set_id"),
        ({"use_timeslot": "yes"}, "use_timeslot"),
        ({"max_circuit_duration_over_t2": -1}, "max_circuit_duration_over_t2"),
        ({"dedup": "native"}, "no id but its own"),
        ({"colour": "blue"}, "colour"),
        ({"url": "http://iqm.test", "token_env": "IQM_TOKEN_HERE"}, "use https"),
    ],
    ids=str,
)
def test_options_that_cannot_be_used_are_refused_by_name(
    options: dict[str, Any], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IQM_TOKEN_HERE", "secret-word")
    with pytest.raises(ConfigurationError, match=message) as refused:
        IqmDevice("garnet", {"url": "https://iqm.test", **WHERE, **options})
    assert "secret-word" not in str(refused.value)


def test_a_wrong_token_is_an_error_of_the_device_and_shown_nowhere(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, job_id: str
) -> None:
    (tmp_path / "token").write_text("secret-word\n")
    with caplog.at_level(logging.DEBUG), IqmServer(token="another") as server:
        driver = IqmDevice("garnet", {"url": server.url, **WHERE, "token_file": str(tmp_path / "token")})
        said = driver.status()
        with pytest.raises(Unavailable, match="401"):
            driver.submit(job_id, GOOD, 10)
    assert said.state is DeviceStatus.ERROR
    for shown in (said.reason, repr(vars(driver)), repr(vars(driver._line)), caplog.text):
        assert "secret-word" not in (shown or "")
    driver.close()
