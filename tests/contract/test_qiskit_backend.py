"""The driver of Qiskit providers, on backends that run here: Qiskit's own and fakes of IBM's."""

from __future__ import annotations

import itertools
import time
from typing import Any, ClassVar

import pytest

pytest.importorskip("qiskit_aer", reason="Aer is not installed: pip install 'qcjob[circuits]'")

from qiskit.providers import JobStatus
from qiskit.providers.fake_provider import GenericBackendV2

from qcjob.devices.driver import CancelAnswer, DeviceStatus, Driver, PollState, Program
from qcjob.errors import ConfigurationError, DriverError, Rejected
from tests.contract.circuits import apart, document, measure, noise_of, outcome, shuffled
from tests.contract.driver_suite import DriverSuite
from workers.drivers.qiskit_backend import QiskitBackend
from workers.drivers.statevector import sample

GENERIC = "qiskit.providers.fake_provider:GenericBackendV2"


class Slow(DriverSuite):
    """Its jobs run in threads of this process."""

    patience = 3_000
    seeded = True

    def pass_time(self) -> None:
        time.sleep(0.02)


class TestGenericBackend(Slow):
    def make_driver(self) -> Driver:
        return QiskitBackend("generic", {"backend": GENERIC, "arguments": {"num_qubits": 5, "seed": 1}})


class TestGenericBackendWithControlFlow(Slow):
    arguments: ClassVar[dict[str, Any]] = {"num_qubits": 4, "seed": 1, "control_flow": True, "noise_info": False}

    def make_driver(self) -> Driver:
        return QiskitBackend("generic", {"backend": GENERIC, "arguments": self.arguments})


class TestFakeIBM(Slow):
    def make_driver(self) -> Driver:
        pytest.importorskip("qiskit_ibm_runtime", reason="not installed: pip install 'qcjob[ibm]'")
        return QiskitBackend("manila", {"backend": "qiskit_ibm_runtime.fake_provider:FakeManilaV2"})


# -- a provider that keeps its jobs, as one over the network does


class Job:
    """A job whose status the test sets; its result is that of a real run."""

    def __init__(self, run: Any, job_id: str, tags: list[str]) -> None:
        self.run, self.name, self.tags = run, job_id, tags
        self.told: Any = None

    def job_id(self) -> str:
        return self.name

    def status(self) -> Any:
        return self.run.status() if self.told is None else self.told

    def result(self) -> Any:
        return self.run.result()

    def cancel(self) -> bool:
        self.told = "CANCELLED"
        return True

    def error_message(self) -> str:
        return "the fridge is warm"


class Service:
    def __init__(self) -> None:
        self.kept: dict[str, Job] = {}

    def job(self, job_id: str) -> Job:
        return self.kept[job_id]

    def jobs(self, *, job_tags: list[str], limit: int) -> list[Job]:
        return [job for job in self.kept.values() if set(job_tags) <= set(job.tags)][:limit]


SERVICE = Service()
NUMBERS = itertools.count()


class Remote(GenericBackendV2):
    """A backend that keeps its jobs in a service and takes tags."""

    service = SERVICE

    def run(self, run_input: Any, *, job_tags: Any = (), **options: Any) -> Job:
        job = Job(super().run(run_input, **options), f"remote-{next(NUMBERS)}", list(job_tags))
        SERVICE.kept[job.name] = job
        return job


def remote(**more: Any) -> QiskitBackend:
    arguments = {"num_qubits": 5, "seed": 1, "noise_info": False}
    return QiskitBackend("remote", {"backend": f"{__name__}:Remote", "arguments": arguments, **more})


class TestRemoteBackend(Slow):
    """The same service is behind every driver, so that jobs are found and re-attached to."""

    def make_driver(self) -> Driver:
        return remote(tags="job_tags")


def test_another_process_has_the_result_of_a_job_by_its_handle() -> None:
    first, second = remote(), remote()
    program = document(3, 4, ["x", [1], []], measure(1, 2), measure(0, 3), layout=[4, 0, 2])
    handle = first.submit("job", Program(program, 1), 50)
    while second.poll(handle).state is not PollState.DONE:
        time.sleep(0.02)
    assert second.result(handle).counts == {"0100": 50}
    assert first.caps.reattach
    assert not QiskitBackend("local", {"backend": GENERIC, "arguments": {"num_qubits": 2}}).caps.reattach


