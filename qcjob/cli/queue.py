"""`queue`: why a job has not started, and who waits for a device, over HTTP alone."""

from __future__ import annotations

from typing import Any

import click

from qcjob.cli.options import Common, common, pass_common
from qcjob.cli.problems import asking, printable
from qcjob.cli.show import echo_json, table
from qcjob.ids import is_job_id


@click.command(
    epilog="""\b
Examples:
  python -m qcjob queue 0198c0de-…
  python -m qcjob queue fridge --limit 200"""
)
@click.argument("wanted", metavar="ID|DEVICE")
@click.option("--limit", type=int, metavar="N", help="Of a device: jobs on a page, 1 to 200; 50 when not given.")
@click.option("--cursor", metavar="TEXT", help="Of a device: where the page before ended.")
@common
@pass_common
def queue(shared: Common, wanted: str, limit: int | None, cursor: str | None) -> None:
    """Show why a waiting job has not started, and when it may. Ends with 1 when it does not wait any more.

    Of a device, for operators: every job that waits for it, the next one to run first.
    """
    with asking(shared) as client:
        if not is_job_id(wanted):
            _show_page(shared, client.operating.waiting(wanted, limit=limit, cursor=cursor))
            return
        told = client.queue(wanted)
    if shared.as_json:
        echo_json(told)
        return
    click.echo("\n".join(f"{label:<9} {printable(str(value))}" for label, value in _facts(told) if value is not None))


def _show_page(shared: Common, page: dict[str, Any]) -> None:
    if shared.as_json:
        echo_json(page)
    elif page["items"]:
        rows = [["PLACE", "ID", "CUSTOMER", "TIER", "COST", "CREATED", "WAITS FOR"], *map(_row, page["items"])]
        click.echo(table(rows))
    else:
        click.echo("no job waits here")
    if page["next"] and not shared.as_json:
        click.echo(f"more: --cursor {page['next']}")


def _row(one: dict[str, Any]) -> list[str]:
    held = one["held"] and f"an operator holds the {one['held']}"
    place = "-" if one["position"] is None else str(one["position"])
    cost = f"{one['cost_seconds']:,.3f} s"
    waits = held or one["not_before"] or "its turn"
    return [place, one["id"], one["customer"], str(one["tier"]), cost, one["created_at"], waits]


def _facts(told: dict[str, Any]) -> list[tuple[str, str | None]]:
    device, rank, window = told["device"], told["rank"], told["estimated_start"]
    tiers = ", ".join(f"{count} in tier {tier}" for tier, count in told["ahead_by_tier"].items() if count)
    return [
        ("position", f"{told['position']}" + (f", behind {tiers}" if tiers else "")),
        ("rank", f"tier {rank['tier']}, tag {rank['start_tag']:,}, virtual time {rank['virtual_time']:,}"),
        ("cost", f"{rank['cost_seconds']:,.3f} s at weight {rank['weight']:g}"),
        ("device", f"{device['name']}: {device['slots_taken']} of {device['slots']} slots taken"),
        ("reason", device["reason"]),
        ("held", told["held"] and f"an operator holds the {told['held']}"),
        ("from", told["not_before"]),
        ("until", told["not_after"]),
        ("start", " to ".join(window) if window else "not known yet"),
    ]
