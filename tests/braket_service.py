"""Amazon Braket and S3 on this machine: real HTTP as boto3 speaks it, programs run by Braket's own interpreter.

`fault` makes the next requests whose path begins so go wrong: (status, exception) is an error as AWS has them, "drop"
no answer although the request was done, "hang" none for 30 s.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
import uuid
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

GARNET = "arn:aws:braket:eu-north-1::device/qpu/iqm/Garnet"
SV1 = "arn:aws:braket:::device/quantum-simulator/amazon/sv1"

_OPERATIONS = ["i", "x", "y", "z", "h", "s", "si", "t", "ti", "v", "vi", "rx", "ry", "rz", "cnot", "cz", "swap", "xx"]


def _actions(operations: list[str]) -> dict[str, Any]:
    return {"braket.ir.openqasm.program": {"version": ["1"], "supportedOperations": operations}}


def _fidelity(kind: str, fidelity: float) -> dict[str, Any]:
    return {"fidelityType": {"name": kind}, "fidelity": fidelity}


CAPABILITIES: dict[str, dict[str, Any]] = {
    GARNET: {
        "service": {"updatedAt": "2026-01-02T03:04:05.678901", "shotsRange": [1, 20_000]},
        "action": _actions(_OPERATIONS),
        "paradigm": {
            "qubitCount": 5,
            "nativeGateSet": ["prx", "cz"],
            # numbered from 1, and one number is not there, as on the real ones
            "connectivity": {
                "fullyConnected": False,
                "connectivityGraph": {"1": ["2", "4"], "2": ["1"], "4": ["1", "5", "6"], "5": ["4"], "6": ["4"]},
            },
        },
        "standardized": {
            "oneQubitProperties": {
                str(label): {
                    "oneQubitFidelity": [
                        _fidelity("RANDOMIZED_BENCHMARKING", 0.9995),
                        _fidelity("SIMULTANEOUS_RANDOMIZED_BENCHMARKING", 0.999),
                        _fidelity("READOUT", 0.98),
                    ]
                }
                for label in (1, 2, 4, 5)  # the fidelities of 6 are not told
            },
            "twoQubitProperties": {"1-4": {"twoQubitGateFidelity": [{"gateName": "CZ", "fidelity": 0.99}]}},
        },
    },
    SV1: {
        "service": {"updatedAt": None, "shotsRange": [0, 100_000]},
        "action": _actions(_OPERATIONS),
        "paradigm": {"qubitCount": 34},
    },
}


@dataclass
class Task:
    """One quantum task. `polls`: how often it is asked for before it ends."""

    arn: str
    asked: dict[str, Any]
    status: str = "QUEUED"
    polls: int = 0
    run: threading.Thread = field(default_factory=threading.Thread)


@dataclass
class BraketService:
    """The service in a thread of its own, Garnet and SV1 in it. `polls`: how long a task lasts."""

    polls: int = 1
    status: str = "ONLINE"
    probabilities: bool = False
    reversed: bool = False
    tasks: dict[str, Task] = field(default_factory=dict)
    starts: int = 0
    seen: list[tuple[str, str, Any]] = field(default_factory=list)
    faults: dict[str, list[Any]] = field(default_factory=dict)
    objects: dict[str, Any] = field(default_factory=dict)

    def __enter__(self) -> BraketService:
        service = self

        class Handler(_Handler):
            braket = service

        self.hung = threading.Event()
        self._tokens: dict[str, Task] = {}
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.hung.set()
        self._http.shutdown()
        self._http.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    def forget(self) -> None:
        """As it was when it was made; it stays where it is."""
        fresh = BraketService()
        for name in ("polls", "status", "probabilities", "reversed", "tasks", "starts", "seen", "faults", "objects"):
            setattr(self, name, getattr(fresh, name))
        self._tokens = {}

    def fault(self, path: str, *faults: Any) -> None:
        """The next requests whose path begins like this go wrong, one after the other."""
        self.faults[path] = list(faults)

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        """Status and body of an answer; an error is named by a text."""
        _, kind, *rest = path.partition("?")[0].split("/")
        if (method, kind) == ("GET", "device"):
            return self._device(unquote(rest[0]))
        if (method, kind) == ("POST", "quantum-task"):
            return self._create(body)
        if kind == "quantum-task":
            task = self.tasks.get(unquote(rest[0]))
            if task is None:
                return 404, "ResourceNotFoundException"
            return self._cancel(task) if rest[1:] == ["cancel"] else self._get(task)
        found = self.objects.get(unquote(path.partition("?")[0]))
        return (404, "NoSuchKey") if found is None else (200, found)

    def _device(self, arn: str) -> tuple[int, Any]:
        if arn not in CAPABILITIES:
            return 404, "ResourceNotFoundException"
        return 200, {
            "deviceArn": arn,
            "deviceName": arn.rpartition("/")[2],
            "providerName": "somebody",
            "deviceType": "QPU",
            "deviceStatus": self.status,
            "deviceCapabilities": json.dumps(CAPABILITIES[arn]),
        }

    def _create(self, body: Any) -> tuple[int, Any]:
        known = self._tokens.get(body["clientToken"])
        if known is not None:
            return (201, {"quantumTaskArn": known.arn}) if known.asked == body else (400, "ValidationException")
        if self.status != "ONLINE":
            return 424, "DeviceOfflineException"
        source = json.loads(body["action"])["source"]
        if ("pragma braket verbatim" in source) != (body["deviceArn"] == GARNET):
            return 400, "ValidationException"
        arn = f"arn:aws:braket:eu-north-1:123456789012:quantum-task/{uuid.uuid4()}"
        self.tasks[arn] = self._tokens[body["clientToken"]] = Task(arn, body)
        self.starts += 1
        task = self.tasks[arn]
        task.run = threading.Thread(target=self._run, args=(task,), daemon=True)
        task.run.start()
        return 201, {"quantumTaskArn": arn}

    def _get(self, task: Task) -> tuple[int, Any]:
        if task.status in ("QUEUED", "RUNNING"):
            task.polls += 1
            over = task.polls > self.polls and not task.run.is_alive()
            task.status = "COMPLETED" if over else "RUNNING"
        told = {
            "quantumTaskArn": task.arn,
            "status": task.status,
            "deviceArn": task.asked["deviceArn"],
            "deviceParameters": "{}",
            "shots": task.asked["shots"],
            "outputS3Bucket": task.asked["outputS3Bucket"],
            "outputS3Directory": self._folder(task),
            "createdAt": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        }
        if task.status == "FAILED":
            told["failureReason"] = "the fridge is warm"
        if task.status == "CREATED":
            told["queueInfo"] = {"queue": "QUANTUM_TASKS_QUEUE", "position": "3"}
        return 200, told

    def _folder(self, task: Task) -> str:
        return f"{task.asked['outputS3KeyPrefix']}/{task.arn.rpartition('/')[2]}"

    def _run(self, task: Task) -> None:
        from braket.devices import LocalSimulator
        from braket.ir.openqasm import Program

        source, shots = json.loads(task.asked["action"])["source"], task.asked["shots"]
        found = LocalSimulator("braket_sv").run(Program(source=source), shots=shots).result()
        measured, rows = [int(qubit) for qubit in found.measured_qubits], found.measurements.tolist()
        if self.reversed:  # a device may name its columns in another order
            measured, rows = measured[::-1], [row[::-1] for row in rows]
        document: dict[str, Any] = {
            "braketSchemaHeader": {"name": "braket.task_result.gate_model_task_result", "version": "1"},
            "measuredQubits": measured,
            "taskMetadata": {"id": task.arn, "shots": shots, "deviceId": task.asked["deviceArn"]},
        }
        if self.probabilities:
            keys = ["".join(map(str, row)) for row in rows]
            document["measurementProbabilities"] = {key: keys.count(key) / shots for key in set(keys)}
        else:
            document["measurements"] = rows
        self.objects[f"/{task.asked['outputS3Bucket']}/{self._folder(task)}/results.json"] = document

    def _cancel(self, task: Task) -> tuple[int, Any]:
        if task.status in ("COMPLETED", "FAILED"):
            return 409, "ConflictException"
        task.status = "CANCELLED"
        return 200, {"quantumTaskArn": task.arn, "cancellationStatus": "CANCELLING"}


class _Handler(BaseHTTPRequestHandler):
    braket: BraketService
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = json.loads(raw) if raw else None
        self.braket.seen.append((self.command, self.path, body))
        faults = next((told for start, told in self.braket.faults.items() if self.path.startswith(start) and told), [])
        fault = faults.pop(0) if faults else None
        self.close_connection = True
        if fault == "hang":
            self.braket.hung.wait(30)
            return
        if isinstance(fault, tuple):
            self._send(*fault)
            return
        status, told = self.braket.answer(self.command, self.path, body)
        if fault != "drop":
            self._send(status, told)

    do_POST = do_PUT = do_GET

    def _send(self, status: int, told: Any) -> None:
        if isinstance(told, str) and self.path.startswith("/a-bucket"):
            raw = f"<Error><Code>{told}</Code><Message>so it is</Message></Error>".encode()
        elif isinstance(told, str):
            raw = json.dumps({"message": "so it is"}).encode()
        else:
            raw = json.dumps(told).encode()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the asker has given up
            self.send_response(status)
            if isinstance(told, str):
                self.send_header("x-amzn-ErrorType", told)
            self.send_header("Content-Length", str(len(raw)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(raw)

    def log_message(self, *_: object) -> None:
        pass
