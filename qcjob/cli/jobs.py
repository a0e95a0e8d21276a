"""`status`, `result`, `cancel`, `list` and `devices`: over HTTP alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from qcjob.cli.batch import batch_text, echo_results
from qcjob.cli.options import Common, common, pass_common
from qcjob.cli.outcomes import result_text
from qcjob.cli.problems import asking
from qcjob.cli.show import devices_text, echo_json, job_text, page_text
from qcjob.client import Problem, RemoteBatch, RemoteJob
from qcjob.lifecycle import VISIBLE


class State(click.Choice[str]):
    """A state in upper or lower case, named as everywhere else."""

    def normalize_choice(self, choice: object, ctx: click.Context | None) -> str:
        """Upper case."""
        return super().normalize_choice(choice, ctx).upper()


@click.command(
    epilog="""\b
Examples:
  python -m qcjob status 0198c0de-…
  python -m qcjob status 0198c0de-… -o json"""
)
@click.argument("job_id", metavar="ID")
@common
@pass_common
def status(shared: Common, job_id: str) -> None:
    """Show a job: its state, its place in the queue, its history. Ends with 0 whatever the state is.

    Of a batch: how many of its jobs are in which state.
    """
    with asking(shared) as client:
        _show(shared, _job_or_batch(lambda: client.status(job_id), lambda: client.batches.status(job_id)))


@click.command(
    epilog="""\b
Examples:
  python -m qcjob result 0198c0de-…
  python -m qcjob result 0198c0de-… -o json
  python -m qcjob result 0198c0de-… --memory
  python -m qcjob result 0198c0de-… --partial      # of a sweep that FAILED: the runs before
  python -m qcjob result 0198c0de-… > scan.jsonl   # of a batch

\b
Ends with 3 while the job has not ended, with 1 when it FAILED or was CANCELLED."""
)
@click.argument("job_id", metavar="ID")
@click.option(
    "--memory", is_flag=True, help="The outcome of every shot instead, one a line; kept by the option memory."
)
@click.option("--partial", is_flag=True, help="Of a job of several that is not COMPLETED, the parts that are over.")
@click.option("--part", type=click.IntRange(0), default=0, help="With --memory: of which part of a job of several.")
@common
@pass_common
def result(shared: Common, job_id: str, memory: bool, partial: bool, part: int) -> None:
    """Draw the counts of a COMPLETED job.

    Of a batch: a line of JSON for each job, in their order, with its result or error.
    """
    with asking(shared) as client:
        if memory:
            outcomes = client.memory(job_id, part=part, partial=partial)
            if shared.as_json:
                echo_json(list(outcomes))
            else:
                for outcome in outcomes:
                    click.echo(outcome)
            return
        try:
            found = client.result(job_id, partial=partial)
        except Problem as problem:
            if problem.code != "job-not-found" or partial:
                raise
            echo_results(client, job_id, problem)
            return
        echo_json(found.document) if shared.as_json else click.echo(result_text(found))


@click.command(
    epilog="""\b
Example:
  python -m qcjob cancel 0198c0de-…"""
)
@click.argument("job_id", metavar="ID")
@click.option("--why", default="", metavar="TEXT", help="For operators, who may cancel anybody's: for the audit.")
@common
@pass_common
def cancel(shared: Common, job_id: str, why: str) -> None:
    """Cancel a waiting job at once, or ask a running one to stop.

    Of a batch, all its jobs. Ends with 1 when it had ended.
    """
    with asking(shared) as client:

        def of_job() -> RemoteJob:
            return client.operating.cancel(job_id, why=why) if why else client.cancel(job_id)

        def of_batch() -> RemoteBatch:
            return client.operating.cancel_batch(job_id, why=why) if why else client.batches.cancel(job_id)

        _show(shared, _job_or_batch(of_job, of_batch))


def _job_or_batch(of_job: Callable[[], RemoteJob], of_batch: Callable[[], RemoteBatch]) -> RemoteJob | RemoteBatch:
    """What is asked of a job, and where there is none with that id, of a batch."""
    try:
        return of_job()
    except Problem as problem:
        if problem.code != "job-not-found":
            raise
        try:
            return of_batch()
        except Problem as second:
            raise (problem if second.code == "batch-not-found" else second) from None


def _show(shared: Common, found: RemoteJob | RemoteBatch) -> None:
    if shared.as_json:
        echo_json(found.document)
    else:
        click.echo(job_text(found) if isinstance(found, RemoteJob) else batch_text(found))


@click.command(
    "list",
    epilog="""\b
Examples:
  python -m qcjob list
  python -m qcjob list --state WAITING --device simulator
  python -m qcjob list --tag demo --created-after 2026-01-01T00:00:00Z --limit 200 -o json""",
)
@click.option(
    "--state",
    type=State([str(state) for state in VISIBLE]),
    metavar="STATE",
    help=", ".join(VISIBLE) + ".",
)
@click.option("--device", metavar="NAME")
@click.option("--tag", metavar="TEXT")
@click.option("--created-after", metavar="TIME", help="RFC 3339, such as 2026-01-01T00:00:00Z.")
@click.option("--created-before", metavar="TIME")
@click.option("--customer", metavar="NAME", help="For operators: the jobs of this customer.")
@click.option("--limit", type=int, metavar="N", help="1 to 200; 50 when not given.")
@click.option("--cursor", metavar="TEXT", help="Where the page before ended.")
@common
@pass_common
def list_jobs(shared: Common, /, **wanted: Any) -> None:
    """List your jobs, newest first."""
    with asking(shared) as client:
        page = client.list(**wanted)
        echo_json(page.document) if shared.as_json else click.echo(page_text(page))


@click.command(
    epilog="""\b
Examples:
  python -m qcjob devices
  python -m qcjob devices -o json"""
)
@common
@pass_common
def devices(shared: Common) -> None:
    """List the devices: status, qubits, queue, gates."""
    with asking(shared) as client:
        found = client.devices()
        echo_json({"items": list(found)}) if shared.as_json else click.echo(devices_text(found))
