"""What every command takes: --data, --url, --api-key and -o, before the command's name or after it.

After the name wins over before it, that over the environment, that over the default.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from qcjob.cli.exits import CANNOT, stop
from qcjob.client import DEFAULT_URL, Client
from qcjob.errors import ConfigurationError
from qcjob.settings import Settings, read_settings

KEY_FILE = "api-key"


@dataclass(frozen=True, slots=True)
class Common:
    """Where the data lies, whom to ask, as whom, and how to answer."""

    data: Path = Path("var")
    url: str = DEFAULT_URL
    given_key: str | None = None
    output: str = "text"

    def __repr__(self) -> str:
        return f"Common({str(self.data)!r}, {self.url!r}, {self.output!r})"

    @property
    def as_json(self) -> bool:
        """True for one JSON document on stdout and nothing else there."""
        return self.output == "json"

    @property
    def key_file(self) -> Path:
        """DATA/api-key: made by `up`, read by the job commands."""
        return self.data / KEY_FILE

    def settings(self) -> Settings:
        """The settings of the environment, with --data in them. Ends the command when one cannot be used."""
        try:
            return read_settings({**os.environ, "QCJOB_DATA": str(self.data)})
        except ConfigurationError as error:
            stop(CANNOT, f"cannot start: {error}")

    def client(self) -> Client:
        """A client of the server at --url. Ends the command when there is no key to show."""
        return Client(self.url, self._key())

    def _key(self) -> str:
        if self.given_key:
            return _usable(self.given_key, "--api-key or QCJOB_API_KEY is no usable key")
        try:
            text = self.key_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not text"
            stop(
                CANNOT,
                f"no API key: {self.key_file} cannot be read ({reason}).\n"
                f"Start `python -m qcjob up`, which makes it, or give --api-key or --data.",
            )
        return _usable(text, f"the key file {self.key_file} holds no usable key")


def _usable(key: str, otherwise: str) -> str:
    """A key that a header can carry. Ends the command where it is none; never shows it."""
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        stop(CANNOT, f"{otherwise}: wanted one line of visible ASCII characters without a blank")
    return key


pass_common = click.make_pass_decorator(Common, ensure=True)


def _keep(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    def callback(ctx: click.Context, _: click.Parameter, value: Any) -> None:
        if value is not None:
            ctx.obj = replace(ctx.ensure_object(Common), **{name: value})

    return callback


def common(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the common options; the command finds them with `@click.pass_obj` as a Common."""
    on_group = command.__name__ == "main"

    def option(*names: str, keep: str, env: str | None, help_text: str, **more: Any) -> Callable[..., Any]:
        return click.option(
            *names,
            expose_value=False,
            callback=_keep(keep),
            envvar=env if on_group else None,  # read once, for the group, so that it cannot beat what was typed
            help=help_text + (f"  [env: {env}]" if env else ""),
            **more,
        )

    for add in (
        option(
            "-o", "--output", keep="output", env=None, help_text="How to answer.", type=click.Choice(["text", "json"])
        ),
        option("--api-key", keep="given_key", env="QCJOB_API_KEY", metavar="KEY", help_text="Default: DATA/api-key."),
        option("--url", keep="url", env="QCJOB_URL", metavar="URL", help_text=f"The server. Default: {DEFAULT_URL}."),
        option(
            "--data",
            keep="data",
            env="QCJOB_DATA",
            metavar="DIR",
            help_text="The data folder. Default: ./var.",
            type=click.Path(path_type=Path),
        ),
    ):
        command = add(command)
    return command
