"""The Braket drivers: the local simulator run for real, and the service's protocol against one on this machine."""

from __future__ import annotations

import json
import os
import signal
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("braket.devices", reason="needs the extra braket")

from qcjob.compiler import compile_program
from qcjob.devices.driver import CancelAnswer, DeviceStatus, Driver, PollState, Program
from qcjob.errors import ConfigurationError, DriverError, Rejected, Unavailable
from qcjob.languages import parse
from tests.braket_service import GARNET, SV1, BraketService
from tests.circuits import apart_by_gate, asymmetric, compiled, distance, measure, mid_circuit, one_set
from tests.contract import driver_suite
from tests.contract.driver_suite import DriverSuite
from workers.drivers.braket_aws import BraketAws
from workers.drivers.braket_gates import NAMES
from workers.drivers.braket_local import BraketLocal
from workers.drivers.braket_results import counts_of
from workers.drivers.columns import columns_of
from workers.drivers.statevector import sample

SHOTS = 4_000


def heavy(qubits: int) -> dict[str, Any]:
    """Many gates on a large state: seconds, even minutes."""
    ops: list[list[Any]] = [["h", [wire % qubits], []] for wire in range(3_000)]
    return compiled(qubits, list(range(qubits)), {"c": qubits}, [*ops, *(measure(bit, bit) for bit in range(qubits))])


def until(driver: Driver, handle: str, state: PollState) -> None:
    deadline = time.monotonic() + 20
    while driver.poll(handle).state is not state:
        assert time.monotonic() < deadline, driver.poll(handle)
        time.sleep(0.005)


def run(driver: Driver, program: dict[str, Any], shots: int = SHOTS) -> dict[str, int]:
    handle = driver.submit(str(uuid.uuid4()), Program(program), shots)
    until(driver, handle, PollState.DONE)
    return driver.result(handle).counts


@pytest.fixture
def job_id() -> str:
    return str(uuid.uuid4())


# -- the local simulator


@pytest.fixture(scope="module")
def local() -> Iterator[BraketLocal]:
    driver = BraketLocal("braket", {})
    yield driver
    driver.close()


class TestBraketLocal(DriverSuite):
    @pytest.fixture(autouse=True)
    def _driver(self, local: BraketLocal) -> None:
        self.driver = local  # its import takes seconds, and its runs know nothing of each other

    def make_driver(self) -> Driver:
        return BraketLocal("braket", {})

    def start_long_run(self, job_id: str) -> str:
        return str(self.driver.submit(job_id, Program(heavy(15)), 100))


@pytest.mark.parametrize("wire", range(3))
def test_each_wire_is_read_into_its_own_clbit(local: BraketLocal, wire: int) -> None:
    key = "".join("1" if bit == wire else "0" for bit in (2, 1, 0))
    assert run(local, one_set(wire, [4, 0, 2]), 20) == {key: 20}


def test_an_asymmetric_circuit_over_two_registers_has_the_distribution_of_the_simulator(local: BraketLocal) -> None:
    exact = sample(asymmetric(), 1_000_000, 1, flip=0.0, max_qubits=3)
    counts = run(local, asymmetric(layout=[3, 0, 1]))
    assert distance(counts, exact) < 0.05
    assert distance({key[::-1]: times for key, times in counts.items()}, exact) > 0.2, "else no order would show"


def test_a_qubit_is_measured_reset_and_used_again(local: BraketLocal) -> None:
    assert run(local, mid_circuit(["x", [0], []], [1]), 50) == {"110": 50}


def test_a_clbit_holds_what_was_written_last(local: BraketLocal) -> None:
    ops = [["x", [0], []], measure(0, 1), measure(1, 1), measure(0, 0), measure(1, 2)]
    assert run(local, compiled(2, [1, 0], {"c": 3}, ops), 20) == {"001": 20}


