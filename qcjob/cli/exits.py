"""How a command ends. `docs/commands.md` tells users."""

from __future__ import annotations

from typing import NoReturn

import click

DONE = 0
REFUSED = 1  # refused by the server, or the job ended FAILED or CANCELLED
CANNOT = 2  # wrong usage, nobody to ask, or cannot start; click's own code for usage
NOT_YET = 3  # the job has no result yet
INTERRUPTED = 130  # 128 + SIGINT, as shells have it


def stop(code: int, message: str = "") -> NoReturn:
    """End the command, with the message on stderr."""
    if message:
        click.echo(message, err=True)
    raise SystemExit(code)
