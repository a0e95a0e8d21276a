"""`submit --batch`, and `status` and `cancel` of a batch."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import fakeredis
import pytest

from qcjob.client import Client, Problem
from tests.unit.door import Door, opened
from tests.unit.webtest import Web


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    with opened(Web(fakeredis.FakeRedis()), tmp_path) as made:
        yield made


def write(door: Door, *lines: Any) -> str:
    path = door.data / "jobs.jsonl"
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return str(path)


def test_a_job_is_submitted_for_each_line_with_what_the_options_say(door: Door) -> None:
    path = write(door, "X(90)", {"program": "Y(90)", "shots": 7})
    batch = door.json("submit", "--batch", path, "--shots", "5", "--tag", "t", "--name", "scan")
    assert (batch["name"], batch["progress"]) == ("scan", {"done": 0, "of": 2})
    jobs = [door.json("status", job_id) for job_id in batch["jobs"]]
    assert [(job["shots"], job["tags"], job["name"]) for job in jobs] == [(5, ["t"], None), (7, ["t"], None)]
    assert door.json("submit", "--batch", "-", code=2)["exit_code"] == 2  # stdin is empty


def test_a_batch_is_shown_and_cancelled_by_its_id(door: Door) -> None:
    batch = door.json("submit", "--batch", write(door, "X(90)", "Y(90)"))
    shown = door.run("status", batch["id"])
    assert "state     WAITING" in shown.output and "jobs      2 WAITING" in shown.output
    assert f"batch     {batch['id']}, index 1" in door.run("status", batch["jobs"][1]).output
    assert "2 CANCELLED" in door.run("cancel", batch["id"]).output
    done = door.json("submit", "--batch", write(door, "X(90)"))
    door.web.complete()
    assert door.json("cancel", done["id"], code=1)["code"] == "not-cancellable"
    assert door.json("status", "01a20c7e-5726-747c-bc98-91e7d6a992b5", code=1)["code"] == "job-not-found"


def test_the_results_of_a_batch_are_a_line_each_in_their_order(door: Door) -> None:
    batch = door.json("submit", "--batch", write(door, "X(90)", "Y(90)", "X(180)"))
    for _ in range(2):
        door.web.complete()
    shown = door.run("result", batch["id"])
    assert shown.exit_code == 0, shown.output
    told = [json.loads(line) for line in shown.stdout.splitlines()]
    assert [(one["id"], one["index"]) for one in told] == [(job, at) for at, job in enumerate(batch["jobs"])]
    assert [one["state"] for one in told] == ["COMPLETED", "COMPLETED", "WAITING"]
    alone = door.json("result", batch["jobs"][1])
    assert told[1]["result"] == alone and told[2]["result"] is None
    assert door.json("result", "01a20c7e-5726-747c-bc98-91e7d6a992b5", code=1)["code"] == "job-not-found"


def test_a_script_has_all_outcomes_of_every_result(door: Door) -> None:
    with Client(f"http://127.0.0.1:{door.server.server_port}", door.web.secret) as client:
        batch = client.batches.submit(["X(90)", "X(180)", "Y(90)"])
        claim = door.web.start()
        counts = {f"{number:016b}": 1 for number in range(12_000)}
        done = {"counts": counts, "seed": 7, "compiler": {"name": "qcjob"}, "calibration": None}
        door.web.ledger.complete(claim.id, claim.fence, done)
        door.web.fail()
        first, second, third = client.batches.results(batch)
        assert first.result is not None and first.result.counts == counts
        assert (first.id, first.index, first.error) == (claim.id, 0, None)
        assert (second.result, second.error) == (None, "rejected: the device said no")
        assert (third.state, third.result, third.error) == ("WAITING", None, None)


def test_what_is_wrong_is_told_with_the_line_of_the_file(door: Door) -> None:
    (door.data / "jobs.jsonl").write_text('"X(90)"\n\n"X(90) Q(1)"\n{"program": "X(1)", "shots": 0}\n')
    path = str(door.data / "jobs.jsonl")
    refused = door.run("submit", "--batch", path)
    assert refused.exit_code == 1
    assert "line 3, at 1:7 of the program: " in refused.stderr and "line 4, shots: 0 is out of range" in refused.stderr
    assert "allowed: a whole number from 1" in refused.stderr
    skipped = door.run("submit", "--batch", path, "--on-error", "skip")
    assert skipped.exit_code == 0 and "done      0 of 1" in skipped.stdout and "refused   2" in skipped.stdout
    assert "line 4, shots" in skipped.stderr
    assert door.json("submit", "--batch", path, code=1)["code"] == "batch-refused"


def test_a_batch_that_is_waited_for_goes_on_after_ctrl_c_and_its_id_is_told(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("qcjob.client.following.Follower.next_change", interrupted)
    answer = door.run("submit", "--batch", write(door, "X(90)"), "--wait", "-o", "json")
    [batch] = door.web.get("/v1/batches").json["items"]
    assert answer.exit_code == 130 and batch["state"] == "WAITING"
    assert json.loads(answer.stdout)["id"] == batch["id"]
    assert f"The batch goes on. Look at it with   python -m qcjob status {batch['id']}" in answer.stderr


def test_a_long_batch_does_not_fill_the_screen_while_it_is_waited_for(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qcjob.cli.batch.SECONDS_A_LINE", 3600)
    door.before_long_polls += [door.web.complete] * 20
    waited = door.run("submit", "--batch", write(door, *["X(90)"] * 20), "--wait")
    assert waited.exit_code == 0, waited.output
    lines = [line for line in waited.stderr.splitlines() if " of " in line]
    assert [line.split()[0] for line in lines] == ["WAITING", "RUNNING", "COMPLETED"]


def test_waiting_for_a_batch_ends_as_its_jobs_do(door: Door) -> None:
    worker = Thread(target=lambda: [door.web.complete() for _ in range(2)])
    door.before_long_polls = [worker.start]
    waited = door.run("submit", "--batch", write(door, "X(90)", "Y(90)"), "--wait")
    worker.join()
    assert waited.exit_code == 0, waited.output
    assert "WAITING 0 of 2" in waited.stderr and "COMPLETED 2 of 2" in waited.stderr
    [batch] = door.web.get("/v1/batches").json["items"]
    assert f"python -m qcjob result {batch['id']}" in waited.stdout
    door.before_long_polls = [door.web.fail]
    assert door.json("submit", "--batch", write(door, "X(90)"), "--wait", code=1)["state"] == "FAILED"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ((), "wanted a PROGRAM, or --batch FILE"),
        (("X(90)", "--batch", "jobs.jsonl"), "and not both"),
        (("X(90)", "--on-error", "skip"), "--on-error goes with --batch"),
        (("--batch", "jobs.jsonl", "--dry-run"), "exclude each other"),
        (("--batch", "nowhere.jsonl"), "cannot be read"),
    ],
)
def test_what_does_not_go_together_is_wrong_usage(door: Door, command: tuple[str, ...], said: str) -> None:
    answer = door.run("submit", *command)
    assert answer.exit_code == 2 and said in answer.stderr


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"X(90)\n", "line 1 is not JSON"),
        (b'"X"\n5\n', "line 2 is neither"),
        (b"\n", "holds no job"),
        (b"\xff", "UTF-8"),
    ],
)
def test_a_file_that_is_no_list_of_jobs_is_not_sent(door: Door, content: bytes, said: str) -> None:
    path = door.data / "jobs.jsonl"
    path.write_bytes(content)
    answer = door.run("submit", "--batch", str(path))
    assert answer.exit_code == 2 and said in answer.stderr
    assert not door.seen


def test_the_client_follows_a_batch_to_its_end(door: Door) -> None:
    with Client(f"http://127.0.0.1:{door.server.server_port}", door.web.secret) as client:
        batch = client.batches.submit(["X(90)", {"program": "Y(90)", "shots": 3}], name="two")
        assert [job.id for job in client.batches.jobs(batch)] == list(batch.job_ids)
        door.web.complete()
        assert client.batches.status(batch.id).done == 1
        door.before_long_polls = [door.web.complete]
        last = client.batches.wait(batch)
        assert (last.state, last.done, last.size, last.is_final) == ("COMPLETED", 2, 2, True)
        with pytest.raises(Problem, match="not-cancellable"):
            client.batches.cancel(batch)
        with pytest.raises(Problem, match="batch-not-found"):
            client.batches.status("a/b")
        with pytest.raises(Problem, match="batch-refused") as refused:
            client.batches.submit(["X(90)", "Q(1)"])
        assert [error["index"] for error in refused.value.errors] == [1]


def test_the_jobs_of_a_large_batch_are_read_page_by_page(door: Door) -> None:
    with Client(f"http://127.0.0.1:{door.server.server_port}", door.web.secret) as client:
        batch = client.batches.submit(["X(90)"] * 450)
        assert [job.id for job in client.batches.jobs(batch)] == list(batch.job_ids)
