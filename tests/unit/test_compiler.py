"""What each runtime makes of a rotation string, proved on exact 2x2 unitaries."""

from __future__ import annotations

import cmath
import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcjob.compiler import RUNTIMES, compile_program
from qcjob.errors import InvalidProgram, InvalidRequest
from qcjob.languages import Program, parse
from qcjob.target import Target
from tests.pace import within

Matrix = tuple[complex, complex, complex, complex]

IDEAL = ("rx", "ry", "rz")
WITH_RZ = [IDEAL, ("rz", "rx"), ("rz", "ry"), ("rz", "prx"), ("rz", "sx"), ("rz", "sx", "x"), ("cz", "rz", "sx", "rx")]
WITHOUT_RZ = [("rx",), ("ry",), ("rx", "ry"), ("prx",), ("prx", "cz")]


def program(source: str) -> Program:
    return parse(source, None, max_bytes=10**6)


def operations(source: str, runtime: str, *gates: str) -> list[Any]:
    compiled = compile_program(program(source), runtime, Target(1, gates or IDEAL))
    ops: list[Any] = compiled["ops"][:-1]
    measure = compiled["ops"][-1]
    assert measure == ["measure", [0], [], [0]]
    assert json.loads(json.dumps(compiled)) == compiled
    return ops


def matrix(name: str, angles: list[float]) -> Matrix:
    theta = angles[0] if angles else 0.0
    cosine, sine = math.cos(theta / 2), math.sin(theta / 2)
    match name:
        case "rx":
            return cosine, -1j * sine, -1j * sine, cosine
        case "ry":
            return cosine, -sine, sine, cosine
        case "rz":
            return cmath.exp(-0.5j * theta), 0, 0, cmath.exp(0.5j * theta)
        case "prx":
            phase = cmath.exp(1j * angles[1])
            return cosine, -1j * sine / phase, -1j * sine * phase, cosine
        case "sx":
            return 0.5 + 0.5j, 0.5 - 0.5j, 0.5 - 0.5j, 0.5 + 0.5j
        case "x":
            return 0, 1, 1, 0
    raise AssertionError(name)


def unitary(ops: list[Any]) -> Matrix:
    a, b, c, d = 1 + 0j, 0j, 0j, 1 + 0j
    for name, qubits, angles in ops:
        assert qubits == [0]
        p, q, r, s = matrix(name, angles)
        a, b, c, d = p * a + q * c, p * b + q * d, r * a + s * c, r * b + s * d
    return a, b, c, d


def overlap(one: Matrix, other: Matrix) -> float:
    """1 where the two are the same up to global phase."""
    return abs(sum(u.conjugate() * v for u, v in zip(one, other, strict=True))) / 2


def pulses(ops: list[Any]) -> int:
    return sum(name != "rz" for name, _, _ in ops)


_angles = st.sampled_from([0, 90, -90, 180, -180, 45, 270, 360, 720, 1e-9, 3600]) | st.floats(-3600, 3600)
_sources = st.lists(st.tuples(st.sampled_from("XYZ"), _angles), min_size=1, max_size=12).map(
    lambda rotations: ",".join(f"{axis}({angle!r})" for axis, angle in rotations)
)


@pytest.mark.parametrize("runtime", ["verbatim", "simulated", "echo"])
def test_every_rotation_is_kept_as_written(runtime: str) -> None:
    assert operations("X(90), Y(-90), Z(0), X(720)", runtime) == [
        ["rx", [0], [math.pi / 2]],
        ["ry", [0], [-math.pi / 2]],
        ["rz", [0], [0.0]],
        ["rx", [0], [4 * math.pi]],
    ]


def test_the_compiled_program_says_its_format_registers_and_layout() -> None:
    assert compile_program(program("X(180)"), "verbatim", Target(1, IDEAL)) == {
        "format": 1,
        "qubits": 1,
        "clbits": 1,
        "registers": {"c": [0]},
        "layout": [0],
        "ops": [["rx", [0], [math.pi]], ["measure", [0], [], [0]]],
    }


def test_verbatim_uses_prx_where_there_is_no_rx_or_ry() -> None:
    assert operations("X(90),Y(180)", "verbatim", "prx", "rz") == [
        ["prx", [0], [math.pi / 2, 0.0]],
        ["prx", [0], [math.pi, math.pi / 2]],
    ]


def test_verbatim_refuses_every_gate_the_device_lacks_with_its_place() -> None:
    with pytest.raises(InvalidProgram) as refused:
        operations("X(90),\nY(90), Z(1), Y(2)", "verbatim", "rx", "rz")
    assert [(error.code, error.line, error.column) for error in refused.value.errors] == [
        ("unsupported-gate", 2, 1),
        ("unsupported-gate", 2, 14),
    ]
    assert "rx, rz" in refused.value.errors[0].message


@pytest.mark.parametrize("runtime", ["simulated", "echo"])
def test_the_built_ins_take_every_rotation_whatever_the_target(runtime: str) -> None:
    assert len(operations("X(1),Y(1),Z(1)", runtime, "cz")) == 3


