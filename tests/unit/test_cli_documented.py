"""docs/commands.md names every command, option and exit code."""

from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

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


@pytest.mark.parametrize("group", ["", "keys", "customers"])
def test_a_list_of_commands_says_in_whole_words_what_each_does(group: str) -> None:
    answer = CliRunner().invoke(main, [*group.split(), "--help"], terminal_width=80)
    assert answer.exit_code == 0
    assert "..." not in answer.output.partition("Commands:")[2], (
        "the first sentence of a command is to fit into its line"
    )


def test_without_a_command_the_help_is_shown() -> None:
    answer = CliRunner().invoke(main, [])
    assert answer.exit_code == exits.CANNOT and "Commands:" in answer.output


def test_a_command_misspelt_is_guessed() -> None:
    answer = CliRunner().invoke(main, ["sumbit", "X(90)"])
    assert answer.exit_code == exits.CANNOT and "Did you mean 'submit'?" in answer.output
    answer = CliRunner().invoke(main, ["fridge"])
    assert answer.exit_code == exits.CANNOT and "No such command 'fridge'." in answer.output


@pytest.mark.parametrize("code", [exits.DONE, exits.REFUSED, exits.CANNOT, exits.NOT_YET, exits.INTERRUPTED])
def test_an_exit_code_is_documented(code: int) -> None:
    assert f"| {code} |" in PAGE
