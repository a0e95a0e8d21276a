"""Programs made up by hypothesis, for every device and level: the same operator, the same outcomes, native gates."""

from __future__ import annotations

import os

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qcjob.circuits.build import build
from qcjob.languages.openqasm import Limits
from tests.correctness.devices import DEVICES, IDEAL
from tests.correctness.exact import distribution
from tests.correctness.oracle import is_native, same_on, same_operator, same_outcomes
from tests.correctness.programs import Made, circuits, dynamic

ASKED = os.environ.get("CORRECTNESS_EXAMPLES")
"""How many programs for each test of a long run, other ones every time; without it a few, always the same."""
MADE = settings(
    max_examples=int(ASKED or 12), deadline=None, suppress_health_check=list(HealthCheck), derandomize=not ASKED
)
LEVELS = st.integers(0, 3)


@pytest.mark.parametrize("language", ["openqasm2", "openqasm3"])
@pytest.mark.parametrize("device", DEVICES)
def test_gates_do_to_every_state_what_the_program_says(device: str, language: str) -> None:
    @MADE
    @given(circuits(language), LEVELS)
    def holds(made: Made, level: int) -> None:
        compiled = build(made.source, language, "optimized", DEVICES[device], Limits(), level).compiled
        assert same_operator(compiled, made.ops, made.qubits)
        assert is_native(compiled, DEVICES[device])

    holds()


@pytest.mark.parametrize("language", ["openqasm2", "openqasm3"])
def test_what_is_simulated_does_what_the_program_says(language: str) -> None:
    @MADE
    @given(circuits(language))
    def holds(made: Made) -> None:
        compiled = build(made.source, language, "simulated", IDEAL, Limits()).compiled
        assert same_operator(compiled, made.ops, made.qubits)

    holds()


@pytest.mark.parametrize("device", [*DEVICES, "simulated"])
def test_what_was_measured_decides_as_the_program_says(device: str) -> None:
    target, runtime = (IDEAL, "simulated") if device == "simulated" else (DEVICES[device], "optimized")

    @MADE
    @given(dynamic(), LEVELS)
    def holds(made: Made, level: int) -> None:
        compiled = build(made.source, made.language, runtime, target, Limits(), level).compiled
        assert same_outcomes(compiled, distribution(made.ops, made.qubits, made.clbits))
        assert runtime == "simulated" or is_native(compiled, target)

    holds()


@pytest.mark.parametrize("device", ["grid", "heavy-hex"])
def test_a_random_state_of_many_qubits_goes_where_the_program_says(device: str) -> None:
    _on_a_random_state(device, qubits=9, gates=20, examples=3)


@pytest.mark.long
@pytest.mark.parametrize("device", ["heavy-hex", "all-to-all"])
def test_a_random_state_of_eighteen_qubits_goes_where_the_program_says(device: str) -> None:
    _on_a_random_state(device, qubits=18, gates=25, examples=3)


def _on_a_random_state(device: str, qubits: int, gates: int, examples: int) -> None:
    random = np.random.default_rng(7)

    @settings(MADE, max_examples=examples)
    @given(circuits("openqasm3", max_qubits=qubits, max_gates=gates), LEVELS)
    def holds(made: Made, level: int) -> None:
        compiled = build(made.source, "openqasm3", "optimized", DEVICES[device], Limits(), level).compiled
        parts = random.normal(size=(2, *(2,) * made.qubits))
        state = (parts[0] + 1j * parts[1]) / np.linalg.norm(parts)
        assert same_on(compiled, made.ops, state)

    holds()
