"""Whatever the text: it is read or refused, in linear time, and a renaming changes names alone."""

from __future__ import annotations

import importlib.util
import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from qcjob.languages import LANGUAGES
from tests.attack.fuzzing import HOUSE, command, environment, same_addresses
from tests.attack.properties import hold
from tests.attack.seeds import SEEDS, write_seeds

RUNS = 25_000
"""Inputs that the fuzzer tries: some 20 s. `make fuzz` goes on from there, and makes others up each time."""
MOST_SECONDS = 60
"""After which it does with fewer, on a machine that is busy."""

PIECES = st.sampled_from(
    [
        *(
            "OPENQASM 2.0;",
            "OPENQASM 3.0;",
            'include "qelib1.inc";',
            'include "stdgates.inc";',
            "gate",
            "x",
            "g",
            "a",
            "b",
        ),
        *(
            "qreg",
            "creg",
            "qubit",
            "bit",
            "q",
            "c",
            "def",
            "for",
            "int",
            "i",
            "in",
            "if",
            "else",
            "while",
            "switch",
            "case",
        ),
        *(
            "measure",
            "reset",
            "barrier",
            "delay",
            "let",
            "const",
            "ctrl",
            "inv",
            "pow",
            "@",
            "U",
            "gphase",
            "ug_",
            "ug_x",
        ),
        *(
            "(",
            ")",
            "[",
            "]",
            "{",
            "}",
            ";",
            ",",
            ":",
            "=",
            "->",
            "-",
            "+",
            "*",
            "/",
            "**",
            "^",
            "++",
            "==",
            "<",
            "!",
            ".",
        ),
        *("0", "1", "2", "19", "20", "1e9", "1e400", "0x1F", "1_0", "100ns", "$0", "$20", "pi", "true", '"01"', "'"),
        *("//", "/*", "*/", "#pragma", "@n", "\n", "\r", "\r\n", "\t", " ", "\u00e9", "\u202e", "\0", "\ud800", "cal"),
        *(
            "gate g a { x a; }",
            "g q;",
            "x $0;",
            "for int i in [0:2]",
            "qubit[3] q;",
            "if (true)",
            "return",
            "array",
            "box",
        ),
    ]
)
PROGRAMS = st.lists(PIECES, max_size=60).map(" ".join) | st.lists(PIECES, max_size=40).map("".join)


@given(st.text(max_size=200) | PROGRAMS, st.sampled_from(LANGUAGES))
@settings(max_examples=400, deadline=None)
@example("gate x a {} if (true) x $0;", "openqasm3")
@example('include "qelib1.inc"; opaque %x a;', "openqasm2")
@example("gate g a { rx(pow(2, 3)) a; } pow(2) @ g q;", "openqasm3")
@example("OPENQASM 3.0; qubit[4] q; bit[4] c; h q[0]; c{0] = measure q[0]; } { x q[0]; }", "openqasm3")
@example("const int g = 1 a { U(a { x a; } gate h a { x a; { x a; x a; } x q;", "openqasm3")
def test_any_text_is_read_or_refused(source: str, language: str) -> None:
    hold(source, language)


@given(st.sampled_from(SEEDS), st.data(), st.sampled_from(LANGUAGES))
@settings(max_examples=400, deadline=None)
def test_a_program_with_a_piece_cut_out_or_put_in_is_read_or_refused(
    source: str, data: st.DataObject, language: str
) -> None:
    start = data.draw(st.integers(0, len(source)))
    end = data.draw(st.integers(start, min(len(source), start + 30)))
    hold(source[:start] + data.draw(PIECES | st.just("")) + source[end:], language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_seeds_themselves_are_read_or_refused(language: str) -> None:
    for source in SEEDS:
        hold(source, language)


FUZZER = pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None, reason="atheris is not installed: no wheel for this platform"
)


def fuzz(folder: Path, runs: int) -> subprocess.CompletedProcess[str]:
    """So many inputs, the same ones for the same code: with a seed, from the seeds alone, and none read again."""
    write_seeds(folder / "inputs")
    always = ("-seed=1", "-reload=0", f"-runs={runs}", f"-max_total_time={MOST_SECONDS}")
    argv = command(*always, f"-artifact_prefix={folder}/", str(folder / "inputs"))
    return subprocess.run(
        argv,
        cwd=HOUSE,
        env=environment(),
        preexec_fn=same_addresses,
        capture_output=True,
        text=True,
        timeout=MOST_SECONDS * 3,
        check=False,
    )


@FUZZER
def test_a_fuzzer_finds_nothing(tmp_path: Path) -> None:
    """Guided by coverage; it stops at the first exception, and at an input that takes ten seconds."""
    done = fuzz(tmp_path, RUNS)
    assert done.returncode == 0, done.stderr[-4_000:]
    assert re.search(r"^Done \d{4,} runs", done.stderr, re.MULTILINE), done.stderr[-1_000:]


@FUZZER
def test_the_fuzzer_of_the_tests_tries_the_same_inputs_each_time(tmp_path: Path) -> None:
    """A run that fails by luck says nothing of the change before it."""
    found = []
    for name in ("one", "other"):
        assert fuzz(tmp_path / name, 1_500).returncode == 0
        found.append(sorted(path.name for path in (tmp_path / name / "inputs").iterdir()))
    assert found[0] == found[1]
    assert len(found[0]) > len(list(dict.fromkeys(SEEDS)))
