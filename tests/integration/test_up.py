"""`python -m qcjob up`, for real: what it starts, what it does when a part dies, and that it leaves nothing behind."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import shlex
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

HOUSE = Path(__file__).resolve().parents[2]
PARTS = ("redis", "worker-simulator", "worker-built-ins", "web", "flower")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(look: Callable[[], bool], within: float) -> None:
    """Look again and again until the answer is true. Fails when it was not within so many seconds."""
    deadline = time.monotonic() + within
    while not look():
        assert time.monotonic() < deadline, f"not within {within} s"
        time.sleep(0.02)


def zombies(groups: dict[str, int]) -> list[int]:
    """Processes of these parts' groups that ended and were not waited for."""
    listed = subprocess.run(["ps", "-eo", "pid=,pgid=,stat="], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in listed.splitlines()]
    return [int(pid) for pid, group, state in rows if int(group) in groups.values() and state.startswith("Z")]


def processes() -> list[tuple[int, int, str]]:
    """Every process that lives: id, process group, command line."""
    listed = subprocess.run(["ps", "-eo", "pid=,pgid=,stat=,args="], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 3) for line in listed.splitlines()]
    return [(int(row[0]), int(row[1]), row[3]) for row in rows if len(row) == 4 and not row[2].startswith("Z")]


class Installation:
    """One data folder and the `up` that runs on it."""

    def __init__(self, data: Path, log: Path) -> None:
        self.data, self.log = data, log
        self.port, self.flower_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def up(self, *more: str) -> subprocess.Popen[bytes]:
        env = {name: value for name, value in os.environ.items() if not name.startswith("QCJOB_")}
        command = [sys.executable, "-m", "qcjob", "up", "--data", str(self.data), "--port", str(self.port), *more]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, cwd=HOUSE, env={**env, "QCJOB_LOG_FORMAT": "json"}, stdout=log, stderr=log
            )
        return self.process

    def wait_until_ready(self) -> None:
        def ready() -> bool:
            assert self.process.poll() is None, self.log.read_text(errors="replace")[-3_000:]
            return "qcjob is ready" in self.log.read_text(errors="replace")

        eventually(ready, within=90)

    def pids(self) -> dict[str, int]:
        """The latest process of each part, as the launcher logged it."""
        found: dict[str, int] = {}
        for line in self.log.read_text(errors="replace").splitlines():
            if line.startswith("{"):
                try:
                    event = json.loads(line)
                except ValueError:
                    continue  # two processes wrote at the same time
                if event.get("event") == "part started":
                    found[event["part"]] = event["part_pid"]
        return found

    def leftovers(self, pids: dict[str, int]) -> list[str]:
        """Command lines of processes in the groups of these parts, or that name the data folder."""
        return [
            args
            for pid, group, args in processes()
            if group in pids.values() or (str(self.data) in args and pid != os.getpid())
        ]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=25)

    def refusal(self) -> str:
        """What an `up` says that must end with 2."""
        self.up()
        try:
            assert self.process.wait(timeout=20) == 2
        finally:
            if self.process.poll() is None:
                self.stop()
        return self.log.read_text(errors="replace")

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """A command of the CLI, in a process of its own."""
        argv = [sys.executable, "-m", "qcjob", *command, "--data", str(self.data), "--url", self.url]
        return subprocess.run(argv, cwd=HOUSE, capture_output=True, text=True, timeout=40, stdin=subprocess.DEVNULL)


