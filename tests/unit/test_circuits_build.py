"""Programs are brought to devices: as written, optimized, or simulated."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from qiskit import QuantumCircuit, qasm2

from qcjob.circuits.build import Built, build
from qcjob.circuits.entanglers import ENTANGLERS
from qcjob.circuits.euler import BASES
from qcjob.circuits.operations import walk
from qcjob.errors import InvalidProgram
from qcjob.gates import SYMMETRIC
from qcjob.languages.openqasm import Limits
from qcjob.target import FEATURES, Figures, Target
from tests.correctness.exact import distribution
from tests.correctness.oracle import is_native, same_outcomes

LINE = Target(5, ("rz", "sx", "x", "cx"), ((0, 1), (1, 2), (2, 3), (3, 4)), features=FEATURES)
BARE = Target(5, ("rz", "sx", "x", "cx"), ((0, 1), (1, 2), (2, 3), (3, 4)))
STAR = """OPENQASM 2.0;
include "qelib1.inc";
qreg q[4]; creg c[4];
h q[0]; cx q[0], q[1]; cx q[0], q[2]; cx q[0], q[3];
"""
GHZ = {"0000": 0.5, "1111": 0.5}


def made(source: str, target: Target = LINE, runtime: str = "optimized", **options: Any) -> Built:
    language = "openqasm2" if "OPENQASM 2" in source else "openqasm3"
    return build(source, language, runtime, target, Limits(), **options)


def refused(source: str, target: Target = LINE, runtime: str = "optimized") -> list[tuple[int, int, str]]:
    with pytest.raises(InvalidProgram) as found:
        made(source, target, runtime)
    return [(error.line, error.column, error.code) for error in found.value.errors]


def test_a_program_is_compiled_to_the_device_and_costed() -> None:
    built = made(STAR + "measure q -> c;")
    assert is_native(built.compiled, LINE) and same_outcomes(built.compiled, GHZ)
    assert built.compiled["format"] == 1 and built.compiled["registers"] == {"c": [0, 1, 2, 3]}
    assert built.stats["optimization_level"] == 2 and built.stats["gates"]["cx"] == built.stats["two_qubit_gates"] >= 3
    assert json.loads(json.dumps(built.compiled)) == built.compiled


@pytest.mark.parametrize("level", range(4))
def test_the_same_program_compiles_to_the_same(level: int) -> None:
    first, second = (made(STAR + "measure q -> c;", level=level) for _ in range(2))
    assert first.compiled == second.compiled and first.stats["optimization_level"] == level


@pytest.mark.parametrize("runtime", ["verbatim", "optimized", "simulated"])
def test_a_delay_in_dt_is_that_many_samples_of_the_device(runtime: str) -> None:
    body = "const duration wait = 2 * 50dt; delay[wait] $0; bit b = measure $1; if (b) { delay[1.5dt + 1ns] $0; }"
    compiled = made(body, replace(LINE, dt=2e-9), runtime).compiled
    delays = [op[2][0] for op in walk(compiled["ops"]) if op[0] == "delay"]
    assert delays == pytest.approx([200e-9, 4e-9])


@pytest.mark.parametrize("runtime", ["verbatim", "optimized"])
def test_a_device_without_dt_says_so_and_what_to_write(runtime: str) -> None:
    with pytest.raises(InvalidProgram) as found:
        made("reset $0; delay[2 * 50dt] $0;", runtime=runtime)
    (error,) = found.value.errors
    assert (error.line, error.column, error.code) == (1, 21, "unsupported")
    assert error.message == "dt is not supported; this device has no dt: write the duration in s, ms, us or ns"


@pytest.mark.parametrize("runtime", ["verbatim", "optimized"])
def test_a_wait_that_qiskit_wrote_in_openqasm2_is_a_delay_in_dt(runtime: str) -> None:
    circuit = QuantumCircuit(2, 1)
    circuit.x(0)
    circuit.delay(100, 0, "dt")
    circuit.measure(0, 0)
    compiled = made(qasm2.dumps(circuit), replace(LINE, dt=2e-9), runtime).compiled
    assert [op[2] for op in compiled["ops"] if op[0] == "delay"] == [pytest.approx([200e-9])]
    assert refused(qasm2.dumps(circuit), LINE, runtime) == [(7, 1, "unsupported")]


@pytest.mark.parametrize(
    ("wait", "code"),
    [
        ("1.5", "wrong-arguments"),
        ("-1", "wrong-arguments"),
        ("1e30", "infinite-parameter"),
        ("1e15", "infinite-parameter"),
    ],
)
def test_a_wait_in_openqasm2_is_a_whole_number_of_samples(wait: str, code: str) -> None:
    source = f'OPENQASM 2.0; include "qelib1.inc"; qreg q[1];\nopaque delay(t) a;\ndelay({wait}) q[0];'
    assert refused(source, replace(LINE, dt=2e-9)) == [(3, 1, code)]


def test_a_delay_of_more_than_a_day_is_refused_however_it_is_written() -> None:
    for wait in ("50000s + 50000s", "90001dt"):
        assert refused(f"delay[{wait}] $0;", replace(LINE, dt=1.0)) == [(1, 1, "infinite-parameter")]


def test_a_program_that_measures_nothing_measures_everything() -> None:
    built = made(STAR)
    assert built.stats["implicit_measurement"] and not made(STAR + "measure q -> c;").stats["implicit_measurement"]
    assert built.compiled["registers"] == {"c": [0, 1, 2, 3], "meas": [4, 5, 6, 7]}
    assert same_outcomes(built.compiled, {"00000000": 0.5, "11110000": 0.5})


def test_the_added_register_takes_a_name_that_is_free() -> None:
    built = made("OPENQASM 3.0; qubit[1] meas; U(pi, 0, pi) meas[0];")
    assert built.compiled["registers"] == {"meas_": [0]}


def test_qubits_that_do_nothing_are_not_in_the_compiled_program() -> None:
    built = made('OPENQASM 2.0; include "qelib1.inc"; qreg q[5]; creg c[1]; x q[3]; measure q[3] -> c[0];')
    assert built.compiled["qubits"] == 1 and built.compiled["qubit_registers"] == {"q": [None, None, None, 0, None]}


def test_the_devices_own_qubits_are_where_the_program_says() -> None:
    source = 'OPENQASM 3.0; include "stdgates.inc"; bit[2] c; x $4; h $2; c[0] = measure $4; c[1] = measure $2;'
    for level in range(4):
        compiled = made(source, level=level).compiled
        placed = {compiled["layout"][op[1][0]]: op[3][0] for op in compiled["ops"] if op[0] == "measure"}
        assert placed == {4: 0, 2: 1}


def test_verbatim_changes_nothing() -> None:
    source = "OPENQASM 2.0;\nqreg q[2]; creg c[2];\ngate flip a { x a; rz(0.25) a; rz(-0.25) a; }\n"
    source = source.replace("qreg", 'include "qelib1.inc";\nqreg') + "flip q[1]; cx q[1], q[0]; measure q -> c;"
    assert made(source, runtime="verbatim").compiled["ops"] == [
        *(["x", [1], []], ["rz", [1], [0.25]], ["rz", [1], [-0.25]], ["cx", [1, 0], []]),
        *(["measure", [0], [], [0]], ["measure", [1], [], [1]]),
    ]


def test_verbatim_refuses_each_operation_that_the_device_has_not() -> None:
    source = STAR + "gate turn a { sx a; h a; }\nturn q[1];\nif (c == 1) y q[2];\nmeasure q -> c;"
    assert refused(source, runtime="verbatim") == [
        *((4, 1, "unsupported-gate"), (4, 24, "unsupported-gate"), (4, 39, "unsupported-gate")),
        *((6, 1, "unsupported-gate"), (7, 1, "unsupported-gate")),
    ]


def test_verbatim_takes_a_gate_in_the_direction_that_the_device_has_it() -> None:
    one_way = Target(2, ("rz", "ecr"), ((0, 1),), gates={"ecr": {(1, 0): Figures()}})
    simple = 'OPENQASM 3.0; include "stdgates.inc"; qubit[2] q; bit[2] c; rz(0.5) q[0]; c = measure q;'
    assert made(simple, one_way, "verbatim").compiled["ops"][0] == ["rz", [0], [0.5]]
    assert refused(simple.replace("rz(0.5) q[0]", "cz q[0], q[1]"), one_way, "verbatim") == [
        (1, 61, "unsupported-gate")
    ]


@pytest.mark.parametrize(
    ("body", "column"),
    [
        ("measure q[0] -> c[0]; x q[0];", 23),
        ("measure q[0] -> c[0]; measure q[0] -> c[1];", 23),
        ("reset q[0];", 1),
        ("if (c == 1) x q[0];", 1),
    ],
)
@pytest.mark.parametrize("runtime", ["optimized", "verbatim"])
def test_what_the_device_cannot_do_is_refused_where_it_is_asked(body: str, column: int, runtime: str) -> None:
    source = f'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg c[2];\n{body}'
    assert refused(source, BARE, runtime) == [(2, column, "unsupported-feature")]


def test_a_loop_needs_its_feature() -> None:
    source = 'OPENQASM 3.0; include "stdgates.inc"; qubit q; bit c;\nwhile (!c) { x q;\n c = measure q; }'
    assert refused(source, BARE) == [(2, 1, "unsupported-feature"), (3, 2, "unsupported-feature")]


@pytest.mark.parametrize("level", range(4))
def test_nothing_follows_the_last_measurement_of_a_qubit_on_a_device_that_cannot(level: int) -> None:
    """Not even a swap that takes another qubit's way through it."""
    source = STAR.replace("cx", "measure q[3] -> c[3]; cx", 1).replace("cx q[0], q[3];", "cx q[2], q[1];")
    compiled = made(source + "measure q[0] -> c[0]; measure q[1] -> c[1];", BARE, level=level).compiled
    measured: set[int] = set()
    for op in compiled["ops"]:
        assert op[0] == "barrier" or measured.isdisjoint(op[1])
        measured.update(op[1] if op[0] == "measure" else [])


