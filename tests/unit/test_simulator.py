"""The simulator: exact statistics, seeds, durations, and what it refuses."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from qcjob.compiler import compile_program
from qcjob.devices.driver import CancelAnswer, DeviceStatus, Finished, Poll, PollState, Program
from qcjob.errors import ConfigurationError, DriverError, Rejected
from qcjob.languages import parse
from qcjob.target import Target
from workers.drivers.sampling import MAX_QUBITS
from workers.drivers.simulating import RETENTION_SECONDS
from workers.drivers.simulator import Simulator
from workers.drivers.statevector import sample

ROOT = Path(__file__).parents[2]


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def circuit(qubits: int, *ops: list[Any], clbits: int | None = None) -> Program:
    clbits = qubits if clbits is None else clbits
    registers, layout = {"c": list(range(clbits))}, list(range(qubits))
    compiled = {"format": 1, "qubits": qubits, "clbits": clbits, "registers": registers, "layout": layout}
    return Program({**compiled, "ops": list(ops)}, seed=11)


def measure(*pairs: tuple[int, int]) -> list[Any]:
    return ["measure", [qubit for qubit, _ in pairs], [], [clbit for _, clbit in pairs]]


def rotations(source: str, *, seed: int | None = 11, **options: Any) -> Program:
    parsed = parse(source, None, max_bytes=1_000)
    return Program(compile_program(parsed, "verbatim", Target(1, ("rx", "ry", "rz"))), seed, options)


def counts(program: Program, shots: int = 100_000) -> dict[str, int]:
    """As the simulator gives them for one qubit, and its numpy engine for more."""
    if program.compiled.get("qubits", 1) > 1:
        flip = program.options.get("readout_error", 0)
        return sample(program.compiled, shots, 11, flip=flip, max_qubits=MAX_QUBITS)
    answer = Simulator("simulator", {}).submit("job", program, shots)
    assert isinstance(answer, Finished)
    return answer.result.counts


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("X(180)", {"1": 1000}),
        ("Y(-180)", {"1": 1000}),
        ("Z(180)", {"0": 1000}),
        ("X(0)", {"0": 1000}),
        ("X(90),X(90)", {"1": 1000}),
        ("X(90),Z(180),X(90)", {"0": 1000}),
        ("Y(90),Z(90),X(90)", {"0": 1000}),
        ("Y(90),Z(90),X(-90)", {"1": 1000}),
        ("X(3600)", {"0": 1000}),
    ],
)
def test_certain_outcomes_are_certain_and_the_others_are_left_out(source: str, expected: dict[str, int]) -> None:
    assert counts(rotations(source), 1000) == expected


@pytest.mark.parametrize("degrees", [30, 60, 90, 120, 179])
@pytest.mark.parametrize("axis", "XY")
def test_a_rotation_by_theta_is_seen_as_one_with_sine_squared_of_half_theta(axis: str, degrees: int) -> None:
    expected = 100_000 * math.sin(math.radians(degrees) / 2) ** 2
    assert counts(rotations(f"{axis}({degrees})"))["1"] == pytest.approx(expected, abs=5 * math.sqrt(25_000))


def test_a_readout_error_flips_bits_with_its_probability() -> None:
    assert counts(rotations("X(180)", readout_error=0.1))["0"] == pytest.approx(10_000, abs=500)
    assert counts(rotations("X(180)", readout_error=1), 10) == {"0": 10}
    device = Simulator("noisy", {"readout_error": 0.5})
    answer = device.submit("job", rotations("X(180)"), 100_000)
    assert isinstance(answer, Finished)
    assert answer.result.counts["0"] == pytest.approx(50_000, abs=800)
    assert device.submit("job", rotations("X(180)", readout_error=0), 5).result.counts == {"1": 5}  # type: ignore[union-attr]


def test_readout_errors_of_two_bits_are_independent() -> None:
    program = circuit(2, ["x", [1], []], measure((0, 0), (1, 1)))
    seen = counts(Program(program.compiled, 11, {"readout_error": 0.1}))
    expected = {"10": 81_000, "00": 9_000, "11": 9_000, "01": 1_000}
    assert seen == pytest.approx(expected, abs=700)


def test_the_rightmost_character_is_clbit_0() -> None:
    assert counts(circuit(3, ["x", [0], []], measure((0, 0), (1, 1), (2, 2))), 5) == {"001": 5}
    assert counts(circuit(3, ["x", [0], []], measure((0, 2), (1, 1), (2, 0))), 5) == {"100": 5}


def test_clbits_nothing_was_measured_into_are_zero() -> None:
    assert counts(circuit(2, ["x", [1], []], measure((1, 3)), clbits=5), 5) == {"01000": 5}
    assert counts(circuit(1, ["x", [0], []], clbits=2), 5) == {"00": 5}


@pytest.mark.parametrize("pair", [[0, 1], [1, 0]])
def test_a_bell_pair_agrees_with_itself(pair: list[int]) -> None:
    bell = circuit(2, ["h", [0], []], ["h", [1], []], ["cz", pair, []], ["h", [1], []], measure((0, 0), (1, 1)))
    seen = counts(bell)
    assert set(seen) == {"00", "11"}
    assert seen["00"] == pytest.approx(50_000, abs=800)


def test_a_chain_over_distant_qubits_is_all_zeros_or_all_ones() -> None:
    n, ops = 6, [["h", [0], []]]
    for target in (5, 2, 4, 1, 3):
        ops += [["h", [target], []], ["cz", [0, target], []], ["h", [target], []]]
    assert set(counts(circuit(n, *ops, measure(*((q, q) for q in range(n)))))) == {"0" * n, "1" * n}


def test_every_gate_of_the_table_keeps_its_meaning() -> None:
    half = math.pi / 2
    for identity in (
        [["sx", [0], []], ["sx", [0], []], ["x", [0], []]],
        [["prx", [0], [half, 0]], ["rx", [0], [-half]]],
        [["prx", [0], [half, half]], ["ry", [0], [-half]]],
        [["h", [0], []], ["rz", [0], [math.pi]], ["h", [0], []], ["x", [0], []]],
    ):
        assert counts(circuit(1, *identity, measure((0, 0))), 100) == {"0": 100}


def test_same_seed_same_counts_in_another_process() -> None:
    code = (
        "from tests.unit.test_simulator import counts, rotations\n"
        "print(sorted(counts(rotations('X(77),Y(12)', seed=3)).items()))"
    )
    other = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert other.stdout.strip() == str(sorted(counts(rotations("X(77),Y(12)", seed=3)).items()))
    assert counts(rotations("X(77)", seed=3)) != counts(rotations("X(77)", seed=4))


@pytest.mark.parametrize("seed", [0, -1, -(2**70), 2**200])
def test_any_whole_number_is_a_seed_and_comes_back_with_the_result(seed: int) -> None:
    answer = Simulator("simulator", {}).submit("job", rotations("X(90)", seed=seed), 10)
    assert isinstance(answer, Finished)
    assert answer.result.seed == seed


def test_without_a_seed_the_same_job_gives_the_same_counts_and_another_job_others() -> None:
    device = Simulator("simulator", {})
    one, again, other = (device.submit(job, rotations("X(90)", seed=None), 10**6) for job in ("a", "a", "b"))
    assert one == again != other


def test_a_run_with_a_duration_is_running_until_it_has_passed() -> None:
    clock = Clock()
    device = Simulator("simulator", {}, clock=clock)
    handle = device.submit("job", rotations("X(180)", duration=2.5), 10)
    assert isinstance(handle, str)
    assert device.status().state is DeviceStatus.BUSY
    clock.now = 2.4
    assert device.poll(handle) == Poll(PollState.RUNNING)
    with pytest.raises(DriverError):
        device.result(handle)
    clock.now = 2.5
    assert device.poll(handle) == Poll(PollState.DONE)
    assert device.result(handle).counts == {"1": 10}
    assert device.cancel(handle) is CancelAnswer.TOO_LATE
    assert device.status().state is DeviceStatus.ONLINE


def test_a_cancelled_run_is_cancelled_for_good_and_can_be_submitted_anew() -> None:
    clock = Clock()
    device = Simulator("simulator", {}, clock=clock)
    handle = device.submit("job", rotations("X(180)", duration=2), 10)
    assert isinstance(handle, str)
    assert device.cancel(handle) is CancelAnswer.CANCELLED
    clock.now = 3
    assert device.poll(handle).state is PollState.CANCELLED
    assert device.cancel(handle) is CancelAnswer.CANCELLED
    assert device.submit("job", rotations("X(180)", duration=2), 10) == handle
    assert device.poll(handle).state is PollState.RUNNING


def test_a_run_is_forgotten_after_the_retention() -> None:
    clock = Clock()
    device = Simulator("simulator", {}, clock=clock)
    handle = device.submit("old", rotations("X(180)", duration=1), 10)
    assert isinstance(handle, str)
    clock.now = RETENTION_SECONDS + 2
    device.submit("new", rotations("X(180)", duration=1), 10)
    assert device.poll(handle).state is PollState.LOST


@pytest.mark.parametrize(
    "options",
    [
        {"duration": -1},
        {"duration": "2"},
        {"duration": True},
        {"duration": math.nan},
        {"duration": math.inf},
        {"duration": 10**400},
        {"readout_error": 1.01},
        {"readout_error": None},
    ],
    ids=str,
)
def test_an_option_it_cannot_take_is_rejected(options: dict[str, Any]) -> None:
    with pytest.raises(Rejected):
        counts(rotations("X(90)", **options))


@pytest.mark.parametrize(
    "program",
    [
        Program({}),
        Program({"format": 3, "qubits": 1, "clbits": 1, "ops": []}),
        circuit(21),
        circuit(0),
        circuit(1, ["ccx", [0], []]),
        circuit(1, ["rx", [0], []]),
        circuit(1, ["rx", [0], [math.nan]]),
        circuit(1, ["rx", [0], ["1"]]),
        circuit(1, ["x", [1], []]),
        circuit(1, ["x"]),
        circuit(2, ["cz", [1, 1], []]),
        circuit(2, measure((0, 0), (1, 0))),
        circuit(1, measure((0, 1))),
        circuit(1, ["measure", [0], []]),
    ],
)
def test_a_program_it_cannot_run_is_rejected(program: Program) -> None:
    with pytest.raises(Rejected):
        counts(program)


@pytest.mark.parametrize(
    "options",
    [
        {"num_qubits": 1_001},
        {"num_qubits": 0},
        {"native_gates": ["ccccx"]},
        {"connectivity": "line"},
        {"readout_error": 2},
        {"speed": 1},
        {"method": "magic"},
        {"max_memory_mb": 0},
        {"threads": -1},
        {"max_simulated_qubits": "all"},
    ],
    ids=str,
)
def test_a_wrong_device_option_is_a_configuration_error(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        Simulator("simulator", options)


def test_the_echo_device_does_without_numpy() -> None:
    code = "import sys, workers.drivers.echo; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
