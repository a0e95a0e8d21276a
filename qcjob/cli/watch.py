"""`--wait`: the states of a job as they come, and on a terminal what it is waiting for."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import suppress

import click

from qcjob.cli.exits import INTERRUPTED, stop
from qcjob.cli.problems import printable
from qcjob.cli.show import moment_text
from qcjob.client import Client, Problem, RemoteJob, Unreachable
from qcjob.lifecycle import JobState

_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


def watch(
    client: Client, job: RemoteJob, *, states_on_stderr: bool, clock: Callable[[], float] = time.monotonic
) -> RemoteJob:
    """Follow the job to its end, one line for each state it entered, also those passed between two looks.

    A server that is away is waited for, and its absence told once on stderr. Ctrl-C leaves the job alone, says how to
    look at it, and ends the command with 130. Raises Unreachable, which says so too.
    """
    line = _ProgressLine(clock)
    shown, told_why = 0, False
    outage = OutageNotice("job", line.clear)
    try:
        for seen in client.changes(job, every=1.0 if line.on else 20.0, on_outage=outage.heard):
            outage.over()
            history = seen.document.get("history", [])
            for moment in history[shown:]:
                line.clear()
                click.echo(moment_text(moment), err=states_on_stderr)
            shown = len(history)
            if line.on and seen.state is JobState.WAITING:
                with suppress(Unreachable):
                    seen = client.status(seen)  # a place in the queue is no change of the job, so ask for it
            if not told_why and seen.waits_because and not line.on:
                click.echo(f"waits: {printable(seen.waits_because)}", err=True)
            told_why = seen.waits_because is not None
            if not seen.is_final:
                line.show(seen)
            job = seen
    except KeyboardInterrupt:
        line.clear()
        stop(
            INTERRUPTED,
            f"\nThe job goes on. Look at it with   python -m qcjob status {job.id}\n"
            f"its counts with                    python -m qcjob result {job.id}\n"
            f"stop it with                       python -m qcjob cancel {job.id}",
            {**job.document, "result": None},
        )
    except Unreachable as error:
        kept = f"An accepted job is kept, and goes on. When the server answers:  python -m qcjob status {job.id}"
        raise Unreachable(f"{error}\n{kept}") from error
    finally:
        line.clear()
    return job


class OutageNotice:
    """A line on stderr when the server goes away while `what` is waited for, and none until it has come back."""

    def __init__(self, what: str, before: Callable[[], None] = lambda: None) -> None:
        self._what = what
        self._before = before
        self._told = False

    def heard(self, error: Unreachable | Problem) -> None:
        """Say once what was heard instead of an answer."""
        if not self._told:
            self._before()
            click.echo(f"{printable(str(error))}; the {self._what} goes on, asking again ...", err=True)
        self._told = True

    def over(self) -> None:
        """The server answers: the next outage is another one."""
        self._told = False


class _ProgressLine:
    """One line on stderr that is written over; nothing at all where stderr is no terminal."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.on = sys.stderr.isatty()
        self._clock = clock
        self._started = clock()
        self._turn = 0

    def show(self, job: RemoteJob) -> None:
        if not self.on:
            return
        self._turn += 1
        place = f"{job.ahead or 0:,} ahead" if job.ahead else "next in the queue"
        what = {
            JobState.WAITING: printable(job.waits_because) if job.waits_because else place,
            JobState.SUBMITTED: "being handed to the device",
        }.get(job.state, "on the device")
        spinner = _SPINNER[self._turn % len(_SPINNER)]
        text = f"  {spinner} {job.state.lower()}, {what}, {self._clock() - self._started:.0f} s"
        click.echo(f"\r\x1b[2K{text}", nl=False, err=True)

    def clear(self) -> None:
        if self.on:
            click.echo("\r\x1b[2K", nl=False, err=True)
