"""The two lists of pinned packages: what runs qcjob is a part of all there is, and is whole."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import distribution, packages_distributions, requires
from importlib.util import cache_from_source
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from qcjob.compile_service.client import NEEDED

HOUSE = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((HOUSE / "pyproject.toml").read_text())["project"]
SMALL, WHOLE = HOUSE / "deploy/requirements.txt", HOUSE / "requirements.txt"


def pinned(path: Path) -> dict[str, tuple[frozenset[str], ...]]:
    """By name the pins of a package, each a set: its version with its marker, and its hashes."""
    found: dict[str, tuple[frozenset[str], ...]] = {}
    text = path.read_text().replace("\\\n", " ")
    for line in text.splitlines():
        if line and line[0] not in "# ":
            pin, *hashes = re.split(r"\s+--hash=", line)
            name = canonicalize_name(Requirement(pin).name)
            found[name] = (*found.get(name, ()), frozenset((str(Requirement(pin)), *(each.strip() for each in hashes))))
    return found


def wanted(asked: list[str]) -> set[str]:
    """The names of these requirements and of all that they want in turn, as what is installed here says."""
    seen: set[tuple[str, frozenset[str]]] = set()
    open_ends = [Requirement(text) for text in asked]
    while open_ends:
        each = open_ends.pop()
        key = (canonicalize_name(each.name), frozenset(each.extras))
        if key in seen or (each.marker and not each.marker.evaluate({"extra": ""})):
            continue
        seen.add(key)
        for inner in map(Requirement, requires(each.name) or ()):
            if inner.marker is None or any(inner.marker.evaluate({"extra": extra}) for extra in ("", *each.extras)):
                inner.marker = None
                open_ends.append(inner)
    return {name for name, _ in seen}


def test_what_runs_qcjob_has_the_versions_and_hashes_that_are_tested() -> None:
    small, whole = pinned(SMALL), pinned(WHOLE)
    assert small
    for name, pins in small.items():
        assert pins == whole.get(name), name


@pytest.mark.parametrize(("path", "extras"), [(SMALL, ("circuits",)), (WHOLE, tuple(PROJECT["optional-dependencies"]))])
def test_a_list_has_all_that_is_wanted(path: Path, extras: tuple[str, ...]) -> None:
    asked = [*PROJECT["dependencies"], *(each for extra in extras for each in PROJECT["optional-dependencies"][extra])]
    assert wanted(asked) <= set(pinned(path))


def test_every_package_has_hashes() -> None:
    assert all(len(pin) > 1 for path in (SMALL, WHOLE) for pins in pinned(path).values() for pin in pins)


def test_what_runs_qcjob_has_nothing_that_only_tests_and_other_peoples_devices_want() -> None:
    asked = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["circuits"]]
    unasked = set(pinned(SMALL)) - wanted(asked)
    assert all(";" in " ".join(pin) for name in unasked for pin in pinned(SMALL)[name]), unasked  # another platform's


def test_openqasm_is_offered_wherever_its_extra_is_installed() -> None:
    brings = wanted(PROJECT["optional-dependencies"]["circuits"])
    for module in NEEDED:
        assert {canonicalize_name(name) for name in packages_distributions()[module]} & brings, module


def test_what_runs_rotations_alone_is_small() -> None:
    """As `du` counts it, in blocks of four kilobytes and with what Python compiles; 120 MB were promised."""
    files = [Path(file.locate()) for name in wanted(PROJECT["dependencies"]) for file in distribution(name).files or ()]
    compiled = [Path(cache_from_source(str(file))) for file in files if file.suffix == ".py"]
    blocks = sum(-(-file.stat().st_size // 4_096) for file in {*files, *compiled} if file.is_file())
    assert 60 < blocks * 4_096 / 2**20 < 112  # qcjob itself, which is not installed here, takes seven
