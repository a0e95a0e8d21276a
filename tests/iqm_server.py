"""An IQM Server on this machine, as `workers/drivers/iqm.py` has its API: real HTTP, circuits simulated for real.

`fault` makes the next requests to a path go wrong: {"status", "body", "headers"} is the answer, "html" that of a proxy,
"hang" none for 30 s, "drop" none although the request was done.
"""

from __future__ import annotations

import contextlib
import json
import math
import re
import socket
import threading
import time
import uuid
from dataclasses import dataclass, field
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np

QUBITS = ("QB1", "QB2", "QB3", "QB4", "QB10")
PAIRS = (("QB1", "QB3"), ("QB2", "QB3"), ("QB3", "QB4"), ("QB4", "QB10"))
CALIBRATION = "cd4dd889-b88b-4370-ba01-eb8262ad9c53"


def architecture(*, feedback: bool = True) -> dict[str, Any]:
    """The dynamic quantum architecture: a star of five qubits, one of which is out of order in the list."""

    def gate(implementation: str, loci: list[list[str]], **more: Any) -> dict[str, Any]:
        return {
            "implementations": {implementation: {"loci": loci}, **more},
            "default_implementation": implementation,
            "override_default_implementation": {},
        }

    singles = [[name] for name in QUBITS]
    gates = {
        "prx": gate("drag_crf", singles),
        "cz": gate("tgss", [list(pair) for pair in PAIRS], crf={"loci": [["QB3", "QB1"]]}),
        "measure": gate("constant", singles),
    }
    gates["cz"]["override_default_implementation"] = {"QB1,QB3": "crf"}
    if feedback:
        gates["cc_prx"] = gate("prx_composite", singles)
    return {
        "calibration_set_id": CALIBRATION,
        "qubits": [QUBITS[4], *QUBITS[:4]],
        "computational_resonators": [],
        "gates": gates,
    }


def observations(kind: str) -> list[dict[str, Any]]:
    """What is known of the calibration: metrics, or the parameters of the gates."""
    told: dict[str, Any] = {}
    for number, name in enumerate(QUBITS):
        if kind == "metrics":
            told[f"metrics.rb.prx.drag_crf.{name}.fidelity"] = 0.999 - number / 10_000
            told[f"metrics.ssro.measure.constant.{name}.fidelity"] = 0.98
        else:
            told[f"gates.prx.drag_crf.{name}.duration"] = 2e-8
    if kind == "metrics":
        told["metrics.irb.cz.tgss.QB2__QB3.fidelity"] = 0.99
    when = "2026-01-02T03:04:05.000000Z"
    return [
        {"dut_field": name, "value": value, "unit": "", "invalid": False, "created_timestamp": when}
        for name, value in told.items()
    ]


@dataclass
class Job:
    """One job of the server."""

    circuit: dict[str, Any]
    shots: int
    ends_at: float
    status: str = "waiting"

    @cached_property
    def measurements(self) -> dict[str, list[list[int]]]:
        """What was read, the same whenever it is asked for."""
        return measurements(self.circuit, self.shots)


@dataclass
class IqmServer:
    """The server in a thread of its own. `seconds` is what a run lasts; one runs at a time."""

    token: str | None = None
    seconds: float = 0.0
    jobs: dict[str, Job] = field(default_factory=dict)
    seen: list[tuple[str, str, Any]] = field(default_factory=list)
    faults: dict[str, list[Any]] = field(default_factory=dict)
    feedback: bool = True
    open: list[socket.socket] = field(default_factory=list, repr=False)

    def __enter__(self) -> IqmServer:
        server = self

        class Handler(_Handler):
            iqm = server

        self.hung = threading.Event()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.hung.set()
        self._http.shutdown()
        self._http.server_close()
        for connection in self.open:
            with contextlib.suppress(OSError):  # closed already
                connection.shutdown(socket.SHUT_RDWR)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    def fault(self, path: str, *faults: Any) -> None:
        """The next requests whose path ends like this go wrong, one after the other."""
        self.faults[path] = list(faults)

    def move_on(self) -> None:
        """Time has passed: what has run long enough has ended, the next one runs."""
        now = time.monotonic()
        for job in self.jobs.values():
            if job.status == "processing" and now >= job.ends_at:
                job.status = "completed"
        if not any(job.status == "processing" for job in self.jobs.values()):
            for job in self.jobs.values():
                if job.status == "waiting":
                    job.status, job.ends_at = "processing", now + self.seconds
                    break

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        """Status and body of an answer."""
        self.move_on()
        if method == "POST" and re.fullmatch("/jobs/garnet/circuit", path):
            return self._take(body)
        if found := re.fullmatch(r"/jobs/([0-9a-f-]{36})(/cancel|/artifacts/measurements)?", path):
            job = self.jobs.get(found[1])
            return _no("no such job", 404) if job is None else self._job(found[1], job, method, found[2])
        if path == f"/calibration-sets/garnet/{CALIBRATION}/metrics":
            return 200, {"observations": observations("metrics")}
        if path == f"/calibration-sets/garnet/{CALIBRATION}":
            return 200, {"observations": observations("calibration")}
        if path in (
            f"/calibration-sets/garnet/{name}/dynamic-quantum-architecture" for name in ("default", CALIBRATION)
        ):
            return 200, architecture(feedback=self.feedback)
        if path == "/quantum-computers/garnet/health":
            return 200, {}
        return _no(f"no {path}", 404)

    def _take(self, body: Any) -> tuple[int, Any]:
        [circuit] = body["circuits"]
        keys = [step["args"]["key"] for step in circuit["instructions"] if step["name"] == "measure"]
        if not keys or len(set(keys)) < len(keys):
            return _no("measurement keys are not unique, or none", 422)
        allowed = {"prx": ("angle", "phase"), "cz": (), "measure": ("key",), "barrier": (), "reset": ()}
        for step in circuit["instructions"]:
            if set(step["args"]) != set(allowed.get(step["name"], ("-",))) or not set(step["locus"]) <= set(QUBITS):
                return _no(f"not calibrated: {step['name']} on {step['locus']}", 422)
            if step["name"] == "cz" and not {tuple(step["locus"]), tuple(step["locus"][::-1])} & set(PAIRS):
                return _no(f"not coupled: {step['locus']}", 422)
        identity = str(uuid.uuid4())
        self.jobs[identity] = Job(circuit, body["shots"], math.inf)
        self.move_on()
        return 201, self._shown(identity)

    def _job(self, identity: str, job: Job, method: str, what: str | None) -> tuple[int, Any]:
        if what == "/cancel" and method == "POST":
            if job.status in ("waiting", "processing"):
                job.status = "cancelled"
            return 200, {}
        if what:
            return (200, [job.measurements]) if job.status == "completed" else _no("not yet", 404)
        return 200, self._shown(identity)

    def _shown(self, identity: str) -> dict[str, Any]:
        job = self.jobs[identity]
        waiting = [other for other, told in self.jobs.items() if told.status == "waiting"]
        failed = [{"message": "the fridge is warm", "error_code": "warm", "source": "station-control"}]
        return {
            "id": identity,
            "type": "circuit",
            "status": job.status,
            "queue_position": waiting.index(identity) if job.status == "waiting" else None,
            "errors": failed if job.status == "failed" else [],
        }


