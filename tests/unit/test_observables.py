"""Observables: read, measured in few bases, and estimated."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from qcjob.observables import (
    MAX_BASES,
    MAX_COEFFICIENT,
    MAX_TERMS,
    Observable,
    bases,
    estimate,
    measured,
    read_observables,
)

MATRICES = {
    "I": np.eye(2),
    "X": np.array([[0, 1], [1, 0]]),
    "Y": np.array([[0, -1j], [1j, 0]]),
    "Z": np.diag([1, -1]),
}
TO_Z = {
    "X": np.array([[1, 1], [1, -1]]) / np.sqrt(2),
    "Y": np.array([[1, -1j], [1, 1j]]) / np.sqrt(2),
    "Z": np.eye(2),
    "I": np.eye(2),
}


def kron(factors: list[NDArray[Any]]) -> NDArray[Any]:
    product = np.eye(1)
    for factor in factors:
        product = np.kron(product, factor)
    return product


def seen_in(basis: str, state: NDArray[Any]) -> dict[str, float]:
    """The exact chance of each outcome over the clbits of a basis."""
    chances = np.abs(kron([TO_Z[letter] for letter in basis]) @ state) ** 2
    found: dict[str, float] = {}
    for index, chance in enumerate(chances):
        outcome = "".join(str(index >> qubit & 1) for qubit in reversed(measured(basis)))
        found[outcome] = found.get(outcome, 0.0) + float(chance)
    return found


PAULI = st.text("IXYZ", min_size=3, max_size=3)
OBSERVABLE = st.dictionaries(PAULI, st.floats(-2, 2), min_size=1, max_size=6)


@given(st.lists(OBSERVABLE, min_size=1, max_size=4), st.integers(0, 2**32 - 1))
def test_an_estimate_from_exact_chances_is_the_expectation_value(items: list[dict[str, float]], seed: int) -> None:
    generator = np.random.default_rng(seed)
    state = generator.normal(size=8) + 1j * generator.normal(size=8)
    state /= np.linalg.norm(state)
    observables = read_observables(items, 3)
    seen = {basis: seen_in(basis, state) for basis in bases(observables)}
    for item, observable in zip(items, observables, strict=True):
        matrix = sum(c * kron([MATRICES[letter] for letter in pauli]) for pauli, c in item.items())
        exact = float(np.real(np.conj(state) @ matrix @ state))
        assert estimate(observable, seen, 1_000).value == pytest.approx(exact, abs=1e-9)


@given(st.lists(OBSERVABLE, min_size=1, max_size=4))
def test_every_term_is_covered_and_no_two_bases_could_be_one(items: list[dict[str, float]]) -> None:
    observables = read_observables(items, 3)
    found = bases(observables)
    for observable in observables:
        for pauli, _ in observable.terms:
            assert set(pauli) == {"I"} or any(
                all(a in ("I", b) for a, b in zip(pauli, basis, strict=True)) for basis in found
            )
    assert len(found) <= sum(len(observable.terms) for observable in observables)


def test_strings_that_agree_share_a_basis() -> None:
    assert bases(read_observables(["ZZI", "IZZ", "ZIZ"], 3)) == ("ZZZ",)
    assert bases(read_observables(["XX", "ZZ", "II"], 2)) == ("XX", "ZZ")
    assert measured("ZIX") == (0, 2)


def test_the_rightmost_letter_is_qubit_0() -> None:
    [observable] = read_observables(["IZ"], 2)
    assert estimate(observable, {"IZ": {"1": 10}}, 10).value == -1


def test_terms_of_one_basis_share_their_shots_in_the_error() -> None:
    [observable] = read_observables([{"IZ": 1, "ZI": -1}], 2)
    same = estimate(observable, {"ZZ": {"00": 500, "11": 500}}, 1_000)
    assert (same.value, same.standard_error) == (0, 0)
    apart = estimate(observable, {"ZZ": {"01": 500, "10": 500}}, 1_000)
    assert apart.value == 0 and apart.standard_error == pytest.approx(2 / 1_000**0.5)


@pytest.mark.parametrize(
    ("items", "said"),
    [
        ([], "wanted a list"),
        ("ZZ", "wanted a list"),
        (["ZQ"], "made of I, X, Y and Z"),
        (["zz"], "made of I, X, Y and Z"),
        (["Z"], "has 1 letters; the program has 2 qubits"),
        ([{}], "number 0 is neither"),
        (["ZZ", 5], "number 1 is neither"),
        ([{"ZZ": "1"}], "coefficient 1; wanted"),
        ([{"ZZ": True}], "coefficient True; wanted"),
        ([{"ZZ": float("inf")}], "coefficient inf; wanted"),
        ([{"ZZ": float("nan")}], "coefficient nan; wanted"),
        ([{"ZZ": 10**400}], "coefficient 1000.*; wanted"),
        ([{"ZZ": -1.01e100}], "coefficient -1.01e\\+100; wanted a real number of at most 1e\\+100 in size"),
        (["ZZ"] * 101, "wanted a list"),
    ],
)
def test_what_is_no_observable_is_refused(items: object, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_observables(items, 2)


def test_the_largest_coefficients_have_an_error() -> None:
    [observable] = read_observables([{"IZ": MAX_COEFFICIENT, "ZI": -MAX_COEFFICIENT}], 2)
    found = estimate(observable, {"ZZ": {"01": 500, "10": 500}}, 1_000)
    assert found.standard_error == pytest.approx(MAX_COEFFICIENT * 2 / 1_000**0.5)


def test_too_many_terms_and_bases_are_refused() -> None:
    many = {f"{number:012b}".replace("0", "I").replace("1", "Z"): 1.0 for number in range(1, MAX_TERMS + 2)}
    with pytest.raises(ValueError, match="terms in all"):
        read_observables([many], 12)
    apart = {f"{number:012b}".replace("0", "X").replace("1", "Z"): 1.0 for number in range(MAX_BASES + 1)}
    with pytest.raises(ValueError, match="measurement bases"):
        read_observables([apart], 12)


def test_an_observable_of_identities_needs_no_measurement() -> None:
    observables = read_observables([{"II": 2.5}], 2)
    assert bases(observables) == ()
    assert estimate(Observable((("II", 2.5),)), {}, 1).value == 2.5
