"""The page on results says what is so: its Python runs, its figures are those of the code, its job is accepted."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import fakeredis
import pytest

from qcjob.observables import MAX_BASES, MAX_OBSERVABLES, MAX_TERMS
from qcjob.result import MAX_RESULT_BYTES
from qcjob.web.results import OUTCOMES_MOST, SHOTS, SHOTS_MOST
from qcjob.web.schemas.results import MemoryOut, ResultOut
from tests.unit.webtest import Web
from workers.mitigation import MAX_OUTCOMES

PAGE = (Path(__file__).parents[2] / "docs" / "results.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("block", blocks("python"))
def test_the_python_runs(block: str) -> None:
    names: dict[str, Any] = {}
    exec(compile(block, "results.md", "exec"), names)


@pytest.mark.parametrize("body", [json.loads(block) for block in blocks("json") if '"program"' in block])
def test_a_job_of_the_page_is_accepted(body: dict[str, Any]) -> None:
    assert Web(fakeredis.FakeRedis()).post("/v1/jobs", json=body).status_code == 202


def test_the_fields_of_a_result_are_on_the_page() -> None:
    always = {"schema", "id", "shots", "bit_order"}
    assert {field.data_key or name for name, field in ResultOut().fields.items()} - always <= set(
        re.findall(r"`(\w+)`", PAGE)
    )
    shown = re.search(r'^    (\{"schema".*\})$', PAGE, re.MULTILINE)
    assert shown is not None and set(re.findall(r'"(\w+)": ', shown[1])) == set(MemoryOut().fields)


def test_the_figures_on_the_page_are_those_of_the_code() -> None:
    text = " ".join(PAGE.split())
    for figure in (
        f"At most {MAX_OBSERVABLES} observables, {MAX_TERMS:,} strings in all, and {MAX_BASES} bases",
        f"Up to {MAX_OUTCOMES:,} different outcomes",
        f"`limit` how many ({SHOTS:,}; at most {SHOTS_MOST:,})",
        f"at most {OUTCOMES_MOST:,} outcomes of each part",
        f"`max_result_bytes` ({MAX_RESULT_BYTES >> 20} MiB)",
    ):
        assert figure in text
