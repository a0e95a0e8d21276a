"""The simulators' engines in processes of their own: the same outcomes from each, and no way to hang or outlive one."""

from __future__ import annotations

import contextlib
import itertools
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qcjob.devices.driver import CancelAnswer, DeviceStatus, Driver, PollState, Program
from qcjob.errors import ConfigurationError, Rejected, Unavailable
from tests.contract.circuits import apart, bell, document, endless, measure, noise_of, outcome, shuffled
from workers.drivers import aer_settings
from workers.drivers.aer import Aer
from workers.drivers.classical import evaluate
from workers.drivers.simulator import Simulator
from workers.drivers.statevector import sample

pytest.importorskip("qiskit_aer", reason="Aer is not installed: pip install 'qcjob[circuits]'")

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def device() -> Iterator[Simulator]:
    simulator = Simulator("simulator", {"num_qubits": 1_000, "max_memory_mb": 64})
    yield simulator
    simulator.close()


def until(done: Any, seconds: float = 20) -> None:
    ends_at = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < ends_at
        time.sleep(0.01)


@pytest.mark.parametrize("seed", range(6))
def test_aer_and_numpy_give_the_same_distribution(device: Simulator, seed: int) -> None:
    compiled = shuffled(seed)
    by_aer = outcome(device, Program(compiled, seed), 20_000, f"shuffled-{seed}").counts
    by_numpy = sample(compiled, 20_000, seed, flip=0, max_qubits=5)
    assert apart(by_aer, by_numpy) < noise_of(by_aer, by_numpy)
    other = sample(shuffled(seed + 100), 20_000, seed, flip=0, max_qubits=5)
    assert apart(by_aer, other) > noise_of(by_aer, other), "the bound tells programs apart"


def test_they_agree_where_something_is_measured_reset_and_chosen_by(device: Simulator) -> None:
    turned = [["ry", [qubit], [0.7 + 0.4 * qubit]] for qubit in range(3)]
    loop = ["while", ["equal", ["creg", [0, 1]], ["lit", 3, ["uint", 2]]], [["h", [0], []], measure(0, 0)]]
    cases = [[[1], [["x", [2], []]]], ["default", [["ry", [2], [1.1]]]]]
    program = document(
        3,
        5,
        *turned,
        ["cx", [0, 1], []],
        measure(0, 0),
        measure(1, 1),
        loop,
        ["if", ["clbit", 1], [["reset", [1], []]], [["csx", [0, 1], []]]],
        ["switch", ["creg", [1, 0]], cases],
        measure(2, 4),
        ["iswap", [2, 0], []],
        measure(0, 3),
        measure(1, 2),
        low=[0, 1],
        turned=[1, 0],
        others=[2, 3, 4],
    )
    job = Program(program, 1, {"readout_error": 0.05})
    by_aer = outcome(device, job, 20_000, "chosen").counts
    by_numpy = sample(program, 20_000, 1, flip=0.05, max_qubits=3)
    assert apart(by_aer, by_numpy) < noise_of(by_aer, by_numpy)


@pytest.mark.parametrize("before", [[], [["x", [0], []], measure(0, 0)]], ids=["not-entered", "entered"])
@pytest.mark.parametrize("after", [[], [measure(1, 1)], [["barrier", [0], []]]], ids=["last", "measured", "barrier"])
def test_a_loop_may_stand_anywhere(device: Simulator, before: list[Any], after: list[Any]) -> None:
    loop = ["while", ["clbit", 0], [["reset", [0], []], measure(0, 0)]]
    name = f"anywhere-{len(before)}-{after}"
    assert outcome(device, Program(document(2, 2, *before, loop, *after), 1), 10, name).counts == {"00": 10}


def conditions() -> Iterator[list[Any]]:
    low, high, mixed = ["creg", [0, 1]], ["creg", [2, 3]], ["creg", [3, 0]]
    for word in ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal"):
        yield [word, low, high]
        yield [word, mixed, ["lit", 2, ["uint", 2]]]
        yield [word, ["bit_xor", low, ["bit_not", high]], ["bit_or", mixed, ["bit_and", low, high]]]
    for word in ("and", "or", "bit_and", "bit_or", "bit_xor", "equal", "not_equal"):
        yield [word, ["clbit", 1], ["not", ["clbit", 2]]]
    yield ["bit_not", ["clbit", 3]]
    yield ["and", ["less", low, high], ["or", ["clbit", 0], ["lit", False, "bool"]]]


def test_aer_chooses_as_numpy_does_by_every_word_that_it_is_trusted_with(device: Simulator) -> None:
    asked = list(conditions())
    words = {word for condition in asked for word in str(condition).replace("'", " ").split()}
    assert words >= aer_settings._UNDERSTOOD
    for bits in range(16):
        ops: list[list[Any]] = [["x", [wire], []] for wire in range(4) if bits >> wire & 1]
        ops += [measure(wire, wire) for wire in range(4)]
        for number, condition in enumerate(asked):
            ops += [["reset", [4], []], ["if", condition, [["x", [4], []]], []], measure(4, 4 + number)]
        expected = bits | sum(evaluate(condition, bits) << 4 + number for number, condition in enumerate(asked))
        flags = list(range(4, 4 + len(asked)))
        compiled = document(5, 4 + len(asked), *ops, low=[0, 1], high=[2, 3], mixed=[3, 0], flags=flags)
        seen = outcome(device, Program(compiled, 1), 1, f"words-{bits}").counts
        assert seen == {f"{expected:0{4 + len(asked)}b}": 1}


