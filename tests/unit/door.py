"""The web behind a real port, and the command line in front of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result
from structlog.testing import capture_logs
from werkzeug.serving import make_server

from qcjob.cli import main
from tests.unit.webtest import Web

HOUSE = Path(__file__).resolve().parents[2]

Steps = list[Callable[[], object]]


class Door:
    """The web behind a port, and the command line in front of it."""

    def __init__(self, web: Web, data: Path) -> None:
        self.web = web
        self.data = data
        self.before_long_polls: Steps = []
        """Done one by one, each before a long-poll is answered: what a worker does meanwhile."""
        self.seen: list[dict[str, Any]] = []
        self.server = make_server("127.0.0.1", 0, self, threaded=True)
        (data / "api-key").write_text(f"{web.secret}\n")

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self.seen.append(environ)
        if environ["REQUEST_METHOD"] == "GET" and "HTTP_PREFER" in environ and self.before_long_polls:
            self.before_long_polls.pop(0)()
        return self.web.app(environ, start_response)

    def run(self, *command: str, stdin: str | bytes | None = None) -> Result:
        url = f"http://127.0.0.1:{self.server.server_port}"
        env = {"QCJOB_DATA": str(self.data), "QCJOB_URL": url, "QCJOB_API_KEY": ""}
        return CliRunner(env=env).invoke(main, command, input=stdin)

    def shell(self, command: str) -> subprocess.CompletedProcess[str]:
        """A command line of a shell in which `qcjob` is the command, as users have it: a process of its own."""
        url = f"http://127.0.0.1:{self.server.server_port}"
        env = {**os.environ, "QCJOB_DATA": str(self.data), "QCJOB_URL": url, "PYTHONPATH": str(HOUSE)}
        line = f'qcjob() {{ "{sys.executable}" -m qcjob "$@"; }}; {command}'
        return subprocess.run(["bash", "-c", line], env=env, capture_output=True, text=True, timeout=30, cwd=self.data)

    def json(self, *command: str, code: int = 0) -> Any:
        """The one document of a command with `-o json`."""
        answer = self.run(*command, "-o", "json")
        assert answer.exit_code == code, answer.output
        return json.loads(answer.stdout)


@contextmanager
def opened(web: Web, data: Path) -> Iterator[Door]:
    """The door, served by a thread of this process."""
    made = Door(web, data)
    serving = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.01})
    serving.start()
    with capture_logs():  # the web's lines would be taken for the command's
        yield made
    made.server.shutdown()
    serving.join()
    made.server.server_close()
