"""The commands: each in a room of its own, loaded when it is asked for.

    up                                      launcher/   starts the processes and nothing else
    submit status result cancel list devices  jobs      speak HTTP alone
    receipt verify target                   receipts    what ran, signed, and whether to believe it
    rank queue                              rank, queue  speak HTTP too
    sessions open | list | show | close     sessions    as well
    reservations add | list | remove        reservations  for operators, over HTTP
    hold release move drain offline online audit  operator  for operators, over HTTP
    keys add | list | revoke                keys        on the ledger, no web needed
    customers add | set | list | show | remove  customers
    doctor                                  doctor      looks at the ledger
    check-driver                            check_driver  tries a driver on its device

Exit codes are in `exits`; what every command takes is in `options`.
"""

from __future__ import annotations

from difflib import get_close_matches
from importlib import import_module
from importlib.util import find_spec

import click

from qcjob.cli.exits import Endings
from qcjob.cli.options import common

_COMMANDS = {
    "up": "qcjob.cli.launcher.command:up",
    "submit": "qcjob.cli.submit:submit",
    "status": "qcjob.cli.jobs:status",
    "result": "qcjob.cli.jobs:result",
    "cancel": "qcjob.cli.jobs:cancel",
    "list": "qcjob.cli.jobs:list_jobs",
    "devices": "qcjob.cli.jobs:devices",
    "receipt": "qcjob.cli.receipts:receipt",
    "verify": "qcjob.cli.receipts:verify",
    "target": "qcjob.cli.receipts:target",
    "rank": "qcjob.cli.rank:rank",
    "queue": "qcjob.cli.queue:queue",
    "sessions": "qcjob.cli.sessions:sessions",
    "reservations": "qcjob.cli.reservations:reservations",
    "hold": "qcjob.cli.operator:hold",
    "release": "qcjob.cli.operator:release",
    "move": "qcjob.cli.operator:move",
    "drain": "qcjob.cli.operator:drain",
    "offline": "qcjob.cli.operator:offline",
    "online": "qcjob.cli.operator:online",
    "audit": "qcjob.cli.operator:audit",
    "keys": "qcjob.cli.keys:keys",
    "customers": "qcjob.cli.customers:customers",
    "doctor": "qcjob.cli.doctor:doctor",
    "check-driver": "qcjob.cli.check_driver:check_driver",
}


class Commands(Endings):
    """A group that imports a command when it is named, so that `--help` and the job commands start fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order of a first day."""
        return [name for name, where in _COMMANDS.items() if find_spec(where.partition(":")[0])]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command of the first word; a usage error with what was meant, perhaps, where there is none."""
        names = self.list_commands(ctx)
        if args[0] not in names and (close := get_close_matches(args[0], names, 1)):
            ctx.fail(f"No such command {args[0]!r}. Did you mean {close[0]!r}?")
        return super().resolve_command(ctx, args)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, or None when there is none of that name."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module, _, attribute = _COMMANDS[cmd_name].partition(":")
        command = getattr(import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="""\b
Examples:
  python -m qcjob up
  python -m qcjob submit "X(90),Y(90), X(180)" --wait
  python -m qcjob list --state WAITING
  python -m qcjob keys add alice

\b
Exit codes:
  0  done
  1  refused, or the job ended FAILED or CANCELLED
  2  wrong usage, nobody to ask, cannot start, or the output cannot be written
  3  the job has no result yet
  130  interrupted""",
)
@common
def main() -> None:
    """A self-hosted front door for quantum computers.

    Every command takes --data, --url, --api-key and -o, before or after its name.
    """
