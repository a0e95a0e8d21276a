"""`python -m workers celery …`, what `up` and the Procfile start workers with."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from qcjob.cli.launcher.parts import worker_parts

HOUSE = Path(__file__).resolve().parents[2]


def run(*argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run((sys.executable, *argv), cwd=HOUSE, capture_output=True, text=True, timeout=30)


def test_it_takes_the_options_of_celery() -> None:
    [part, *_] = worker_parts(["simulator"])
    answer = run(*part.argv[1:], "--help")
    assert answer.returncode == 0, answer.stderr
    assert "--without-gossip" in answer.stdout


def test_an_option_that_celery_does_not_have_is_refused() -> None:
    [part, *_] = worker_parts(["simulator"])
    answer = run(*part.argv[1:], "--no-such-option")
    assert answer.returncode == 2
    assert "--no-such-option" in answer.stderr


def test_other_commands_are_refused() -> None:
    answer = run("-m", "workers", "celery", "-A", "workers.app", "inspect")
    assert answer.returncode == 2
    assert "usage: python -m workers celery -A workers.app -q worker" in answer.stderr


def test_it_imports_no_other_command() -> None:
    spared = {"flower", "prompt_toolkit", "celery.bin.celery"}
    imported = run("-c", "import sys, workers.__main__; print(*sys.modules)").stdout.split()
    assert "celery.bin.worker" in imported
    assert not spared & set(imported)
