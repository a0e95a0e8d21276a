"""Hostile programs at the front door: each gets its answer in time, and leaves nothing behind.

The same programs as in tests/attack, now with whatever stands behind the scan: parser, compiler, the process
that can be killed. Those of many characters take seconds each and are `long`.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.attack.front import COMPILE_SECONDS, DEAR, LARGE, Front, due, front_in
from tests.attack.programs import ATTACKS
from tests.attack.programs.attack import Attack

pytestmark = pytest.mark.integration

MIB = 2**20


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with front_in(tmp_path_factory.mktemp("attack")) as found:
        yield found


def cases() -> Iterator[object]:
    for attack in ATTACKS:
        is_long = len(attack.text) > LARGE or DEAR in attack.behind
        yield pytest.param(attack, id=attack.name, marks=[pytest.mark.long] if is_long else [])


@pytest.mark.parametrize("attack", list(cases()))
def test_it_gets_its_answer_in_time(front: Front, attack: Attack) -> None:
    answer = front.ask(attack.text, attack.language)
    assert answer.status in (200, 413, 422)
    assert answer.code in due(attack), answer
    if answer.code == attack.code:
        assert answer.errors[0] == (attack.code, attack.line, attack.column)
    assert answer.seconds < COMPILE_SECONDS + 5


def test_the_processes_are_the_same_afterwards_and_hold_no_more_memory(front: Front) -> None:
    """The web's processes and the compiler's, before the first attack and after the last of them."""
    now = front.memory_bytes()
    assert set(front.memory_at_start) <= set(now), "a process of the service ended"
    grown = {pid: (now[pid] - before) // MIB for pid, before in front.memory_at_start.items()}
    assert max(grown.values()) < 64, grown
