"""`sessions`: jobs that run one after another, over HTTP alone."""

from __future__ import annotations

from typing import Any

import click

from qcjob.cli.options import Common, common, pass_common
from qcjob.cli.problems import asking
from qcjob.cli.show import echo_json, table


@click.group(
    epilog="""\b
Examples:
  python -m qcjob sessions open --device fridge --max-seconds 1800
  python -m qcjob submit "X(90)" --session 0198c0de-…
  python -m qcjob sessions close 0198c0de-…"""
)
@common
def sessions() -> None:
    """Let jobs of yours run one after another."""


@sessions.command(
    "open",
    epilog="""\b
Examples:
  python -m qcjob sessions open
  python -m qcjob sessions open --device fridge --max-seconds 1800 --idle-seconds 120""",
)
@click.option("--device", metavar="NAME", help="See `devices`; the configured default when not given.")
@click.option("--max-seconds", type=float, metavar="N", help="How long it may be active.")
@click.option("--idle-seconds", type=float, metavar="N", help="After so long without a job it closes itself.")
@common
@pass_common
def open_session(shared: Common, /, **asked: Any) -> None:
    """Open a session. It is active from the moment its first job is claimed."""
    with asking(shared) as client:
        _show(shared, client.sessions.open(**asked))


@sessions.command("list", epilog="\b\nExample:\n  python -m qcjob sessions list --limit 20")
@click.option("--limit", type=int, metavar="N", help="Sessions on a page, 1 to 200; 50 when not given.")
@click.option("--cursor", metavar="TEXT", help="Where the page before ended.")
@common
@pass_common
def list_sessions(shared: Common, /, **page: Any) -> None:
    """List your sessions, newest first."""
    with asking(shared) as client:
        found = client.sessions.list(**page)
    if shared.as_json:
        echo_json(found)
    elif found["items"]:
        head = ["ID", "DEVICE", "STATE", "CREATED", "CLOSES", "JOBS"]
        click.echo(table([head, *(_row(session) for session in found["items"])]))
        if found["next"]:
            click.echo(f"more: --cursor {found['next']}")
    else:
        click.echo("no sessions")


@sessions.command(epilog="\b\nExample:\n  python -m qcjob sessions show 0198c0de-…")
@click.argument("session_id", metavar="ID")
@common
@pass_common
def show(shared: Common, session_id: str) -> None:
    """Show a session as it is now."""
    with asking(shared) as client:
        _show(shared, client.sessions.read(session_id))


@sessions.command(epilog="\b\nExample:\n  python -m qcjob sessions close 0198c0de-…")
@click.argument("session_id", metavar="ID")
@click.option("--why", default="", metavar="TEXT", help="For operators, who may close anybody's: for the audit.")
@common
@pass_common
def close(shared: Common, session_id: str, why: str) -> None:
    """Close a session for ever. Its jobs that wait are ranked as any others."""
    with asking(shared) as client:
        _show(shared, client.sessions.close(session_id, why=why))


def _show(shared: Common, session: dict[str, Any]) -> None:
    if shared.as_json:
        echo_json(session)
        return
    told = f"session {session['id']} on {session['device']}: {session['state']}"
    if session["closed_because"]:
        told += f", {session['closed_because']}"
    elif session["closes_at"]:
        told += f", closes itself at {session['closes_at']}"
    click.echo(f"{told}; jobs: {_jobs(session)}")


def _row(session: dict[str, Any]) -> list[str]:
    closes = session["closed_at"] or session["closes_at"] or "-"
    return [session["id"], session["device"], session["state"], session["created_at"], closes, _jobs(session)]


def _jobs(session: dict[str, Any]) -> str:
    counts = [f"{count} {state}" for state, count in session["jobs"].items() if count]
    return ", ".join(counts) or "none"
