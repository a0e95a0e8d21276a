"""Answers that are not what was hoped for, shown so that one can mend them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from qcjob.cli.exits import CANNOT, INTERRUPTED, NOT_YET, REFUSED, stop
from qcjob.cli.options import Common
from qcjob.client import Client, Problem, Unreachable, Unusable

MOST_ERRORS = 10
CONTEXT = 40  # characters of a long line shown on either side of the fault


@contextmanager
def asking(common: Common, *, program: str | None = None, hint: str = "") -> Iterator[Client]:
    """A client whose errors end the command: refused 1, not ready 3, nobody there or not to be asked 2, Ctrl-C 130.

    `hint` is for a program that is refused.
    """
    try:
        with common.client() as client:
            yield client
    except Problem as problem:
        stop(_exit_code(problem), describe(problem, program, hint), problem.document)
    except Unusable as error:
        stop(CANNOT, str(error))
    except Unreachable as error:
        stop(CANNOT, f"{error}\nIs it up? Start it with `python -m qcjob up`, or say where it is with --url.")
    except KeyboardInterrupt:
        stop(INTERRUPTED, "interrupted")


def describe(problem: Problem, program: str | None = None, hint: str = "") -> str:
    """The problem for a person: what was refused, where, and what would be accepted."""
    errors = problem.errors
    head = click.style(problem.code, fg="red", bold=True)
    lines = [head if errors else f"{head}: {printable(problem.detail)}"]
    for error in errors[:MOST_ERRORS]:
        lines += _program_error(error, program) if "line" in error else _field_error(error)
    if len(errors) > MOST_ERRORS:
        lines.append(f"… and {len(errors) - MOST_ERRORS:,} more")
    if hint and any("line" in error for error in errors):
        lines.append(hint)
    if problem.status == 401:
        lines.append("Show a key with --api-key or QCJOB_API_KEY, or --data DIR to read DIR/api-key.")
    return "\n".join(lines)


def printable(text: str) -> str:
    """The text without anything that could steer a terminal."""
    return "".join(char if char.isprintable() else "·" for char in text)


def _exit_code(problem: Problem) -> int:
    if problem.code == "result-not-ready":
        return NOT_YET
    return CANNOT if problem.status >= 500 or problem.status == 401 else REFUSED


def _program_error(error: dict[str, object], program: str | None) -> list[str]:
    line, column = int(str(error["line"])), int(str(error.get("column", 1)))
    head = f"  line {line}, column {column}: {printable(str(error.get('message', '')))}"
    lines = (program or "").split("\n")
    if program is None or not 1 <= line <= len(lines):
        return [head]
    text = printable(lines[line - 1].rstrip("\r"))
    start = max(0, column - 1 - CONTEXT)
    shown = text[start : column + CONTEXT]
    before, after = "…" if start else "", "…" if column + CONTEXT < len(text) else ""
    margin = f"{line:>5} | "
    caret = (
        " " * (len(margin) - 2)
        + "| "
        + " " * (len(before) + column - 1 - start)
        + click.style("^", fg="red", bold=True)
    )
    return [head, f"{margin}{before}{shown}{after}", caret]


def _field_error(error: dict[str, object]) -> list[str]:
    allowed = error.get("allowed")
    if isinstance(allowed, list):
        allowed = ", ".join(map(str, allowed))
    hint = f"; allowed: {printable(str(allowed))}" if allowed not in (None, "") else ""
    return [f"  {printable(str(error.get('field', '?')))}: {printable(str(error.get('message', '')))}{hint}"]
