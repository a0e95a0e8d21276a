"""Jobs, pages and devices as text for a person."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import click

from qcjob.cli.problems import printable
from qcjob.client import Page, RemoteJob
from qcjob.lifecycle import JobState

Json = dict[str, Any]

_MOST_GATES = 8
"""In a row of devices; `-o json` has them all."""

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
    click.echo(json.dumps(document, ensure_ascii=not has_unicode(), indent=None if not sys.stdout.isatty() else 2))


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
        ("parts", _parts(told)),
        ("queue", _queue(job)),
        ("reason", job.waits_because),
        *((f"attempt {number}", error) for number, error in _failed_attempts(told)),
        ("error", job.error),
        ("cancel", told.get("cancel_requested_at") and f"asked for at {told['cancel_requested_at']}"),
        ("batch", "{id}, index {index}".format(**told["batch"]) if told.get("batch") else None),
        ("device", told.get("device")),
        ("runtime", told.get("runtime")),
        ("language", told.get("language")),
        ("shots", f"{told.get('shots', 0):,}"),
        ("seed", told.get("seed")),
        ("not before", told.get("start_after")),
        ("not after", told.get("not_after")),
        ("options", ", ".join(f"{key}={value}" for key, value in (told.get("options") or {}).items())),
        ("retries", told.get("retries")),
        ("uncertain", told.get("on_uncertain")),
    ]
    happened = [(moment["at"], moment_text(moment)) for moment in told.get("history", ())]
    happened += [(act["at"], _act_text(act)) for act in told.get("acts", ())]
    happened.sort(key=lambda line: line[0])  # times of one form: as texts they sort as they passed
    return "\n".join([facts_text(facts), *(text for _, text in happened)])


def facts_text(facts: Iterable[tuple[str, Any]]) -> str:
    """A line for each fact that there is."""
    return "\n".join(
        f"{label:<9} {value if label == 'state' else printable(str(value))}"
        for label, value in facts
        if value not in (None, "")
    )


def _act_text(act: Mapping[str, Any]) -> str:
    why = f": {act['why']}" if act["why"] else ""
    return printable(f"  {act['at']}  {act['what']} by {act['by']}, {act['before']} -> {act['after']}{why}")


def moment_text(moment: Mapping[str, Any]) -> str:
    """One line of a history: when, which state, and the attempt from the second on."""
    attempt = f"  attempt {moment['attempt']}" if moment.get("attempt", 1) > 1 else ""
    return f"  {moment['at']}  {state_text(moment['state'], 9 if attempt else 0)}{attempt}"


def page_text(page: Page) -> str:
    """One row per job, below them those that cannot be shown, and how to see the rest."""
    rows = [("ID", "STATE", "DEVICE", "SHOTS", "CREATED", "NAME")]
    for job in page.items:
        told = job.document
        rows.append(
            (job.id, job.state, told["device"], f"{told['shots']:,}", told["created_at"], told.get("name") or "")
        )
    lines = [table(rows)] if page.items else [f"no jobs{' on this page' if page.next else ''}"]
    for damaged in page.document.get("damaged", ()):
        lines.append(printable(f"{damaged['id']} cannot be shown, its record is damaged: {damaged['detail']}"))
    return "\n".join([*lines, *([f"more: --cursor {page.next}"] if page.next else [])])


def devices_text(devices: Iterable[Json]) -> str:
    """One row per device, and below why one of them takes no jobs, or what is the matter with it."""
    rows, reasons = [("DEVICE", "STATUS", "QUBITS", "QUEUE", "GATES")], []
    for device in devices:
        if reason := device.get("status_reason"):
            reasons.append(printable(f"{device['name']}: {reason}"))
        gates = device.get("native_gates") or ()
        more = (f"… {len(gates)} in all",) if len(gates) > _MOST_GATES else ()
        rows.append(
            (
                device["name"],
                str(device.get("status")),
                str(device.get("num_qubits")),
                str(device.get("queue_length")),
                ", ".join((*gates[:_MOST_GATES], *more)),
            )
        )
    return "\n".join([table(rows), *reasons])


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows in columns as wide as their widest cell; states have their colours."""
    clean = [[printable(str(cell)) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*clean, strict=True)]
    return "\n".join(
        "  ".join(state_text(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in clean
    )


def has_unicode() -> bool:
    """Whether stdout can show more than ASCII."""
    return "utf" in (getattr(sys.stdout, "encoding", None) or "ascii").lower()


def _failed_attempts(told: Json) -> Iterator[tuple[int, str]]:
    """Number and error of each attempt that was followed by another."""
    for attempt in told.get("attempts", ()):
        if error := attempt.get("error"):
            yield attempt["number"], f"{error['code']}: {error['message']}"


def _parts(told: Json) -> str | None:
    """How far a job of several has come."""
    return f"{told['parts']['done']:,} of {told['parts']['of']:,} are over" if "parts" in told else None


def _queue(job: RemoteJob) -> str | None:
    if job.ahead is None:
        return None
    if job.ahead == 0 and not job.waits_because:
        return "next"
    return f"{job.ahead:,} ahead"