def up_of(folder: Path) -> Iterator[Installation]:
    made = Installation(folder / "data", folder / "log")
    made.up("--flower-port", str(made.flower_port))
    try:
        made.wait_until_ready()
        yield made
    finally:
        if made.process.poll() is None:
            made.stop()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One installation for the tests that leave it running, in a folder with a blank in its name."""
    yield from up_of(tmp_path_factory.mktemp("an up"))


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Installation]:
    """An installation that a test may end, on a path too long for a Unix socket."""
    folder = tmp_path / ("long-" * 20)
    folder.mkdir()
    yield from up_of(folder)


def test_it_tells_where_everything_is_and_starts_every_part(shared: Installation) -> None:
    told = shared.log.read_text()
    for what in (
        shared.url,
        f"{shared.url}/docs",
        f"http://127.0.0.1:{shared.flower_port}",
        str(shared.data / "api-key"),
    ):
        assert what in told
    [to_try] = [line for line in told.splitlines() if line.startswith("    Try ")]
    assert shlex.split(to_try)[-4:] == ["--data", str(shared.data), "--url", shared.url]
    assert set(shared.pids()) == set(PARTS)


@pytest.mark.alone
def test_when_it_says_ready_flower_answers_and_every_device_has_a_worker(tmp_path: Path) -> None:
    """Alone: on a machine that is busy with other things Flower may take longer than `up` waits for it, and says so."""
    made = Installation(tmp_path / "data", tmp_path / "log")
    made.up("-o", "json", "--flower-port", str(made.flower_port))
    documents: list[dict[str, object]] = []

    def told() -> bool:
        assert made.process.poll() is None
        lines = [line for line in made.log.read_text().splitlines() if line.startswith('{"api":')]
        documents[:] = [json.loads(line) for line in lines]
        return bool(documents)

    try:
        eventually(told, within=90)
        [document] = documents
        assert (document["missing"], document["pid"]) == ([], made.process.pid)
        with socket.create_connection(("127.0.0.1", made.flower_port), timeout=1):
            pass
        devices = json.loads(made.run("devices", "-o", "json").stdout)["items"]
        assert [device["status"] for device in devices] == ["online"] * 3
    finally:
        made.stop()


def test_a_job_goes_from_the_command_line_to_its_counts(shared: Installation) -> None:
    answer = shared.run("submit", "X(90),Y(90), X(180)", "--wait", "--seed", "7")
    assert answer.returncode == 0, answer.stderr
    states = [line.split()[1] for line in answer.stdout.splitlines() if line.startswith("  20")]
    assert states == ["WAITING", "SUBMITTED", "RUNNING", "COMPLETED"]
    assert "1,000 shots on simulator" in answer.stdout


def test_folder_key_and_socket_are_the_owners_alone_and_the_key_is_on_no_command_line(shared: Installation) -> None:
    modes = {name: stat.S_IMODE((shared.data / name).stat().st_mode) for name in ("", "api-key", "redis.sock")}
    assert modes == {"": 0o700, "api-key": 0o600, "redis.sock": 0o700}
    key = (shared.data / "api-key").read_text().strip()
    assert not [args for _, _, args in processes() if key in args]


def test_flower_wants_the_key(shared: Installation) -> None:
    key = (shared.data / "api-key").read_text().strip()
    flower = f"http://127.0.0.1:{shared.flower_port}"

    def status(path: str, **headers: str) -> int:
        try:
            return httpx.get(flower + path, headers=headers, trust_env=False, timeout=5).status_code
        except httpx.TransportError:
            return 0

    eventually(lambda: status("/"), within=60)
    basic = base64.b64encode(f"qcjob:{key}".encode()).decode()
    assert status("/", Authorization=f"Basic {basic}") == 200
    assert status("/api/workers", Authorization=f"Basic {basic}") == 200
    assert {status("/"), status("/api/workers"), status("/", Authorization="Basic eDp5")} <= {401, 403}


def test_keys_are_made_listed_and_revoked_on_the_ledger(shared: Installation) -> None:
    added = shared.run("keys", "add", "bob", "-o", "json")
    headers = json.loads(added.stdout.splitlines()[-1])
    assert list(headers) == ["Authorization"]
    assert httpx.get(f"{shared.url}/v1/jobs", headers=headers, trust_env=False).status_code == 200
    [bob] = [
        item
        for item in json.loads(shared.run("keys", "list", "-o", "json").stdout)["items"]
        if item["customer"] == "bob"
    ]
    assert shared.run("keys", "revoke", bob["id"]).returncode == 0
    assert shared.run("keys", "revoke", bob["id"]).returncode == 1
    eventually(
        lambda: httpx.get(f"{shared.url}/v1/jobs", headers=headers, trust_env=False).status_code == 401, within=5
    )


@pytest.mark.parametrize("part", ["worker-simulator", "web", "redis", "flower"])
def test_a_killed_part_is_back_within_two_seconds_while_the_others_go_on(shared: Installation, part: str) -> None:
    before = shared.pids()
    os.kill(before[part], signal.SIGKILL)
    eventually(lambda: shared.pids()[part] != before[part], within=2)
    after = shared.pids()
    assert {name: pid for name, pid in after.items() if name != part} == {
        name: pid for name, pid in before.items() if name != part
    }
    assert not [args for _, group, args in processes() if group == before[part]]
    assert not zombies(before)
    eventually(lambda: shared.run("devices").returncode == 0, within=30)  # the part is back, and of use
    answer = shared.run("submit", "X(90)", "--wait", "-o", "json")
    assert json.loads(answer.stdout)["state"] == "COMPLETED", answer.stderr


def test_a_second_up_on_the_same_data_is_refused(shared: Installation) -> None:
    second = Installation(shared.data, shared.log.with_name("second"))
    assert f"process {shared.process.pid}" in second.refusal()


def test_a_port_in_use_is_refused_by_name(shared: Installation, tmp_path: Path) -> None:
    other = Installation(tmp_path / "data", tmp_path / "log")
    other.port = shared.port
    said = other.refusal()
    assert f"port {shared.port}" in said
    assert "--port" in said
    assert not other.data.exists(), "nothing is made where nothing starts"


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file stands in its way")
    other = Installation(tmp_path / "data", tmp_path / "log")
    assert str(tmp_path / "data") in other.refusal()


def test_a_redis_that_cannot_start_is_told_once_and_not_tried_for_ever(tmp_path: Path) -> None:
    (tmp_path / "data" / "redis").mkdir(parents=True)
    (tmp_path / "data" / "redis" / "appendonly.aof").write_text("not a log of Redis's\n")
    other = Installation(tmp_path / "data", tmp_path / "log")
    assert "redis-server ended" in other.refusal()
    assert not other.leftovers(other.pids())


def test_sigterm_leaves_no_process_and_started_again_every_job_is_there(own: Installation) -> None:
    job = json.loads(own.run("submit", "X(180)", "--wait", "-o", "json").stdout)
    waiting = json.loads(own.run("submit", "X(180)", "--option", "duration=60", "-o", "json").stdout)
    pids, started = own.pids(), time.monotonic()
    assert own.stop(signal.SIGTERM) == 0
    assert time.monotonic() - started < 20
    assert not own.leftovers(pids)
    assert not zombies(pids)
    own.up()
    own.wait_until_ready()
    listed = json.loads(own.run("list", "-o", "json").stdout)["items"]
    assert {item["id"] for item in listed} == {job["id"], waiting["id"]}
    assert json.loads(own.run("result", job["id"], "-o", "json").stdout)["counts"] == {"1": 1000}
    assert own.run("cancel", waiting["id"]).returncode == 0
    pids = own.pids()
    own.process.send_signal(signal.SIGINT)
    own.process.send_signal(signal.SIGINT)  # a second Ctrl-C must not leave anything behind
    assert own.process.wait(timeout=25) == 0
    assert not own.leftovers(pids)
    assert "Stopping: short runs end first" in own.log.read_text(errors="replace")


def test_a_killed_launcher_leaves_no_process_and_the_next_one_starts(own: Installation) -> None:
    pids = own.pids()
    own.process.kill()
    own.process.wait()
    own.up()
    own.wait_until_ready()

    def left() -> list[str]:
        return [args for _, group, args in processes() if group in pids.values()]

    try:
        eventually(lambda: not left(), within=60)
    except AssertionError:
        pytest.fail(f"these are left: {left()}")
    assert json.loads(own.run("submit", "X(180)", "--wait", "-o", "json").stdout)["state"] == "COMPLETED"


def test_the_documented_rolling_restart_replaces_every_process_and_refuses_nobody(shared: Installation) -> None:
    pages = (HOUSE / "docs" / "operations.md").read_text()
    [script] = [block for block in re.findall(r"```sh\n(.*?)```", pages, re.DOTALL) if "up.lock" in block]
    before = shared.pids()
    web_before = {pid for pid, group, _ in processes() if group == before["web"]}
    statuses: set[int] = set()
    running = subprocess.Popen(["sh", "-euc", script.replace("var/", f"{shlex.quote(str(shared.data))}/")])

    def web_is_replaced() -> bool:
        assert running.poll() in (None, 0)
        with contextlib.suppress(httpx.RemoteProtocolError, httpx.ReadError):  # opened in the moment one of them ended
            statuses.add(httpx.get(f"{shared.url}/readyz", trust_env=False, timeout=5).status_code)
        left = {pid for pid, group, _ in processes() if group == before["web"]} & web_before
        return running.poll() is not None and left == {before["web"]}

    eventually(web_is_replaced, within=90)
    assert statuses == {200}
    after = shared.pids()
    assert {name for name in PARTS if after[name] != before[name]} == {"worker-simulator", "worker-built-ins"}
    answer = shared.run("submit", "X(180)", "--wait", "-o", "json")
    assert json.loads(answer.stdout)["state"] == "COMPLETED"
