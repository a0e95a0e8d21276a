"""`keys`: API keys, on the ledger itself. Whoever can open Redis may make keys; no web is needed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import click
import redis

from qcjob.cli.exits import CANNOT, REFUSED, stop
from qcjob.cli.options import Common, common, pass_common
from qcjob.cli.show import echo_json, table
from qcjob.errors import ConfigurationError, LedgerUnavailable
from qcjob.rank import DEFAULT_TIER, TIERS
from qcjob.security.keys import Keys
from qcjob.wiring import redis_client


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
@common
@pass_common
def add(shared: Common, customer: str, tier: int) -> None:
    """Make a key for a customer. The secret is shown this once; with -o json as ready request headers."""
    with _ledger(shared) as ledger_keys:
        key = ledger_keys.add(customer, tier)
    if shared.as_json:
        click.echo(f"key {key.id} of {key.customer}, tier {key.tier}", err=True)
        click.echo(json.dumps({"Authorization": f"Bearer {key.secret}"}))
    else:
        click.echo(f"key {key.id} of {key.customer}, tier {key.tier}; its secret is shown this once:\n{key.secret}")


@keys.command("list", epilog="\b\nExample:\n  python -m qcjob keys list -o json")
@common
@pass_common
def list_keys(shared: Common) -> None:
    """List the keys, the oldest first; secrets are stored nowhere."""
    with _ledger(shared) as ledger_keys:
        found = ledger_keys.list()
    items = [
        {"id": key.id, "customer": key.customer, "tier": key.tier, "created_at": _rfc3339(key.created_at)}
        for key in found
    ]
    if shared.as_json:
        echo_json({"items": items})
    elif items:
        click.echo(
            table([("ID", "CUSTOMER", "TIER", "CREATED"), *([str(cell) for cell in item.values()] for item in items)])
        )
    else:
        click.echo("no keys")


@keys.command(epilog="\b\nExample:\n  python -m qcjob keys revoke 3f9a…")
@click.argument("key_id", metavar="ID")
@common
@pass_common
def revoke(shared: Common, key_id: str) -> None:
    """Take a key away. Its jobs stay. Ends with 1 when there is no such key."""
    with _ledger(shared) as ledger_keys:
        revoked = ledger_keys.revoke(key_id)
    told = {"id": key_id, "revoked": revoked}
    if not revoked:
        stop(REFUSED, f"no key {key_id!r}; `python -m qcjob keys list` shows them", told)
    echo_json(told) if shared.as_json else click.echo(f"key {key_id} is revoked")


@contextmanager
def _ledger(shared: Common) -> Iterator[Keys]:
    try:
        client = _client(shared)
        try:
            yield Keys(client)
        finally:
            client.close()
    except ConfigurationError as error:
        stop(CANNOT, str(error))
    except LedgerUnavailable as error:
        stop(CANNOT, f"{error}. Is it up? Keys are kept in the Redis of --data or QCJOB_REDIS_URL.")


def _client(shared: Common) -> redis.Redis:
    try:
        return redis_client(shared.settings())
    except ValueError as error:
        stop(CANNOT, f"QCJOB_REDIS_URL cannot be used: {error}")


def _rfc3339(microseconds: int) -> str:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
