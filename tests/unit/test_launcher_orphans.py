"""What a dead part leaves behind is waited for. Each test plays the launcher in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux hands orphans to the launcher")

LAUNCHER = """
import os, signal, sys
from qcjob.cli.launcher.orphans import adopt_orphans, wait_for_groups
from qcjob.cli.launcher.parts import Part
from qcjob.cli.launcher.supervisor import Supervisor

class Log:
    def info(self, event, **fields): pass
    warning = info

def ended(pid):
    "Blocks until the child has ended, and leaves it for the supervisor to find."
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)

def exists(pid):
    return os.path.exists(f"/proc/{pid}")

told = sys.argv[1]
os.mkfifo(told)
supervisor = Supervisor(Log(), adopts=adopt_orphans())
"""
FAMILY = """
supervisor.start(Part("parent", ("sh", "-c", f"sleep 600 & echo $! > {told}; wait")))
orphan = int(open(told).read())
parent = supervisor.pid("parent")
"""


def launcher(script: str, told: Path) -> str:
    """What a launcher prints that does this."""
    argv = [sys.executable, "-c", LAUNCHER + script, str(told)]
    env = {**os.environ, "PYTHONPATH": str(HOUSE)}
    answer = subprocess.run(argv, capture_output=True, text=True, timeout=20, env=env)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.strip()


def test_the_children_of_a_dead_part_are_no_zombies_when_it_is_started_again(tmp_path: Path) -> None:
    script = """
os.kill(parent, signal.SIGKILL)
ended(parent)
supervisor.watch()
print(exists(parent), exists(orphan))
"""
    assert launcher(FAMILY + script, tmp_path / "told") == "False False"


def test_the_children_of_a_part_that_was_stopped_are_no_zombies(tmp_path: Path) -> None:
    script = """
supervisor.stop(["parent"])
print(exists(parent), exists(orphan))
"""
    assert launcher(FAMILY + script, tmp_path / "told") == "False False"


def test_an_orphan_that_ends_while_its_part_lives_is_no_zombie(tmp_path: Path) -> None:
    script = """
supervisor.start(Part("parent", ("sh", "-c", f"(setsid sh -c 'echo $$ > {told}; exec sleep 600' &) ; exec sleep 600")))
orphan = int(open(told).read())
while int(open(f"/proc/{orphan}/stat").read().rpartition(")")[2].split()[1]) != os.getpid():
    pass  # the shell between has yet to end
os.kill(orphan, signal.SIGKILL)
ended(orphan)
supervisor.watch()
print(exists(orphan), supervisor.has_died("parent"))
supervisor.stop(["parent"])
"""
    assert launcher(script, tmp_path / "told") == "False False"


def test_the_exit_code_of_a_part_is_its_own_though_orphans_are_waited_for(tmp_path: Path) -> None:
    script = """
codes = []
Log.warning = lambda self, event, **fields: codes.append(fields["exit_code"])
supervisor.start(Part("parent", ("sh", "-c", f"sleep 600 & echo $! > {told}; exit 7")))
orphan = int(open(told).read())
ended(supervisor.pid("parent"))
supervisor.watch()
print(codes, exists(orphan))
"""
    assert launcher(script, tmp_path / "told") == "[7] False"


def test_waiting_for_a_group_that_lives_on_ends(tmp_path: Path) -> None:
    script = """
moments = iter([0.0, 0.5, 0.9, 1.1])
wait_for_groups([parent], clock=lambda: next(moments), sleep=lambda _: None)
print(exists(parent), next(moments, "asked until its time was over"))
supervisor.stop(["parent"])
"""
    assert launcher(FAMILY + script, tmp_path / "told") == "True asked until its time was over"
