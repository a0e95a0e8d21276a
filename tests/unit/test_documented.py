"""What is public is documented: states, events, error codes, settings, routes, commands; diagrams are the code's."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import click
import fakeredis
import pytest

from qcjob import errors, lifecycle
from qcjob.cli import main
from qcjob.devices.driver import Poll, PollState
from qcjob.ledger.meta import CELERY_STATE
from qcjob.lifecycle import FINAL, TRANSITIONS, Event, JobState
from qcjob.settings import Settings, read_settings
from qcjob.web import problems
from qcjob.web.app import create_app

HOUSE = Path(__file__).resolve().parents[2]
DOCS = HOUSE / "docs"


def page(name: str) -> str:
    return (DOCS / name).read_text()


def rows(name: str) -> dict[str, str]:
    """The tables of a page: the rest of each row by what stands in backquotes in its first cell."""
    return dict(re.findall(r"^\| `([^`]+)`[^|]*\|(.*)\|$", page(name), re.MULTILINE))


# -- the lifecycle


def diagram() -> str:
    """The table of moves as a Mermaid diagram; moves between the same two states share an arrow."""
    arrows: dict[tuple[JobState, JobState], list[str]] = {}
    for (state, event), to in TRANSITIONS.items():
        arrows.setdefault((state, to), []).append(event)
    return "\n".join(
        [
            "stateDiagram-v2",
            "    [*] --> CREATED",
            *(f"    {state} --> {to}: {', '.join(events)}" for (state, to), events in arrows.items()),
            *(f"    {state} --> [*]" for state in JobState if state in FINAL),
        ]
    )


def test_the_diagram_is_the_table() -> None:
    assert f"```mermaid\n{diagram()}\n```" in page("lifecycle.md"), f"put this into docs/lifecycle.md:\n{diagram()}"


def test_the_module_lists_the_moves_of_its_table() -> None:
    said = set()
    for states, events, to in re.findall(r"^ {4}([A-Z|]+) +([a-z_, ]+?) +-> ([A-Z]+)", lifecycle.__doc__ or "", re.M):
        said |= {((state, event), to) for state in states.split("|") for event in events.split(", ")}
    assert said == set(TRANSITIONS.items())


@pytest.mark.parametrize("state", JobState)
def test_a_state_says_what_it_means_who_ends_it_and_what_celery_calls_it(state: JobState) -> None:
    meaning, leaves, celery = (cell.strip() for cell in rows("lifecycle.md")[state].split("|"))
    assert meaning
    assert leaves
    assert celery == CELERY_STATE.get(state, "")


@pytest.mark.parametrize("event", Event)
def test_an_event_is_documented(event: Event) -> None:
    assert event in rows("lifecycle.md")


FAILING = ("fail", "without_result")


def failure_codes() -> set[str]:
    """Every code given in so many words to a job's failure in workers/, and the one a Poll has by itself."""
    found = {Poll(PollState.FAILED).code}
    for path in (HOUSE / "workers").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in FAILING:
                found |= {str(arg.value) for arg in node.args if isinstance(arg, ast.Constant) and _is_code(arg.value)}
    return found


