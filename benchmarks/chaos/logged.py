"""The simulator that ships, with a log of its own: one line a start, so that the ledger is not its only witness."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qcjob.devices.driver import Finished, Handle, Program
from workers.drivers.simulator import Simulator


class LoggedSimulator(Simulator):
    """A Simulator with one more device option, `log`: the file that gets the id before each start."""

    def __init__(self, name: str, options: Mapping[str, Any]) -> None:
        super().__init__(name, {key: value for key, value in options.items() if key != "log"})
        self._log = Path(options["log"])

    def submit(self, job_id: str, program: Program, shots: int) -> Handle | Finished:
        """As the simulator does, noted first; a line is one write, so that no other process's can cut it."""
        file = os.open(self._log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(file, f"{job_id}\n".encode())
        finally:
            os.close(file)
        return super().submit(job_id, program, shots)


def starts_in(log: Path) -> Counter[str]:
    """How often each id was started, by the simulator's log."""
    return Counter(log.read_text().split()) if log.exists() else Counter()