@pytest.mark.parametrize(
    "expression", [["add", ["creg", [0, 1]], ["lit", 1, ["uint", 2]]], ["cast", "bool", ["creg", [0]]]]
)
def test_what_aer_cannot_choose_by_is_run_with_numpy_or_refused(device: Simulator, expression: list[Any]) -> None:
    condition = expression if expression[0] == "cast" else ["equal", expression, ["lit", 2, ["uint", 2]]]
    ops = ["x", [0], []], measure(0, 0), ["if", condition, [["x", [1], []]], []], measure(1, 1)
    assert outcome(device, Program(document(2, 2, *ops), 1), 10, f"by-{expression[0]}").counts == {"11": 10}
    spread = [["h", [qubit], []] for qubit in range(21)]
    with pytest.raises(Rejected, match="20 qubits"):
        device.submit("wide", Program(document(21, 2, *spread, *ops)), 10)


def test_the_same_seed_gives_the_same_counts_on_any_number_of_threads_and_in_any_process(device: Simulator) -> None:
    compiled = shuffled(3, qubits=15, length=40)
    seen = outcome(device, Program(compiled, 9), 500, "one").counts
    other = Simulator("other", {"threads": 2})
    assert outcome(other, Program(compiled, 9), 500, "two").counts == seen
    assert outcome(other, Program(compiled, 10), 500, "three").counts != seen
    other.close()


def test_a_readout_error_of_one_reads_every_bit_wrong(device: Simulator) -> None:
    flipped = document(3, 3, ["x", [1], []], *(measure(qubit, qubit) for qubit in range(3)))
    assert outcome(device, Program(flipped, 1, {"readout_error": 1}), 10, "flipped").counts == {"101": 10}


@pytest.mark.parametrize("options", [{}, {"readout_error": 0.3}], ids=str)
@pytest.mark.parametrize("compiled", [bell(), document(1, 1, ["h", [0], []], measure(0, 0))], ids=["bell", "qubit"])
def test_memory_holds_each_shot_and_agrees_with_the_counts(
    device: Simulator, compiled: dict[str, Any], options: dict[str, Any]
) -> None:
    name = f"memory-{compiled['qubits']}-{options}"
    result = outcome(device, Program(compiled, 3, {"memory": True, **options}), 200, name)
    assert result.memory is not None and len(result.memory) == 200
    assert {key: result.memory.count(key) for key in result.memory} == result.counts
    assert outcome(device, Program(compiled, 3, options), 200, name + "-not").counts == result.counts
    with pytest.raises(Rejected):
        device.submit("maybe", Program(compiled, 3, {"memory": "yes"}), 200)


def test_an_endless_loop_ends_by_a_cancel_and_the_next_job_runs(device: Simulator) -> None:
    handle = device.submit("endless", Program(endless(), 1), 10)
    assert isinstance(handle, str)
    time.sleep(0.1)
    assert device.poll(handle).state is PollState.RUNNING
    assert device.status().state is DeviceStatus.BUSY
    assert device.cancel(handle) is CancelAnswer.CANCELLED
    assert device.poll(handle).state is PollState.CANCELLED
    assert device.status().state is DeviceStatus.ONLINE
    assert set(outcome(device, Program(bell(), 1), 100, "after").counts) == {"00", "11"}


def test_a_run_that_its_worker_left_behind_is_ended_when_another_job_comes() -> None:
    now = [0.0]
    device = Simulator("simulator", {}, clock=lambda: now[0])
    left = device.submit("left", Program(endless(), 1), 10)
    assert isinstance(left, str)
    now[0] = 61.0
    outcome(device, Program(bell(), 1), 10, "next")
    assert device.poll(left).state is PollState.CANCELLED
    device.close()


def test_a_run_whose_process_dies_has_failed_and_the_next_job_runs(device: Simulator) -> None:
    handle = device.submit("dies", Program(endless(), 1), 10)
    assert isinstance(handle, str)
    fork = device._runs[handle].fork
    assert fork is not None
    os.kill(fork._pid, 9)
    until(lambda: device.poll(handle).state is not PollState.RUNNING)
    assert device.poll(handle).state is PollState.FAILED
    assert device.cancel(handle) is CancelAnswer.TOO_LATE
    assert set(outcome(device, Program(bell(), 1), 100, "survivor").counts) == {"00", "11"}


def test_when_the_process_that_forks_is_gone_another_takes_its_place(device: Simulator) -> None:
    outcome(device, Program(bell(), 1), 10, "first")
    process = device._forks._process
    assert process is not None
    process.kill()
    process.wait()
    with contextlib.suppress(Unavailable):  # this submit may be the one that finds out
        outcome(device, Program(bell(), 1), 10, "second")
    assert outcome(device, Program(bell(), 1), 10, "third").counts


