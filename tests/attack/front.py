"""The front door as an attacker meets it: a web process, and a client that asks for dry runs."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from qcjob.security.keys import Keys
from tests.attack.programs.attack import Attack
from tests.integration.cluster import Cluster, cluster_in, missing_redis

COMPILE_SECONDS = 5
DEVICES = f"""
[devices.simulator]
preset = "simulator"
limits = {{ compile_seconds = {COMPILE_SECONDS} }}
"""
MOST_BODY = 1_048_576
LARGE = 100_000
"""Bytes of a program that takes its time."""
DEAR = "too-expensive-to-compile"


@dataclass(frozen=True)
class Answer:
    """What the service said, and how long that took."""

    status: int
    code: str
    errors: list[tuple[str, int, int]]
    seconds: float


class Front:
    """A web process of its own on a cluster, which ends with the cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._url = cluster.web()
        self._pid = cluster.web_process.pid
        self._clients: list[Client] = []
        self._attacker = self.another("eve")
        self.ask = self._attacker.ask
        assert self.ask("OPENQASM 3.0; U(0, 0, 0) $0;", "openqasm3").status == 200
        self.memory_at_start = self.memory_bytes()

    def another(self, customer: str) -> Client:
        """A client with a key of this customer."""
        self._clients.append(Client(*self.address(customer)))
        return self._clients[-1]

    def address(self, customer: str) -> tuple[str, str]:
        """What such a client needs to know: the URL, and a key of this customer."""
        return self._url, Keys(self._cluster.client).add(customer).secret

    def close(self) -> None:
        for client in self._clients:
            client.close()

    def memory_bytes(self) -> dict[int, int]:
        """What each process of the service holds now: the web's, the compiler's."""
        root = psutil.Process(self._pid)
        found = {}
        for process in [root, *root.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):  # a child that compiled and has just ended
                if _is_lasting(process):
                    found[process.pid] = process.memory_info().rss
        return found


def _is_lasting(process: psutil.Process) -> bool:
    """Whether a process is more than a child that compiles one program: these have no children and a zygote above."""
    parent = process.parent()
    return parent is None or "qcjob.compile_service" not in parent.cmdline()


@contextlib.contextmanager
def front_in(folder: Path) -> Iterator[Front]:
    """A web process with a device of 127 qubits; skips, with the reason, where something it needs is missing."""
    pytest.importorskip("qiskit", reason="the extra `circuits` is not installed")
    if (reason := missing_redis()) is not None:
        pytest.skip(f"no redis-server: {reason}")
    devices = folder / "attacked.toml"
    devices.write_text(DEVICES)
    with cluster_in(folder / "cluster", QCJOB_DEVICES=str(devices)) as cluster:
        front = Front(cluster)
        yield front
        front.close()


class Client:
    """One customer's connection."""

    def __init__(self, url: str, key: str) -> None:
        headers = {"Authorization": f"Bearer {key}"}
        self._http = httpx.Client(base_url=url, headers=headers, trust_env=False, timeout=60)
        self.close = self._http.close

    def submit_rotations(self) -> float:
        """The seconds until a job of rotations is accepted."""
        started = time.monotonic()
        response = self._http.post("/v1/jobs", json={"program": "X(90),Y(90), X(180)"})
        assert response.status_code == 202, response.text
        return time.monotonic() - started

    def ask(self, program: str, language: str) -> Answer:
        """A dry run. What has no UTF-8 goes as JSON, which can spell it; everything else as it is."""
        body: dict[str, Any]
        try:
            content = program.encode()
            body = {"content": content, "headers": {"Content-Type": "text/plain"}}
            query = {"dry_run": "true", "language": language}
        except UnicodeEncodeError:
            document = json.dumps({"program": program, "language": language})
            body = {"content": document, "headers": {"Content-Type": "application/json"}}
            query = {"dry_run": "true"}
        started = time.monotonic()
        response = self._http.post("/v1/jobs", params=query, **body)
        seconds = time.monotonic() - started
        answer = response.json()
        errors = [(e["code"], e["line"], e["column"]) for e in answer.get("errors", ()) if "line" in e]
        return Answer(response.status_code, answer.get("code", ""), errors, seconds)


def due(attack: Attack) -> set[str]:
    """The codes that may be the answer; "" for a program that may run."""
    try:
        size = len(attack.text.encode())
    except UnicodeEncodeError:
        return {"invalid-request"}  # no text at all: refused at the door
    if size > MOST_BODY:
        return {"body-too-large"}
    codes = {attack.code} if attack.code is not None else set(attack.behind)
    if size > LARGE and attack.language != "rotations":
        codes.add(DEAR)  # a busy machine may not even have scanned it in time
    return codes
