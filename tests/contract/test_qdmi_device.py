"""The QDMI driver on MQT Core's own devices: DDSIM, which really runs jobs, and two that only say what they are."""

from __future__ import annotations

import logging
import math
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("mqt.core.qdmi", reason="needs the extra qdmi")

from qcjob.compiler import compile_program
from qcjob.devices.driver import CancelAnswer, DeviceStatus, Driver, PollState, Program
from qcjob.errors import ConfigurationError, DriverError, Rejected, Unavailable
from qcjob.gates import GATES
from qcjob.languages import parse
from tests.circuits import apart_by_gate, asymmetric, compiled, distance, measure, mid_circuit, one_set
from tests.contract.driver_suite import DriverSuite
from workers.drivers.qdmi import QdmiDevice
from workers.drivers.statevector import sample

SHOTS = 4_000
DDSIM = {"device_id": "mqt.ddsim.default"}
FORMATS = ("openqasm3", "openqasm2")


def heavy(qubits: int) -> dict[str, Any]:
    """A state without any structure, which a decision diagram has no use of: 10 qubits take a second, 20 minutes."""
    ops: list[list[Any]] = []
    for layer in range(60):
        ops += [["u", [wire], [0.3 + wire, 0.7 * layer, 1.1]] for wire in range(qubits)]
        ops += [["cx", [wire, wire + 1], []] for wire in range(layer % 2, qubits - 1, 2)]
    ops += [measure(wire, wire) for wire in range(qubits)]
    return compiled(qubits, list(range(qubits)), {"c": qubits}, ops)


@pytest.fixture(params=FORMATS)
def driver(request: pytest.FixtureRequest) -> Iterator[QdmiDevice]:
    driver = QdmiDevice("ddsim", {**DDSIM, "format": request.param})
    yield driver
    driver.close()


@pytest.fixture
def job_id() -> str:
    return str(uuid.uuid4())


def until(driver: Driver, handle: str, state: PollState) -> None:
    deadline = time.monotonic() + 20
    while driver.poll(handle).state is not state:
        assert time.monotonic() < deadline, driver.poll(handle)
        time.sleep(0.005)


def run(driver: Driver, program: dict[str, Any], shots: int = SHOTS) -> dict[str, int]:
    handle = driver.submit(str(uuid.uuid4()), Program(program), shots)
    until(driver, handle, PollState.DONE)
    return driver.result(handle).counts


class TestQdmiDevice(DriverSuite):
    def make_driver(self) -> Driver:
        return QdmiDevice("ddsim", DDSIM)

    def start_long_run(self, job_id: str) -> str:
        return str(self.driver.submit(job_id, Program(heavy(10)), 100))


# -- circuits


@pytest.mark.parametrize("wire", range(3))
def test_each_wire_is_read_into_its_own_clbit(driver: QdmiDevice, wire: int) -> None:
    key = "".join("1" if bit == wire else "0" for bit in (2, 1, 0))
    assert run(driver, one_set(wire, [4, 0, 2]), 20) == {key: 20}


def test_an_asymmetric_circuit_over_two_registers_has_the_distribution_of_the_simulator(driver: QdmiDevice) -> None:
    counts = run(driver, asymmetric(layout=[3, 0, 1]))
    exact = sample(asymmetric(), 1_000_000, 1, flip=0.0, max_qubits=3)
    assert distance(counts, exact) < 0.05
    assert distance({key[::-1]: times for key, times in counts.items()}, exact) > 0.2, "else no order would show"


def test_a_qubit_is_measured_reset_and_used_again(driver: QdmiDevice) -> None:
    assert run(driver, mid_circuit(["x", [0], []], [1]), 50) == {"110": 50}


def test_rotations_compiled_for_the_target_run(driver: QdmiDevice) -> None:
    target = driver.properties().target
    program = compile_program(parse("X(90),Z(30),Y(45)", None, max_bytes=100), "optimized", target)
    assert distance(run(driver, program), sample(program, 1_000_000, 1, flip=0.0, max_qubits=1)) < 0.05


def test_every_gate_of_the_target_does_what_it_is_to_do(driver: QdmiDevice) -> None:
    every = {gate: GATES[gate] for gate in driver.properties().target.native_gates}
    assert set(every) == set(GATES) - {"cu"}
    apart = apart_by_gate(
        every,
        lambda program: run(driver, program),
        lambda program: sample(program, 1_000_000, 1, flip=0.0, max_qubits=3),
    )
    assert not {gate: distance for gate, distance in apart.items() if distance > 0.06}


def test_a_barrier_stays_and_a_delay_is_rejected(driver: QdmiDevice, job_id: str) -> None:
    ops = [["x", [0], []], ["barrier", [0, 1], []], measure(0, 1)]
    assert run(driver, compiled(2, [0, 1], {"c": 2}, ops), 10) == {"10": 10}
    with pytest.raises(Rejected, match="no delay"):
        driver.submit(job_id, Program(compiled(1, [0], {"c": 1}, [["delay", [0], [1e-6]], measure(0, 0)])), 10)


def test_an_angle_comes_out_as_it_went_in(driver: QdmiDevice) -> None:
    ops = [["rx", [0], [math.pi]], ["rx", [0], [1e-300]], ["rx", [0], [-1e22 % math.tau]], measure(0, 0)]
    exact = math.sin((math.pi - 1e22 % math.tau) / 2) ** 2
    counts = run(driver, compiled(1, [0], {"c": 1}, ops))
    assert abs(counts.get("1", 0) / SHOTS - exact) < 0.05