def test_every_gate_of_the_target_does_what_it_is_to_do(local: BraketLocal) -> None:
    every = local.properties().target.native_gates
    assert set(every) == set(NAMES)
    apart = apart_by_gate(
        every,
        lambda program: run(local, program),
        lambda program: sample(program, 1_000_000, 1, flip=0.0, max_qubits=3),
    )
    assert not {gate: distance for gate, distance in apart.items() if distance > 0.06}


def test_a_run_is_busy_is_killed_by_a_cancel_and_leaves_the_others_alone(local: BraketLocal, job_id: str) -> None:
    handle, other = (local.submit(job_id, Program(heavy(20)), 10) for _ in range(2))
    assert local.status().state is DeviceStatus.BUSY
    assert local.cancel(handle) is CancelAnswer.CANCELLED
    assert local.poll(handle).state is PollState.CANCELLED
    assert local.cancel(handle) is CancelAnswer.CANCELLED
    assert local.poll(other).state is PollState.RUNNING
    assert local.cancel(other) is CancelAnswer.CANCELLED
    assert local.status().state is DeviceStatus.ONLINE
    assert run(local, one_set(0, [0, 1]), 10) == {"01": 10}


def test_a_run_whose_process_dies_fails_and_says_so(local: BraketLocal, job_id: str) -> None:
    handle = local.submit(job_id, Program(heavy(20)), 10)
    os.kill(local._runs[handle].fork._pid, signal.SIGKILL)
    until(local, handle, PollState.FAILED)
    assert "ended without a result" in local.poll(handle).message
    with pytest.raises(DriverError, match="no result"):
        local.result(handle)


def test_after_the_process_that_forks_died_the_next_run_starts_another(job_id: str) -> None:
    driver = BraketLocal("braket", {})
    assert run(driver, one_set(0, [0, 1]), 10) == {"01": 10}
    assert driver._forks._process is not None
    os.kill(driver._forks._process.pid, signal.SIGKILL)
    driver._forks._process.wait()
    with pytest.raises(Unavailable, match="does not start a run"):
        driver.submit(job_id, Program(one_set(0, [0, 1])), 10)
    assert run(driver, one_set(1, [0, 1]), 10) == {"10": 10}
    driver.close()


def test_a_program_braket_cannot_run_fails_with_its_words(local: BraketLocal, job_id: str) -> None:
    far = compiled(1, [0], {"c": 1}, [["rx", [0], [float("inf")]], measure(0, 0)])
    handle = local.submit(job_id, Program(far), 10)
    until(local, handle, PollState.FAILED)
    assert local.poll(handle).message


def test_a_large_result_comes_over_whole(local: BraketLocal) -> None:
    ops: list[list[Any]] = [["h", [wire], []] for wire in range(16)]
    program = compiled(16, list(range(16)), {"c": 16}, [*ops, *(measure(bit, bit) for bit in range(16))])
    counts = run(local, program, 50_000)
    assert sum(counts.values()) == 50_000 and len(counts) > 20_000


@pytest.mark.parametrize(
    ("options", "message"),
    [({"num_qubits": 0}, "num_qubits"), ({"num_qubits": True}, "num_qubits"), ({"colour": "blue"}, "colour")],
    ids=str,
)
def test_options_of_the_local_simulator_that_cannot_be_used_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        BraketLocal("braket", options)


def test_a_backend_that_is_not_there_is_an_error_that_names_it() -> None:
    driver = BraketLocal("braket", {"backend": "no_such_backend"})
    with pytest.raises(DriverError, match="no_such_backend"):
        driver.properties()
    driver.close()


# -- the service

S3 = {"s3_bucket": "a-bucket"}


@pytest.fixture(scope="module", autouse=True)
def _credentials() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "an-id")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "secret-word")
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        yield


@pytest.fixture(scope="module")
def world() -> Iterator[tuple[BraketService, BraketAws]]:
    """A service, and a driver of its Garnet: making boto3's clients takes longer than most tests."""
    with BraketService() as service:
        driver = BraketAws("garnet", {"device_arn": GARNET, "endpoint_url": service.url, **S3})
        yield service, driver
        driver.close()


