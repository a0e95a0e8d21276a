"""One qubit in plain Python gives what the state vector gives."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcjob.errors import Rejected
from qcjob.gates import GATES
from workers.drivers import sampling
from workers.drivers.qubit import draw, is_one_qubit
from workers.drivers.sampling import sample_small
from workers.drivers.statevector import sample

ANGLE = st.floats(-7, 7)
GATE = st.one_of(
    *(
        st.tuples(st.just(name), st.just([0]), st.lists(ANGLE, min_size=angles, max_size=angles))
        for name, (qubits, angles) in GATES.items()
        if qubits == 1
    ),
    st.just(("barrier", [0], [])),
    st.just(("delay", [0], [1e-6])),
)


def program(*gates: Any, clbits: int = 1, into: int = 0) -> dict[str, Any]:
    ops = [*map(list, gates), ["measure", [0], [], [into]]]
    return {"format": 1, "qubits": 1, "clbits": clbits, "registers": {"c": [0]}, "layout": [0], "ops": ops}


@given(st.lists(GATE, max_size=8), st.integers(0, 2**63), st.sampled_from([0.0, 0.02, 0.5, 1.0]))
def test_it_agrees_with_the_state_vector(gates: list[Any], seed: int, flip: float) -> None:
    shots = 4_000
    assert is_one_qubit(program(*gates)["ops"], 1)
    counts, memory = sample_small(program(*gates), shots, seed, flip=flip, max_qubits=1, memory=True)
    other = sample(program(*gates), shots, seed, flip=flip, max_qubits=1)
    ones, others = counts.get("1", 0), other.get("1", 0)
    assert memory is not None
    assert {key: memory.count(key) for key in counts} == counts and len(memory) == shots
    spread = math.sqrt(2 * shots * max(ones / shots * (1 - ones / shots), others / shots * (1 - others / shots)))
    assert abs(ones - others) <= 6 * spread + 6


@pytest.mark.parametrize("chance", [0.0, 1.0, 0.5, 0.3, 1e-4, 1 / 3])
def test_each_shot_is_one_with_the_chance_given(chance: float) -> None:
    shots = 200_000
    ones = draw(random.Random(11), shots, chance).bit_count()
    assert abs(ones - shots * chance) <= 5 * math.sqrt(shots * chance * (1 - chance))


def test_the_same_seed_gives_the_same_shots_and_another_one_others() -> None:
    half = program(["h", [0], []])
    first, again, other = (sample_small(half, 100, seed, flip=0, max_qubits=1, memory=True) for seed in (1, 1, 2))
    assert first == again != other


def test_the_bit_stands_where_its_clbit_is() -> None:
    found = sample_small(program(["x", [0], []], clbits=3, into=1), 2, 1, flip=0, max_qubits=1, memory=True)
    assert found == ({"010": 2}, ("010", "010"))


def test_only_gates_and_one_last_measurement_are_one_qubit() -> None:
    measure = ["measure", [0], [], [0]]
    assert is_one_qubit(program(["h", [0], []])["ops"], 1)
    assert not is_one_qubit(program(measure)["ops"], 1)
    assert not is_one_qubit(program(["reset", [0], []])["ops"], 1)
    assert not is_one_qubit(program()["ops"], 2)
    assert not is_one_qubit([], 1)


def test_without_numpy_more_is_rejected_with_what_would_help(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "find_spec", lambda name: None)
    assert sampling.largest() == 1
    assert sample_small(program(["x", [0], []]), 5, 1, flip=0, max_qubits=1) == ({"1": 5}, None)
    with pytest.raises(Rejected, match="extra circuits"):
        sample_small(program(["measure", [0], [], [0]]), 5, 1, flip=0, max_qubits=1)