@pytest.mark.parametrize(
    ("told", "state"),
    [
        (JobStatus.QUEUED, PollState.QUEUED),
        (JobStatus.INITIALIZING, PollState.QUEUED),
        (JobStatus.RUNNING, PollState.RUNNING),
        ("Running", PollState.RUNNING),
        (JobStatus.CANCELLED, PollState.CANCELLED),
        ("ERROR", PollState.FAILED),
    ],
    ids=str,
)
def test_what_a_provider_says_of_a_job_is_told_in_our_words(told: Any, state: PollState) -> None:
    device = remote()
    handle = device.submit("job", Program(document(1, 1, measure(0, 0)), 1), 10)
    SERVICE.kept[handle].told = told
    poll = device.poll(handle)
    assert poll.state is state
    assert ("the fridge is warm" in poll.message) == (state is PollState.FAILED)
    SERVICE.kept[handle].told = "ASLEEP"
    with pytest.raises(DriverError, match="ASLEEP"):
        device.poll(handle)


def test_a_cancel_is_asked_of_the_provider_and_comes_too_late_after_the_end() -> None:
    device = remote()
    handle = device.submit("job", Program(document(1, 1, measure(0, 0)), 1), 10)
    SERVICE.kept[handle].told = JobStatus.QUEUED
    assert device.cancel(handle) is CancelAnswer.REQUESTED
    assert device.poll(handle).state is PollState.CANCELLED
    assert device.cancel(handle) is CancelAnswer.TOO_LATE


def test_several_registers_come_back_as_one_bitstring_in_clbit_order() -> None:
    flow = {"backend": GENERIC, "arguments": {"num_qubits": 3, "seed": 1, "noise_info": False, "control_flow": True}}
    device = QiskitBackend("generic", flow)
    assert device.caps.formats == (1, 2)
    choice = ["if", ["equal", ["creg", [0, 1]], ["lit", 2, ["uint", 2]]], [["x", [2], []]], []]
    ops = ["x", [1], []], measure(0, 0), measure(1, 1), choice, measure(2, 4)
    program = document(3, 5, *ops) | {"registers": {"a": [0, 1], "b": [2, 3, 4]}}
    assert outcome(device, Program(program, 1), 20).counts == {"10010": 20}
    across = document(3, 5, *ops) | {"registers": {"b": [2, 3, 4], "a": [0, 1]}}
    with pytest.raises(Rejected, match="across"):
        device.submit("job", Program(across, 1), 20)


def test_it_gives_the_distribution_that_the_simulators_give() -> None:
    device = QiskitBackend(
        "generic", {"backend": GENERIC, "arguments": {"num_qubits": 5, "seed": 1, "noise_info": False}}
    )
    program = shuffled(5, gates=("cx", "rz", "sx", "x"))
    seen = outcome(device, Program({**program, "layout": [3, 0, 4, 1, 2]}, 1), 20_000).counts
    by_numpy = sample(program, 20_000, 1, flip=0, max_qubits=5)
    assert len(by_numpy) > 4
    assert apart(seen, by_numpy) < noise_of(seen, by_numpy)


def test_a_backend_that_does_not_tell_what_runs_on_it_is_busy() -> None:
    assert remote().status().state is DeviceStatus.BUSY


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"backend": "qiskit"},
        {"backend": "no.such.module:Backend"},
        {"backend": "qiskit.circuit:QuantumCircuit"},
        {"backend": GENERIC, "arguments": {"num_qubits": "five"}},
        {"backend": GENERIC, "arguments": {"num_qubits": 2}, "tags": "job_tags"},
        {"backend": GENERIC, "arguments": {"num_qubits": 2}, "colour": "blue"},
    ],
    ids=str,
)
def test_a_backend_that_cannot_be_made_is_a_configuration_error(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        QiskitBackend("backend", options)


def test_what_is_no_circuit_is_rejected() -> None:
    device = remote()
    for program in (
        Program(document(1, 1, ["warp", [0], []])),
        Program(document(2, 1, ["x", [1], []], layout=[0, 9])),
        Program(document(1, 1, measure(0, 0)), options={"memory": "yes"}),
    ):
        with pytest.raises(Rejected):
            device.submit("job", program, 10)