def test_simulated_is_decomposed_to_gates_with_a_name_and_no_more() -> None:
    ideal = Target(30, ("u",), None, features=FEATURES)
    source = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[4]; creg c[4]; x q; h q[0]; h q[0]; ccx q[0], q[1], q[2]; '
    compiled = made(source + "c3x q[0], q[1], q[2], q[3]; measure q -> c;", ideal, "simulated").compiled
    names = [op[0] for op in compiled["ops"]]
    assert names.count("x") == 4 and names.count("h") >= 2 and "ccx" in names
    assert same_outcomes(compiled, {"1011": 1.0})


@pytest.mark.parametrize("name", ENTANGLERS)
@pytest.mark.parametrize("level", [0, 3])
def test_a_device_of_any_entangling_gate_one_way_round_will_do(name: str, level: int) -> None:
    pairs = ((1, 0), (1, 2), (3, 2))
    target = Target(4, ("u", name), pairs, gates={name: dict.fromkeys(pairs, Figures(3e-7, 0.01))})
    compiled = made(STAR + "measure q -> c;", target, level=level).compiled
    assert is_native(compiled, target) and same_outcomes(compiled, GHZ)
    assert name in SYMMETRIC or all(
        tuple(compiled["layout"][wire] for wire in op[1]) in pairs for op in compiled["ops"] if op[0] == name
    )