@pytest.fixture
def service(world: tuple[BraketService, BraketAws]) -> BraketService:
    world[0].forget()
    return world[0]


@pytest.fixture
def garnet(service: BraketService, world: tuple[BraketService, BraketAws]) -> BraketAws:
    return world[1]


GOOD = Program(one_set(0, [0, 1], pulse="prx"))


class TestBraketAws(DriverSuite):
    @pytest.fixture(autouse=True)
    def _driver(self, service: BraketService) -> Iterator[None]:
        self.service = service
        self.driver = self.make_driver()
        yield
        self.driver.close()

    def make_driver(self) -> Driver:
        return BraketAws("garnet", {"device_arn": GARNET, "endpoint_url": self.service.url, **S3})

    def start_long_run(self, job_id: str) -> str:
        self.service.polls = 10
        return str(self.driver.submit(job_id, self.program(), driver_suite.SHOTS))


class TestBraketAwsSimulator(TestBraketAws):
    def make_driver(self) -> Driver:
        options = {"device_arn": SV1, "region": "eu-north-1", "endpoint_url": self.service.url, **S3}
        return BraketAws("sv1", options)


def test_the_target_is_the_devices_own_and_its_qubits_have_other_numbers(garnet: BraketAws) -> None:
    target = garnet.properties().target
    assert (target.num_qubits, target.native_gates, target.features) == (5, ("prx", "cz"), ())
    assert target.connectivity == ((0, 1), (0, 2), (2, 3), (2, 4))
    assert target.calibration_id == target.calibrated_at == "2026-01-02T03:04:05.678901"
    assert target.supports("cz", (2, 0)) and not target.supports("cz", (1, 2))
    assert target.figures("prx", (0,)).error == 0.001, "the simultaneous one"
    assert target.figures("cz", (2, 0)).error == 0.01
    assert target.figures("measure", (3,)).error == 0.02
    assert target.supports("prx", (4,)) and target.figures("prx", (4,)).error is None


def test_a_device_without_native_gates_compiles_for_itself(service: BraketService, job_id: str) -> None:
    options = {"device_arn": SV1, "region": "eu-north-1", "endpoint_url": service.url, **S3}
    driver = BraketAws("sv1", options)
    target = driver.properties().target
    assert (target.num_qubits, target.connectivity) == (34, None)
    assert {"sx", "sdg", "cx", "rxx"} <= set(target.native_gates) and "ecr" not in target.native_gates
    counts = run(driver, asymmetric(layout=[3, 0, 1]))
    assert distance(counts, sample(asymmetric(), 1_000_000, 1, flip=0.0, max_qubits=3)) < 0.05
    driver.close()


def test_a_qpu_gets_native_gates_on_its_own_qubits_in_a_verbatim_box(
    service: BraketService, garnet: BraketAws, job_id: str
) -> None:
    program = compiled(2, [4, 2], {"c": 2}, [["prx", [0], [0.5, 0.25]], measure(0, 1), ["cz", [1, 0], []]][::2])
    program["ops"] += [measure(0, 1), measure(1, 0)]
    handle = garnet.submit(job_id, Program(program), 7)
    [asked] = [body for method, path, body in service.seen if (method, path) == ("POST", "/quantum-task")]
    assert json.loads(asked["action"])["source"].splitlines() == [
        "OPENQASM 3.0;",
        "bit[2] c;",
        "#pragma braket verbatim",
        "box {",
        "prx(0.5, 0.25) $6;",
        "cz $4, $6;",
        "}",
        "c[1] = measure $6;",
        "c[0] = measure $4;",
    ]
    assert (asked["clientToken"], asked["shots"], asked["deviceArn"]) == (job_id, 7, GARNET)
    assert (asked["outputS3Bucket"], asked["outputS3KeyPrefix"]) == ("a-bucket", "qcjob")
    assert handle.endswith(" 2 0=4,1=6")


