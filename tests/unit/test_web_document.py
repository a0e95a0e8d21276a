"""The API's own description: valid, complete, self-contained, and in step with docs/http.md."""

from __future__ import annotations

import re
from pathlib import Path

import fakeredis
import pytest
from flask import Flask
from openapi_spec_validator import validate

from qcjob import errors
from qcjob.web import problems
from qcjob.web.times import from_text, to_text
from tests.unit.webtest import Web

GUIDE = Path(__file__).parents[2] / "docs" / "http.md"


@pytest.fixture(scope="module")
def web() -> Web:
    return Web(fakeredis.FakeRedis())


def routes(app: Flask) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<(\w+)>", r"{\1}", rule.rule)
        found.setdefault(path, set()).update(method.lower() for method in (rule.methods or ()) if method != "HEAD")
    return found


def test_the_document_is_valid_openapi_3_1(web: Web) -> None:
    assert web.document["openapi"].startswith("3.1")
    validate(web.document)


def test_every_route_is_in_the_document_and_nothing_else(web: Web) -> None:
    described = {path: set(operations) - {"parameters"} for path, operations in web.document["paths"].items()}
    assert described == routes(web.app)


def test_operation_ids_do_not_clash_and_path_parameters_stand_once(web: Web) -> None:
    for path, operations in web.document["paths"].items():
        for operation in (op for name, op in operations.items() if name != "parameters"):
            given = [*operations.get("parameters", ()), *operation.get("parameters", ())]
            names = [p["name"] for p in given if p.get("in") == "path"]
            assert sorted(names) == sorted(re.findall(r"\{(\w+)\}", path))


def test_what_needs_no_key_says_so(web: Web) -> None:
    assert web.document["security"] == [{"ApiKey": []}]
    for path, operations in web.document["paths"].items():
        for method in set(operations) - {"parameters"}:
            assert (operations[method].get("security") == []) is not path.startswith("/v1/")


def test_both_request_bodies_are_described(web: Web) -> None:
    content = web.document["paths"]["/v1/jobs"]["post"]["requestBody"]["content"]
    assert set(content) == {"application/json", "text/plain"}


def test_every_refusal_has_a_row_with_its_status(web: Web) -> None:
    def tree(cls: type[BaseException]) -> set[type[BaseException]]:
        return {cls}.union(*(tree(sub) for sub in cls.__subclasses__()))

    for error in tree(errors.Refused) - {errors.Refused}:
        assert error in problems.TABLE
        assert (
            error is errors.InvalidProgram
            or error in (errors.ProgramTooLong,)
            or (
                problems.TABLE[error].code == error.code  # type: ignore[attr-defined]
            )
        )


@pytest.mark.parametrize("code", problems.ALL)
def test_every_problem_has_a_page_and_stands_in_the_guide(web: Web, code: str) -> None:
    page = web.get(f"/problems/{code}", key=None)
    assert page.status_code == 200
    assert problems.ALL[code].title in page.get_data(as_text=True).replace("&#39;", "'")
    assert re.search(rf"\| `{code}` \|", GUIDE.read_text(encoding="utf-8"))


def test_every_route_stands_in_the_guide(web: Web) -> None:
    guide = GUIDE.read_text(encoding="utf-8")
    for path, methods in routes(web.app).items():
        shown = path.replace("{job_id}", "{id}").replace("{batch_id}", "{id}")
        for method in methods:
            assert f"`{method.upper()} {shown}`" in guide


def test_the_docs_page_shows_every_route_and_loads_nothing_from_elsewhere(web: Web) -> None:
    page = web.get("/docs", key=None).get_data(as_text=True)
    for path in web.document["paths"]:
        assert f"<code>{path}</code>" in page
    assert "<script" not in page
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01t00:00:01.5z", 1_500_000),
        ("1970-01-01T02:00:00+02:00", 0),
        ("1970-01-01T02:00:00 02:00", 0),
        ("1969-12-31T22:00:00-02:00", 0),
        ("1970-01-01T00:00:00.123456789Z", 123_456),
    ],
)
def test_times_are_read_with_their_offset(text: str, microseconds: int) -> None:
    assert from_text(text) == microseconds


@pytest.mark.parametrize("microseconds", [0, 1, 999_999, 1_800_000_000_000_000, 1_800_000_000_123_450])
def test_times_are_written_with_six_digits_and_read_back(microseconds: int) -> None:
    text = to_text(microseconds)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", text)
    assert from_text(text) == microseconds
