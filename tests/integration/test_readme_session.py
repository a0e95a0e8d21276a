"""The session of the README, typed again into a shell, against a real installation: what it shows is what comes."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from qcjob.cli.launcher.waiting import is_ready
from qcjob.client import Client
from tests.integration.cluster import wait_for

HOUSE = Path(__file__).resolve().parents[2]
ID = r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    """A folder with `var` in it, and the port of the `up` that runs on that."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    env = {name: value for name, value in os.environ.items() if not name.startswith("QCJOB_")}
    command = [sys.executable, "-m", "qcjob", "up", "--data", str(tmp_path / "var"), "--port", str(port)]
    with (tmp_path / "log").open("wb") as log:
        up = subprocess.Popen(command, cwd=HOUSE, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 60
        while not is_ready(port):
            assert up.poll() is None, (tmp_path / "log").read_text()
            assert time.monotonic() < deadline, "not ready within 60 s"
            time.sleep(0.1)
        key = (tmp_path / "var" / "api-key").read_text().strip()
        with Client(f"http://127.0.0.1:{port}", key) as client:  # a job that comes before the worker is told so
            wait_for(lambda: client.devices()[0]["status"] == "online", 30, "the simulator's worker")
        yield tmp_path, port
    finally:
        up.send_signal(signal.SIGTERM)
        assert up.wait(timeout=25) == 0


def session() -> list[tuple[str, str]]:
    """Every command of the README's console blocks, and what it shows below."""
    text = "".join(re.findall(r"^```console\n(.*?)^```", (HOUSE / "README.md").read_text(), re.DOTALL | re.MULTILINE))
    steps = re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]
    return [tuple(re.split(r"(?<!\\)\n", step, maxsplit=1)) for step in steps]  # type: ignore[misc]


def pattern_of(shown: str) -> str:
    """What is shown as a pattern: `…` is anything, blanks are blanks, ids and times are any."""
    parts = [re.sub(r"(\\?\s)+", r"\\s+", re.escape(part.strip())) for part in shown.split("…")]
    text = ".*?".join(parts)
    text = re.sub(re.escape(re.escape("01a20c7e-5726-747c-bc98-91e7d6a992b5")), lambda _: ID, text)
    return re.sub(re.escape(re.escape("2026-11-24T")) + r"[\d:\\.]+Z", lambda _: TIME, text)


def test_the_session_goes_as_it_is_shown(installation: tuple[Path, int]) -> None:
    folder, port = installation
    steps = session()
    assert len(steps) == 6
    before, job_id = "", ""
    for command, shown in steps:
        typed = command.replace(":8000", f":{port}")
        if typed.startswith("ID="):
            typed = f"ID={job_id}"
        if not shown.strip():
            before += f"{typed}\n"
            continue
        answer = subprocess.run(
            ["bash", "-c", before + typed], cwd=folder, capture_output=True, text=True, timeout=60, check=True
        ).stdout
        assert re.fullmatch(pattern_of(shown), answer.strip(), re.DOTALL), f"{command}\nshows\n{answer}"
        if found := re.search(ID, answer):
            job_id = found[0]
