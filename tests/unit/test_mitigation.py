"""Mitigation undoes what reading wrong did, and says what that costs."""

from __future__ import annotations

import random
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcjob.compiler.readout import Chances, overhead
from workers.mitigation import MAX_OUTCOMES, mitigated

CHANCE = st.tuples(st.floats(0, 0.2), st.floats(0, 0.2))


def exactly_read(true: dict[str, float], chances: list[Chances], shots: int) -> dict[str, int]:
    """What `shots` runs are expected to read, rounded."""
    read = {}
    for outcome in map("".join, product("01", repeat=len(chances))):
        total = 0.0
        for state, weight in true.items():
            for seen, is_one, (up, down) in zip(reversed(outcome), reversed(state), chances, strict=True):
                weight *= (1 - down if seen == "1" else down) if is_one == "1" else (up if seen == "1" else 1 - up)
            total += weight
        read[outcome] = round(total * shots)
    return {outcome: seen for outcome, seen in read.items() if seen}


@given(st.lists(CHANCE, min_size=1, max_size=4), st.data())
def test_it_undoes_the_reading_where_every_outcome_was_seen(chances: list[Chances], data: st.DataObject) -> None:
    names = ["".join(bits) for bits in product("01", repeat=len(chances))]
    weights = [data.draw(st.integers(1, 100)) for _ in names]
    true = {name: weight / sum(weights) for name, weight in zip(names, weights, strict=True)}
    found = mitigated(exactly_read(true, chances, 10**9), chances)
    assert sum(found.values()) == pytest.approx(1)
    for name, weight in true.items():
        assert found[name] == pytest.approx(weight, abs=1e-5)


def test_each_chance_belongs_to_its_own_bit() -> None:
    chances = [(0.2, 0.0), (0.0, 0.0), (0.0, 0.1)]
    found = mitigated(exactly_read({"100": 1.0}, chances, 10**6), chances)
    assert found["100"] == pytest.approx(1, abs=1e-4)


def test_many_bits_are_mitigated_among_the_outcomes_seen() -> None:
    """A GHZ state of 25 qubits, each bit read wrong in 3 % of the shots."""
    generator, width, shots = random.Random(5), 25, 5_000
    counts: dict[str, int] = {}
    for shot in range(shots):
        outcome = "".join(str((shot & 1) ^ (generator.random() < 0.03)) for _ in range(width))
        counts[outcome] = counts.get(outcome, 0) + 1
    raw = (counts["0" * width] + counts["1" * width]) / shots
    found = mitigated(counts, [(0.03, 0.03)] * width)
    better = found["0" * width] + found["1" * width]
    assert raw < 0.5 < 0.9 < better < 1.1


def test_the_overhead_is_that_of_the_inverse() -> None:
    assert overhead([]) == overhead([(0.0, 0.0)] * 9) == 1
    assert overhead([(0.1, 0.1)]) == pytest.approx((1 / 0.8) ** 2)
    assert overhead([(0.1, 0.0)]) == pytest.approx((1.1 / 0.9) ** 2)


@pytest.mark.parametrize("chances", [[(0.5, 0.5)], [(0.7, 0.4)], [(-0.1, 0.0)], [(0.1, 0.1), (0.1, 0.1)]])
def test_what_cannot_be_undone_is_refused(chances: list[Chances]) -> None:
    with pytest.raises(ValueError, match=r"tells nothing|chances for"):
        mitigated({"0": 5, "1": 5}, chances)


def test_too_many_outcomes_are_refused() -> None:
    counts = {f"{number:013b}": 1 for number in range(MAX_OUTCOMES + 1)}
    with pytest.raises(ValueError, match="can be mitigated"):
        mitigated(counts, [(0.01, 0.01)] * 13)
