"""Where the scripted device keeps its runs: in this process, or in a directory, as a device outside of it would."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote


@dataclass(slots=True)
class Run:
    """What the device remembers of a run. `accepted_at` is seconds since the epoch, None for one it did not take.

    `submits` are those of the job, in all its attempts, and are kept with its first.
    """

    accepted_at: float | None = None
    cancelled: bool = False
    submits: int = 0
    polls: int = 0
    shots: int = 0
    seed: int = 0
    script: dict[str, Any] = field(default_factory=dict)
    compiled: dict[str, Any] = field(default_factory=dict)


class Runs:
    """Runs by the id they were submitted under. In a directory each is one file, changed under one lock, for processes
    to share."""

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory
        self._kept: dict[str, Run] = {}
        if directory is not None:
            directory.mkdir(parents=True, exist_ok=True)

    def read(self, job_id: str) -> Run:
        """The run as it is now, an empty one for a job the device never heard of. Changing it changes nothing."""
        if self._directory is None:
            return self._kept.get(job_id, Run())
        try:
            return Run(**json.loads(self._file(job_id).read_text()))
        except FileNotFoundError:
            return Run()

    @contextmanager
    def change(self, job_id: str) -> Iterator[Run]:
        """The run, to be changed inside the `with` block; nobody else changes one meanwhile."""
        if self._directory is None:
            yield self._kept.setdefault(job_id, Run())
            return
        with open(self._directory / "lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            run = self.read(job_id)
            yield run
            draft = self._directory / "draft"
            draft.write_text(json.dumps(asdict(run)))
            os.replace(draft, self._file(job_id))

    def forget(self, job_id: str) -> None:
        """The device loses the run. How often it was submitted is the script's to know, and stays."""
        with self.change(job_id) as run:
            run.accepted_at = None

    def note(self, name: str) -> str:
        """The text of a file that somebody laid into the directory, or nothing."""
        if self._directory is None:
            return ""
        try:
            return (self._directory / name).read_text()
        except FileNotFoundError:
            return ""

    def _file(self, job_id: str) -> Path:
        assert self._directory is not None
        return self._directory / f"{quote(job_id, safe='')[:200]}.json"