# -- the run


def test_a_running_job_is_busy_and_stops_when_it_is_cancelled(job_id: str) -> None:
    driver = QdmiDevice("ddsim", DDSIM)
    assert driver.status().state is DeviceStatus.ONLINE
    handle = driver.submit(job_id, Program(heavy(20)), 100)
    until(driver, handle, PollState.RUNNING)
    assert driver.status().state is DeviceStatus.BUSY
    began = time.monotonic()
    assert driver.cancel(handle) in (CancelAnswer.CANCELLED, CancelAnswer.REQUESTED)
    until(driver, handle, PollState.CANCELLED)
    assert time.monotonic() - began < 2
    assert run(driver, one_set(0, [0, 1]), 10) == {"01": 10}, "the device goes on with the next job"
    driver.close()


def test_what_runs_when_the_driver_is_closed_is_stopped(job_id: str) -> None:
    driver = QdmiDevice("ddsim", DDSIM)
    handle = driver.submit(job_id, Program(heavy(20)), 100)
    until(driver, handle, PollState.RUNNING)
    job = driver._jobs[handle]
    driver.close()
    assert job.check().name == "CANCELED"


def test_a_program_the_device_cannot_read_fails(job_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.drivers.qdmi.write", lambda *_: "OPENQASM 3.0;\nqubit q q q;\n")
    driver = QdmiDevice("ddsim", DDSIM)
    handle = driver.submit(job_id, Program(one_set(0, [0, 1])), 10)
    until(driver, handle, PollState.FAILED)
    assert driver.poll(handle).message
    with pytest.raises(DriverError, match="no counts"):
        driver.result(handle)
    assert driver.cancel(handle) is CancelAnswer.TOO_LATE
    driver.close()


def test_a_device_that_runs_nothing_rejects_and_one_that_is_not_there_is_offline(job_id: str) -> None:
    garnet, nobody = (QdmiDevice("q", {"device_id": name}) for name in ("mqt.sc.iqm.garnet", "no.such.device"))
    with pytest.raises(Rejected, match="neither OpenQASM 3 nor OpenQASM 2"):
        garnet.submit(job_id, Program(one_set(0, [0, 1])), 10)
    with pytest.raises(Unavailable, match=r"no\.such\.device"):
        nobody.submit(job_id, Program(one_set(0, [0, 1])), 10)
    assert nobody.status().state is DeviceStatus.OFFLINE
    for call in (nobody.properties, lambda: nobody.poll("1"), lambda: nobody.result("1")):
        with pytest.raises(DriverError, match=r"no\.such\.device"):
            call()


# -- what it says of itself


def test_ddsim_has_all_gates_everywhere_and_as_many_qubits_as_it_is_given() -> None:
    target = QdmiDevice("ddsim", DDSIM).properties().target
    assert (target.num_qubits, target.connectivity, target.features) == (24, None, ("reset", "mid-circuit-measurement"))
    assert target.supports("ccz", (3, 0, 7)) and not target.supports("x", (24,))
    assert QdmiDevice("ddsim", {**DDSIM, "num_qubits": 30}).properties().target.num_qubits == 30


def test_a_chips_gates_couplings_and_figures_are_its_own() -> None:
    target = QdmiDevice("chip", {"device_id": "mqt.sc.default"}).properties().target
    assert (target.num_qubits, target.native_gates) == (100, ("prx", "cz"))
    assert target.supports("cz", (1, 0)) and target.supports("cz", (0, 1)) and not target.supports("cz", (9, 10))
    figures = target.figures("cz", (0, 1))
    assert (figures.error, figures.duration) == (0.005, pytest.approx(180e-9))
    assert target.figures("prx", (99,)).duration == pytest.approx(20e-9)
    assert target.figures("measure", (7,)).error == 0.02
    garnet = QdmiDevice("garnet", {"device_id": "mqt.sc.iqm.garnet"}).properties().target
    assert (garnet.num_qubits, len(garnet.connectivity or ())) == (20, 30)


# -- options


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"device_id": ""}, "device_id"),
        ({"token": "secret-word"}, "token_env, token_file or auth_file"),
        ({"password": "secret-word"}, "auth_file"),
        ({"num_qubits": 0}, "num_qubits"),
        ({"format": "qir"}, "format"),
        ({"custom1": 7}, "custom1"),
        ({"colour": "blue"}, "colour"),
        ({"token_env": "NO_SUCH_VARIABLE"}, "NO_SUCH_VARIABLE"),
    ],
    ids=str,
)
def test_options_that_cannot_be_used_are_refused_by_name(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as refused:
        QdmiDevice("q", {**DDSIM, **options})
    assert "secret-word" not in str(refused.value)


def test_a_device_without_an_id_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="device_id is missing"):
        QdmiDevice("q", {})


def test_the_token_goes_to_the_session_and_is_shown_nowhere(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("THE_QCS_TOKEN", "secret-word")
    with caplog.at_level(logging.DEBUG):
        driver = QdmiDevice("q", {**DDSIM, "token_env": "THE_QCS_TOKEN"})
        said = driver.status()
    assert driver._read.session == {"token": "secret-word"}
    for shown in (said.reason, repr(vars(driver)), caplog.text):
        assert "secret-word" not in (shown or "")
