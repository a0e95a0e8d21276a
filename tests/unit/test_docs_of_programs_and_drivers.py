"""The pages on languages and drivers say what is so."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from qcjob.circuits.conditions import BINARY, UNARY
from qcjob.devices.config import load_devices
from qcjob.devices.driver import Driver
from qcjob.devices.presets import PRESETS
from qcjob.errors import InvalidProgram
from qcjob.gates import GATES
from qcjob.languages import detect, parse
from qcjob.languages.openqasm import Limits, scan
from qcjob.web.problems import PROGRAM_FAULTS
from tests.contract.driver_suite import DriverSuite

HOUSE = Path(__file__).parents[2]
DOCS = HOUSE / "docs"


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", (DOCS / page).read_text(), re.DOTALL | re.MULTILINE)


def refusals(chapter: int) -> list[tuple[str, str, str]]:
    """Code, example and place of each row of a chapter; a row without a code goes on with the one above."""
    rows, code = [], ""
    chapters = (DOCS / "languages.md").read_text().split("\n## ")
    for line in chapters[chapter].splitlines():
        if found := re.fullmatch(r"\| (?:`(.+?)` )?\|.*\| `(.*?)`? ?\| (\d+:\d+) \|", line):
            code = found[1] or code
            rows.append((code, found[2].strip("`"), found[3]))
    return rows


ROTATIONS, OPENQASM = 1, 2


@pytest.mark.parametrize(("code", "example", "place"), refusals(ROTATIONS))
def test_each_refusal_on_the_page_is_refused_like_that(code: str, example: str, place: str) -> None:
    with pytest.raises(InvalidProgram) as refused:
        parse(example, None, max_bytes=100)
    assert [(error.code, f"{error.line}:{error.column}") for error in refused.value.errors] == [(code, place)]


@pytest.mark.parametrize(("code", "example", "place"), refusals(OPENQASM))
def test_each_refusal_of_openqasm_on_the_page_is_refused_like_that(code: str, example: str, place: str) -> None:
    with pytest.raises(InvalidProgram) as refused:
        scan(example, "openqasm2" if detect(example) == "openqasm2" else "openqasm3", Limits(), 127)
    assert [(error.code, f"{error.line}:{error.column}") for error in refused.value.errors] == [(code, place)]


def test_every_code_of_the_parser_has_a_row() -> None:
    codes = {"empty-program", "missing-comma", "unknown-axis", "malformed-rotation", "angle-out-of-range"}
    assert {code for code, _, _ in refusals(ROTATIONS)} == codes


def test_every_code_of_the_scan_has_a_row() -> None:
    said = {
        node.value
        for path in (HOUSE / "qcjob" / "languages" / "openqasm").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if re.fullmatch(r"[a-z]+(-[a-z]+)+", node.value)
    }
    rows = {code for code, _, _ in refusals(OPENQASM)} | {"gate-too-deep", "unsupported"}
    assert rows == said - {"surrogatepass"} | {"unsupported"}


def test_every_fault_of_a_program_is_on_the_page() -> None:
    page = (DOCS / "languages.md").read_text()
    assert [code for code in PROGRAM_FAULTS if f"`{code}`" not in page] == []


def test_the_limits_on_the_page_are_the_defaults() -> None:
    page = (DOCS / "languages.md").read_text()
    rows = {
        name: int(most.replace(",", "")) for name, most in re.findall(r"^\| `([a-z0-9_]+)` \| ([\d,]+) \|", page, re.M)
    }
    assert rows == Limits().as_dict()


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


def test_the_ready_made_devices_on_the_page_are_those_there_are(tmp_path: Path) -> None:
    [example] = blocks("operations.md", "toml")
    file = tmp_path / "devices.toml"
    file.write_text(example)
    assert set(load_devices(file).configured) == set(PRESETS)


class TestTheDriverOnThePage(DriverSuite):
    def make_driver(self) -> Driver:
        names: dict[str, Any] = {"__name__": "docs"}
        exec(compile(blocks("drivers.md", "python")[0], "drivers.md", "exec"), names)
        driver: Driver = names["AlwaysZero"]("zero", {})
        return driver


def test_the_table_of_operations_has_every_gate_and_every_word_of_a_condition() -> None:
    page = (DOCS / "drivers.md").read_text()
    named = {
        name for row in re.findall(r"^\| (`[^|]*`) \|", page, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)
    }
    assert set(GATES) <= named
    words = set(re.findall(r'`\["(\w+)"', page)) - {"uint"}
    own = {"clbit", "creg", "lit", "cast", "index", "if", "while", "switch", "break", "continue", "assign"}
    assert words == {*BINARY.values(), *UNARY.values(), *own, "measure", "reset", "barrier", "delay"}
