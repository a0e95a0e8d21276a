"""`reservations`: a device for a customer, for a while; over HTTP alone."""

from __future__ import annotations

from typing import Any

import click

from qcjob.cli.options import Common, common, pass_common
from qcjob.cli.problems import asking
from qcjob.cli.show import echo_json, table


@click.group(
    epilog="""\b
Examples:
  python -m qcjob reservations add alice fridge --seconds 3600
  python -m qcjob reservations list
  python -m qcjob reservations remove 0198c0de-…"""
)
@common
def reservations() -> None:
    """Give a customer a device for a while."""


@reservations.command(
    epilog="""\b
Examples:
  python -m qcjob reservations add alice fridge --seconds 3600
  python -m qcjob reservations add alice fridge --from 2100-01-01T06:00:00Z --to 2100-01-01T08:00:00Z --note course"""
)
@click.argument("customer", metavar="CUSTOMER")
@click.argument("device", metavar="DEVICE")
@click.option("--from", "start", metavar="TIME", help="When the window begins, RFC 3339; now when not given.")
@click.option("--to", "end", metavar="TIME", help="When it ends.")
@click.option("--seconds", type=float, metavar="N", help="How long it is, instead of --to.")
@click.option("--note", default="", metavar="TEXT", help="For its holder, and operators.")
@click.option("--why", default="", metavar="TEXT", help="For the audit.")
@common
@pass_common
def add(shared: Common, /, customer: str, device: str, **window: Any) -> None:
    """Reserve a device. Ends with 1 where another reservation overlaps, which it names."""
    with asking(shared) as client:
        found = client.reservations.add(customer, device, **window)
    told = f"reservation {found['id']}: {found['device']} for {found['customer']} from {found['from']} to {found['to']}"
    echo_json(found) if shared.as_json else click.echo(told)


@reservations.command("list", epilog="\b\nExample:\n  python -m qcjob reservations list -o json")
@common
@pass_common
def list_reservations(shared: Common) -> None:
    """List reservations that are not over: yours; an operator sees all."""
    with asking(shared) as client:
        found = client.reservations.list()
    if shared.as_json:
        echo_json({"items": list(found)})
    elif found:
        names = ("id", "device", "customer", "from", "to", "note")
        click.echo(table([[name.upper() for name in names], *([str(one[name]) for name in names] for one in found)]))
    else:
        click.echo("no reservations")


@reservations.command(epilog="\b\nExample:\n  python -m qcjob reservations remove 0198c0de-…")
@click.argument("reservation_id", metavar="ID")
@common
@pass_common
def remove(shared: Common, reservation_id: str) -> None:
    """Take a reservation away, before its window or in it. Ends with 1 when there is none of that id."""
    with asking(shared) as client:
        client.reservations.remove(reservation_id)
    told = {"id": reservation_id, "removed": True}
    echo_json(told) if shared.as_json else click.echo(f"reservation {reservation_id} is not there any more")
