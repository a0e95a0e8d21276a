"""The house: imports run downward, one place reads the environment, and the top level is what it was agreed to be."""

from __future__ import annotations

import ast
import fnmatch
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parents[2]

GROUND, FIRST, SECOND, ROOF = range(4)

FLOORS = {
    "qcjob": GROUND,  # the version
    "qcjob.errors": GROUND,
    "qcjob.entries": GROUND,
    "qcjob.lifecycle": GROUND,
    "qcjob.job": GROUND,
    "qcjob.batch": GROUND,
    "qcjob.languages": GROUND,
    "qcjob.canonical": GROUND,
    "qcjob.gates": GROUND,
    "qcjob.observables": GROUND,
    "qcjob.memory": GROUND,
    "qcjob.bindings": GROUND,
    "qcjob.target": GROUND,
    "qcjob.compiler": GROUND,
    "qcjob.expectation": GROUND,
    "qcjob.result": GROUND,
    "qcjob.rank": GROUND,
    "qcjob.ids": GROUND,
    "qcjob.crashpoints": GROUND,
    "qcjob.acts": GROUND,
    "qcjob.session": GROUND,
    "qcjob.reservation": GROUND,
    "qcjob.ledger": FIRST,
    "qcjob.circuits": FIRST,
    "qcjob.devices": FIRST,
    "qcjob.compile_service": FIRST,
    "qcjob.security": FIRST,
    "qcjob.logs": FIRST,
    "qcjob.connections": FIRST,
    "qcjob.service": SECOND,
    "qcjob.settings": SECOND,
    "qcjob.wiring": SECOND,
    "qcjob.web": ROOF,
    "qcjob.client": ROOF,
    "qcjob.cli": ROOF,
    "qcjob.__main__": ROOF,
    "workers": ROOF,
}

BESIDE = {
    ("qcjob.job", "qcjob.lifecycle"): "a job is in a state",
    ("qcjob.languages", "qcjob.errors"): "refuses programs",
    ("qcjob.compiler", "qcjob.errors"): "refuses gates",
    ("qcjob.compiler", "qcjob.gates"): "writes down their shapes",
    ("qcjob.compiler", "qcjob.languages"): "compiles what was parsed",
    ("qcjob.compiler", "qcjob.target"): "for a device",
    ("qcjob.compiler", "qcjob.observables"): "measures them",
    ("qcjob.bindings", "qcjob.errors"): "refuses names that are not the program's",
    ("qcjob.compiler", "qcjob.bindings"): "runs with each of them",
    ("qcjob.observables", "qcjob.errors"): "refuses those that do not fit",
    ("qcjob.target", "qcjob.canonical"): "has a hash, by which receipts name it",
    ("qcjob.target", "qcjob.gates"): "knows how many qubits a gate takes",
    ("qcjob.expectation", "qcjob.compiler"): "from the counts of parts",
    ("qcjob.expectation", "qcjob.observables"): "their values",
    ("qcjob.result", "qcjob.expectation"): "a part of what a job comes to",
    ("qcjob.result", "qcjob.job"): "of a job",
    ("qcjob.entries", "qcjob.errors"): "tells them one by one",
    ("qcjob.batch", "qcjob.job"): "is made of them",
    ("qcjob.batch", "qcjob.lifecycle"): "counts them by state",
    ("qcjob.job", "qcjob.acts"): "shows what operators did to it",
    ("qcjob.result", "qcjob.memory"): "how large it can come to be",
    ("qcjob.result", "qcjob.compiler"): "of each of its parts",
    ("qcjob.crashpoints", "qcjob.errors"): "refuses a point there is not",
    ("qcjob.ledger", "qcjob.logs"): "a refused writer is told of",
    ("qcjob.ledger", "qcjob.devices"): "its scripts are given the table of statuses that hold jobs",
    ("qcjob.compile_service", "qcjob.circuits"): "its children do nothing else",
    ("qcjob.compile_service", "qcjob.ledger"): "keeps what was compiled in its Redis, while that has memory to spare",
    ("qcjob.compile_service", "qcjob.logs"): "tells how compiles end",
    ("qcjob.compile_service", "qcjob.devices"): "rehearses for the smallest ready-made device",
    ("qcjob.wiring", "qcjob.service"): "picks what the service is made of",
    ("qcjob.wiring", "qcjob.settings"): "by what the settings say",
    ("qcjob.cli", "qcjob.client"): "job commands speak HTTP alone",
    ("qcjob.__main__", "qcjob.cli"): "python -m qcjob",
}
"""Who may import a room of the same floor, and why."""