def test_the_engine_dies_with_its_worker_whatever_it_runs() -> None:
    code = (
        "import sys, time\n"
        "from qcjob.devices.driver import Program\n"
        "from tests.contract.circuits import endless\n"
        "from workers.drivers.simulator import Simulator\n"
        "device = Simulator('simulator', {})\n"
        "device.submit('job', Program(endless(), 1), 10)\n"
        "print(device._forks._process.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE) as worker:
        assert worker.stdout is not None
        group = int(worker.stdout.readline())
        os.killpg(group, 0)
        worker.kill()

    def is_gone() -> bool:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        return False

    until(is_gone)


def test_a_program_over_the_memory_is_refused_at_once_and_what_memory_told_too_late_says_so(device: Simulator) -> None:
    linked = (op for qubit in range(29) for op in (["ry", [qubit], [0.3]], ["cx", [qubit, qubit + 1], []]))
    wide = document(30, 1, *linked, measure(29, 0))
    assert device.properties().max_simulated_qubits == 22
    with pytest.raises(Rejected, match="1 to 22"):
        device.submit("wide", Program(wide), 10)
    hopeful = Aer(
        "hopeful",
        {
            "num_qubits": 30,
            "native_gates": ["ry", "cx"],
            "max_memory_mb": 64,
            "method": "statevector",
            "max_simulated_qubits": 30,
        },
    )
    handle = hopeful.submit("wide", Program(wide), 10)
    until(lambda: hopeful.poll(handle).state is not PollState.RUNNING)
    poll = hopeful.poll(handle)
    assert (poll.state, poll.code) == (PollState.FAILED, "rejected")
    assert "64 MB" in poll.message
    hopeful.close()


def test_a_large_clifford_circuit_needs_no_state_vector() -> None:
    device = Aer("clifford", {"num_qubits": 500, "native_gates": ["h", "cx"], "method": "stabilizer"})
    chain = [["cx", [qubit, qubit + 1], []] for qubit in range(399)]
    every = [measure(qubit, qubit) for qubit in range(400)]
    assert device.properties().max_simulated_qubits is None
    seen = outcome(device, Program(document(400, 400, ["h", [0], []], *chain, *every), 1), 100).counts
    assert set(seen) == {"0" * 400, "1" * 400}
    device.close()


@pytest.mark.parametrize(
    "noise",
    [
        "figures",
        {"two_qubit_error": 0.15, "readout_error": 0.05},
    ],
    ids=["figures", "table"],
)
def test_noise_goes_where_the_program_lies(noise: Any) -> None:
    gates = {
        "iswap": [{"qubits": [4, 2], "error": 0.15}, {"qubits": [0, 1], "error": 0.9}],
        "measure": [{"qubits": [qubit], "error": 0.05} for qubit in (2, 4)],
    }
    shape = {"num_qubits": 5, "native_gates": ["x", "iswap"], "gates": gates if noise == "figures" else {}}
    device = Aer("noisy", {**shape, "noise": noise})
    ops = ["x", [0], []], ["iswap", [0, 1], []], measure(0, 0), measure(1, 1)
    seen = outcome(device, Program(document(2, 2, *ops, layout=[4, 2]), 1), 40_000).counts
    device.close()
    # error 0.15 depolarises with 0.2: 0.8 of the shots are as they should be, the others anything
    after = {"10": 0.85, "01": 0.05, "00": 0.05, "11": 0.05}
    read = {
        key: sum(
            chance
            * (0.95 ** sum(a == b for a, b in zip(key, was, strict=True)))
            * (0.05 ** sum(a != b for a, b in zip(key, was, strict=True)))
            for was, chance in after.items()
        )
        for key in map("".join, itertools.product("01", repeat=2))
    }
    assert {key: count / 40_000 for key, count in seen.items()} == pytest.approx(read, abs=0.012)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"num_qubits": 2, "native_gates": ["rz"], "colour": "blue"},
        {"num_qubits": 2, "native_gates": ["hx"]},
        {"num_qubits": 2, "native_gates": ["rz"], "noise": "some"},
        {"num_qubits": 2, "native_gates": ["rz"], "noise": {"one_qubit_error": 2}},
        {"num_qubits": 2, "native_gates": ["rz"], "method": "magic"},
    ],
    ids=str,
)
def test_a_wrong_option_of_aer_is_a_configuration_error(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        Aer("aer", options)


def test_without_aer_circuits_run_with_numpy_up_to_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aer_settings, "find_spec", lambda name: None)
    device: Driver = Simulator("simulator", {})
    assert device.properties().max_simulated_qubits == 20
    assert set(outcome(device, Program(bell(), 1), 100).counts) == {"00", "11"}
    with pytest.raises(Rejected, match="1 to 20"):
        device.submit("wide", Program(document(21, 21)), 1)
    device.close()
    with pytest.raises(ConfigurationError, match="qcjob\\[circuits\\]"):
        Aer("aer", {"num_qubits": 1, "native_gates": ["x"]})
