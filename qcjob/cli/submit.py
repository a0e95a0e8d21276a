"""`submit`: a program from the command line, a file or stdin."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from qcjob.cli.batch import submit_batch
from qcjob.cli.exits import DONE, REFUSED, stop
from qcjob.cli.options import Common, common, pass_common
from qcjob.cli.outcomes import dry_run_text, result_text
from qcjob.cli.problems import asking, printable
from qcjob.cli.show import echo_json, job_text
from qcjob.cli.watch import watch
from qcjob.client import Client, RemoteJob
from qcjob.lifecycle import JobState

PATIENCE_SECONDS = 1.0


class Pair(click.ParamType[tuple[str, Any]]):
    """K=V; the value is read as JSON where it is JSON (0.5, true), else as it stands."""

    name = "K=V"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Any]:
        """The pair. Fails where there is no `=` or no name before it."""
        if isinstance(value, tuple):
            return value
        key, equals, text = str(value).partition("=")
        if not key or not equals:
            self.fail(f"{value!r} is not of the form K=V, such as duration=2", param, ctx)
        try:
            read = json.loads(text, parse_constant=str)
        except ValueError:
            return key, text
        except RecursionError:
            self.fail(f"the value of {key!r} is nested too deep", param, ctx)
        try:
            json.dumps(read, allow_nan=False)  # 1e400 reads as infinity, which JSON cannot say
        except (ValueError, RecursionError):
            self.fail(f"the value of {key!r} holds a number out of range, or is nested too deep", param, ctx)
        return key, read


class Bindings(click.ParamType[list[Any]]):
    """A JSON list, as it stands or from @FILE; what is in it is for the server to check."""

    name = "JSON|@FILE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[Any]:
        """The list. Fails where it cannot be read."""
        if isinstance(value, list):
            return value
        try:
            found = json.loads(Path(value[1:]).read_text("utf-8") if value.startswith("@") else value)
            json.dumps(found, allow_nan=False)
        except (OSError, ValueError, RecursionError) as error:
            self.fail(f"cannot be read: {error}", param, ctx)
        if not isinstance(found, list) or not all(isinstance(binding, dict) for binding in found):
            self.fail('is not a list of objects such as [{"theta": 0.5}]', param, ctx)
        return found


@click.command(
    epilog="""\b
Examples:
  python -m qcjob submit "X(90),Y(90), X(180)"
  python -m qcjob submit @program.txt --shots 500 --seed 7 --wait
  echo "X(90)" | python -m qcjob submit - --runtime simulated --wait
  python -m qcjob submit "X(90)" --option duration=2 --tag demo --wait
  python -m qcjob submit "X(90)" -o json
  python -m qcjob submit --batch jobs.jsonl --shots 500 --on-error skip --wait