@pytest.mark.parametrize("gates", BASES.values())
def test_a_device_of_any_universal_gates_of_one_qubit_will_do(gates: tuple[str, ...]) -> None:
    target = Target(4, (*gates, "cz"), ((0, 1), (1, 2), (2, 3)))
    compiled = made(STAR + "measure q -> c;", target).compiled
    assert is_native(compiled, target) and same_outcomes(compiled, GHZ)


def test_a_device_whose_gates_do_not_make_the_program_refuses_it() -> None:
    for gates in (("h", "cz"), ("u", "swap")):
        assert refused(STAR + "rx(0.3) q[0]; measure q -> c;", Target(4, gates, ((0, 1), (1, 2), (2, 3)))) == [
            (1, 1, "unsupported")
        ]


def test_a_qubit_may_have_gates_that_its_neighbour_has_not() -> None:
    ones = {"rx": {(0,): Figures()}, "rz": {(0,): Figures()}, "u": {(1,): Figures()}}
    target = Target(2, ("rx", "rz", "u", "cz"), ((0, 1),), gates=ones)
    source = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg c[2]; ry(0.6) q; cx q[0], q[1]; measure q -> c;'
    compiled = made(source, target).compiled
    ops = [["ry", [0], [0.6]], ["ry", [1], [0.6]], ["cx", [0, 1], []], *(["measure", [i], [], [i]] for i in (0, 1))]
    assert is_native(compiled, target) and same_outcomes(compiled, distribution(ops, 2, 2))


def test_control_flow_is_format_2_and_native_inside() -> None:
    source = 'OPENQASM 3.0; include "stdgates.inc"; qubit[3] q; bit[3] c; h q[0]; c[0] = measure q[0];\n'
    source += "if (c[0]) { cx q[2], q[0]; h q[1]; } while (!c[1]) { h q[1]; c[1] = measure q[1]; if (c[0]) { break; } }"
    compiled = made(source).compiled
    assert compiled["format"] == 2 and is_native(compiled, LINE)
    assert {"if", "while", "break", "measure"} <= {op[0] for op in walk(compiled["ops"])}
