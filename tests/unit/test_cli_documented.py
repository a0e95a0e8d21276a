"""docs/commands.md names every command, option and exit code."""

from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from qcjob.cli import exits, main

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "commands.md").read_text()


def commands(group: click.Group = main, path: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command with the words that call it."""
    ctx = click.Context(group)
    for name in group.list_commands(ctx):
        command = group.get_command(ctx, name)
        assert command is not None
        yield f"{path}{name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{path}{name} ")


@pytest.mark.parametrize(
    ("path", "command"), list(commands()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_command_and_its_options_are_documented(path: str, command: click.Command) -> None:
    assert f"python -m qcjob {path}" in PAGE
    for param in command.params:
        if isinstance(param, click.Option):
            assert any(f"`{name}" in PAGE or f"[{name}" in PAGE for name in param.opts), param.opts


@pytest.mark.parametrize(
    ("path", "command"), list(commands()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_the_help_of_a_command_has_an_example_and_the_common_options(path: str, command: click.Command) -> None:
    text = command.get_help(click.Context(command, info_name=path))
    assert f"python -m qcjob {path}" in text
    for option in ("--data", "--url", "--api-key", "--output"):
        assert option in text


@pytest.mark.parametrize("code", [exits.DONE, exits.REFUSED, exits.CANNOT, exits.NOT_YET, exits.INTERRUPTED])
def test_an_exit_code_is_documented(code: int) -> None:
    assert f"| {code} |" in PAGE