\b
With --wait: 0 COMPLETED, 1 FAILED or CANCELLED, 130 after Ctrl-C (the job goes on)."""
)
@click.argument("program", metavar="PROGRAM|@FILE|-", required=False)
@click.option("--runtime", metavar="NAME", help="verbatim, optimized, simulated or echo.")
@click.option("--device", metavar="NAME", help="Where to run it; see `devices`.")
@click.option("--shots", type=int, metavar="N", help="How often to run it.")
@click.option("--seed", type=int, metavar="N", help="The same seed gives the same counts, on a simulator.")
@click.option("--name", metavar="TEXT", help="A name of your own for the job.")
@click.option("--tag", "tags", multiple=True, metavar="TEXT", help="A tag to list by; may be given more than once.")
@click.option("--option", "options", multiple=True, type=Pair(), help="An option of the device; may be repeated.")
@click.option("--language", metavar="NAME", help="Detected when not given.")
@click.option("--retries", type=int, metavar="N", help="How often to try again a run that is over without counts.")
@click.option("--on-uncertain", metavar="rerun|fail", help="When nobody knows whether it ran; else the device decides.")
@click.option("--tier", type=int, metavar="N", help="A worse tier than you are allowed, to let others go first.")
@click.option("--start-after", metavar="TIME", help="Not to be started before this RFC 3339 time.")
@click.option("--not-after", metavar="TIME", help="To be CANCELLED if no device has taken it by then.")
@click.option("--bindings", type=Bindings(), metavar="JSON|@FILE", help="Values of the program's parameters: a list.")
@click.option("--session", metavar="ID", help="An open session of yours: run in its turn, on its device.")
@click.option("--wait", is_flag=True, help="Stay until the job ends: show its states and draw its counts.")
@click.option("--batch", metavar="FILE|-", help="Submit a job for each line of FILE: JSON, a program or its fields.")
@click.option("--on-error", metavar="refuse|skip", help="With --batch: one wrong job refuses all, or is left out.")
@click.option("--dry-run", is_flag=True, help="Check and compile only; show what would run.")
@common
@pass_common
def submit(
    shared: Common,
    /,
    program: str | None,
    tags: tuple[str, ...],
    options: tuple[tuple[str, Any], ...],
    wait: bool,
    dry_run: bool,
    batch: str | None,
    on_error: str | None,
    **fields: Any,
) -> None:
    """Submit a program: as it stands, @FILE, or - for stdin.

    Or many, with --batch: the other options are then for the jobs that do not say otherwise, and --name is that of the
    batch.
    """
    if (program is None) is (batch is None):
        raise click.UsageError("wanted a PROGRAM, or --batch FILE, and not both")
    if on_error is not None and batch is None:
        raise click.UsageError("--on-error goes with --batch")
    if dry_run and batch is not None:
        raise click.UsageError("--batch and --dry-run exclude each other")
    if wait and dry_run:
        raise click.UsageError("--wait and --dry-run exclude each other: a dry run records no job")
    names = [name for name, _ in options]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise click.UsageError(f"--option {twice} is given more than once")
    if batch is not None:
        name = fields.pop("name")
        given = {**fields, "tags": list(tags), "options": dict(options)}
        wanted = {key: value for key, value in given.items() if value not in (None, [], {})}
        submit_batch(shared, batch, wanted, name=name, on_error=on_error, wait=wait)
        return
    assert program is not None
    source = _source(program)
    with asking(shared, program=source, hint=_forgotten_at(program)) as client, sign_of_life():
        asked = {**fields, "tags": tags, "options": dict(options)}
        if dry_run:
            would_run = client.dry_run(source, **asked)
            echo_json(would_run) if shared.as_json else click.echo(dry_run_text(would_run))
            return
        job = client.submit(source, **asked)
    if wait:
        with asking(shared) as client:
            _wait(shared, client, job)
    elif shared.as_json:
        echo_json(job.document)
    else:
        click.echo(f"{job_text(job)}\nlook: python -m qcjob status {job.id}")


@contextmanager
def sign_of_life() -> Iterator[None]:
    """On a terminal, a line when the answer takes longer than a person waits for without wondering."""
    notice = threading.Timer(
        PATIENCE_SECONDS,
        click.echo,
        ["no answer yet: the program is being compiled, or the server asked again ..."],
        {"err": True},
    )
    notice.daemon = True
    if sys.stderr.isatty():
        notice.start()
    try:
        yield
    finally:
        notice.cancel()


def _forgotten_at(program: str) -> str:
    """What to say of a program that is refused and is the name of a file here."""
    try:
        is_file = len(program) < 256 and not program.startswith("@") and Path(program).is_file()
    except (OSError, ValueError):
        return ""
    return f"{printable(program)} is a file here: @{printable(program)} submits what is in it." if is_file else ""


def _wait(shared: Common, client: Client, job: RemoteJob) -> None:
    click.echo(f"job {job.id} on {job.document['device']}", err=shared.as_json)
    job = watch(client, job, states_on_stderr=shared.as_json)
    result = client.result(job) if job.state is JobState.COMPLETED else None
    if shared.as_json:
        echo_json({**job.document, "result": result.document if result else None})
    elif result:
        click.echo(result_text(result))
    else:
        click.echo(f"{job.state}: {printable(job.error or 'as asked')}", err=True)
    stop(DONE if result else REFUSED)


def _source(program: str) -> str:
    """The program's text. Ends the command where a file or stdin holds none."""
    try:
        if program == "-":
            return sys.stdin.buffer.read().decode()
        if program.startswith("@"):
            return Path(program[1:]).read_bytes().decode()
        return os.fsencode(program).decode()  # what was typed, byte for byte
    except OSError as error:
        raise click.UsageError(f"{program[1:] or 'stdin'} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise click.UsageError(f"the program is not UTF-8 text: {error.reason} at byte {error.start}") from error
