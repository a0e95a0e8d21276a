"""Hostile programs before any parser sees them: each is refused with its code at its place, soon, in little memory.

What is said here is said by code of our own alone; see tests/integration for what the service as a whole answers.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from qcjob.errors import InvalidProgram, ProgramError
from qcjob.languages import parse
from qcjob.languages.openqasm import Limits, rename_gates, scan
from tests.attack.programs import ATTACKS
from tests.attack.programs.attack import Attack
from tests.pace import within

BYTES = 160 * 2**20
"""Of memory, for a text of a mebibyte at most."""
MAX_ROTATION_BYTES = 262_144
QUBITS = 127
SECONDS = 3
"""Of processor time for the longest text there may be; it takes a third of that on a machine of its own."""


def refused(attack: Attack) -> tuple[ProgramError, ...]:
    """The errors that are told before the program is parsed."""
    text = attack.text
    try:
        if attack.language == "rotations":
            parse(text, attack.language, max_bytes=MAX_ROTATION_BYTES)
        else:
            rename_gates(scan(text, attack.language, Limits(), QUBITS))
    except InvalidProgram as error:
        return error.errors
    return ()


def test_there_are_enough_of_them_and_no_two_are_the_same() -> None:
    assert len(ATTACKS) >= 300
    for values in ([attack.name for attack in ATTACKS], [(attack.language, attack.text) for attack in ATTACKS]):
        assert [value for value, times in Counter(values).items() if times > 1] == []


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_it_is_refused_with_its_code_at_its_place_soon_in_little_memory(attack: Attack) -> None:
    attack = replace(attack, source=attack.text)
    peak = Peak()
    errors = within(SECONDS, lambda: refused(attack))
    assert peak.bytes() < BYTES
    first = [(error.code, error.line, error.column) for error in errors[:1]]
    assert first == ([(attack.code, attack.line, attack.column)] if attack.code else [])
    if attack.language != "rotations":
        assert len(errors) <= 100
    for error in errors:
        assert len(error.message) < 300
        assert error.message.encode()


class Peak:
    """How much more memory this process takes at most than when it was made; nothing where that cannot be told."""

    def __init__(self) -> None:
        self._before = 0
        if sys.platform == "linux":
            Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew: proc(5)
            self._before = self._read("VmRSS")

    def bytes(self) -> int:
        return self._read("VmHWM") - self._before if sys.platform == "linux" else 0

    @staticmethod
    def _read(name: str) -> int:
        found = re.search(rf"{name}:\s*(\d+) kB", Path("/proc/self/status").read_text())
        assert found
        return int(found[1]) * 1024


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of memory is read from Linux's /proc")
def test_a_peak_of_memory_is_seen() -> None:
    peak = Peak()
    assert len(bytearray(BYTES)) == BYTES
    assert peak.bytes() > BYTES // 2
