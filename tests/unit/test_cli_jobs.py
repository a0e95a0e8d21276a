"""The job commands against the real web on a real port; the test plays the worker."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import fakeredis
import pytest
from click.testing import CliRunner, Result
from structlog.testing import capture_logs
from werkzeug.serving import make_server

from qcjob.cli import main
from tests.unit.webtest import BELL, Web

Steps = list[Callable[[], object]]


class Door:
    """The web behind a port, and the command line in front of it."""

    def __init__(self, web: Web, data: Path) -> None:
        self.web = web
        self.data = data
        self.before_long_polls: Steps = []
        """Done one by one, each before a long-poll is answered: what a worker does meanwhile."""
        self.seen: list[dict[str, Any]] = []
        self.server = make_server("127.0.0.1", 0, self, threaded=True)
        (data / "api-key").write_text(f"{web.secret}\n")

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self.seen.append(environ)
        if environ["REQUEST_METHOD"] == "GET" and "HTTP_PREFER" in environ and self.before_long_polls:
            self.before_long_polls.pop(0)()
        return self.web.app(environ, start_response)

    def run(self, *command: str, stdin: str | bytes | None = None) -> Result:
        url = f"http://127.0.0.1:{self.server.server_port}"
        env = {"QCJOB_DATA": str(self.data), "QCJOB_URL": url, "QCJOB_API_KEY": ""}
        return CliRunner(env=env).invoke(main, command, input=stdin)

    def json(self, *command: str, code: int = 0) -> Any:
        """The one document of a command with `-o json`."""
        answer = self.run(*command, "-o", "json")
        assert answer.exit_code == code, answer.output
        return json.loads(answer.stdout)


@pytest.fixture
def door(client: fakeredis.FakeRedis, tmp_path: Path) -> Iterator[Door]:
    made = Door(Web(client), tmp_path)
    serving = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.01})
    serving.start()
    with capture_logs():  # the web's lines would be taken for the command's
        yield made
    made.server.shutdown()
    serving.join()
    made.server.server_close()


def test_a_submitted_job_is_waiting_and_its_id_is_told(door: Door) -> None:
    answer = door.run("submit", BELL)
    assert answer.exit_code == 0
    [job] = door.json("list")["items"]
    assert job["state"] == "WAITING"
    assert job["id"] in answer.stdout
    assert "queue     next" in answer.stdout


def test_every_option_of_submit_arrives(door: Door) -> None:
    job = door.json(
        *("submit", "X(90)", "--runtime", "verbatim", "--device", "simulator", "--shots", "5", "--seed", "7"),
        *("--name", "n", "--tag", "a", "--tag", "b", "--option", "duration=0.5", "--language", "rotations"),
    )
    wanted = {
        "runtime": "verbatim",
        "device": "simulator",
        "shots": 5,
        "seed": 7,
        "name": "n",
        "tags": ["a", "b"],
        "options": {"duration": 0.5},
        "language": "rotations",
    }
    assert {key: job[key] for key in wanted} == wanted


def test_each_submit_carries_an_idempotency_key_of_its_own(door: Door) -> None:
    door.run("submit", BELL)
    door.run("submit", BELL)
    keys = [environ["HTTP_IDEMPOTENCY_KEY"] for environ in door.seen if environ["REQUEST_METHOD"] == "POST"]
    assert len(set(keys)) == 2


def test_a_program_comes_from_a_file_or_from_stdin(door: Door, tmp_path: Path) -> None:
    (tmp_path / "program.txt").write_text(BELL)
    assert door.run("submit", f"@{tmp_path / 'program.txt'}").exit_code == 0
    assert door.run("submit", "-", stdin=BELL).exit_code == 0


@pytest.mark.parametrize("program", ["@no/such/file", "-"])
def test_a_program_that_cannot_be_read_is_wrong_usage(door: Door, program: str) -> None:
    answer = door.run("submit", program, stdin=b"\xff\xfe")
    assert answer.exit_code == 2
    assert not door.seen


def test_a_wrong_program_is_refused_with_a_caret_under_the_fault(door: Door) -> None:
    answer = door.run("submit", "X(90) Y(90)")
    assert answer.exit_code == 1
    lines = answer.stderr.splitlines()
    assert lines[0] == "missing-comma"
    assert lines[-2].index("Y") == lines[-1].index("^")


def test_a_wrong_field_is_refused_with_what_is_allowed(door: Door) -> None:
    answer = door.run("submit", "X(90)", "--runtime", "magic")
    assert answer.exit_code == 1
    assert "verbatim" in answer.stderr


def test_a_refusal_in_json_is_the_problem_itself(door: Door) -> None:
    assert door.json("submit", "X(90) Y(90)", code=1)["errors"][0]["code"] == "missing-comma"


def test_waiting_shows_the_states_as_they_come_and_draws_the_counts(door: Door) -> None:
    door.before_long_polls = [door.web.complete]
    answer = door.run("submit", BELL, "--wait", "--shots", "8")
    assert answer.exit_code == 0, answer.output
    states = [line.split()[1] for line in answer.stdout.splitlines() if line.startswith("  20")]
    assert states == ["WAITING", "SUBMITTED", "RUNNING", "COMPLETED"]
    assert "100.0 %" in answer.stdout


def test_waiting_in_json_is_one_document_with_the_result_in_it(door: Door) -> None:
    door.before_long_polls = [door.web.complete]
    told = door.json("submit", BELL, "--wait", "--shots", "8")
    assert told["state"] == "COMPLETED"
    assert told["result"]["counts"] == {"0": 8}


def test_waiting_for_a_job_that_fails_says_why_and_ends_with_one(door: Door) -> None:
    door.before_long_polls = [door.web.fail]
    answer = door.run("submit", BELL, "--wait")
    assert answer.exit_code == 1
    assert "FAILED: rejected: the device said no" in answer.stderr


def test_ctrl_c_while_waiting_leaves_the_job_alone_and_says_how_to_look_at_it(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("qcjob.client.Client.next_change", interrupted)
    answer = door.run("submit", BELL, "--wait")
    [job] = door.json("list")["items"]
    assert answer.exit_code == 130
    assert f"status {job['id']}" in answer.stderr
    assert job["state"] == "WAITING"
    assert job["cancel_requested_at"] is None


def test_a_dry_run_shows_what_would_run_and_records_nothing(door: Door) -> None:
    assert door.run("submit", BELL, "--dry-run").exit_code == 0
    assert door.json("list")["items"] == []
    assert door.run("submit", BELL, "--dry-run", "--wait").exit_code == 2


def test_the_result_of_a_job_that_has_not_ended_ends_with_three(door: Door) -> None:
    assert door.run("result", door.web.submit()["id"]).exit_code == 3


def test_the_result_of_a_completed_job_is_drawn(door: Door) -> None:
    job = door.web.submit(shots=8)
    door.web.complete()
    answer = door.run("result", job["id"])
    assert answer.exit_code == 0
    assert "8  100.0 %" in answer.stdout
    assert door.json("result", job["id"])["counts"] == {"0": 8}


def test_the_result_of_a_failed_job_is_refused_with_the_reason(door: Door) -> None:
    job = door.web.submit()
    door.web.fail()
    answer = door.run("result", job["id"])
    assert answer.exit_code == 1
    assert "the device said no" in answer.stderr


def test_status_shows_the_history_and_ends_with_zero_whatever_the_state(door: Door) -> None:
    job = door.web.submit()
    door.web.fail()
    answer = door.run("status", job["id"])
    assert answer.exit_code == 0
    assert "rejected: the device said no" in answer.stdout
    assert [line.split()[1] for line in answer.stdout.splitlines() if line.startswith("  20")] == [
        "WAITING",
        "SUBMITTED",
        "FAILED",
    ]


def test_a_waiting_job_is_cancelled_and_a_completed_one_is_not(door: Door) -> None:
    assert door.json("cancel", door.web.submit()["id"])["state"] == "CANCELLED"
    job = door.web.submit()
    door.web.complete()
    assert door.run("cancel", job["id"]).exit_code == 1


def test_a_job_that_is_not_there_ends_with_one(door: Door) -> None:
    for command in ("status", "result", "cancel"):
        answer = door.run(command, "nonsense")
        assert answer.exit_code == 1
        assert "job-not-found" in answer.stderr


def test_a_list_has_the_newest_first_is_filtered_and_goes_on_at_its_cursor(door: Door) -> None:
    ids = [door.web.submit(tags=[tag])["id"] for tag in ("a", "b", "a")]
    assert [job["id"] for job in door.json("list")["items"]] == ids[::-1]
    assert [job["id"] for job in door.json("list", "--tag", "a", "--state", "waiting")["items"]] == [ids[2], ids[0]]
    first = door.json("list", "--limit", "2")
    assert [job["id"] for job in door.json("list", "--cursor", first["next"])["items"]] == [ids[0]]
    text = door.run("list", "--limit", "2").stdout
    assert text.splitlines()[0].split() == ["ID", "STATE", "DEVICE", "SHOTS", "CREATED", "NAME"]
    assert f"--cursor {first['next']}" in text


def test_an_empty_list_says_so(door: Door) -> None:
    assert door.run("list").stdout == "no jobs\n"


def test_devices_are_listed(door: Door) -> None:
    assert {device["name"] for device in door.json("devices")["items"]} == {"simulator", "ideal", "echo"}
    assert "simulator" in door.run("devices").stdout


def test_common_options_stand_before_or_after_the_command_and_beat_the_environment(door: Door) -> None:
    secret = door.web.secret
    for command in (("--api-key", "wrong" * 8, "list"), ("list", "--api-key", "wrong" * 8)):
        assert door.run(*command).exit_code == 2
    assert door.run("--api-key", "wrong" * 8, "list", "--api-key", secret).exit_code == 0
    assert door.run("-o", "json", "list").stdout.startswith("{")


def test_without_a_key_the_message_says_where_it_was_looked_for(door: Door, tmp_path: Path) -> None:
    answer = door.run("list", "--data", str(tmp_path / "elsewhere"))
    assert answer.exit_code == 2
    assert str(tmp_path / "elsewhere" / "api-key") in answer.stderr


def test_with_nobody_there_the_message_says_how_to_start_it(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qcjob.client.connection.FIRST_PAUSE_SECONDS", 0.0)
    answer = door.run("list", "--url", "http://127.0.0.1:1")
    assert answer.exit_code == 2
    assert "python -m qcjob up" in answer.stderr


@pytest.mark.parametrize("option", ["duration", "=2", ""])
def test_an_option_that_is_no_pair_is_wrong_usage(door: Door, option: str) -> None:
    assert door.run("submit", "X(90)", "--option", option).exit_code == 2
