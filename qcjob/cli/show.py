"""Jobs, pages and devices as text for a person."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

from qcjob.cli.histogram import histogram
from qcjob.cli.problems import printable
from qcjob.client import Page, RemoteJob, RemoteResult
from qcjob.lifecycle import JobState

Json = dict[str, Any]

_COLOURS: dict[str, str] = {
    JobState.WAITING: "yellow",
    JobState.SUBMITTED: "cyan",
    JobState.RUNNING: "blue",
    JobState.COMPLETED: "green",
    JobState.FAILED: "red",
    JobState.CANCELLED: "magenta",
}


def echo_json(document: object) -> None:
    """The one JSON document of `-o json`."""
    click.echo(json.dumps(document, ensure_ascii=not _has_unicode(), indent=None if not sys.stdout.isatty() else 2))


def state_text(state: str, width: int = 0) -> str:
    """A state in its colour, which a pipe or file does not get."""
    padded = f"{state:<{width}}"
    colour = _COLOURS.get(state)
    return click.style(padded, fg=colour) if colour else printable(padded)


def job_text(job: RemoteJob) -> str:
    """A job with its history, its place in the queue and why it ended, if it did."""
    told = job.document
    facts = [
        ("job", job.id),
        ("name", told.get("name")),
        ("tags", ", ".join(told.get("tags") or ())),
        ("state", state_text(job.state)),
        ("queue", _queue(job)),
        ("error", job.error),
        ("cancel", told.get("cancel_requested_at") and f"asked for at {told['cancel_requested_at']}"),
        ("device", told.get("device")),
        ("runtime", told.get("runtime")),
        ("language", told.get("language")),
        ("shots", f"{told.get('shots', 0):,}"),
        ("seed", told.get("seed")),
        ("options", ", ".join(f"{key}={value}" for key, value in (told.get("options") or {}).items())),
    ]
    lines = [
        f"{label:<9} {value if label == 'state' else printable(str(value))}"
        for label, value in facts
        if value not in (None, "")
    ]
    lines += [moment_text(moment) for moment in told.get("history", ())]
    return "\n".join(lines)


def moment_text(moment: Mapping[str, Any]) -> str:
    """One line of a history: when, which state, and the attempt from the second on."""
    attempt = f"  attempt {moment['attempt']}" if moment.get("attempt", 1) > 1 else ""
    return f"  {moment['at']}  {state_text(moment['state'], 9 if attempt else 0)}{attempt}"


def result_text(result: RemoteResult) -> str:
    """The counts as a histogram as wide as the terminal, and what ran."""
    width = min(100, shutil.get_terminal_size((80, 24)).columns)
    ran = result.document.get("ran", {})
    foot = f"  {result.shots:,} shots on {ran.get('device')} ({ran.get('runtime')}), {result.document.get('bit_order')}"
    return f"{histogram(result.counts, width=width, ascii_only=not _has_unicode())}\n{foot}"


def page_text(page: Page) -> str:
    """One row per job, and how to see the rest."""
    if not page.items:
        return "no jobs"
    rows = [("ID", "STATE", "DEVICE", "SHOTS", "CREATED", "NAME")]
    for job in page.items:
        told = job.document
        rows.append(
            (job.id, job.state, told["device"], f"{told['shots']:,}", told["created_at"], told.get("name") or "")
        )
    lines = table(rows)
    return f"{lines}\nmore: --cursor {page.next}" if page.next else lines


def devices_text(devices: Iterable[Json]) -> str:
    """One row per device."""
    rows = [("DEVICE", "STATUS", "QUBITS", "QUEUE", "GATES")]
    for device in devices:
        status = device.get("status")
        if isinstance(status, Mapping):
            reason = status.get("reason")
            status = f"{status.get('state')}" + (f" ({reason})" if reason else "")
        gates = device.get("native_gates") or ()
        rows.append(
            (
                device["name"],
                str(status),
                str(device.get("num_qubits")),
                str(device.get("queue_length")),
                ", ".join(gates),
            )
        )
    return table(rows)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows in columns as wide as their widest cell; states have their colours."""
    clean = [[printable(str(cell)) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*clean, strict=True)]
    return "\n".join(
        "  ".join(state_text(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in clean
    )


def _has_unicode() -> bool:
    return "utf" in (getattr(sys.stdout, "encoding", None) or "ascii").lower()


def _queue(job: RemoteJob) -> str | None:
    if job.ahead is None:
        return None
    return "next" if job.ahead == 0 else f"{job.ahead:,} ahead"
