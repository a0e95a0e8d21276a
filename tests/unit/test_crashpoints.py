"""Points at which a process dies when it is told to, and only then."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from qcjob.crashpoints import CALLS, POINTS, CrashPoint
from qcjob.errors import ConfigurationError
from qcjob.ledger.scripts import NAMES
from qcjob.settings import read_settings

HOUSE = Path(__file__).resolve().parents[2]

COME_BY = """
import sys, pathlib
from qcjob.crashpoints import CrashPoint
once = pathlib.Path(sys.argv[2]) if sys.argv[2:] else None
claim = CrashPoint.parse(sys.argv[1], once).around("claim", lambda: print("claimed", flush=True))
for _ in range(3):
    claim()
"""


def come_by(*args: str) -> tuple[int, int]:
    """How a process ended that makes the call `claim` three times, and how often it did."""
    ran = subprocess.run([sys.executable, "-c", COME_BY, *args], cwd=HOUSE, capture_output=True, text=True, check=False)
    return ran.returncode, ran.stdout.count("claimed")


@pytest.mark.parametrize(
    ("point", "claims"), [("before claim", 0), ("after claim", 1), ("before claim 3", 2), ("after claim 2", 2)]
)
def test_a_process_dies_at_its_point_as_by_kill_9(point: str, claims: int) -> None:
    assert come_by(point) == (-signal.SIGKILL, claims)


@pytest.mark.parametrize("point", ["after start", "after claim 4"])
def test_a_process_that_never_comes_to_its_point_lives(point: str) -> None:
    assert come_by(point) == (0, 3)


def test_only_one_process_dies_where_a_file_remembers_it(tmp_path: Path) -> None:
    once = str(tmp_path / "died")
    assert come_by("after claim", once) == (-signal.SIGKILL, 1)
    assert come_by("after claim", once) == (0, 3)


def test_a_point_elsewhere_leaves_a_call_as_it_is() -> None:
    def call() -> None: ...

    assert CrashPoint("after start").around("claim", call) is call
    assert read_settings({}).crash_point is None


@pytest.mark.parametrize("text", ["claim", "during claim", "after", "after claims", "after claim 0", "after claim -1"])
def test_a_point_there_is_not_is_refused_with_those_there_are(text: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(f"QCJOB_CRASH_POINT={text!r}")):
        read_settings({"QCJOB_CRASH_POINT": text})


def test_every_script_that_writes_has_its_points() -> None:
    readers = {"read", "queue", "waiting"}
    doctors = {name for name in NAMES if name.startswith("check")} | {"restore"}  # a person, who may call again
    assert {name for name in CALLS if "." not in name} == set(NAMES) - readers - doctors
    assert len(POINTS) == 2 * len(CALLS)


def test_every_point_is_documented() -> None:
    page = (HOUSE / "docs" / "drivers.md").read_text()
    assert set(CALLS) <= set(re.findall(r"`([a-z._]+)`", page))
