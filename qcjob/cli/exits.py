"""How a command ends, and how it says so. `docs/commands.md` tells users.

Whatever goes wrong is told on stderr; with `-o json` stdout holds one document all the same, {"error", "exit_code"}
where the server gave none.
"""

from __future__ import annotations

import errno
import io
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

import click

DONE = 0
REFUSED = 1  # refused by the server, or the job ended FAILED or CANCELLED
CANNOT = 2  # wrong usage, nobody to ask, cannot start, or the output cannot be written; click's own code for usage
NOT_YET = 3  # the job has no result yet
INTERRUPTED = 130  # 128 + SIGINT, as shells have it

_AS_JSON = "qcjob.cli.as_json"
_WRITING = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF)
"""What a write can end with."""


def stop(code: int, message: str = "", document: Mapping[str, Any] | None = None) -> NoReturn:
    """End the command, with the message on stderr and, with `-o json`, the document on stdout.

    Without a message the command has said, and printed, all there is.
    """
    ctx = click.get_current_context(silent=True)
    if message:
        with suppress(OSError):  # nowhere to say that there is nowhere to say it
            click.echo(message, err=True)
        if ctx is not None and ctx.meta.get(_AS_JSON):
            click.echo(json.dumps(document or {"error": message, "exit_code": code}))
    raise SystemExit(code)


class Endings(click.Group):
    """A group whose commands all end as this page says, a usage error and a full disk included."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """The context, knowing before anything is parsed whether JSON is wanted."""
        as_json = wants_json(args)
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")  # what this terminal's encoding lacks is escaped
        with _ending(as_json):
            ctx = super().make_context(info_name, args, parent, **extra)
        ctx.meta[_AS_JSON] = as_json
        return ctx

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        with _ending(bool(ctx.meta[_AS_JSON])):
            return super().invoke(ctx)


def wants_json(words: Sequence[str]) -> bool:
    """Whether a command line asks for JSON, seen without parsing it: the last `-o` counts."""
    wanted = ""
    for word, following in zip(words, [*words, ""][1:], strict=True):
        if word == "--":
            break
        if word in ("-o", "--output"):
            wanted = following
        elif word.startswith("--output="):
            wanted = word.removeprefix("--output=")
        elif word.startswith("-o") and len(word) > 2:
            wanted = word.removeprefix("-o")
    return wanted == "json"


@contextmanager
def _ending(as_json: bool) -> Iterator[None]:
    try:
        try:
            yield
        except KeyboardInterrupt:
            stop(INTERRUPTED, "interrupted")
        except click.ClickException as error:
            if as_json:
                click.echo(json.dumps({"error": error.format_message(), "exit_code": error.exit_code}))
            raise
    except OSError as error:
        _throw_away_what_is_not_written()
        if error.errno != errno.EPIPE:  # who reads has gone, as `head` does: nothing to say
            with suppress(OSError):
                what = "the output cannot be written" if error.errno in _WRITING else "cannot go on"
                click.echo(f"{what}: {error.strerror or error}", err=True)
        raise SystemExit(CANNOT) from error


def _throw_away_what_is_not_written() -> None:
    """Python would try once more when it ends, and complain."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
