"""The commands: each in a room of its own, loaded when it is asked for.

    up                                      launcher/   starts the processes and nothing else
    submit status result cancel list devices  jobs      speak HTTP alone
    keys add | list | revoke                keys        on the ledger, no web needed
    doctor                                  doctor      looks at the ledger
    check-driver                            check_driver  tries a driver on its device

Exit codes are in `exits`; what every command takes is in `options`.
"""

from __future__ import annotations

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
    "keys": "qcjob.cli.keys:keys",
    "doctor": "qcjob.cli.doctor:doctor",
    "check-driver": "qcjob.cli.check_driver:check_driver",
}


class Commands(Endings):
    """A group that imports a command when it is named, so that `--help` and the job commands start fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order of a first day."""
        return [name for name, where in _COMMANDS.items() if find_spec(where.partition(":")[0])]

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