@pytest.mark.parametrize("probabilities", [False, True])
@pytest.mark.parametrize("turned", [False, True])
def test_an_asymmetric_circuit_has_the_distribution_of_the_simulator_in_whatever_order_it_is_told(
    service: BraketService, garnet: BraketAws, probabilities: bool, turned: bool
) -> None:
    service.probabilities, service.reversed = probabilities, turned
    counts = run(garnet, asymmetric("prx", [0, 2, 3]))
    exact = sample(asymmetric("prx"), 1_000_000, 1, flip=0.0, max_qubits=3)
    assert distance(counts, exact) < 0.05
    assert distance({key[::-1]: times for key, times in counts.items()}, exact) > 0.2, "else no order would show"


def test_rotations_compiled_for_the_target_run(garnet: BraketAws) -> None:
    program = compile_program(parse("X(90),Z(30),Y(45)", None, max_bytes=100), "optimized", garnet.properties().target)
    assert distance(run(garnet, program), sample(program, 1_000_000, 1, flip=0.0, max_qubits=1)) < 0.05


def test_a_reset_or_a_gate_after_a_measurement_is_rejected(garnet: BraketAws, job_id: str) -> None:
    with pytest.raises(Rejected, match="only at the end"):
        garnet.submit(job_id, Program(mid_circuit(["prx", [0], [1.0, 0.0]], [1])), 10)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ((400, "ValidationException"), Rejected),
        ((409, "ConflictException"), Rejected),
        ((410, "DeviceRetiredException"), Rejected),
        ((424, "DeviceOfflineException"), Unavailable),
        ((402, "ServiceQuotaExceededException"), Unavailable),
        ((403, "AccessDeniedException"), Unavailable),
        ((429, "ThrottlingException"), Unavailable),
        ((500, "InternalServiceException"), Unavailable),
        ("drop", Unavailable),
    ],
    ids=str,
)
def test_what_a_submit_ends_with_decides_what_becomes_of_the_job(
    service: BraketService, garnet: BraketAws, job_id: str, fault: Any, error: type[DriverError]
) -> None:
    garnet.properties()
    service.fault("/quantum-task", *[fault] * 3)
    with pytest.raises(error):
        garnet.submit(job_id, GOOD, 10)


def test_a_lost_answer_or_a_throttled_try_is_tried_again_and_starts_one_task(
    service: BraketService, garnet: BraketAws, job_id: str
) -> None:
    garnet.properties()
    service.fault("/quantum-task", (429, "ThrottlingException"), "drop")
    handle = garnet.submit(job_id, GOOD, 10)
    assert (service.starts, len(service.tasks)) == (1, 1)
    assert garnet.submit(job_id, GOOD, 10) == handle
    assert service.starts == 1
    assert garnet.submit(f"{job_id}~2", GOOD, 10) != handle, "another attempt is another task"


def test_a_service_that_cannot_be_reached_is_offline_and_takes_nothing(job_id: str) -> None:
    with BraketService() as service:
        driver = BraketAws("garnet", {"device_arn": GARNET, "endpoint_url": service.url, **S3})
        told = driver.properties()
    assert driver.status().state is DeviceStatus.OFFLINE
    with pytest.raises(Unavailable):
        driver.submit(job_id, GOOD, 10)
    assert driver.properties() == told, "what was told last"
    driver.close()


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("ONLINE", DeviceStatus.BUSY),
        ("OFFLINE", DeviceStatus.OFFLINE),
        ("PAUSED", DeviceStatus.MAINTENANCE),
        ("RETIRED", DeviceStatus.ERROR),
    ],
)
def test_the_status_is_what_braket_says(
    service: BraketService, garnet: BraketAws, job_id: str, status: str, state: DeviceStatus
) -> None:
    service.status = status
    assert garnet.status().state is state
    if status != "ONLINE":
        with pytest.raises(Unavailable, match="DeviceOffline"):
            garnet.submit(job_id, GOOD, 10)


