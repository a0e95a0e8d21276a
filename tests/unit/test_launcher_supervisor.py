"""Start, watch, restart, stop, with real children."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qcjob.cli.launcher.parts import Part
from qcjob.cli.launcher.supervisor import MOST_PAUSE_SECONDS, STEADY_SECONDS, Supervisor

SLEEPER = Part("sleeper", ("sleep", "600"), stop_seconds=5.0)
OTHER = Part("other", ("sleep", "600"))
FAILING = Part("failing", ("false",))


class Log:
    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []

    def info(self, event: str, **fields: Any) -> None:
        self.events.append((event, fields))

    warning = info


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def supervisor(clock: Clock, log: Log) -> Iterator[Supervisor]:
    started = Supervisor(log, clock=clock, wait=lambda seconds: setattr(clock, "now", clock.now + seconds))
    yield started
    started.stop([SLEEPER.name, OTHER.name, FAILING.name, "parent"])


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    wait_for_end(pid)


def wait_for_end(pid: int) -> None:
    """Block until the child has ended, and leave it for the supervisor to find."""
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)


def is_there(pid: int) -> bool:
    """Whether a process lives; one that ended and waits for its parent to look does not."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()
    return bool(state) and not state.startswith("Z")


def test_a_part_has_a_process_group_of_its_own(supervisor: Supervisor) -> None:
    supervisor.start(SLEEPER)
    assert os.getpgid(supervisor.pid("sleeper")) == supervisor.pid("sleeper") != os.getpgrp()


def test_a_dead_part_is_started_again_while_the_others_go_on(supervisor: Supervisor, clock: Clock) -> None:
    supervisor.start(SLEEPER)
    supervisor.start(OTHER)
    before, other = supervisor.pid("sleeper"), supervisor.pid("other")
    kill(before)
    clock.now += supervisor.watch()
    supervisor.watch()
    assert supervisor.pid("sleeper") != before
    assert is_there(supervisor.pid("sleeper"))
    assert supervisor.pid("other") == other


def test_nothing_is_due_while_all_live(supervisor: Supervisor) -> None:
    supervisor.start(SLEEPER)
    assert supervisor.watch() > 60


def test_a_part_that_keeps_dying_is_tried_for_ever_and_at_least_once_a_second(
    supervisor: Supervisor, clock: Clock
) -> None:
    supervisor.start(FAILING)
    pauses = []
    for _ in range(12):
        wait_for_end(supervisor.pid("failing"))
        pauses.append(supervisor.watch())
        clock.now += pauses[-1]
        supervisor.watch()
    assert pauses == sorted(pauses)
    assert pauses[-1] == pytest.approx(MOST_PAUSE_SECONDS)


def test_a_part_that_lived_long_is_started_again_at_once(supervisor: Supervisor, clock: Clock) -> None:
    supervisor.start(FAILING)
    for _ in range(6):
        wait_for_end(supervisor.pid("failing"))
        clock.now += supervisor.watch()
        supervisor.watch()
    wait_for_end(supervisor.pid("failing"))
    clock.now += STEADY_SECONDS
    assert supervisor.watch() < 0.1


def test_children_that_a_dead_part_left_behind_are_ended_before_it_is_started_again(
    supervisor: Supervisor, clock: Clock, tmp_path: Path
) -> None:
    told = tmp_path / "child"
    os.mkfifo(told)
    supervisor.start(Part("parent", ("sh", "-c", f"sleep 600 & echo $! > {told}; wait")))
    orphan = int(told.read_text())
    kill(supervisor.pid("parent"))
    supervisor.watch()
    assert not is_there(orphan)


def test_stopping_ends_a_part_and_its_children(supervisor: Supervisor, tmp_path: Path) -> None:
    told = tmp_path / "child"
    os.mkfifo(told)
    supervisor.start(Part("parent", ("sh", "-c", f"sleep 600 & echo $! > {told}; wait")))
    child, pid = int(told.read_text()), supervisor.pid("parent")
    supervisor.stop(["parent"])
    assert not is_there(child)
    assert not is_there(pid)


def test_a_part_deaf_to_sigterm_is_killed_when_its_time_is_over(
    supervisor: Supervisor, clock: Clock, log: Log, tmp_path: Path
) -> None:
    told = tmp_path / "ready"
    os.mkfifo(told)
    script = f"import signal; signal.signal(15, signal.SIG_IGN); open({str(told)!r}, 'w').close(); signal.pause()"
    supervisor.start(Part("parent", (sys.executable, "-c", script), stop_seconds=3.0))
    told.read_text()
    started = clock.now
    supervisor.stop(["parent"])
    assert log.events[-1][1]["killed"] is True
    assert 3.0 <= clock.now - started < 4.0


def test_a_part_that_is_waiting_to_be_started_again_is_not_started_after_stop(
    supervisor: Supervisor, clock: Clock
) -> None:
    supervisor.start(FAILING)
    wait_for_end(supervisor.pid("failing"))
    supervisor.watch()
    supervisor.stop(["failing"])
    clock.now += 60
    assert supervisor.watch() > 60


def test_a_program_that_went_missing_is_tried_again(supervisor: Supervisor, clock: Clock, tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.symlink_to("/bin/false")
    supervisor.start(Part("failing", (str(program),)))
    wait_for_end(supervisor.pid("failing"))
    before = supervisor.pid("failing")
    program.unlink()
    clock.now += supervisor.watch()
    assert supervisor.watch() <= MOST_PAUSE_SECONDS
    program.symlink_to("/bin/false")
    clock.now += MOST_PAUSE_SECONDS
    supervisor.watch()
    assert supervisor.pid("failing") != before


def test_a_variable_set_to_none_is_taken_from_the_part(log: Log, tmp_path: Path) -> None:
    out = tmp_path / "env"
    os.mkfifo(out)
    supervisor = Supervisor(log, env={"PATH": os.environ["PATH"], "SECRET": "s", "KEPT": "k"})
    script = f'echo "${{SECRET:-none}} $KEPT $MORE" > {out}'
    supervisor.start(Part("failing", ("sh", "-c", script), {"SECRET": None, "MORE": "m"}))
    assert out.read_text() == "none k m\n"
    supervisor.stop(["failing"])
