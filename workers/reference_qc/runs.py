"""What the machine remembers of its runs: an SQLite file, or memory that dies with the process.

    runs    one row for each idempotency key, for ever
    starts  one row whenever a run is started, never changed: what GET /starts counts
    notes   the machine's status and calibration

A run is queued, running, and then done, failed or cancelled. Each method is one transaction; times are seconds since
the epoch and come in as arguments.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workers.reference_qc.programs import Request

_SCHEMA = """
create table if not exists runs (
    seq integer primary key autoincrement, handle text unique not null, key text unique not null,
    request text not null, state text not null, message text not null default '', accepted_at real not null,
    started_at real, ended_at real, counts text);
create index if not exists runs_by_state on runs (state, seq);
create table if not exists starts (seq integer primary key autoincrement, key text, handle text, at real, pid integer);
create table if not exists notes (name text primary key, value text not null);
"""


class KeyReused(Exception):
    """The idempotency key already stands for another request."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run as it is now. `position` counts from 1 among the queued ones."""

    handle: str
    key: str
    request: Request
    state: str
    message: str
    accepted_at: float
    started_at: float | None
    ended_at: float | None
    counts: Mapping[str, int] | None
    position: int | None = None


class Runs:
    """Every run of the machine, for all threads of one process."""

    def __init__(self, file: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(file or ":memory:", check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.executescript("pragma journal_mode = wal; pragma synchronous = full;" + _SCHEMA)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def accept(self, key: str, request: Request, now: float) -> tuple[Run, bool]:
        """The run of this key, and whether it is new. Raises KeyReused where the key stands for another request."""
        with self._transaction():
            row = self._db.execute("select handle, request from runs where key = ?", [key]).fetchone()
            if row is not None and row["request"] != request.as_text():
                raise KeyReused(key)
            handle = row["handle"] if row else str(uuid.uuid4())
            if row is None:
                self._db.execute(
                    "insert into runs (handle, key, request, state, accepted_at) values (?, ?, ?, 'queued', ?)",
                    [handle, key, request.as_text(), now],
                )
            return self._one("handle", handle), row is None

    def find(self, handle: str) -> Run | None:
        """The run of this handle."""
        with self._transaction():
            return self._maybe("handle", handle)

    def find_by_key(self, key: str) -> Run | None:
        """The run that was submitted under this idempotency key."""
        with self._transaction():
            return self._maybe("key", key)

    def start_next(self, now: float) -> Run | None:
        """Start the oldest queued run, and note the start."""
        with self._transaction():
            row = self._db.execute(
                "update runs set state = 'running', started_at = ? where seq = "
                "(select min(seq) from runs where state = 'queued') returning handle, key",
                [now],
            ).fetchone()
            if row is None:
                return None
            self._db.execute(
                "insert into starts (key, handle, at, pid) values (?, ?, ?, ?)",
                [row["key"], row["handle"], now, os.getpid()],
            )
            return self._one("handle", row["handle"])

    def running(self) -> list[Run]:
        """The runs that are started and have not ended, the oldest first."""
        with self._transaction():
            rows = self._db.execute("select handle from runs where state = 'running' order by seq").fetchall()
            return [self._one("handle", row["handle"]) for row in rows]

    def complete(self, handle: str, counts: Mapping[str, int], now: float) -> None:
        """A running run is done. Changes nothing of one that is not running."""
        self._end(handle, "done", now, counts=json.dumps(counts))

    def fail(self, handle: str, message: str, now: float) -> None:
        """A running run failed. Changes nothing of one that is not running."""
        self._end(handle, "failed", now, message=message)

    def cancel(self, handle: str, now: float) -> Run | None:
        """The run, cancelled if it had not ended; None where there is none."""
        with self._transaction():
            self._db.execute(
                "update runs set state = 'cancelled', ended_at = ? where handle = ? and state in ('queued', 'running')",
                [now, handle],
            )
            return self._maybe("handle", handle)

    def lengths(self) -> tuple[int, int]:
        """How many runs are queued, and how many running."""
        with self._transaction():
            rows = self._db.execute("select state, count(*) as n from runs where ended_at is null group by state")
            found = {row["state"]: row["n"] for row in rows}
            return found.get("queued", 0), found.get("running", 0)

    def starts(self) -> dict[str, int]:
        """How often each key's run was started."""
        with self._transaction():
            rows = self._db.execute("select key, count(*) as n from starts group by key order by min(seq)")
            return {row["key"]: row["n"] for row in rows}

    def note(self, name: str) -> Any:
        """What was noted under this name, None where nothing was."""
        with self._transaction():
            row = self._db.execute("select value from notes where name = ?", [name]).fetchone()
            return None if row is None else json.loads(row["value"])

    def set_note(self, name: str, value: Any) -> None:
        """Note a JSON value."""
        with self._transaction():
            self._db.execute("insert or replace into notes values (?, ?)", [name, json.dumps(value)])

    def _end(self, handle: str, state: str, now: float, message: str = "", counts: str | None = None) -> None:
        with self._transaction():
            self._db.execute(
                "update runs set state = ?, message = ?, counts = ?, ended_at = ? "
                "where handle = ? and state = 'running'",
                [state, message, counts, now, handle],
            )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._lock:
            self._db.execute("begin immediate")
            try:
                yield
            except BaseException:
                self._db.execute("rollback")
                raise
            self._db.execute("commit")

    def _one(self, column: str, value: str) -> Run:
        run = self._maybe(column, value)
        assert run is not None
        return run

    def _maybe(self, column: str, value: str) -> Run | None:
        row = self._db.execute(f"select * from runs where {column} = ?", [value]).fetchone()
        if row is None:
            return None
        ahead = "select count(*) from runs where state = 'queued' and seq <= ?"
        position = self._db.execute(ahead, [row["seq"]]).fetchone()[0] if row["state"] == "queued" else None
        counts = None if row["counts"] is None else json.loads(row["counts"])
        request = Request.from_text(row["request"])
        named = {name: row[name] for name in ("handle", "key", "state", "message", "accepted_at")}
        return Run(
            **named,
            request=request,
            started_at=row["started_at"],
            ended_at=row["ended_at"],
            counts=counts,
            position=position,
        )