def _is_code(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[a-z]+(-[a-z]+)*", value) is not None


def test_every_code_a_job_can_fail_with_is_documented() -> None:
    assert {"rejected", "uncertain", "worker-lost"} <= failure_codes()
    assert failure_codes() <= set(rows("lifecycle.md"))


# -- refusals


def refusals() -> list[type[errors.Refused]]:
    found, left = [], [errors.Refused]
    while left:
        children = left.pop().__subclasses__()
        left += children
        found += [child for child in children if child.__module__.startswith("qcjob.")]
    return found


@pytest.mark.parametrize("refusal", refusals())
def test_a_refusal_has_a_code_of_its_own_that_is_documented(refusal: type[errors.Refused]) -> None:
    if refusal is errors.InvalidProgram or refusal is errors.ProgramTooLong:
        return  # the code of their first fault: PROGRAM_FAULTS below
    assert refusal.code != errors.Refused.code
    assert refusal.code in rows("http.md")


@pytest.mark.parametrize("problem", problems.ALL.values(), ids=lambda problem: problem.code)
def test_a_problem_is_documented_with_its_status(problem: problems.Problem) -> None:
    assert rows("http.md")[problem.code].split("|")[0].strip() == str(problem.status)


def test_every_fault_of_a_program_has_a_problem_of_its_own() -> None:
    found = set()
    for folder in ("languages", "compiler", "circuits", "compile_service"):
        for path in (HOUSE / "qcjob" / folder).rglob("*.py"):
            found |= {
                node.value
                for node in ast.walk(ast.parse(path.read_text()))
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and "-" in node.value
                if _is_code(node.value)
            }
    assert found <= set(problems.ALL) | {"surrogatepass", "out-of-range"}  # words of Python and Qiskit


def test_the_tree_of_errors_is_drawn_at_the_head_of_its_module() -> None:
    drawn = set(re.findall(r"[├└]── (\w+)", errors.__doc__ or "")) | {"QcjobError"}
    classes = {
        name for name, found in vars(errors).items() if isinstance(found, type) and issubclass(found, errors.QcjobError)
    }
    assert drawn == classes


# -- settings


def settings_in_code() -> set[str]:
    """Every QCJOB_… variable that the code or the files beside it name."""
    files = [path for folder in ("qcjob", "workers") for path in (HOUSE / folder).rglob("*.py")]
    files += [HOUSE / name for name in ("celeryconfig.py", "Procfile", "Makefile")]
    return {name for path in files for name in re.findall(r"QCJOB_[A-Z_]*[A-Z]", path.read_text())}


def test_every_setting_is_documented_and_every_documented_setting_is_one() -> None:
    assert settings_in_code() == set(rows("settings.md"))


def test_the_defaults_on_the_page_are_those_of_the_code() -> None:
    shown = {name: re.findall(r"`([^`]+)`", row.split("|")[0]) for name, row in rows("settings.md").items()}
    defaults = Settings()
    assert shown["QCJOB_DATA"] == [f"./{defaults.data}"]
    assert shown["QCJOB_RETENTION"] == [f"{defaults.retention_seconds / 86_400:g}d"]
    assert shown["QCJOB_WAIT_LIMIT"] == [f"{defaults.wait_limit_seconds:g}s"]
    assert shown["QCJOB_COMPILE_QUEUE"] == [str(defaults.compile_queue)]
    assert shown["QCJOB_LONG_POLLS"] == [str(defaults.long_polls)]
    assert shown["QCJOB_LEASE_SECONDS"] == [f"{defaults.lease_seconds:g}s"]
    assert shown["QCJOB_RENEW_SECONDS"] == [f"{defaults.renew_seconds:g}s"]
    assert shown["QCJOB_KEEPER_SECONDS"] == [f"{defaults.keeper_seconds:g}s"]
    assert shown["QCJOB_REDIS_MAXMEMORY"] == [defaults.redis_maxmemory]
    assert shown["QCJOB_LOG_LEVEL"] == [defaults.log_level]
    assert shown["QCJOB_LOG_FORMAT"] == [defaults.log_format]
    assert (defaults.redis_url, defaults.devices) == (None, None)


WRONG = {
    "QCJOB_RETENTION": "for ever",
    "QCJOB_WAIT_LIMIT": "0",
    "QCJOB_LONG_POLLS": "0",
    "QCJOB_COMPILES": "0",
    "QCJOB_COMPILE_QUEUE": "many",
    "QCJOB_LEASE_SECONDS": "-5",
    "QCJOB_RENEW_SECONDS": "4s",
    "QCJOB_KEEPER_SECONDS": "1 year",
    "QCJOB_LOG_LEVEL": "loud",
    "QCJOB_LOG_FORMAT": "xml",
}


@pytest.mark.parametrize("name", WRONG)
def test_a_setting_that_cannot_be_used_is_refused_by_its_name(name: str) -> None:
    with pytest.raises(errors.ConfigurationError, match=name):
        read_settings({name: WRONG[name]})


@pytest.mark.parametrize(("text", "seconds"), [("90", 90), ("90s", 90), ("1.5s", 1.5), ("15m", 900), ("12h", 43_200)])
def test_a_duration_is_read_as_the_page_says(text: str, seconds: float) -> None:
    assert read_settings({"QCJOB_RETENTION": text}).retention_seconds == seconds


def test_an_empty_setting_is_an_absent_one() -> None:
    assert read_settings({"QCJOB_RETENTION": "", "QCJOB_REDIS_URL": ""}) == Settings()


# -- routes and commands


def routes() -> set[str]:
    app = create_app(Settings(), fakeredis.FakeRedis())
    return {
        f"{method} {_as_documented(rule.rule)}"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def _as_documented(rule: str) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule).replace("{job_id}", "{id}").replace("{batch_id}", "{id}")


def test_every_route_is_documented_and_every_documented_route_is_one() -> None:
    documented = {name for name in rows("http.md") if name.startswith(("GET ", "POST ", "PUT ", "PATCH ", "DELETE "))}
    assert routes() == documented


def commands(group: click.Group, words: tuple[str, ...] = ()) -> list[tuple[str, click.Command]]:
    found: list[tuple[str, click.Command]] = []
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        assert command is not None
        found.append((" ".join((*words, name)), command))
        if isinstance(command, click.Group):
            found += commands(command, (*words, name))
    return found


@pytest.mark.parametrize(("name", "command"), commands(main), ids=lambda value: value if isinstance(value, str) else "")
def test_a_command_and_its_options_are_documented(name: str, command: click.Command) -> None:
    text = page("commands.md")
    assert f"python -m qcjob {name}" in text
    for option in command.params:
        if isinstance(option, click.Option):
            assert any(spelling in text for spelling in option.opts if spelling.startswith("--")), option.opts


# -- the pages themselves


PAGES = sorted([*HOUSE.glob("*.md"), *DOCS.rglob("*.md")])


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_links_lead_somewhere(path: Path) -> None:
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)#?([^)\s]*)\)", path.read_text()):
        found = (path.parent / target).resolve() if target else path
        assert found.exists(), f"{path.name}: {target}"
        if anchor:
            headings = re.findall(r"^#+ (.+)$", found.read_text(), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}, anchor


def test_every_page_is_in_the_index() -> None:
    pages = {path.name for path in DOCS.glob("*.md")} - {"README.md"}
    assert pages == set(re.findall(r"^- \[([\w-]+\.md)\]", page("README.md"), re.MULTILINE))
