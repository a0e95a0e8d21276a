"""The TOML file of the devices: what it says of targets and limits, and the devices that are ready made."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from qcjob.devices.config import SIMULATOR, SIMULATOR_DRIVER, DeviceConfig, load_devices
from qcjob.devices.presets import PRESETS, heavyhex27, heavyhex127, line5
from qcjob.errors import ConfigurationError
from qcjob.gates import GATES
from qcjob.languages.openqasm import Limits
from qcjob.target import FEATURES, Figures, Target


def device(folder: Path, text: str) -> DeviceConfig:
    file = folder / "devices.toml"
    file.write_text(text)
    return load_devices(file).configured["fridge"]


def test_a_table_says_where_each_gate_works_and_what_it_costs_there(tmp_path: Path) -> None:
    found = device(
        tmp_path,
        """
        [devices.fridge]
        driver = "lab:Fridge"
        num_qubits = 3
        native_gates = ["rz", "sx", "cx"]
        connectivity = [[0, 1], [1, 2]]
        features = ["reset"]
        [[devices.fridge.gates.cx]]
        qubits = [1, 0]
        duration = 3e-7
        error = 0.01
        [[devices.fridge.gates.measure]]
        qubits = [2]
        """,
    )
    assert found.target == Target(
        3,
        ("rz", "sx", "cx"),
        ((0, 1), (1, 2)),
        gates={"cx": {(1, 0): Figures(3e-7, 0.01)}, "measure": {(2,): Figures()}},
        features=("reset",),
    )
    assert found.target_told == {"num_qubits", "native_gates", "connectivity", "features", "gates"}


def test_a_table_that_says_nothing_of_the_target_leaves_all_of_it_to_the_driver(tmp_path: Path) -> None:
    found = device(tmp_path, '[devices.fridge]\ndriver = "lab:Fridge"\n')
    assert found.target_as(line5()) == line5()


def test_one_line_turns_on_a_ready_made_device(tmp_path: Path) -> None:
    found = device(tmp_path, 'devices.fridge.preset = "heavyhex27"')
    assert (found.driver, found.on_uncertain, found.target) == (SIMULATOR_DRIVER, "rerun", heavyhex27())
    assert found.job_options == SIMULATOR.job_options
    assert found.target_as(Target(1, ("rx",), features=FEATURES)) == heavyhex27()


def test_what_a_table_says_beside_its_preset_counts(tmp_path: Path) -> None:
    found = device(tmp_path, '[devices.fridge]\npreset = "line5"\nslots = 3\nfeatures = ["loops"]\n')
    assert (found.slots, found.target.features, found.target.num_qubits) == (3, ("loops",), 5)


def test_a_table_says_how_long_a_sample_is_and_else_the_driver_does(tmp_path: Path) -> None:
    driver_says = Target(5, ("rx",), dt=1e-9)
    assert device(tmp_path, '[devices.fridge]\ndriver = "lab:Fridge"\ndt = 2e-10\n').target_as(driver_says).dt == 2e-10
    assert device(tmp_path, '[devices.fridge]\ndriver = "lab:Fridge"\n').target_as(driver_says).dt == 1e-9


def test_limits_are_those_of_the_table_and_else_the_usual_ones(tmp_path: Path) -> None:
    found = device(tmp_path, '[devices.fridge]\npreset = "line5"\nlimits = { operations = 10 }\n')
    assert found.limits == Limits(operations=10)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('preset = "heavyhex28"', "preset = 'heavyhex28': wanted one of simulator, line5, heavyhex27, heavyhex127"),
        ('native_gates = ["cnot"]', "native_gates: 'cnot' is not one of id, x"),
        ('features = ["teleport"]', "features: 'teleport' is not one of reset, mid-circuit-measurement"),
        ("connectivity = [[0, 9]]", r"connectivity: \[0, 9\]: wanted different qubits, 0 to 4"),
        ("connectivity = [[1, 1]]", r"connectivity: \[1, 1\]: wanted different qubits"),
        ("connectivity = [3]", "connectivity"),
        ('gates = { h = [{ qubits = [0] }], cx = "all" }', "gates"),
        ("gates = { h = [{ qubits = [0] }] }", "gates.h: is not a native gate"),
        ("gates = { cx = [{ qubits = [0] }] }", r"gates.cx: qubits = \[0\]: wanted 2"),
        ("gates = { cx = [{ qubits = [0, 1], error = 1.5 }] }", "gates.cx: wanted a duration"),
        ("gates = { cx = [{ qubits = [0, 1], duration = -1 }] }", "gates.cx: wanted a duration"),
        ("limits = { operations = 0 }", "limits: operations = 0: wanted a whole number from 1"),
        ("limits = { operation = 5 }", "limits: 'operation' is not one of"),
        ("dt = 0.0", "dt = 0.0: wanted seconds, more than 0"),
        ("dt = nan", "dt = nan: wanted seconds, more than 0"),
        ('dt = "1 ns"', "dt = '1 ns': wanted seconds, more than 0"),
        ("max_simulated_qubits = 0", "max_simulated_qubits = 0: wanted a whole number, 1 or more"),
    ],
)
def test_what_cannot_be_a_device_is_refused_by_its_key(tmp_path: Path, line: str, message: str) -> None:
    preset = "" if line.startswith("preset") else 'preset = "line5"\n'
    with pytest.raises(ConfigurationError, match=message):
        device(tmp_path, f"[devices.fridge]\n{preset}{line}\n")


# -- ready made


@pytest.mark.parametrize("name", PRESETS)
def test_a_ready_made_device_holds_together_and_is_the_same_every_time(name: str) -> None:
    target = PRESETS[name]()
    assert Target.from_dict(json.loads(json.dumps(target.as_dict()))) == target
    assert set(target.native_gates) <= set(GATES)
    assert set(target.features) <= set(FEATURES)
    for gate, table in target.gates.items():
        assert all(target.supports(gate, qubits) for qubits in table)
        assert all(0 <= (figures.error or 0) < 0.2 for figures in table.values())
    assert all(target.supports("measure", (qubit,)) for qubit in range(target.num_qubits))


def test_the_figures_of_a_ready_made_device_differ_from_pair_to_pair_and_not_from_start_to_start() -> None:
    assert line5() == line5()
    assert len(set(heavyhex27().gates["cx"].values())) == 56


@pytest.mark.parametrize(("target", "pairs", "corners"), [(heavyhex27(), 28, 8), (heavyhex127(), 144, 36)])
def test_hexagons_hang_together_with_three_neighbours_at_most(target: Target, pairs: int, corners: int) -> None:
    assert target.connectivity is not None
    degrees = Counter(qubit for pair in target.connectivity for qubit in pair)
    assert len(set(target.connectivity)) == pairs
    assert Counter(degrees.values())[3] == corners
    assert max(degrees.values()) == 3
    reached, left = {0}, [0]
    while left:
        here = left.pop()
        near = {b if a == here else a for a, b in target.connectivity if here in (a, b)}
        left += near - reached
        reached |= near
    assert reached == set(range(target.num_qubits))


def test_ecr_runs_one_way_only() -> None:
    target = heavyhex127()
    assert all(target.supports("ecr", pair) != target.supports("ecr", pair[::-1]) for pair in target.connectivity or ())


def test_the_largest_ready_made_device_does_all_that_a_program_can_ask() -> None:
    assert set(heavyhex127().features) == set(FEATURES)
