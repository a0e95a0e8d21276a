"""`doctor`: is the ledger sound? On the ledger itself; no web needed."""

from __future__ import annotations

from dataclasses import asdict

import click
import redis

from qcjob.cli.exits import CANNOT, DONE, REFUSED, stop
from qcjob.cli.options import Common, common, pass_common
from qcjob.cli.show import echo_json
from qcjob.errors import LedgerUnavailable
from qcjob.ledger.checkup import Checkup
from qcjob.wiring import build_ledger


@click.command(
    epilog="""\b
Examples:
  python -m qcjob doctor
  python -m qcjob doctor --repair
  python -m qcjob doctor -o json | jq '.findings[].what'

\b
Exit codes:
  0  content
  1  findings (with --repair: findings, which were mended where that can be done)
  2  could not look"""
)
@click.option("--repair", is_flag=True, help="Mend what can be mended.")
@common
@pass_common
def doctor(shared: Common, repair: bool) -> None:
    """Hold the ledger's jobs, ranks, leases, lists, queues and Redis settings against each other."""
    try:
        ledger = build_ledger(shared.settings())
    except ValueError as error:
        stop(CANNOT, f"could not look: QCJOB_REDIS_URL cannot be used: {error}")
    try:
        findings = list(Checkup(ledger, repair=repair).run())
    except (LedgerUnavailable, redis.RedisError) as error:
        stop(CANNOT, f"could not look: {error}")
    if shared.as_json:
        echo_json({"findings": [asdict(finding) for finding in findings], "repaired": repair})
    for finding in () if shared.as_json else findings:
        click.echo(f"{finding.where}: {finding.what}")
        if not finding.mend:
            click.echo("    nothing here can mend it")
        else:
            click.echo(f"    {'mended' if repair else 'would mend it'}: {finding.mend}")
    if not findings and not shared.as_json:
        click.echo("content: nothing was found")
    stop(REFUSED if findings else DONE)
