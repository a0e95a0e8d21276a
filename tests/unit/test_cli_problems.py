"""Refusals, shown so that one can mend them."""

from typing import Any

import click
import pytest

from qcjob.cli.problems import describe, printable
from qcjob.client import Problem


def shown(document: dict[str, Any], program: str | None = None, status: int = 422) -> str:
    return click.unstyle(describe(Problem.from_document(document, status), program))


def program_problem(line: int, column: int, message: str = "a comma is missing") -> dict[str, Any]:
    error = {"line": line, "column": column, "code": "missing-comma", "message": message}
    return {"type": "https://example.org/problems/missing-comma", "detail": "1 error", "errors": [error]}


def test_a_fault_in_a_program_is_shown_with_its_line_and_a_caret_under_its_column() -> None:
    lines = shown(program_problem(1, 7), "X(90) Y(90)").splitlines()
    assert lines[0] == "missing-comma"
    assert lines[1] == "  line 1, column 7: a comma is missing"
    assert lines[2].index("Y") == lines[3].index("^")


def test_the_caret_stands_right_in_a_line_too_long_for_the_terminal() -> None:
    program = "X(1)," * 1_000 + "Q(2)" + ",X(1)" * 1_000
    lines = shown(program_problem(1, 5_001), program).splitlines()
    assert len(lines[2]) < 120
    assert lines[2][lines[3].index("^")] == "Q"


def test_the_right_line_of_several_is_shown() -> None:
    assert "    2 |  Y(1)" in shown(program_problem(2, 2), "X(1),\n Y(1)\n X(1)")


def test_a_wrong_field_is_shown_with_what_is_allowed() -> None:
    error = {"field": "shots", "message": "0 is too small", "allowed": "1 to 1,000,000"}
    text = shown({"type": "invalid-request", "detail": "1 field", "errors": [error]})
    assert "  shots: 0 is too small; allowed: 1 to 1,000,000" in text


def test_allowed_values_are_listed() -> None:
    error = {"field": "runtime", "message": "unknown", "allowed": ["verbatim", "optimized"]}
    assert "allowed: verbatim, optimized" in shown({"type": "x", "errors": [error]})


def test_a_thousand_errors_do_not_flood_the_terminal() -> None:
    document = program_problem(1, 1)
    document["errors"] *= 1_000
    text = shown(document, "X(1)")
    assert "990 more" in text
    assert len(text.splitlines()) < 40


def test_what_could_steer_the_terminal_is_not_written_to_it() -> None:
    assert "\x1b" not in shown(program_problem(1, 1, "\x1b[2J"), "\x1b]0;title\x07")


def test_a_missing_key_comes_with_a_hint() -> None:
    assert "--api-key" in shown({"type": "not-authenticated", "detail": "no key"}, status=401)


@pytest.mark.parametrize(
    "kind", ["empty-program", "/problems/empty-program", "urn:qcjob:empty-program", "x#empty-program"]
)
def test_the_code_is_the_last_part_of_the_problems_type(kind: str) -> None:
    assert Problem.from_document({"type": kind}, 422).code == "empty-program"


def test_printable_text_stays_as_it_is() -> None:
    assert printable("θ = 90°, ok") == "θ = 90°, ok"
