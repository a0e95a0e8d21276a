"""The pages on languages and drivers say what is so."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from qcjob.devices.driver import Driver
from qcjob.errors import InvalidProgram
from qcjob.languages import parse
from tests.contract.driver_suite import DriverSuite

DOCS = Path(__file__).parents[2] / "docs"


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", (DOCS / page).read_text(), re.DOTALL | re.MULTILINE)


def refusals() -> list[tuple[str, str, str]]:
    """Code, example and place of each row; a row without a code goes on with the one above."""
    rows, code = [], ""
    for line in (DOCS / "languages.md").read_text().splitlines():
        if found := re.fullmatch(r"\| (?:`(.+?)` )?\|.*\| `(.*?)`? ?\| (\d+:\d+) \|", line):
            code = found[1] or code
            rows.append((code, found[2].strip("`"), found[3]))
    return rows


@pytest.mark.parametrize(("code", "example", "place"), refusals())
def test_each_refusal_on_the_page_is_refused_like_that(code: str, example: str, place: str) -> None:
    with pytest.raises(InvalidProgram) as refused:
        parse(example, None, max_bytes=100)
    assert [(error.code, f"{error.line}:{error.column}") for error in refused.value.errors] == [(code, place)]


def test_every_code_of_the_parser_has_a_row() -> None:
    codes = {"empty-program", "missing-comma", "unknown-axis", "malformed-rotation", "angle-out-of-range"}
    assert {code for code, _, _ in refusals()} == codes


@pytest.mark.parametrize("page", ["languages.md", "drivers.md"])
def test_the_examples_on_the_page_run(page: str) -> None:
    names: dict[str, Any] = {"__name__": "docs"}
    examples = blocks(page, "python")
    assert examples
    for example in examples:
        exec(compile(example, page, "exec"), names)


def test_the_device_tables_on_the_page_are_toml() -> None:
    for example in blocks("drivers.md", "toml"):
        assert tomllib.loads(example)["devices"]


class TestTheDriverOnThePage(DriverSuite):
    def make_driver(self) -> Driver:
        names: dict[str, Any] = {"__name__": "docs"}
        exec(compile(blocks("drivers.md", "python")[0], "drivers.md", "exec"), names)
        driver: Driver = names["AlwaysZero"]("zero", {})
        return driver
