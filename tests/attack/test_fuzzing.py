"""Whatever the text: it is read or refused, in linear time, and a renaming changes names alone."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from qcjob.languages import LANGUAGES
from tests.attack.programs import ATTACKS
from tests.attack.properties import hold
from tests.unit.openqasm_grammar import OPENQASM2, OPENQASM3

HOUSE = Path(__file__).resolve().parents[2]
FUZZ_SECONDS = 20

SEEDS = [textwrap.dedent(source) for source in (*OPENQASM2.values(), *OPENQASM3.values())]
SEEDS += [attack.text for attack in ATTACKS if len(attack.text) < 400]

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


@pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None, reason="atheris is not installed: no wheel for this platform"
)
def test_a_fuzzer_finds_nothing(tmp_path: Path) -> None:
    """Guided by coverage; it stops at the first exception, and at an input that takes five seconds."""
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for number, source in enumerate(SEEDS):
        for which in range(len(LANGUAGES)):
            (corpus / f"{number}-{which}").write_bytes(bytes([which]) + source.encode("utf-8", "replace"))
    options = (f"-max_total_time={FUZZ_SECONDS}", "-timeout=5", "-rss_limit_mb=1024", "-max_len=4096", "-verbosity=1")
    argv = (sys.executable, "-m", "tests.attack.fuzz", *options, f"-artifact_prefix={tmp_path}/", str(corpus))
    done = subprocess.run(argv, cwd=HOUSE, capture_output=True, text=True, timeout=FUZZ_SECONDS * 6, check=False)
    assert done.returncode == 0, done.stderr[-4_000:]
    assert "DONE" in done.stderr or "Done" in done.stderr, done.stderr[-1_000:]
