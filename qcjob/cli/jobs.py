"""`status`, `result`, `cancel`, `list` and `devices`: over HTTP alone."""

from __future__ import annotations

from typing import Any

import click

from qcjob.cli.options import Common, common, pass_common
from qcjob.cli.problems import asking
from qcjob.cli.show import devices_text, echo_json, job_text, page_text, result_text
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
    """Show a job: its state, its place in the queue, its history. Ends with 0 whatever the state is."""
    with asking(shared) as client:
        job = client.status(job_id)
        echo_json(job.document) if shared.as_json else click.echo(job_text(job))


@click.command(
    epilog="""\b
Examples:
  python -m qcjob result 0198c0de-…
  python -m qcjob result 0198c0de-… -o json

\b
Ends with 3 while the job has not ended, with 1 when it FAILED or was CANCELLED."""
)
@click.argument("job_id", metavar="ID")
@common
@pass_common
def result(shared: Common, job_id: str) -> None:
    """Draw the counts of a COMPLETED job."""
    with asking(shared) as client:
        found = client.result(job_id)
        echo_json(found.document) if shared.as_json else click.echo(result_text(found))


@click.command(
    epilog="""\b
Example:
  python -m qcjob cancel 0198c0de-…"""
)
@click.argument("job_id", metavar="ID")
@common
@pass_common
def cancel(shared: Common, job_id: str) -> None:
    """Cancel a waiting job at once, or ask a running one to stop. Ends with 1 when it ended before."""
    with asking(shared) as client:
        job = client.cancel(job_id)
        echo_json(job.document) if shared.as_json else click.echo(job_text(job))


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
