"""The job commands against the real web on a real port; the test plays the worker."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import fakeredis
import pytest

from qcjob.cli import submit as submit_room
from qcjob.client import RemoteJob, Unreachable
from qcjob.client.following import Follower
from qcjob.settings import Settings
from tests.unit.door import Door, opened
from tests.unit.webtest import BELL, Web


@pytest.fixture
def door(client: fakeredis.FakeRedis, tmp_path: Path) -> Iterator[Door]:
    with opened(Web(client, replace(Settings(), wait_limit_seconds=1)), tmp_path) as made:
        yield made


def test_a_submitted_job_is_waiting_and_its_id_is_told(door: Door) -> None:
    answer = door.run("submit", BELL)
    assert answer.exit_code == 0
    [job] = door.json("list")["items"]
    assert job["state"] == "WAITING"
    assert job["id"] in answer.stdout
    assert "queue     0 ahead" in answer.stdout, "no worker serves its device"


def test_the_name_of_a_file_is_guessed_where_a_program_was_meant(
    door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bell.txt").write_text(BELL)
    answer = door.run("submit", "bell.txt")
    assert answer.exit_code == 1 and "@bell.txt submits what is in it" in answer.output
    assert door.run("submit", "@bell.txt").exit_code == 0
    assert "is a file" not in door.run("submit", "Q(90)").output
    assert door.run("submit", "X(90)\0").exit_code == 1


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_compile_that_takes_long_gives_a_sign_of_life_on_a_terminal_alone(
    is_terminal: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(submit_room, "PATIENCE_SECONDS", 0)
    monkeypatch.setattr("sys.stderr.isatty", lambda: is_terminal)
    with submit_room.sign_of_life():
        for thread in threading.enumerate():
            if isinstance(thread, threading.Timer):
                thread.join(10)
    assert ("being compiled" in capsys.readouterr().err) is is_terminal


def test_a_job_that_is_held_or_whose_device_takes_none_is_not_called_next(door: Door) -> None:
    operator = door.web.front.keys.add("grace", role="operator").secret
    job = door.json("submit", BELL)
    door.run("--api-key", operator, "hold", job["id"])
    assert "queue     0 ahead" in door.run("status", job["id"]).output


def test_gates_of_a_device_that_has_many_do_not_fill_the_screen(door: Door) -> None:
    shown = door.run("devices").output
    assert "rx, ry, rz" in shown and "in all" in shown and max(map(len, shown.splitlines())) < 100


def test_a_server_that_goes_while_one_waits_leaves_the_job_and_says_how_to_find_it(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise Unreachable("no answer from http://127.0.0.1:1: refused")

    monkeypatch.setattr("qcjob.client.following.Follower.next_change", gone)
    monkeypatch.setattr("qcjob.client.following.OUTAGE_SECONDS", 0)
    answer = door.run("submit", BELL, "--wait")
    [job] = door.json("list")["items"]
    assert answer.exit_code == 2 and "Is it up?" in answer.output
    assert f"python -m qcjob status {job['id']}" in answer.output


def test_a_server_that_comes_back_while_one_waits_is_waited_for_and_its_absence_told_once(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0
    next_change = Follower.next_change

    def away_for_a_while(self: Follower, seen: RemoteJob, seconds: float) -> RemoteJob:
        nonlocal looks
        looks += 1
        if looks < 4:
            raise Unreachable("no answer from http://127.0.0.1:1: refused")
        door.run("cancel", seen.id)
        return next_change(self, seen, seconds)

    monkeypatch.setattr("qcjob.client.following.Follower.next_change", away_for_a_while)
    monkeypatch.setattr("qcjob.client.following.PAUSE_SECONDS", 0)
    answer = door.run("submit", BELL, "--wait")
    assert answer.exit_code == 1 and "CANCELLED" in answer.stdout
    assert answer.stderr.count("the job goes on, asking again") == 1


def test_why_a_device_takes_no_jobs_stands_below_the_devices(door: Door) -> None:
    operator = door.web.front.keys.add("grace", role="operator").secret
    door.run("--api-key", operator, "drain", "simulator", "--why", "the line")
    assert "\nsimulator: drained by grace: the line" in door.run("devices").stdout


def test_what_operators_did_stands_in_the_history_where_it_happened(door: Door) -> None:
    operator = door.web.front.keys.add("grace", role="operator").secret
    job = door.json("submit", BELL)
    door.run("--api-key", operator, "hold", job["id"])
    door.run("cancel", job["id"])
    lines = [line.split()[1] for line in door.run("status", job["id"]).stdout.splitlines() if line.startswith("  20")]
    assert lines == ["WAITING", "hold", "CANCELLED"]


def test_every_option_of_submit_arrives(door: Door) -> None:
    job = door.json(
        *("submit", "X(90)", "--runtime", "verbatim", "--device", "simulator", "--shots", "5", "--seed", "7"),
        *("--name", "n", "--tag", "a", "--tag", "b", "--option", "duration=0.5", "--language", "rotations"),
        *("--retries", "3", "--on-uncertain", "rerun"),
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
        "retries": 3,
        "on_uncertain": "rerun",
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

    monkeypatch.setattr("qcjob.client.following.Follower.next_change", interrupted)
    answer = door.run("submit", BELL, "--wait")
    [job] = door.json("list")["items"]
    assert answer.exit_code == 130
    assert f"status {job['id']}" in answer.stderr
    assert job["state"] == "WAITING"
    assert job["cancel_requested_at"] is None


def test_a_dry_run_shows_what_would_run_and_records_nothing(door: Door) -> None:
    answer = door.run("submit", BELL, "--dry-run")
    assert answer.exit_code == 0
    assert "would run on simulator (optimized), 1,000 shots; nothing was recorded" in answer.stdout
    assert re.search(r"^gates +rx x1|^gates +r[xyz] x\d", answer.stdout, re.MULTILINE)
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


def test_status_shows_why_a_job_waits_and_what_its_attempts_ended_with(door: Door) -> None:
    job = door.web.submit(retries=1)
    assert "reason    simulator is offline: no worker" in door.run("status", job["id"]).stdout
    door.web.ledger.online("simulator", {"slots": "1", "status": "online"})
    claim = door.web.claim()
    door.web.ledger.run_again(claim.id, claim.fence, "no-light", "laser off", retry=True)
    door.web.front.service.catalogue.views()  # asked for now, not up to two seconds later
    shown = door.run("status", job["id"]).stdout
    assert "attempt 1 no-light: laser off" in shown
    assert "reason    tried again at 20" in shown and "retries   1" in shown


def test_waiting_for_a_device_that_takes_no_jobs_says_why_once(door: Door) -> None:
    door.before_long_polls = [lambda: None, door.web.complete]
    answer = door.run("submit", BELL, "--wait")
    assert answer.exit_code == 0, answer.output
    assert answer.stderr.count("waits: simulator is offline: no worker has served this device yet; jobs wait") == 1


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


@pytest.mark.parametrize(
    ("option", "why"),
    [
        ("readout_error=1e400", "out of range"),
        ("readout_error=[1, -1e999]", "out of range"),
        (f"duration={'[' * 3_000}", "nested too deep"),
        (f"duration={'[' * 100_000}{']' * 100_000}", "nested too deep"),
    ],
    ids=["infinite", "minus infinite inside", "open brackets", "brackets"],
)
def test_an_option_that_json_cannot_carry_is_wrong_usage_and_not_a_traceback(door: Door, option: str, why: str) -> None:
    answer = door.run("submit", "X(90)", "--option", option)
    assert answer.exit_code == 2, answer.exception
    assert why in answer.stderr
    assert len(answer.stderr) < 500
    assert not door.seen


def test_an_option_given_twice_is_wrong_usage(door: Door) -> None:
    answer = door.run("submit", "X(90)", "--option", "duration=1", "--option", "duration=2")
    assert answer.exit_code == 2
    assert "duration is given more than once" in answer.stderr
    assert not door.seen


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
@pytest.mark.parametrize("command", ["list", "list -o json", "devices", "--help", "status nonsense -o json"])
def test_an_output_that_cannot_be_written_is_told_in_one_line_and_ends_with_two(door: Door, command: str) -> None:
    answer = door.shell(f"qcjob {command} > /dev/full")
    assert answer.returncode == 2, answer.stderr
    assert answer.stderr.splitlines()[-1] == "the output cannot be written: No space left on device"
    assert "Traceback" not in answer.stderr


def test_a_reader_that_goes_away_is_no_traceback(door: Door) -> None:
    answer = door.shell("qcjob list -o json | true; exit ${PIPESTATUS[0]}")
    assert answer.returncode in (0, 2)  # true may end before or after the list is written
    assert answer.stderr == ""


@pytest.mark.parametrize("job_id", ["{}/program", "../jobs?limit=1", "a/b", "", ".", "{}/../{}", "\udcff", "{}#x"])
@pytest.mark.parametrize("command", ["status", "result", "cancel"])
def test_what_is_no_id_is_no_job_and_asks_for_nothing_else(door: Door, command: str, job_id: str) -> None:
    job = door.web.submit()
    door.web.complete()
    answer = door.run(command, job_id.format(job["id"], job["id"]))
    assert answer.exit_code == 1, answer.output
    assert "job-not-found: there is no job" in answer.stderr
    assert not door.seen


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (("devices", "--data", "/nonexistent"), 2),
        (("doctor", "--data", "/nonexistent"), 2),
        (("keys", "list", "--data", "/nonexistent"), 2),
        (("submit", "@/nonexistent"), 2),
        (("submit", "X(90)", "--option", "duration"), 2),
        (("submit", "X(90)", "--no-such-option"), 2),
        (("submit",), 2),
        (("no-such-command",), 2),
        (("list", "--state", "NOWHERE"), 2),
        (("list", "--url", "http://[::1"), 2),
        (("list", "--api-key", "two\nlines"), 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_refusal_made_here_is_one_json_document_too(door: Door, command: tuple[str, ...], code: int) -> None:
    told = door.json(*command, code=code)
    assert set(told) == {"error", "exit_code"}
    assert told["exit_code"] == code
    assert told["error"]
    assert door.run(*command).stdout == ""


def test_a_refusal_in_json_is_told_on_stderr_too(door: Door) -> None:
    assert "missing-comma" in door.run("submit", "X(90) Y(90)", "-o", "json").stderr


def test_ctrl_c_while_waiting_in_json_leaves_the_job_as_it_was_seen(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("qcjob.client.following.Follower.next_change", interrupted)
    told = door.json("submit", BELL, "--wait", code=130)
    assert (told["state"], told["result"]) == ("WAITING", None)


@pytest.mark.parametrize("text", ["", "\n", f"{'k' * 40}\n{'j' * 40}\n", "k" * 20 + " " + "k" * 20, "ключ" * 10])
def test_a_key_file_without_a_usable_key_is_named(door: Door, text: str) -> None:
    (door.data / "api-key").write_text(text)
    answer = door.run("list")
    assert answer.exit_code == 2
    assert f"the key file {door.data / 'api-key'} holds no usable key" in answer.stderr
    assert "Is it up" not in answer.stderr
    assert not door.seen


def test_a_key_with_a_line_break_is_not_taken_for_a_server_that_is_down(door: Door) -> None:
    answer = door.run("list", "--api-key", "kkkk\nkkkk")
    assert answer.exit_code == 2
    assert "--api-key" in answer.stderr
    assert "kkkk" not in answer.stderr
    assert "Is it up" not in answer.stderr


def test_a_program_that_is_not_text_is_said_to_be_none(door: Door) -> None:
    answer = door.shell("qcjob submit $'X(90)\\xff'")
    assert answer.returncode == 2
    assert "the program is not UTF-8 text" in answer.stderr
    assert not door.seen


@pytest.mark.parametrize("argument", ["--name", "--tag", "--device", "--language"])
def test_an_argument_that_is_not_text_is_not_taken_for_a_server_that_is_down(door: Door, argument: str) -> None:
    answer = door.run("submit", "X(90)", argument, "\udcff")
    assert answer.exit_code == 2
    assert "not UTF-8 text" in answer.stderr
    assert "Is it up" not in answer.stderr


@pytest.mark.parametrize("url", ["http://[::1", "http://", "localhost:8000", "ftp://a", "http://a:99999", "nonsense"])
def test_a_url_that_cannot_be_used_is_named(door: Door, url: str) -> None:
    answer = door.run("list", "--url", url)
    assert answer.exit_code == 2
    assert f"the URL {url!r} cannot be used" in answer.stderr
    assert "Is it up" not in answer.stderr


def test_a_state_is_named_in_its_own_letters_and_taken_in_both(door: Door) -> None:
    answer = door.run("list", "--state", "nowhere")
    assert answer.exit_code == 2
    assert "'WAITING', 'SUBMITTED', 'RUNNING', 'COMPLETED', 'FAILED', 'CANCELLED'" in answer.stderr
    for state in ("waiting", "WAITING", "Waiting"):
        assert door.run("list", "--state", state).exit_code == 0


def test_a_redis_url_that_cannot_be_used_is_named(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QCJOB_REDIS_URL", "nonsense://here")
    for command in (("keys", "list"), ("doctor",)):
        answer = door.run(*command)
        assert answer.exit_code == 2, answer.exception
        assert "QCJOB_REDIS_URL" in answer.stderr


def test_a_terminal_without_unicode_gets_escapes_and_no_traceback(door: Door) -> None:
    door.web.submit(name="Θ😀")
    for options, wanted in (("", "\\u0398"), ("-o json", '"name": "\\u0398\\ud83d\\ude00"')):
        answer = door.shell(f"PYTHONIOENCODING=latin-1 qcjob list {options}")
        assert answer.returncode == 0, answer.stderr
        assert wanted in answer.stdout


def test_a_job_is_told_when_to_start(door: Door) -> None:
    times = ("--start-after", "2100-01-01T06:00:00+01:00", "--not-after", "2100-01-02T06:00:00Z")
    told = door.run("submit", "X(90)", *times)
    assert told.exit_code == 0, told.output
    assert re.search(r"not before +2100-01-01T05:00:00", told.output)
    assert re.search(r"not after +2100-01-02T06:00:00", told.output)
    assert door.run("submit", "X(90)", "--not-after", "soon").exit_code != 0