class _Handler(BaseHTTPRequestHandler):
    iqm: IqmServer
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        super().setup()
        self.iqm.open.append(self.connection)

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_GET

    def _serve(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.partition("?")[0]
        self.iqm.seen.append((self.command, self.path, json.loads(raw) if raw else None))
        faults = next((told for end, told in self.iqm.faults.items() if path.endswith(end) and told), [])
        fault = faults.pop(0) if faults else None
        if fault == "hang":
            self.iqm.hung.wait(30)
            self.close_connection = True
            return
        if isinstance(fault, dict):
            self._send(fault["status"], fault.get("body", {}), fault.get("headers", {}))
            return
        if fault == "html":
            self._send(404, "<html>no such page</html>", {})
            return
        if self.iqm.token and self.headers.get("Authorization") != f"Bearer {self.iqm.token}":
            self._send(*_no("who are you?", 401), {})
            return
        if not path.startswith("/api/v1/"):
            self._send(*_no("no such path", 404), {})
            return
        status, told = self.iqm.answer(self.command, path.removeprefix("/api/v1"), json.loads(raw) if raw else None)
        if fault == "drop":
            self.close_connection = True
            self.connection.close()
            return
        self._send(status, told, {})

    def _send(self, status: int, told: Any, headers: dict[str, str]) -> None:
        raw = told.encode() if isinstance(told, str) else json.dumps(told).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_: object) -> None:
        pass


def _no(message: str, status: int) -> tuple[int, dict[str, str]]:
    return status, {"message": message, "error_code": "no", "source": "iqm-server"}


def measurements(circuit: dict[str, Any], shots: int) -> dict[str, list[list[int]]]:
    """What each measurement of the circuit read in each shot; a state vector for each shot, all turned at once."""
    names = sorted({name for step in circuit["instructions"] for name in step["locus"]})
    random = np.random.default_rng()
    states = np.zeros((shots, *(2,) * len(names)), dtype=complex)
    states[(slice(None), *(0,) * len(names))] = 1
    seen: dict[str, list[list[int]]] = {}
    for step in circuit["instructions"]:
        axes = [1 + names.index(name) for name in step["locus"]]
        first = np.moveaxis(states, axes[:1], [1]) if axes else states  # a view: what is written there is written
        if step["name"] == "prx":
            half, phase = step["args"]["angle"] / 2, step["args"]["phase"]
            turn = -1j * math.sin(half) * np.exp(1j * phase)
            zeros, ones = first[:, 0].copy(), first[:, 1].copy()
            first[:, 0] = math.cos(half) * zeros - turn.conjugate() * ones
            first[:, 1] = turn * zeros + math.cos(half) * ones
        elif step["name"] == "cz":
            np.moveaxis(states, axes, [1, 2])[:, 1, 1] *= -1
        elif step["name"] in ("measure", "reset"):
            weights = np.sum(np.abs(first) ** 2, axis=tuple(range(2, first.ndim)))
            bits = (random.random(shots) * weights.sum(axis=1) < weights[:, 1]).astype(int)
            every = np.arange(shots)
            first[every, 1 - bits] = 0
            if step["name"] == "measure":
                seen[step["args"]["key"]] = [[int(bit)] for bit in bits]
            else:
                first[every, 0], first[every, 1] = first[every, bits], 0
    return seen