PICKY = {
    "flask": {"qcjob.web", "workers.reference_qc"},
    "flask_smorest": {"qcjob.web"},
    "marshmallow": {"qcjob.web"},
    "werkzeug": {"qcjob.web", "workers.reference_qc"},
    "click": {"qcjob.cli"},
    "httpx": {"qcjob.client", "workers.drivers"},
    "boto3": {"workers.drivers"},
    "botocore": {"workers.drivers"},
    "braket": {"workers.drivers"},
    "celery": {"qcjob.ledger", "workers"},
    "kombu": {"workers"},
    "mqt": {"workers.drivers"},
    "numpy": {"qcjob.circuits", "workers"},
    "openqasm3": {"qcjob.circuits"},
    "qiskit": {"qcjob.circuits", "workers"},
    "qiskit_aer": {"workers"},
    "scipy": {"qcjob.circuits"},
    "cryptography": {"qcjob.security"},
    "structlog": {"qcjob.logs"},
}
"""Frameworks, and the only rooms that may know them; a folder of workers counts as one here."""

TOP_LEVEL = {
    *("qcjob", "workers", "tests", "Procfile", "requirements.txt", "celeryconfig.py", "README.md"),
    *("Makefile", "pyproject.toml", "features", "deploy", "benchmarks", "docs", "examples"),
    *("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", ".ci", ".gitignore"),
}
FOREIGN = {".git"}


@dataclass(frozen=True)
class Import:
    """One module names another."""

    by: str
    name: str

    @property
    def edge(self) -> tuple[str, str]:
        return room_of(self.by), room_of(self.name)


def room_of(module: str) -> str:
    """qcjob.web.jobs -> qcjob.web; everything in workers is one room."""
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "qcjob" else parts[0]


