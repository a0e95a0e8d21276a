"""`customers`: what each of them may, on the ledger itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import click

from qcjob.cli.exits import REFUSED, stop
from qcjob.cli.on_redis import on_redis, rfc3339
from qcjob.cli.options import Common, common, pass_common
from qcjob.cli.show import echo_json, table
from qcjob.ledger import Ledger
from qcjob.ledger.usage import usage_of
from qcjob.rank import LEAST_WEIGHT, MOST_WEIGHT, ORDINARY, TIERS
from qcjob.security.customers import MOST, Customer, Customers, fields_of

NONE = "none"
"""How a quota is taken away."""

_KEPT = "customers"


class Quota(click.ParamType[int | str]):
    """A whole number, or `none`."""

    name = "N|none"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | str:
        """The number, or NONE. Fails for anything else."""
        text = str(value)
        if text == NONE:
            return NONE
        if not (text.isascii() and text.isdecimal() and int(text) <= MOST):
            self.fail(f"{text!r}: wanted a whole number from 0 to {MOST}, or {NONE}", param, ctx)
        return int(text)


def _privileges(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of `add` and `set`."""
    tiers = ", ".join(f"{tier} {meaning}" for tier, meaning in TIERS.items())
    for option in (
        click.option("--quota-device-seconds", type=Quota(), help="Seconds of device time in one day, UTC."),
        click.option("--quota-session-seconds", type=Quota(), help="Of the longest session; 0: they open none."),
        click.option("--quota-shots", type=Quota(), help="Shots of one job."),
        click.option("--quota-jobs-waiting", type=Quota(), help="Jobs WAITING at a time."),
        click.option(
            "--weight",
            type=click.FloatRange(LEAST_WEIGHT, MOST_WEIGHT),
            help=f"Their share in a tier beside others', {LEAST_WEIGHT:g} to {MOST_WEIGHT:g}.",
        ),
        click.option(
            "--tier", type=click.IntRange(min(TIERS), max(TIERS)), help=f"The best tier of their jobs: {tiers}."
        ),
    ):
        command = option(command)
    return command


@click.group(
    epilog="""\b
Examples:
  python -m qcjob customers add alice --tier 1 --weight 2
  python -m qcjob customers set alice --quota-shots 20000 --quota-jobs-waiting none
  python -m qcjob customers list"""
)
@common
def customers() -> None:
    """Record, change, show and forget what customers may."""


@customers.command(
    epilog="""\b
Examples:
  python -m qcjob customers add alice
  python -m qcjob customers add course --quota-jobs-waiting 500 --quota-device-seconds 3600"""
)
@click.argument("name")
@_privileges
@common
@pass_common
def add(shared: Common, /, name: str, **options: Any) -> None:
    """Record a customer; what is not given is as of everyone. Ends with 1 when one of that name is recorded."""
    with on_redis(shared, _KEPT) as client:
        customer = Customers(client).put(name, replace(ORDINARY, **_said(options)), new=True)
    if customer is None:
        stop(REFUSED, f"{name} is recorded already; `python -m qcjob customers set` changes what is", {"name": name})
    _show(shared, customer)


@customers.command(
    "set",
    epilog="""\b
Examples:
  python -m qcjob customers set alice --weight 3
  python -m qcjob customers set alice --quota-shots none""",
)
@click.argument("name")
@_privileges
@common
@pass_common
def change(shared: Common, /, name: str, **options: Any) -> None:
    """Change what is given; the rest stays. Ends with 1 when no customer of that name is recorded."""
    with on_redis(shared, _KEPT) as client:
        customer = Customers(client).change(name, _said(options))
    _show(shared, customer or _missing(name))


@customers.command("list", epilog="\b\nExample:\n  python -m qcjob customers list -o json")
@common
@pass_common
def list_customers(shared: Common) -> None:
    """List the recorded customers, by name."""
    with on_redis(shared, _KEPT) as client:
        found = Customers(client).list()
    if shared.as_json:
        echo_json({"items": [_document(customer) for customer in found]})
    elif found:
        head = ("NAME", "TIER", "WEIGHT", "JOBS WAITING", "SHOTS", "DEVICE SECONDS", "SESSION SECONDS", "HELD")
        click.echo(table([head, *(_row(customer) for customer in found)]))
    else:
        click.echo("no customers are recorded")


@customers.command(epilog="\b\nExample:\n  python -m qcjob customers show alice")
@click.argument("name")
@common
@pass_common
def show(shared: Common, name: str) -> None:
    """Show a customer, and what counts against their quotas now. Ends with 1 when none of that name is recorded."""
    with on_redis(shared, _KEPT) as client:
        customer = Customers(client).get(name) or _missing(name)
        used = usage_of(Ledger(client), name)
    if shared.as_json:
        usage = {
            "jobs_waiting": used.jobs_waiting,
            "device_seconds_today": used.device_seconds_today,
            "device_seconds_expected": used.device_seconds_expected,
        }
        echo_json({**_document(customer), "usage": usage})
        return
    _show(shared, customer)
    click.echo(
        f"now: {used.jobs_waiting} jobs wait; {used.device_seconds_today:,.1f} s of device time today,"
        f" {used.device_seconds_expected:,.1f} s expected of jobs that have not ended"
    )


@customers.command(epilog="\b\nExample:\n  python -m qcjob customers remove alice")
@click.argument("name")
@common
@pass_common
def remove(shared: Common, name: str) -> None:
    """Forget what is recorded; keys and jobs stay. Ends with 1 when no customer of that name is recorded."""
    with on_redis(shared, _KEPT) as client:
        removed = Customers(client).remove(name)
    if not removed:
        _missing(name)
    told = {"name": name, "removed": True}
    echo_json(told) if shared.as_json else click.echo(f"{name} is as everyone now; keys and jobs stay")


def _said(options: dict[str, Any]) -> dict[str, Any]:
    """What was given, as Privileges has it."""
    given = {name.removeprefix("quota_"): value for name, value in options.items() if value is not None}
    return {name: None if value == NONE else value for name, value in given.items()}


def _missing(name: str) -> Customer:
    stop(REFUSED, f"no customer {name!r} is recorded; `python -m qcjob customers list` shows them", {"name": name})


def _show(shared: Common, customer: Customer) -> None:
    if shared.as_json:
        echo_json(_document(customer))
        return
    name, tier, weight, jobs, shots, seconds, session, _ = _row(customer)
    held = "; an operator holds them: none of their jobs is claimed" if customer.privileges.held else ""
    click.echo(
        f"customer {name}: tier {tier}, weight {weight};"
        f" quotas: jobs waiting {jobs}, shots {shots}, device seconds a day {seconds}, session seconds {session}{held}"
    )


def _row(customer: Customer) -> tuple[str, ...]:
    may = customer.privileges
    limits = (may.jobs_waiting, may.shots, may.device_seconds, may.session_seconds)
    quotas = (NONE if limit is None else f"{limit:,}" for limit in limits)
    return customer.name, str(may.tier), f"{may.weight:g}", *quotas, "held" if may.held else ""


def _document(customer: Customer) -> dict[str, Any]:
    return {"name": customer.name, **fields_of(customer.privileges), "created_at": rfc3339(customer.created_at)}
