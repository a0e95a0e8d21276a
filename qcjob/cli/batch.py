"""Batches on the command line: a file with a job on each line, and how a batch is shown."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from qcjob.cli.exits import DONE, INTERRUPTED, REFUSED, stop
from qcjob.cli.options import Common
from qcjob.cli.problems import asking, describe
from qcjob.cli.show import echo_json, facts_text, has_unicode, state_text
from qcjob.cli.watch import OutageNotice
from qcjob.client import Client, Problem, RemoteBatch
from qcjob.lifecycle import VISIBLE, JobState

SECONDS_A_LINE = 1.0


def submit_batch(
    shared: Common, path: str, fields: Mapping[str, Any], *, name: str | None, on_error: str | None, wait: bool
) -> None:
    """Submit the jobs of a file; `fields` are for those that do not say otherwise."""
    with asking(shared) as client:
        lines, jobs = _read(path)
        try:
            batch = client.batches.submit([{**fields, **job} for job in jobs], name=name, on_error=on_error)
        except Problem as problem:
            if not problem.errors:
                raise
            stop(REFUSED, describe(_of_lines(problem, lines)), problem.document)
        left_out = Problem("", 0, "", {"errors": batch.document["errors"]})
        if left_out.errors:
            click.echo(describe(_of_lines(left_out, lines)), err=True)
        if wait:
            _wait(shared, client, batch)
        elif shared.as_json:
            echo_json(batch.document)
        else:
            click.echo(f"{batch_text(batch)}\nlook: python -m qcjob status {batch.id}")


def batch_text(batch: RemoteBatch) -> str:
    """A batch, and how far it has come."""
    told = batch.document
    counts = ", ".join(f"{told['counts'][state]:,} {state}" for state in VISIBLE if told["counts"][state])
    facts = [
        ("batch", batch.id),
        ("name", told.get("name")),
        ("state", state_text(batch.state)),
        ("done", f"{batch.done:,} of {batch.size:,}"),
        ("jobs", counts),
        ("refused", f"{told['refused']:,}" if told["refused"] else None),
        ("cancel", told["cancel_requested_at"] and f"asked for at {told['cancel_requested_at']}"),
        ("created", told["created_at"]),
    ]
    return facts_text(facts)


def echo_results(client: Client, batch_id: str, problem: Problem) -> None:
    """A line of JSON for each job of a batch; raises `problem`, that there is no such job, where there is no batch."""
    try:
        for one in client.batches.results(batch_id):
            told = {**one.document, "result": one.result and one.result.document}
            click.echo(json.dumps(told, ensure_ascii=not has_unicode()))
    except Problem as second:
        raise (problem if second.code == "batch-not-found" else second) from None


def _wait(shared: Common, client: Client, batch: RemoteBatch) -> None:
    click.echo(f"batch {batch.id}, {batch.size:,} jobs", err=shared.as_json)
    last, outage, progress = batch, OutageNotice("batch"), _Progress()
    try:
        for last in client.batches.changes(batch, on_outage=outage.heard):
            outage.over()
            progress.show(last)
    except KeyboardInterrupt:
        stop(
            INTERRUPTED,
            f"\nThe batch goes on. Look at it with   python -m qcjob status {batch.id}\n"
            f"stop it with                         python -m qcjob cancel {batch.id}",
            last.document,
        )
    results = f"results: python -m qcjob result {batch.id}"
    echo_json(last.document) if shared.as_json else click.echo(f"{batch_text(last)}\n{results}")
    stop(DONE if last.state is JobState.COMPLETED else REFUSED)


class _Progress:
    """How far a batch is, on stderr: each state it enters, and between them a line a second at most."""

    def __init__(self) -> None:
        self._state: JobState | None = None
        self._line = ""
        self._not_before = 0.0

    def show(self, batch: RemoteBatch) -> None:
        line, now = f"{batch.state} {batch.done:,} of {batch.size:,}", time.monotonic()
        if line != self._line and (batch.state is not self._state or now >= self._not_before):
            click.echo(line, err=True)
            self._state, self._line, self._not_before = batch.state, line, now + SECONDS_A_LINE


def _read(path: str) -> tuple[list[int], list[dict[str, Any]]]:
    """The jobs of a file, `-` for stdin, and the line that each stands on. Ends the command where it holds none."""
    try:
        text = (sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()).decode()
    except OSError as error:
        raise click.UsageError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{path} is not UTF-8 text: {error.reason} at byte {error.start}") from error
    lines, jobs = [], []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            lines.append(number)
            jobs.append(_job(line, number))
    if not jobs:
        raise click.UsageError(f"{path} holds no job: wanted a JSON object or a program in quotes on each line")
    return lines, jobs


def _job(line: str, number: int) -> dict[str, Any]:
    try:
        found = json.loads(line)
        json.dumps(found, allow_nan=False)
    except (ValueError, RecursionError) as error:
        raise click.UsageError(f"line {number} is not JSON: {error}") from error
    if isinstance(found, str):
        return {"program": found}
    if not isinstance(found, dict):
        raise click.UsageError(f"line {number} is neither a JSON object nor a program in quotes")
    return found


def _of_lines(problem: Problem, lines: list[int]) -> Problem:
    """What is wrong, with the line of the file in front."""
    errors = []
    for error in problem.errors:
        where = f"line {lines[error['index']]}" if isinstance(error.get("index"), int) else "batch"
        place = f", at {error['line']}:{error['column']} of the program" if "line" in error else ""
        field = f", {error['field']}" if "field" in error else ""
        errors.append({"field": f"{where}{field}{place}", "message": error["message"], "allowed": error.get("allowed")})
    head = problem.code or "left out"
    return Problem(head, problem.status, problem.detail, {**problem.document, "errors": errors})
