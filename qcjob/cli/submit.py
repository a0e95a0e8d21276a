"""`submit`: a program from the command line, a file or stdin."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import click

from qcjob.cli.exits import DONE, REFUSED, stop
from qcjob.cli.options import Common, common, pass_common
from qcjob.cli.problems import asking, printable
from qcjob.cli.show import echo_json, job_text, result_text
from qcjob.cli.watch import watch
from qcjob.client import Client, RemoteJob
from qcjob.lifecycle import JobState


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


@click.command(
    epilog="""\b
Examples:
  python -m qcjob submit "X(90),Y(90), X(180)"
  python -m qcjob submit @program.txt --shots 500 --seed 7 --wait
  echo "X(90)" | python -m qcjob submit - --runtime simulated --wait
  python -m qcjob submit "X(90)" --option duration=2 --tag demo --wait
  python -m qcjob submit "X(90)" -o json

\b
With --wait: 0 COMPLETED, 1 FAILED or CANCELLED, 130 after Ctrl-C (the job goes on)."""
)
@click.argument("program", metavar="PROGRAM|@FILE|-")
@click.option("--runtime", metavar="NAME", help="verbatim, optimized, simulated or echo.")
@click.option("--device", metavar="NAME", help="Where to run it; see `devices`.")
@click.option("--shots", type=int, metavar="N", help="How often to run it.")
@click.option("--seed", type=int, metavar="N", help="The same seed gives the same counts, on a simulator.")
@click.option("--name", metavar="TEXT", help="A name of your own for the job.")
@click.option("--tag", "tags", multiple=True, metavar="TEXT", help="A tag to list by; may be given more than once.")
@click.option("--option", "options", multiple=True, type=Pair(), help="An option of the device; may be repeated.")
@click.option("--language", metavar="NAME", help="Detected when not given.")
@click.option("--wait", is_flag=True, help="Stay until the job ends: show its states and draw its counts.")
@click.option("--dry-run", is_flag=True, help="Check and compile only; show what would run.")
@common
@pass_common
def submit(
    shared: Common,
    /,
    program: str,
    tags: tuple[str, ...],
    options: tuple[tuple[str, Any], ...],
    wait: bool,
    dry_run: bool,
    **fields: Any,
) -> None:
    """Submit a program: as it stands, from @FILE, or from stdin with `-`."""
    if wait and dry_run:
        raise click.UsageError("--wait and --dry-run exclude each other: a dry run records no job")
    names = [name for name, _ in options]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise click.UsageError(f"--option {twice} is given more than once")
    source = _source(program)
    with asking(shared, program=source) as client:
        asked = {**fields, "tags": tags, "options": dict(options)}
        if dry_run:
            would_run = client.dry_run(source, **asked)
            echo_json(would_run) if shared.as_json else click.echo(json.dumps(would_run, indent=2))
            return
        job = client.submit(source, **asked)
        if wait:
            _wait(shared, client, job)
        elif shared.as_json:
            echo_json(job.document)
        else:
            click.echo(f"{job_text(job)}\nlook: python -m qcjob status {job.id}")


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
