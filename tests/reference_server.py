"""A reference QC in a process of its own, for tests that break it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

HOUSE = Path(__file__).resolve().parents[1]


class ReferenceServer:
    """`python -m workers.reference_qc` on a port that it keeps when it is started again."""

    def __init__(self, folder: Path, *options: str, state: bool = True, token: str | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "reference-qc.log"
        self._argv = [sys.executable, "-m", "workers.reference_qc", "--port", str(self.port), "--log-format", "json"]
        self._argv += [*options, *(("--state", str(folder / "state")) if state else ())]
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._popen: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, for the first time or again; it answers."""
        with self.log.open("ab") as output:
            self._popen = subprocess.Popen(
                self._argv, cwd=HOUSE, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )
        deadline = time.monotonic() + 20
        while not self._answers():
            assert self._popen.poll() is None, f"it ended: {self.log.read_text()[-2_000:]}"
            assert time.monotonic() < deadline, f"it does not answer: {self.log.read_text()[-2_000:]}"
            time.sleep(0.02)

    def kill(self) -> None:
        """kill -9."""
        if self._popen is not None:
            self._popen.kill()
            self._popen.wait()

    def terminate(self) -> int:
        """SIGTERM; its exit code."""
        assert self._popen is not None
        self._popen.terminate()
        return self._popen.wait(timeout=10)

    def freeze(self) -> None:
        """It keeps its connections and answers nothing."""
        assert self._popen is not None
        os.kill(self._popen.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on."""
        assert self._popen is not None
        os.kill(self._popen.pid, signal.SIGCONT)

    def ask(self, method: str, path: str, **more: Any) -> Any:
        """The JSON of one of its answers."""
        return httpx.request(method, self.url + path, headers=self._headers, trust_env=False, timeout=5, **more).json()

    def starts(self) -> dict[str, int]:
        """How often the job of each id was started, as it says itself."""
        found: dict[str, int] = self.ask("GET", "/starts")["starts"]
        return found

    def _answers(self) -> bool:
        try:
            httpx.get(self.url + "/v1/status", trust_env=False, timeout=1)
        except httpx.TransportError:
            return False
        return True
