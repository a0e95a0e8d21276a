"""`rank`: another place for a job that waits, over HTTP alone."""

from __future__ import annotations

import click

from qcjob.cli.options import Common, common, pass_common
from qcjob.cli.problems import asking
from qcjob.cli.show import echo_json, job_text


@click.command(
    epilog="""\b
Examples:
  python -m qcjob rank 0198c0de-… --ahead-of 0198c0dd-…
  python -m qcjob rank 0198c0de-… --tier 2"""
)
@click.argument("job_id", metavar="ID")
@click.option("--ahead-of", metavar="ID", help="Another waiting job of yours: the two exchange places.")
@click.option("--tier", type=int, metavar="N", help="Go to this tier, behind your other jobs there.")
@common
@pass_common
def rank(shared: Common, job_id: str, ahead_of: str | None, tier: int | None) -> None:
    """Rank a waiting job of yours anew. Ends with 1 when it does not wait any more, or may not."""
    with asking(shared) as client:
        if ahead_of is not None and tier is None:
            job = client.rank_ahead(job_id, ahead_of)
        elif tier is not None and ahead_of is None:
            job = client.change_tier(job_id, tier)
        else:
            raise click.UsageError("wanted either --ahead-of or --tier")
        echo_json(job.document) if shared.as_json else click.echo(job_text(job))
