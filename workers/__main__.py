"""`python -m workers celery -A workers.app -q worker …`: the worker command of Celery, in less time.

`celery` imports every command that it knows before it runs one, Flower and an interactive shell among them: a fifth of
what a worker needs until it takes jobs, and jobs wait for that when everything has died. Options are Celery's.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from celery.bin.base import CLIContext
from celery.bin.worker import worker

from workers.app import app

COMMAND = ("celery", "-A", "workers.app", "-q", "worker")
"""Spelled out as `celery` has it, so that a list of processes reads the same either way."""


def main(arguments: Sequence[str]) -> None:
    """Be a worker, to its end. Raises SystemExit, with 2 when these are not the words of COMMAND and its options."""
    if tuple(arguments[: len(COMMAND)]) != COMMAND:
        sys.stderr.write(f"usage: python -m workers {' '.join(COMMAND)} [OPTIONS OF celery worker]\n")
        raise SystemExit(2)
    context = CLIContext(app=app, no_color=None, workdir=None, quiet=True)
    options = list(arguments[len(COMMAND) :])
    worker.main(options, prog_name=" ".join(COMMAND), obj=context, auto_envvar_prefix="CELERY_WORKER")


if __name__ == "__main__":
    main(sys.argv[1:])
