"""One OpenQASM program, compiled for each device and run on it, means the same everywhere: bits, registers, angles."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

pytest.importorskip("qiskit_aer", reason="needs the extra circuits")
pytest.importorskip("braket.devices", reason="needs the extra braket")
pytest.importorskip("mqt.core.qdmi", reason="needs the extra qdmi")

from qcjob.circuits.build import build
from qcjob.devices.driver import Driver, Finished, PollState, Program
from qcjob.languages.openqasm.limits import Limits
from tests.braket_service import GARNET, SV1, BraketService
from tests.circuits import distance
from tests.iqm_server import IqmServer
from workers.drivers.aer import Aer
from workers.drivers.braket_aws import BraketAws
from workers.drivers.braket_local import BraketLocal
from workers.drivers.iqm import IqmDevice
from workers.drivers.qdmi import QdmiDevice
from workers.drivers.statevector import sample

SHOTS = 4_000

# Its outcomes are far from symmetric in the bits of a register, in the registers, and in the qubits.
SOURCE = """OPENQASM 3;
include "stdgates.inc";
qubit[2] left;
qubit[2] right;
bit[1] low;
bit[3] high;
ry(0.4) left[0];
h left[1];
rx(1.1) right[0];
U(2.2, 0.3, -0.8) right[1];
cx left[0], right[1];
crz(0.9) right[0], left[1];
swap left[1], right[0];
cp(1.7) right[1], left[0];
sx left[1];
ry(-0.6) right[1];
high[2] = measure left[0];
low[0] = measure right[1];
high[0] = measure left[1];
high[1] = measure right[0];
"""

Make = Callable[[], Driver]


@pytest.fixture(scope="module")
def devices() -> Iterator[dict[str, Make]]:
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "an-id")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "a-secret")
        iqm, braket = stack.enter_context(IqmServer()), stack.enter_context(BraketService())
        where = {"endpoint_url": braket.url, "s3_bucket": "a-bucket"}
        aer = {"num_qubits": 5, "native_gates": ["rx", "ry", "rz", "cz"], "connectivity": [[0, 1], [1, 2], [2, 3]]}
        yield {
            "aer": lambda: Aer("aer", aer),
            "iqm": lambda: IqmDevice("iqm", {"url": iqm.url, "quantum_computer": "garnet"}),
            "braket-qpu": lambda: BraketAws("garnet", {"device_arn": GARNET, **where}),
            "braket-simulator": lambda: BraketAws("sv1", {"device_arn": SV1, "region": "eu-north-1", **where}),
            "braket-local": lambda: BraketLocal("local", {"num_qubits": 6}),
            "qdmi": lambda: QdmiDevice("ddsim", {"device_id": "mqt.ddsim.default", "num_qubits": 6}),
        }


def run(driver: Driver, compiled: dict[str, Any]) -> dict[str, int]:
    answer = driver.submit(str(uuid.uuid4()), Program(compiled, seed=7), SHOTS)
    if isinstance(answer, Finished):
        return answer.result.counts
    deadline = time.monotonic() + 30
    while (poll := driver.poll(str(answer))).state is not PollState.DONE:
        assert poll.state in (PollState.QUEUED, PollState.RUNNING) and time.monotonic() < deadline, poll
        time.sleep(0.01)
    return driver.result(str(answer)).counts


@pytest.mark.parametrize("name", ["aer", "iqm", "braket-qpu", "braket-simulator", "braket-local", "qdmi"])
def test_a_program_has_one_distribution_on_every_device(devices: dict[str, Make], name: str) -> None:
    driver = devices[name]()
    target = driver.properties().target
    compiled = build(SOURCE, "openqasm3", "optimized", target, Limits()).compiled
    counts = run(driver, compiled)
    driver.close()
    ideal = build(SOURCE, "openqasm3", "simulated", target, Limits()).compiled
    exact = sample(ideal, 1_000_000, 1, flip=0.0, max_qubits=4)
    assert distance(counts, exact) < 0.06
    for turned in ({key[::-1]: n for key, n in counts.items()}, {key[1:] + key[0]: n for key, n in counts.items()}):
        assert distance(turned, exact) > 0.2, "else no order would show"
