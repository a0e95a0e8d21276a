"""The page for scripts and notebooks says what is so: its Python runs, from top to bottom, against a real port."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import fakeredis
import pytest
from structlog.testing import capture_logs
from werkzeug.serving import make_server

from qcjob.client import Client
from tests.unit.webtest import Web
from workers.eager import in_process, run

PAGE = (Path(__file__).parents[2] / "docs" / "python.md").read_text()
URL = "http://127.0.0.1:8000"


@pytest.fixture
def url(client: fakeredis.FakeRedis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A qcjob whose jobs run whenever somebody asks for anything, with its key where the page reads one."""
    web, one_at_a_time = Web(client), threading.Lock()

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        with one_at_a_time:
            if environ["REQUEST_METHOD"] == "GET":
                run()
            return web.app(environ, start_response)

    monkeypatch.chdir(tmp_path)
    Path("var").mkdir()
    Path("var/api-key").write_text(f"{web.secret}\n")
    server = make_server("127.0.0.1", 0, app, threaded=True)
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    serving.start()
    with in_process(client), capture_logs():
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        serving.join()
        server.server_close()


def test_the_python_runs_from_top_to_bottom(url: str) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    assert len(blocks) > 5 and URL in blocks[0]
    names: dict[str, Any] = {}
    for block in blocks:
        exec(compile(block.replace(URL, url), "python.md", "exec"), names)
    names["client"].close()


def test_every_call_of_the_client_is_named_on_the_page() -> None:
    calls = {name for name in vars(Client) if not name.startswith("_")}
    beside_others = {"next_change", "receipt_keys", "status"}
    assert calls - beside_others <= set(re.findall(r"\w+", PAGE))