def module_of(path: Path) -> str:
    parts = list(path.relative_to(HOUSE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def is_module(name: str) -> bool:
    path = HOUSE / name.replace(".", "/")
    return path.is_dir() or path.with_suffix(".py").is_file()


@cache
def trees() -> dict[Path, ast.Module]:
    files = sorted(path for folder in ("qcjob", "workers") for path in (HOUSE / folder).rglob("*.py"))
    return {path: ast.parse(path.read_text()) for path in files}


@cache
def imports() -> tuple[Import, ...]:
    """Every import, inside functions and under TYPE_CHECKING too."""
    return tuple(_imports())


def _imports() -> Iterator[Import]:
    for path, tree in trees().items():
        by = module_of(path)
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                yield from (Import(by, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0 and node.module, f"{path}: imports are written in full here"
                for alias in node.names:
                    inner = f"{node.module}.{alias.name}"
                    yield Import(by, inner if is_module(inner) else node.module)


def between(names: tuple[str, ...]) -> list[Import]:
    """Imports of our own modules whose name begins like one of these."""
    return [found for found in imports() if found.name.split(".")[0] in names]


def test_every_room_stands_on_a_floor() -> None:
    assert {room_of(module_of(path)) for path in trees()} == set(FLOORS)


def test_imports_run_downward_or_stay_in_their_room() -> None:
    upward = [
        found
        for found in between(("qcjob", "workers"))
        if found.edge[0] != found.edge[1]
        and found.edge not in BESIDE
        and FLOORS[found.edge[0]] <= FLOORS[found.edge[1]]
        and found.name != "qcjob"
    ]
    assert not upward


def test_an_exception_is_on_one_floor_and_in_use() -> None:
    used = {found.edge for found in imports()}
    assert all(FLOORS[by] == FLOORS[name] for by, name in BESIDE)
    assert set(BESIDE) <= used, "an exception that nobody needs any more is taken out"


@pytest.mark.parametrize("room", ["client", "service"])
def test_the_map_at_the_head_of_a_room_has_every_module_of_it(room: str) -> None:
    modules = {path.stem for path in (HOUSE / "qcjob" / room).glob("*.py")} - {"__init__"}
    head = ast.get_docstring(trees()[HOUSE / "qcjob" / room / "__init__.py"]) or ""
    rows = [re.fullmatch(r"    (\w+) {2,}\w.*", line) for line in head.splitlines()]
    assert modules == {row[1] for row in rows if row}


def test_nothing_in_qcjob_imports_workers() -> None:
    assert not [found for found in between(("workers",)) if found.by.startswith("qcjob")]


@pytest.mark.parametrize("roof", ["qcjob.web", "qcjob.cli", "qcjob.client", "workers"])
def test_roofs_do_not_know_each_other(roof: str) -> None:
    others = {"qcjob.web", "qcjob.cli", "qcjob.client", "workers"} - {roof}
    allowed = {("qcjob.cli", "qcjob.client")}
    known = {found.edge for found in imports() if room_of(found.by) == roof and room_of(found.name) in others}
    assert known <= allowed


def test_no_module_imports_itself_by_way_of_others() -> None:
    graph: dict[str, set[str]] = {}
    for found in between(("qcjob", "workers")):
        if found.by != found.name:
            graph.setdefault(found.by, set()).add(found.name)
    finished: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " -> ".join((*path, module))
        if module not in finished:
            for name in sorted(graph.get(module, ())):
                visit(name, (*path, module))
            finished.add(module)

    for module in sorted(graph):
        visit(module, ())


def test_the_ground_floor_is_plain_python() -> None:
    outside = [
        found
        for found in imports()
        if FLOORS[room_of(found.by)] == GROUND and found.name.split(".")[0] not in {*sys.stdlib_module_names, "qcjob"}
    ]
    assert not outside


@pytest.mark.parametrize("framework", PICKY)
def test_a_framework_is_known_in_its_rooms_only(framework: str) -> None:
    for found in imports():
        if found.name.split(".")[0] == framework:
            assert {room_of(found.by), ".".join(found.by.split(".")[:2])} & PICKY[framework], found


def test_drivers_know_the_interface_and_each_other_only() -> None:
    allowed = {"qcjob.devices.driver", "qcjob.errors", "qcjob.gates", "qcjob.ids", "qcjob.result", "qcjob.target"}
    allowed |= {f"qcjob.circuits.{room}" for room in ("document", "targets", "vocabulary")}  # of drivers with Qiskit
    for found in between(("qcjob", "workers")):
        if found.by.startswith("workers.drivers"):
            assert found.name in allowed or found.name.startswith("workers.drivers."), found


PURE_OF_THE_SIMULATOR = {"workers.drivers.seeds", "workers.drivers.sampling"}


def test_drivers_are_named_by_their_string_alone() -> None:
    for found in between(("workers",)):
        if found.name.startswith("workers.drivers.") and not found.by.startswith("workers.drivers."):
            assert found.by.startswith("workers.reference_qc.") and found.name in PURE_OF_THE_SIMULATOR, found


def test_the_reference_qc_stands_outside_of_qcjob() -> None:
    for found in between(("qcjob", "workers")):
        if found.by.startswith("workers.reference_qc"):
            own = found.name.startswith("workers.reference_qc")
            assert own or found.name in {"qcjob.logs", "qcjob.gates", *PURE_OF_THE_SIMULATOR}, found
        else:
            assert not found.name.startswith("workers.reference_qc"), found


HANDS_IT_ON = {
    "qcjob/cli/options.py": "gives all of it to read_settings, with --data laid over it",
    "qcjob/cli/launcher/up.py": "children get what the launcher got, without the key",
    "qcjob/cli/launcher/supervisor.py": "children get what they were not given otherwise",
}
"""Who may pass the environment on as a whole."""

NAMED_BY_THE_OPERATOR = {"workers/drivers/http_options.py": "the variable of a secret, named in the device's TOML"}
"""Who may read a variable that is no setting of qcjob, because somebody else chose its name."""


def test_one_place_reads_the_environment() -> None:
    for path, tree in trees().items():
        name = str(path.relative_to(HOUSE))
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in ("environ", "environb", "getenv"):
                if not (isinstance(node.value, ast.Name) and node.value.id == "os"):
                    continue  # a WSGI request has an environ of its own
                whole = name in {**HANDS_IT_ON, **NAMED_BY_THE_OPERATOR} and node.attr == "environ"
                assert name == "qcjob/settings.py" or whole, name


def test_whoever_hands_the_environment_on_picks_nothing_from_it() -> None:
    for name in HANDS_IT_ON:
        for node in ast.walk(trees()[HOUSE / name]):
            looked = node.value if isinstance(node, ast.Subscript | ast.Attribute) else None
            if isinstance(looked, ast.Attribute) and ast.unparse(looked) == "os.environ":
                assert isinstance(node, ast.Attribute) and node.attr in ("items", "copy"), ast.unparse(node)


def test_the_top_level_is_what_was_agreed() -> None:
    ignored = {line.rstrip("/") for line in (HOUSE / ".gitignore").read_text().split()}
    found = {
        path.name
        for path in HOUSE.iterdir()
        if path.name not in FOREIGN
        and not any(fnmatch.fnmatch(path.name, pattern) for pattern in ignored)
        and not (path.is_dir() and not any(path.iterdir()))  # git keeps no empty folder
    }
    assert found == TOP_LEVEL
