"""Compiling what nobody trusts: whatever a program does to its compiler, only its own request hears of it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest

from qcjob.compile_service.client import CompileService
from qcjob.compile_service.request import Request
from qcjob.devices.presets import line5
from qcjob.errors import CompilerBusy, InvalidProgram
from qcjob.languages.openqasm import Limits
from tests.integration.cluster import HOUSE, wait_for

HOSTILE = "tests.integration.hostile:work"
HALF_A_GIB = 2**29


def request(source: str, seconds: int = 5, memory_bytes: int = HALF_A_GIB) -> Request:
    limits = Limits(compile_seconds=seconds, compile_memory_bytes=memory_bytes)
    return Request(source, "openqasm3", "optimized", line5(), limits)


@pytest.fixture(scope="module")
def service() -> Iterator[CompileService]:
    made = CompileService(running=2, waiting=50, work=HOSTILE)
    yield made
    made.close()


def done(service: CompileService, source: str, **limits: int) -> Any:
    return service.compile(request(source, **limits))["compiled"]


def refused(service: CompileService, source: str, **limits: int) -> tuple[str, str]:
    """Code and message of a program that must be refused; afterwards the service works as before."""
    with pytest.raises(InvalidProgram) as found:
        done(service, source, **limits)
    assert done(service, "echo still here") == ["still", "here"]
    return found.value.errors[0].code, found.value.errors[0].message


def test_an_answer_comes_back_with_its_stats(service: CompileService) -> None:
    answer = service.compile(request("echo a b"))
    assert answer["compiled"] == ["a", "b"]
    assert answer["stats"]["cached"] is False


def test_every_fault_of_a_program_comes_back_with_its_place(service: CompileService) -> None:
    with pytest.raises(InvalidProgram) as found:
        done(service, "refuse")
    assert [(e.line, e.column, e.code) for e in found.value.errors] == [
        (3, 7, "undefined-name"),
        (4, 1, "unsupported"),
    ]


@pytest.mark.parametrize("source", ["panic", "quit", "recurse", "segfault", "abort", "exit 3", "exit 0", "kill 11"])
def test_a_program_that_breaks_the_compiler_is_refused(service: CompileService, source: str) -> None:
    assert refused(service, source)[0] == "cannot-compile"


@pytest.mark.parametrize("source", ["hang", "spin"])
def test_a_program_that_takes_too_long_is_refused_with_the_figures(service: CompileService, source: str) -> None:
    code, message = refused(service, source, seconds=1)
    assert code == "too-expensive-to-compile"
    assert "more than the 1 s that are allowed; stopped after 1." in message


@pytest.mark.parametrize("source", ["allocate", "allocate-slowly", "allocate-in-c 4000"])
def test_a_program_that_takes_too_much_memory_is_refused_with_the_figures(service: CompileService, source: str) -> None:
    code, message = refused(service, source)
    assert code == "too-expensive-to-compile"
    assert "more than the 512 MiB" in message or "more memory than the 512 MiB" in message


def test_an_answer_without_end_is_refused(service: CompileService) -> None:
    code, message = refused(service, "flood 40")
    assert (code, "32 MiB are allowed" in message) == ("too-expensive-to-compile", True)


def test_a_large_program_gets_a_large_answer(service: CompileService) -> None:
    word = "x" * 2**20
    assert done(service, f"echo {word}") == [word]


def test_a_compile_killed_from_outside_is_to_be_tried_again(service: CompileService) -> None:
    with pytest.raises(CompilerBusy, match="killed"):
        done(service, "kill 9")


def test_a_child_has_no_files_no_network_no_web_and_one_thread(service: CompileService, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        answer = done(service, f"connect {listening.getsockname()[1]}")
    assert answer == ("OSError" if os.geteuid() == 0 else answer)  # unprivileged namespaces may be forbidden
    assert done(service, f"write {tmp_path / 'file'}") == "OSError"
    seen = done(service, "look")
    assert len(seen["descriptors"]) == 5, "three silent streams, its socket, and the one that listed them"
    assert seen["parent"] == service.zygote
    assert (seen["cpu"], seen["oom"], seen["web"], seen["rayon"]) == (6, "1000", [], "1")
    assert seen["space"] <= seen["mapped"] + HALF_A_GIB


def test_the_zygote_killed_in_the_middle_of_a_compile_costs_nobody_anything(service: CompileService) -> None:
    done(service, "echo")
    with ThreadPoolExecutor(1) as other:
        running = other.submit(done, service, "sleep 1")
        zygote = psutil.Process(service.zygote)
        child = wait_for(zygote.children, what="a child")[0]
        zygote.kill()
        assert running.result(timeout=20) is None
    wait_for(lambda: not child.is_running(), what="the child went with its zygote")
    assert service.zygote != zygote.pid
    assert not _zombies()


def test_a_program_that_kills_the_zygote_every_time_is_given_up(service: CompileService) -> None:
    with pytest.raises(CompilerBusy, match="lost twice"):
        done(service, "kill-zygote")
    assert done(service, "echo fine") == ["fine"]


def test_a_zygote_that_hangs_is_replaced(monkeypatch: pytest.MonkeyPatch, service: CompileService) -> None:
    monkeypatch.setattr("qcjob.compile_service.process.PATIENCE_SECONDS", 0.3)
    done(service, "echo")
    hung = service.zygote
    assert hung is not None
    os.kill(hung, signal.SIGSTOP)
    assert done(service, "echo fine", seconds=1) == ["fine"]
    assert service.zygote != hung


def test_programs_that_go_wrong_do_not_disturb_the_others_and_leave_nothing_behind() -> None:
    service = CompileService(running=4, waiting=200, work=HOSTILE)
    done(service, "echo")
    ours, theirs = psutil.Process(), psutil.Process(service.zygote)
    wait_for(lambda: len(theirs.children()) == 1, what="the first child is gone, another stands by")
    before = ours.num_fds(), theirs.num_fds()
    bad = ["segfault", "panic", "exit 1", "hang", "kill 9", "allocate", "flood 40", "abort"]

    def one(number: int) -> bool:
        if number % 2:
            with pytest.raises((InvalidProgram, CompilerBusy)):
                done(service, bad[number // 2 % len(bad)], seconds=1)
            return True
        return bool(done(service, f"echo {number}") == [str(number)])

    with ThreadPoolExecutor(32) as threads:
        assert all(threads.map(one, range(100)))
    wait_for(lambda: len(theirs.children()) == 1, what="no child is left but the one that stands by")
    wait_for(lambda: (ours.num_fds(), theirs.num_fds()) == before, what="no descriptor is left")
    service.close()
    wait_for(lambda: not theirs.is_running(), what="the zygote is gone")


@pytest.mark.alone
def test_what_finds_no_place_is_refused_at_once_and_what_waits_gets_one() -> None:
    service = CompileService(running=1, waiting=1, work=HOSTILE)
    done(service, "echo")
    with ThreadPoolExecutor(2) as threads:
        both = [threads.submit(done, service, "sleep 0.7") for _ in range(2)]
        wait_for(lambda: psutil.Process(service.zygote).children(), what="the first runs")
        began = time.monotonic()
        with pytest.raises(CompilerBusy, match="1 programs are compiled and 1 wait already"):
            wait_for(lambda: done(service, "echo") and False, what="full")
        assert time.monotonic() - began < 0.6
        assert [each.result(timeout=20) for each in both] == [None, None]
    assert done(service, "echo again") == ["again"]
    service.close()


def test_a_compiler_that_cannot_be_started_says_so_and_is_not_tried_at_once() -> None:
    service = CompileService(running=1, waiting=1, work="tests.integration.hostile:no_such_work")
    for _ in range(3):
        with pytest.raises(CompilerBusy, match="could not be started"):
            done(service, "echo")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_zygote_and_its_children_end_with_the_process_that_started_them(number: int) -> None:
    script = (
        "import sys, threading; sys.path.insert(0, '.')\n"
        "from tests.integration.test_compile_service import CompileService, HOSTILE, done\n"
        "service = CompileService(running=1, waiting=1, work=HOSTILE); done(service, 'echo')\n"
        "threading.Thread(target=done, args=(service, 'hang'), daemon=True).start()\n"
        "print(service.zygote, flush=True); threading.Event().wait()\n"
    )
    web = subprocess.Popen((sys.executable, "-c", script), cwd=HOUSE, stdout=subprocess.PIPE, text=True)
    assert web.stdout is not None
    zygote = psutil.Process(next(int(line) for line in web.stdout if line.strip().isdigit()))
    child = wait_for(zygote.children, what="a child")[0]
    os.kill(web.pid, number)
    web.wait()
    web.stdout.close()
    wait_for(lambda: not zygote.is_running() and not child.is_running(), what="all are gone")


def test_a_thread_that_ends_does_not_take_the_zygote_along() -> None:
    service = CompileService(running=1, waiting=1, work=HOSTILE)
    first = threading.Thread(target=done, args=(service, "echo"))
    first.start()
    first.join()
    zygote = service.zygote
    assert done(service, "echo there") == ["there"]
    assert service.zygote == zygote is not None
    service.close()


def test_a_child_has_nothing_left_to_import() -> None:
    pytest.importorskip("qiskit_qasm3_import")
    script = (
        "import sys\n"
        "from qcjob.compile_service.work import work\n"
        "from tests.integration.test_compile_service import bell\n"
        "for language in ('openqasm2', 'openqasm3'):\n"
        "    before = set(sys.modules)\n"
        "    work(bell(language).as_dict())\n"
        "    print(len(sys.modules) - len(before))\n"
    )
    ran = subprocess.run((sys.executable, "-c", script), cwd=HOUSE, capture_output=True, text=True, timeout=120)
    assert ran.stdout.split() == ["0", "0"], ran.stderr[-2_000:]


def bell(language: str) -> Request:
    declared = {
        "openqasm2": 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg c[2]; h q[0]; cx q[0], q[1]; measure q -> c;',
        "openqasm3": 'OPENQASM 3; include "stdgates.inc"; qubit[2] q; bit[2] c; h q[0]; cx q[0], q[1]; c = measure q;',
    }
    return Request(declared[language], language, "optimized", line5(), Limits())


def _zombies() -> list[int]:
    found = []
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if child.status() == psutil.STATUS_ZOMBIE:
                found.append(child.pid)
    return found


def standing_by(service: CompileService) -> int:
    """The process id of the one child that has no order, once it is there."""

    def children() -> list[psutil.Process]:
        assert service.zygote
        return psutil.Process(service.zygote).children()

    wait_for(lambda: len(children()) == 1, 10, "a child that stands by")
    time.sleep(0.3)  # until it has rehearsed
    return int(children()[0].pid)


def test_whoever_stands_by_has_rehearsed_and_takes_the_next_order(service: CompileService) -> None:
    done(service, "echo")
    pid = standing_by(service)
    answer = service.compile(request("rehearsed"))
    assert answer["stats"]["pid"] == pid
    assert answer["compiled"][0] >= 1, "it knew what the orders before were about"
    assert standing_by(service) != pid


def test_without_one_standing_by_the_next_order_is_worked_on_all_the_same(service: CompileService) -> None:
    done(service, "echo")
    killed = standing_by(service)
    os.kill(killed, signal.SIGKILL)
    wait_for(lambda: not psutil.pid_exists(killed), what="the kernel has ended it, and the zygote knows")
    assert done(service, "echo still here") == ["still", "here"]
    assert standing_by(service) != killed
