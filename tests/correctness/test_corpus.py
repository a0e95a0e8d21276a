"""Every program of the corpus does on every device what theory says, or what Qiskit's own readers say."""

from __future__ import annotations

import pytest

from qcjob.circuits.build import build
from qcjob.errors import InvalidProgram
from qcjob.gates import GATES
from qcjob.languages.openqasm import Limits
from qcjob.target import FEATURES, Target
from tests.correctness.corpus import CORPUS, Sample
from tests.correctness.devices import DEVICES, IDEAL
from tests.correctness.oracle import is_native, same_outcomes

ALL = pytest.mark.parametrize("sample", CORPUS, ids=lambda sample: sample.name)
EVERYTHING = Target(24, tuple(GATES), None, features=FEATURES)
MISREAD_BY_QISKIT = {
    "shadowed_names2": "takes the program's own x for the one that has the name elsewhere",
    "negative_ranges": "a range that ends at -1 or 0, going backwards, is empty to it",
}

NOT_AS_WRITTEN = {"fractional_powers", "legacy_controls", "legacy_library", "many_controls", "grover3", "modifiers"}
"""Programs with gates that have no name of their own in a compiled program."""


def wanted(sample: Sample) -> dict[str, float]:
    outcomes = sample.from_theory or sample.from_qiskit
    assert outcomes is not None
    return outcomes


def check(sample: Sample, device: str, level: int) -> None:
    target = DEVICES[device]
    compiled = build(sample.source, sample.language, "optimized", target, Limits(), level).compiled
    assert is_native(compiled, target)
    assert same_outcomes(compiled, wanted(sample))


@ALL
def test_theory_and_qiskit_agree_where_both_know_a_program(sample: Sample) -> None:
    theory, qiskit = sample.from_theory, sample.from_qiskit
    assert theory is None or sum(theory.values()) == pytest.approx(1)
    if theory is not None and qiskit is not None:
        assert (qiskit == pytest.approx(theory, abs=1e-6)) is (sample.name not in MISREAD_BY_QISKIT)


@ALL
@pytest.mark.parametrize("device", DEVICES)
def test_a_program_does_what_it_should_on_each_device(sample: Sample, device: str) -> None:
    """At a level that is another one for each neighbour; the long run has all of them."""
    check(sample, device, (CORPUS.index(sample) + list(DEVICES).index(device)) % 4)


@pytest.mark.long
@ALL
@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("level", range(4))
def test_a_program_does_what_it_should_at_each_level(sample: Sample, device: str, level: int) -> None:
    check(sample, device, level)


@ALL
def test_a_program_does_what_it_should_simulated(sample: Sample) -> None:
    compiled = build(sample.source, sample.language, "simulated", IDEAL, Limits()).compiled
    assert same_outcomes(compiled, wanted(sample))


@ALL
def test_a_program_does_what_it_should_as_written(sample: Sample) -> None:
    """Where a device that has every gate there is a name for has all that the program uses."""
    if sample.name in NOT_AS_WRITTEN:
        with pytest.raises(InvalidProgram) as refused:
            build(sample.source, sample.language, "verbatim", EVERYTHING, Limits())
        assert {error.code for error in refused.value.errors} == {"unsupported-gate"}
    else:
        compiled = build(sample.source, sample.language, "verbatim", EVERYTHING, Limits()).compiled
        assert same_outcomes(compiled, wanted(sample))
