"""The scripted device does what it is told."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from qcjob.devices.driver import CancelAnswer, DeviceStatus, Failed, Finished, PollState, Program
from qcjob.errors import Rejected, Unavailable, Uncertain
from qcjob.result import faults_in
from workers.drivers.scripted import Scripted

ROOT = Path(__file__).parents[2]


def program(**script: Any) -> Program:
    return Program({"format": 1, "clbits": 1}, None, {"script": script})


def device(**options: Any) -> Scripted:
    return Scripted("scripted", options)


@pytest.mark.parametrize(
    ("words", "error"),
    [("unavailable", Unavailable), ("rejected", Rejected), ("uncertain", Uncertain), ("raise", RuntimeError)],
)
def test_submit_raises_what_it_is_told(words: str, error: type[Exception]) -> None:
    busy = device()
    with pytest.raises(error):
        busy.submit("job", program(submit=words), 10)
    assert busy.find("job") is None
    with pytest.raises(error):
        busy.submit("job", program(submit=f"accept {words}"), 10)
    assert busy.find("job") == "job"


def test_a_list_has_one_entry_for_each_call_and_the_last_goes_on() -> None:
    busy = device()
    wanted = program(submit=["unavailable", "unavailable", "accept"], poll=["queued", "running", "done"])
    for _ in range(2):
        with pytest.raises(Unavailable):
            busy.submit("job", wanted, 10)
    assert busy.submit("job", wanted, 10) == "job"
    assert [busy.poll("job").state.value for _ in range(4)] == ["queued", "running", "done", "done"]


def test_it_finishes_at_once_or_fails_with_a_code() -> None:
    assert isinstance(device().submit("job", program(submit="finished"), 10), Finished)
    assert device().submit("job", program(submit="failed:too-hot"), 10) == Failed("too-hot", "the script says so")
    failing = device()
    failing.submit("job", program(poll="failed:too-hot"), 10)
    assert (failing.poll("job").state, failing.poll("job").code) == (PollState.FAILED, "too-hot")


@pytest.mark.parametrize("lie", ["wrong-total", "wrong-width", "negative", "nonsense"])
def test_it_lies_about_counts(lie: str) -> None:
    lying = device()
    lying.submit("job", program(result=lie), 10)
    assert faults_in(lying.result("job").counts, shots=10, clbits=1) is not None


def test_it_loses_jobs() -> None:
    lossy = device()
    assert lossy.submit("job", program(submit="accept forget"), 10) == "job"
    assert lossy.poll("job").state is PollState.LOST


@pytest.mark.parametrize("answer", list(CancelAnswer))
def test_it_answers_a_cancel_as_it_is_told(answer: CancelAnswer) -> None:
    running = device()
    running.submit("job", program(duration=1_000, cancel=answer.value.replace(" ", "-")), 10)
    assert running.cancel("job") is answer
    stops = answer in (CancelAnswer.CANCELLED, CancelAnswer.REQUESTED)
    assert running.poll("job").state is (PollState.CANCELLED if stops else PollState.RUNNING)


@pytest.mark.parametrize(
    "script", ["no json", "3", {"submit": "dance"}, {"dance": "accept"}, {"duration": "long"}, {"poll": [1]}], ids=str
)
def test_a_script_that_means_nothing_is_rejected(script: Any) -> None:
    with pytest.raises(Rejected):
        device().submit("job", Program({"clbits": 1}, None, {"script": script}), 10)


def test_a_script_may_come_as_json_text_and_from_the_device() -> None:
    with pytest.raises(Unavailable):
        device().submit("job", Program({"clbits": 1}, None, {"script": '{"submit": "unavailable"}'}), 10)
    with pytest.raises(Uncertain):
        device(script={"submit": "uncertain"}).submit("job", Program({"clbits": 1}), 10)


def test_its_status_comes_from_its_options_or_from_a_file_laid_into_its_state(tmp_path: Path) -> None:
    calibrating = device(status="calibrating:until noon", state=str(tmp_path))
    assert (calibrating.status().state, calibrating.status().reason) == (DeviceStatus.CALIBRATING, "until noon")
    (tmp_path / "status").write_text("online\n")
    assert calibrating.status().state is DeviceStatus.ONLINE


def test_a_run_survives_the_process_that_started_it_and_is_started_once(tmp_path: Path) -> None:
    options = {"state": str(tmp_path / "state"), "log": str(tmp_path / "log")}
    code = (
        "from tests.unit.test_scripted import *\n"
        f"Scripted('scripted', {options!r}).submit('job', program(submit='accept crash', duration=1000), 10)"
    )
    worker = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)
    assert worker.returncode == -signal.SIGKILL
    rescuer = Scripted("scripted", options)
    assert rescuer.submit("job", program(), 10) == "job"
    assert rescuer.poll("job").state is PollState.RUNNING
    starts = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert [start["job_id"] for start in starts] == ["job"]


def test_without_dedup_a_second_submit_is_a_second_start(tmp_path: Path) -> None:
    careless = device(log=str(tmp_path / "log"), caps={"dedup": "none"})
    for _ in range(2):
        careless.submit("job", program(), 10)
    assert len((tmp_path / "log").read_text().splitlines()) == 2


def test_a_blocking_device_answers_at_the_end() -> None:
    assert isinstance(device(caps={"mode": "blocking"}).submit("job", program(), 10), Finished)
