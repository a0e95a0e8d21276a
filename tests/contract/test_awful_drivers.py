"""Drivers as people write them at first: what `check-driver` says must tell their author what to do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parents[2]

AWFUL = """
import asyncio, sys, threading, time
from qcjob.devices.driver import Caps, DeviceStatus, Driver, Finished, Poll, PollState, Properties, Result, Status
from qcjob.errors import DriverError
from qcjob.target import Target


class Sound(Driver):
    caps = Caps(dedup="native")

    def properties(self):
        return Properties(Target(num_qubits=1, native_gates=("rz", "prx")))

    def status(self):
        return Status(DeviceStatus.ONLINE)

    def submit(self, job_id, program, shots):
        return Finished(Result({"0" * program.compiled["clbits"]: shots}))

    def poll(self, handle):
        return Poll(PollState.LOST)

    def result(self, handle):
        raise DriverError("no such run")


class WrongSignature(Sound):
    def submit(self, program):
        return None


class Asynchronous(Sound):
    async def status(self):
        return Status(DeviceStatus.ONLINE)


class WrongInit(Sound):
    def __init__(self, host):
        self.host = host


class RaisingInit(Sound):
    def __init__(self, name, options):
        raise ConnectionRefusedError("the fridge does not answer")


class NoSuper(Sound):
    def __init__(self, name, options):
        self.host = options.get("host")


class Unfinished(Driver):
    caps = Caps()


class FloatCounts(Sound):
    def submit(self, job_id, program, shots):
        return Finished(Result({"0": float(shots)}))


class Chatty(Sound):
    def submit(self, job_id, program, shots):
        print("submitting {", job_id)
        return super().submit(job_id, program, shots)


class Threads(Sound):
    def submit(self, job_id, program, shots):
        threading.Thread(target=time.sleep, args=(60,), name="poller").start()
        return super().submit(job_id, program, shots)


class NoCaps(Sound):
    caps = None


class OtherCaps(Sound):
    caps = Caps(dedup="sometimes")


class Plain(Sound):
    def properties(self):
        return {"num_qubits": 1}

    def status(self):
        return "online"


class Lists(Sound):
    def submit(self, job_id, program, shots):
        return ["run-1"]


class NoDriver:
    def __init__(self, name, options):
        pass
"""


def checked(folder: Path, driver: str, *more: str) -> subprocess.CompletedProcess[str]:
    (folder / "awful.py").write_text(AWFUL)
    (folder / "blocking.py").write_text("import time\ntime.sleep(600)\n")
    env = {**os.environ, "PYTHONPATH": f"{HOUSE}{os.pathsep}{folder}"}
    command = [sys.executable, "-m", "qcjob", "check-driver", driver, "--submit-timeout", "3", "--patience", "3", *more]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=env, cwd=folder)


@pytest.mark.parametrize(
    ("driver", "code", "said"),
    [
        ("Sound", 0, "0 do not"),
        ("WrongSignature", 1, "a worker calls submit(job_id, program, shots), and submit(program) has"),
        ("Asynchronous", 1, "status is `async`: a worker calls it and waits, so write `def`"),
        ("NoSuper", 0, "0 do not"),
        ("FloatCounts", 1, "the count of 0 is 100.0, not a whole number"),
        ("Chatty", 0, "0 do not"),
        ("Threads", 1, "poller still runs: a worker that stops would wait for it; end it in close"),
        ("NoCaps", 1, "write `caps = Caps(...)` in the class"),
        ("OtherCaps", 1, "dedup is 'sometimes', wanted 'native' or 'find' or 'none'"),
        ("Plain", 1, "not Properties(Target(...))"),
        ("Plain", 1, "status answered 'online', not a Status"),
        ("Lists", 1, "submit answered ['run-1'], not a handle (a str), Finished or Failed"),
    ],
)
def test_what_an_awful_driver_is_told(tmp_path: Path, driver: str, code: int, said: str) -> None:
    answer = checked(tmp_path, f"awful:{driver}")
    assert (answer.returncode, said in answer.stdout) == (code, True), answer.stdout + answer.stderr


@pytest.mark.parametrize(
    ("driver", "said"),
    [
        ("awful:WrongInit", "a driver is made as CLASS(name, options)"),
        ("awful:RaisingInit", "ConnectionRefusedError('the fridge does not answer')"),
        ("awful:Unfinished", "write these methods"),
        ("awful:NoDriver", "let the class inherit from it"),
        ("awful:Missing", "has no attribute 'Missing'"),
        ("nosuchmodule:X", "put it on PYTHONPATH"),
        ("blocking:X", "did not end within 3 s: connect on the first call"),
    ],
)
def test_a_driver_that_cannot_be_made_is_told_why_once(tmp_path: Path, driver: str, said: str) -> None:
    answer = checked(tmp_path, driver)
    assert (answer.returncode, answer.stdout) == (2, ""), answer.stdout
    assert said in answer.stderr and "Traceback" not in answer.stderr, answer.stderr


def test_what_a_driver_prints_does_not_spoil_the_document(tmp_path: Path) -> None:
    answer = checked(tmp_path, "awful:Chatty", "-o", "json")
    assert json.loads(answer.stdout)["numbers"]["does not hold"] == 0
    assert "submitting {" in answer.stderr