def test_an_unknown_runtime_is_refused_with_those_there_are() -> None:
    with pytest.raises(InvalidRequest) as refused:
        operations("X(1)", "fast")
    assert refused.value.errors[0].allowed == RUNTIMES


@pytest.mark.parametrize(
    ("source", "gates", "expected"),
    [
        ("X(90),X(90)", IDEAL, [["rx", [0], [math.pi]]]),
        ("X(-90)", IDEAL, [["rx", [0], [-math.pi / 2]]]),
        ("Y(45),Y(45)", IDEAL, [["ry", [0], [math.pi / 2]]]),
        ("Z(30),Z(60)", IDEAL, [["rz", [0], [math.pi / 2]]]),
        ("X(270)", IDEAL, [["rx", [0], [-math.pi / 2]]]),
        ("X(90),Z(0),X(-90)", IDEAL, []),
        ("X(360),Y(720)", IDEAL, []),
        ("X(180)", ("rz", "sx", "x"), [["x", [0], []]]),
        ("X(180)", ("rz", "sx"), [["sx", [0], []], ["sx", [0], []]]),
        ("X(180)", ("sx",), [["sx", [0], []], ["sx", [0], []]]),
        ("X(90)", ("rz", "sx"), [["sx", [0], []]]),
        ("X(90)", ("prx", "rz"), [["prx", [0], [math.pi / 2, 0.0]]]),
        ("Y(90)", ("prx", "rz"), [["prx", [0], [math.pi / 2, math.pi / 2]]]),
        ("Z(90)", ("rx",), []),
        ("Z(90)", (), []),
    ],
)
def test_optimized_finds_the_shortest_program(source: str, gates: tuple[str, ...], expected: list[Any]) -> None:
    compiled = compile_program(program(source), "optimized", Target(1, gates))["ops"][:-1]
    assert [op[:2] for op in compiled] == [op[:2] for op in expected]
    for found, wanted in zip(compiled, expected, strict=True):
        assert found[2] == pytest.approx(wanted[2], abs=1e-12)


@pytest.mark.parametrize("gates", WITH_RZ, ids="-".join)
@given(source=_sources)
def test_optimized_keeps_the_unitary_where_turns_about_z_are_native(source: str, gates: tuple[str, ...]) -> None:
    ops = operations(source, "optimized", *gates)
    assert overlap(unitary(operations(source, "verbatim")), unitary(ops)) == pytest.approx(1, abs=1e-9)
    assert {name for name, _, _ in ops} <= set(gates)
    assert pulses(ops) <= (1 if {"rx", "ry", "prx"} & set(gates) else 2)
    assert len(ops) <= (3 if {"rx", "ry", "prx"} & set(gates) else 5)
    assert all(-math.pi < angle <= math.pi for _, _, angles in ops for angle in angles)
    assert all(angles != [0] for _, _, angles in ops)


@pytest.mark.parametrize("gates", WITHOUT_RZ, ids="-".join)
@given(source=_sources)
def test_optimized_keeps_the_outcomes_where_they_are_not(source: str, gates: tuple[str, ...]) -> None:
    ops = operations(source, "optimized", *gates)
    expected = abs(unitary(operations(source, "verbatim"))[2]) ** 2
    assert abs(unitary(ops)[2]) ** 2 == pytest.approx(expected, abs=1e-9)
    assert {name for name, _, _ in ops} <= set(gates)
    assert len(ops) <= 1


@pytest.mark.parametrize(
    ("gates", "source"), [((), "Z(3), X(90)"), (("rz", "x"), "Z(3), Y(90)"), (("sx",), "Z(3), X(45)")]
)
def test_optimized_refuses_what_the_device_cannot_express_at_the_rotation_that_needs_it(
    gates: tuple[str, ...], source: str
) -> None:
    with pytest.raises(InvalidProgram) as refused:
        compile_program(program(source), "optimized", Target(1, gates))
    assert [(error.code, error.line, error.column) for error in refused.value.errors] == [("unsupported-gate", 1, 7)]


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_the_longest_program_compiles_at_once(runtime: str) -> None:
    long = program("X(9),Y(8)," * 26_000 + "Z(1)")
    within(4, lambda: compile_program(long, runtime, Target(1, IDEAL)))


def test_the_length_of_a_program_costs_no_precision() -> None:
    ops = operations(
        "X(1.1),Y(2.3),Z(-3.7)," * 4_000 + "Z(3.7),Y(-2.3),X(-1.1)," * 3_999 + "Z(3.7),Y(-2.3)", "optimized"
    )
    assert overlap(unitary(ops), unitary(operations("X(1.1)", "verbatim"))) == pytest.approx(1, abs=1e-9)


def test_languages_and_compiler_do_without_numpy() -> None:
    code = "import sys, qcjob.compiler, qcjob.languages; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=Path(__file__).parents[2]).returncode == 0
