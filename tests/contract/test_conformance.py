"""The suite finds what is wrong with a driver, and the command tells of it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from qcjob.cli import main
from qcjob.devices.config import DeviceConfig
from workers.conformance import CHECKS, Limits, Verdict, check_driver

LONG = {"script": {"duration": 0.2}}
SHORT = Limits(call=0.3, submit=0.6, patience=2.0)


def verdicts(tmp_path: Path, checks: list[str], **options: Any) -> list[Verdict]:
    options.setdefault("state", str(tmp_path))
    device = DeviceConfig("scripted", "workers.drivers.scripted:Scripted", options=options)
    return list(check_driver(device, long_run=LONG, limits=SHORT, checks=checks))


def test_the_scripted_device_is_sound_when_it_is_told_nothing(tmp_path: Path) -> None:
    found = verdicts(tmp_path, list(CHECKS))
    assert [verdict.check for verdict in found] == list(CHECKS.values())
    assert {verdict.outcome for verdict in found} == {"holds", "not asked"}


ENDS, AGAIN, KNOWN = "a_run_ends_with_counts_nobody_can_fault", "a_result_can_be_asked_for_again", "status_is_a_status"
RUNNING = "a_running_run_says_so_and_the_device_is_online_or_busy"
NATIVE = "native_dedup_answers_a_second_submit_with_the_same_run"
REATTACH = "another_driver_of_the_device_can_re_attach_where_it_says_so"


@pytest.mark.parametrize(
    ("check", "options", "why"),
    [
        (ENDS, {"script": {"submit": "hang"}}, "submit did not end in time"),
        (ENDS, {"script": {"poll": "hang"}}, "poll did not end in time"),
        (ENDS, {"script": {"poll": "slow:5"}}, "poll did not end in time"),
        (ENDS, {"script": {"submit": "crash"}}, "the process ended with SIGKILL, while submit"),
        (ENDS, {"script": {"result": "crash"}}, "the process ended with SIGKILL, while result"),
        (ENDS, {"script": {"submit": "raise:oops"}}, "it raised RuntimeError: oops"),
        (ENDS, {"script": {"submit": "accept forget"}}, "a run that was accepted is lost"),
        (ENDS, {"script": {"poll": "nonsense"}}, "poll answered 'nonsense'"),
        (ENDS, {"script": {"poll": "running"}}, "did not end"),
        (ENDS, {"script": {"result": "wrong-total"}}, "add up to 101, not to the 100"),
        (ENDS, {"script": {"result": "wrong-width"}}, "is not a bitstring of 1"),
        (ENDS, {"script": {"result": "negative"}}, "not a whole number"),
        (ENDS, {"script": {"result": "nonsense"}}, "not a mapping"),
        (RUNNING, {"script": {"poll": "done"}}, "a run that lasts is done at once"),
        (RUNNING, {"status": "offline"}, "the device is offline while it runs a job"),
        (KNOWN, {"status": "asleep"}, "'asleep' is not a valid DeviceStatus"),
        ("a_cancelled_run_stops", {"script": {"cancel": "unsupported"}}, "cancel answered"),
        (REATTACH, {"state": None}, "with reattach True another driver says lost"),
        (REATTACH, {"caps": {"reattach": False}}, "with reattach False another driver says running"),
        ("caps_are_caps_and_read_format_1", {"caps": {"formats": [2]}}, "formats are [2]"),
        ("find_knows_what_was_submitted_and_nothing_else", {"caps": {"dedup": "find"}}, ""),
        (NATIVE, {"caps": {"dedup": "none"}}, "this device does not promise it"),
    ],
    ids=str,
)
def test_what_does_not_hold_is_found_and_said(tmp_path: Path, check: str, options: dict[str, Any], why: str) -> None:
    if "state" in options:
        device = DeviceConfig("scripted", "workers.drivers.scripted:Scripted")
        [verdict] = check_driver(device, long_run=LONG, limits=SHORT, checks=[check])
    else:
        [verdict] = verdicts(tmp_path, [check], **options)
    expected = {"": "holds", "this device does not promise it": "not asked"}
    assert (verdict.check, verdict.outcome) == (CHECKS[check], expected.get(why, "does not hold")), verdict
    assert why in verdict.why


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["check-driver", *arguments])


def test_the_command_ends_with_0_where_everything_holds() -> None:
    done = run("workers.drivers.echo:Echo", "--seeded")
    assert done.exit_code == 0
    assert "holds          a run ends with counts nobody can fault\n" in done.stdout
    assert "not asked      a cancelled run stops: this device cannot stop a running run\n" in done.stdout
    assert "workers.drivers.echo:Echo: 12 hold, 0 do not, 15 not asked" in done.stdout


def test_the_command_ends_with_1_and_says_in_json_what_does_not_hold() -> None:
    options = json.dumps({"script": {"result": "wrong-total"}})
    done = run("workers.drivers.scripted:Scripted", "--options", options, "-o", "json")
    told = json.loads(done.stdout)
    assert done.exit_code == 1
    assert told["numbers"]["does not hold"] >= 1
    assert {"check", "outcome", "why"} == set(told["checks"][0])


@pytest.mark.parametrize(
    "arguments",
    [
        ["no.such.module:Driver"],
        ["workers.drivers.echo:NoSuchClass"],
        ["workers.loading:load"],
        ["workers.drivers.simulator:Simulator", "--options", '{"colour": "blue"}'],
        ["workers.drivers.echo:Echo", "--options", "blue"],
        ["workers.drivers.echo:Echo", "--options", "[]"],
    ],
    ids=str,
)
def test_the_command_ends_with_2_where_there_is_no_driver_to_check(arguments: list[str]) -> None:
    done = run(*arguments)
    assert done.exit_code == 2
    assert done.stderr


def test_a_driver_in_this_folder_is_found_by_the_installed_command_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "driver_of_this_folder.py").write_text("from workers.drivers.echo import Echo as Mine\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", [*sys.path])
    done = run("driver_of_this_folder:Mine", "--seeded")
    assert done.exit_code == 0, done.output
