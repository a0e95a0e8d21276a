"""The README says what is so: its Python runs, its commands exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import click
import pytest

from qcjob.cli import main

HOUSE = Path(__file__).resolve().parents[2]
README = (HOUSE / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def shell_lines() -> list[str]:
    return [line for block in blocks("sh") for line in block.splitlines() if line]


@pytest.mark.parametrize("block", blocks("python"))
def test_the_python_runs(block: str) -> None:
    names: dict[str, Any] = {"__name__": "readme"}
    exec(compile(block, "README.md", "exec"), names)


@pytest.mark.parametrize("line", shell_lines())
def test_a_shell_command_is_one_that_there_is(line: str) -> None:
    words = shlex.split(line)
    if words[0] == "make":
        assert re.search(rf"^{words[1]}:", (HOUSE / "Makefile").read_text(), re.MULTILINE)
        return
    assert words[:3] == ["python", "-m", "qcjob"]
    command = main.get_command(click.Context(main), words[3])
    assert command is not None
    command.make_context(words[3], words[4:])  # raises UsageError for what it does not take


def test_the_celery_commands_name_the_app_of_the_procfile() -> None:
    assert "celery -A workers.app worker" in README
    assert re.search(r"celery -A workers\.app .*\bworker\b", (HOUSE / "Procfile").read_text())


def test_the_rooms_of_the_tour_are_there() -> None:
    tour = README.partition("## A tour of the house")[2].partition("\n## ")[0]
    for name in re.findall(r"`(\w+\.py|\w+\.lua)`", tour):
        assert [*(HOUSE / "qcjob").rglob(name), *(HOUSE / "workers").rglob(name)], name