def test_a_task_that_fails_or_is_cancelled_says_so(service: BraketService, garnet: BraketAws, job_id: str) -> None:
    handle = garnet.submit(job_id, GOOD, 10)
    [task] = service.tasks.values()
    task.status = "CREATED"
    assert (garnet.poll(handle).state, garnet.poll(handle).position) == (PollState.QUEUED, 3)
    task.status = "FAILED"
    assert (garnet.poll(handle).state, garnet.poll(handle).message) == (PollState.FAILED, "the fridge is warm")
    assert garnet.cancel(handle) is CancelAnswer.TOO_LATE
    task.status = "RUNNING"
    assert garnet.cancel(handle) is CancelAnswer.REQUESTED
    assert garnet.poll(handle).state is PollState.CANCELLED
    with pytest.raises(DriverError, match="no result"):
        garnet.result(handle)


def test_a_task_braket_does_not_know_is_lost(service: BraketService, garnet: BraketAws, job_id: str) -> None:
    handle = garnet.submit(job_id, GOOD, 10)
    service.tasks.clear()
    assert garnet.poll(handle).state is PollState.LOST


@pytest.mark.parametrize("fault", [(429, "ThrottlingException"), (500, "InternalServiceException"), "drop", "hang"])
def test_a_poll_that_fails_says_nothing_of_the_job_and_ends_within_5_s(
    service: BraketService, garnet: BraketAws, job_id: str, fault: Any
) -> None:
    handle = garnet.submit(job_id, GOOD, 10)
    service.fault("/quantum-task", fault)
    began = time.monotonic()
    with pytest.raises(DriverError):
        garnet.poll(handle)
    assert time.monotonic() - began < 5
    assert garnet.poll(handle).state in (PollState.RUNNING, PollState.DONE)


def test_a_result_that_is_not_in_s3_yet_is_asked_for_again(
    service: BraketService, garnet: BraketAws, job_id: str
) -> None:
    handle = garnet.submit(job_id, GOOD, 10)
    until(garnet, handle, PollState.DONE)
    service.fault("/a-bucket", (404, "NoSuchKey"))
    with pytest.raises(DriverError, match="NoSuchKey"):
        garnet.result(handle)
    assert garnet.result(handle).counts == {"01": 10}


@pytest.mark.parametrize(
    "document",
    [{}, {"measurements": [[0, 1]], "measuredQubits": [7, 8]}, {"measurements": [[0]], "measuredQubits": [1, 2]}],
    ids=str,
)
def test_a_result_that_is_none_of_the_program_is_an_error(document: dict[str, Any]) -> None:
    with pytest.raises(DriverError):
        counts_of(document, {0: 1, 1: 2}, 2, 1)


def test_a_qubit_in_two_columns_is_told_apart_only_in_the_order_of_the_clbits() -> None:
    assert columns_of({0: 5, 2: 5, 3: 1}, [5, 5, 1]) == {0: 0, 2: 1, 3: 2}
    assert columns_of({0: 5, 1: 6}, [6, 9, 5]) == {0: 2, 1: 0}
    with pytest.raises(DriverError, match="measured the qubits"):
        columns_of({0: 5, 2: 5, 3: 1}, [5, 1, 5])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"device_arn": "garnet"}, "device_arn"),
        ({"s3_bucket": ""}, "s3_bucket"),
        ({"verbatim": "yes"}, "verbatim"),
        ({"aws_secret_access_key": "secret-word"}, "aws_secret_access_key"),
        ({"endpoint_url": "not a url"}, "not a url"),
    ],
    ids=str,
)
def test_options_that_cannot_be_used_are_refused_by_name(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as refused:
        BraketAws("garnet", {"device_arn": GARNET, **S3, **options})
    assert "secret-word" not in str(refused.value)


def test_a_simulators_arn_names_no_region_so_one_must_be_given(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_CONFIG_FILE"):
        monkeypatch.delenv(variable, raising=False)
    with pytest.raises(ConfigurationError, match="region"):
        BraketAws("sv1", {"device_arn": SV1, **S3})
