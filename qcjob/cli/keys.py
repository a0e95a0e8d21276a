"""`keys`: API keys, on the ledger itself. Whoever can open Redis may make keys; no web is needed."""

from __future__ import annotations

import json

import click

from qcjob.cli.exits import REFUSED, stop
from qcjob.cli.on_redis import on_redis, rfc3339
from qcjob.cli.options import Common, common, pass_common
from qcjob.cli.show import echo_json, table
from qcjob.rank import DEFAULT_TIER, TIERS
from qcjob.security.caller import ROLES, USER
from qcjob.security.keys import Keys

_KEPT = "keys"


@click.group(
    epilog="""\b
Examples:
  python -m qcjob keys add alice
  python -m qcjob keys list
  python -m qcjob keys revoke 3f9a…"""
)
@common
def keys() -> None:
    """Make, list and revoke API keys."""


@keys.command(
    epilog="""\b
Examples:
  python -m qcjob keys add alice
  python -m qcjob keys add calibration --tier 0
  python -m qcjob keys add grace --role operator
  curl -H "$(python -m qcjob keys add bob -o json | jq -r 'to_entries[] | "\\(.key): \\(.value)"')" …"""
)
@click.argument("customer")
@click.option(
    "--tier",
    type=click.IntRange(min(TIERS), max(TIERS)),
    default=DEFAULT_TIER,
    show_default=True,
    help="The best tier its jobs may have: " + ", ".join(f"{tier} {meaning}" for tier, meaning in TIERS.items()) + ".",
)
@click.option(
    "--role",
    type=click.Choice(ROLES),
    default=USER,
    show_default=True,
    help="An operator's key may also say what customers may.",
)
@common
@pass_common
def add(shared: Common, customer: str, tier: int, role: str) -> None:
    """Make a key for a customer. The secret is shown this once; with -o json as ready request headers."""
    with on_redis(shared, _KEPT) as client:
        key = Keys(client).add(customer, tier, role)
    made = f"key {key.id} of {key.customer}, tier {key.tier}" + (f", {role}" if role != USER else "")
    if shared.as_json:
        click.echo(made, err=True)
        click.echo(json.dumps({"Authorization": f"Bearer {key.secret}"}))
    else:
        click.echo(f"{made}; its secret is shown this once:\n{key.secret}")


@keys.command("list", epilog="\b\nExample:\n  python -m qcjob keys list -o json")
@common
@pass_common
def list_keys(shared: Common) -> None:
    """List the keys, the oldest first; secrets are stored nowhere."""
    with on_redis(shared, _KEPT) as client:
        found = Keys(client).list()
    items = [
        {
            "id": key.id,
            "customer": key.customer,
            "tier": key.tier,
            "role": key.role,
            "created_at": rfc3339(key.created_at),
        }
        for key in found
    ]
    if shared.as_json:
        echo_json({"items": items})
    elif items:
        click.echo(
            table(
                [
                    ("ID", "CUSTOMER", "TIER", "ROLE", "CREATED"),
                    *([str(cell) for cell in item.values()] for item in items),
                ]
            )
        )
    else:
        click.echo("no keys")


@keys.command(epilog="\b\nExample:\n  python -m qcjob keys revoke 3f9a…")
@click.argument("key_id", metavar="ID")
@common
@pass_common
def revoke(shared: Common, key_id: str) -> None:
    """Take a key away. Its jobs stay. Ends with 1 when there is no such key."""
    with on_redis(shared, _KEPT) as client:
        revoked = Keys(client).revoke(key_id)
    told = {"id": key_id, "revoked": revoked}
    if not revoked:
        stop(REFUSED, f"no key {key_id!r}; `python -m qcjob keys list` shows them", told)
    echo_json(told) if shared.as_json else click.echo(f"key {key_id} is revoked")
