"""`hold`, `release`, `move`, `drain`, `offline`, `online` and `audit`: what operators do, over HTTP alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import click

from qcjob.cli.options import Common, common, pass_common
from qcjob.cli.problems import asking
from qcjob.cli.show import echo_json, job_text, table

why = click.option("--why", default="", metavar="TEXT", help="For the audit, and for those who wait.")


def _holding(name: str, held: bool, about: str) -> click.Command:
    """`hold` or `release`."""

    @click.command(
        name,
        help=about,
        epilog=f"""\b
Examples:
  python -m qcjob {name} 0198c0de-… --why "it is noon"
  python -m qcjob {name} --customer alice""",
    )
    @click.argument("job_id", metavar="[ID]", required=False)
    @click.option("--customer", metavar="NAME", help="All jobs of this recorded customer.")
    @why
    @common
    @pass_common
    def command(shared: Common, /, job_id: str | None, customer: str | None, why: str) -> None:
        with asking(shared) as client:
            if job_id is not None and customer is None:
                job = client.operating.hold(job_id, held=held, why=why)
                echo_json(job.document) if shared.as_json else click.echo(job_text(job))
            elif customer is not None and job_id is None:
                told = client.operating.hold_customer(customer, held=held, why=why)
                state = "is held: none of their jobs is claimed" if held else "is released"
                echo_json(told) if shared.as_json else click.echo(f"customer {customer} {state}")
            else:
                raise click.UsageError("wanted either the ID of a job or --customer")

    return command


hold = _holding("hold", True, "Hold a waiting job, or all of a customer.\n\nThey are not claimed, and keep their rank.")
release = _holding("release", False, "Let what was held be claimed again.")


@click.command(epilog="\b\nExample:\n  python -m qcjob move 0198c0de-… fridge --why 'the other one warms up'")
@click.argument("job_id", metavar="ID")
@click.argument("device", metavar="DEVICE")
@why
@common
@pass_common
def move(shared: Common, /, job_id: str, device: str, why: str) -> None:
    """Move a waiting job to another device, compiled for it. Ends with 1 where that does not take it."""
    with asking(shared) as client:
        job = client.operating.move(job_id, device, why=why)
        echo_json(job.document) if shared.as_json else click.echo(job_text(job))


def _directing(name: str, said: str, about: str) -> click.Command:
    """`drain`, `offline` or `online`."""

    @click.command(name, help=about, epilog=f"\b\nExample:\n  python -m qcjob {name} fridge --why 'a new line'")
    @click.argument("device", metavar="DEVICE")
    @why
    @common
    @pass_common
    def command(shared: Common, /, device: str, why: str) -> None:
        with asking(shared) as client:
            told = client.operating.direct(device, said, why=why)
        line = f"{told['name']} is {told['status']}: {told['status_reason'] or 'takes jobs'}"
        echo_json(told) if shared.as_json else click.echo(line)

    return command


drain = _directing("drain", "drained", "Let a device finish what runs and take no more.")
offline = _directing("offline", "offline", "Take a device offline: as drain, and shown so.")
online = _directing("online", "online", "Let a drained or offline device take jobs again.")


@click.command(epilog="\b\nExample:\n  python -m qcjob audit --limit 20")
@click.option("--limit", type=int, metavar="N", help="Acts on a page, 1 to 200; 50 when not given.")
@click.option("--cursor", metavar="TEXT", help="Where the page before ended.")
@common
@pass_common
def audit(shared: Common, /, **page: Any) -> None:
    """Show what operators did, newest first."""
    with asking(shared) as client:
        found = client.operating.audit(**page)
    if shared.as_json:
        echo_json(found)
    elif found["items"]:
        names = ("at", "by", "what", "on", "before", "after", "why")
        acts = [{**act, **_what_changed(act)} for act in found["items"]]
        rows = [[str(act[name]) for name in names] for act in acts]
        click.echo(table([[name.upper() for name in names], *rows]))
        if found["next"]:
            click.echo(f"more: --cursor {found['next']}")
    else:
        click.echo("no operator has done anything yet")


def _what_changed(act: Mapping[str, Any]) -> dict[str, str]:
    """Before and after of a customer's record without what is the same in both; others as they stand."""
    try:
        before, after = (json.loads(act[name]) if act[name] else {} for name in ("before", "after"))
    except ValueError:
        return {}
    if not isinstance(before, dict) or not isinstance(after, dict):
        return {}
    differs = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    shown = {"before": before, "after": after}
    return {side: " ".join(f"{name}={json.dumps(of.get(name))}" for name in differs) for side, of in shown.items()}
