"""What clients were told: every answer, by all threads, for the checks to hold against the ledger."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from qcjob.lifecycle import JobState


@dataclass(frozen=True, slots=True)
class Seen:
    """A descriptor as a client got it. `asked_at`, `at`: when it was asked for, when it came; seconds, monotonic."""

    id: str
    state: JobState
    version: int
    asked_at: float
    at: float


class Witness:
    """Every answer that clients got, by all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.accepted: dict[tuple[str, str], set[str]] = {}
        """Customer and key to the ids that 2xx answers named: one each, if all is well."""
        self.seen: list[Seen] = []
        self.answers: Counter[str] = Counter()
        """By status; and how often none came."""
        self.refused: Counter[str] = Counter()
        """Problems that no retry can mend, by their code: none, if all is well."""
        self.waits: list[float] = []
        """Seconds from the first try of a submit until it was answered 2xx."""
        self.slowest_503 = 0.0
        """Seconds; of requests that did not ask to wait."""
        self.cancels: set[str] = set()

    def answer(self, customer: str, request: httpx.Request, response: httpx.Response, asked_at: float) -> None:
        """Note one answer, read to its end."""
        now = time.monotonic()
        with self._lock:
            self.answers[str(response.status_code)] += 1
            if response.status_code == 503 and "Prefer" not in request.headers:
                self.slowest_503 = max(self.slowest_503, now - asked_at)
        if not response.is_success or not request.url.path.startswith(("/v1/jobs", "/v1/batches")):
            return
        if request.url.path.endswith("/result"):
            return
        key = request.headers.get("Idempotency-Key", "").strip('"')
        if request.url.path.startswith("/v1/batches"):
            self._batch(customer, key, json.loads(response.content))
            return
        job = json.loads(response.content)
        with self._lock:
            if key:
                self.accepted.setdefault((customer, key), set()).add(job["id"])
            self.seen.append(Seen(job["id"], JobState(job["state"]), job["version"], asked_at, now))

    def _batch(self, customer: str, key: str, batch: Mapping[str, Any]) -> None:
        """Of a submit's answer: its jobs are accepted, each under the key and its index."""
        with self._lock:
            for index, job_id in enumerate(batch.get("jobs", ())):
                self.accepted.setdefault((customer, f"{key} {index}"), set()).add(job_id)

    def nothing(self) -> None:
        """No answer came."""
        with self._lock:
            self.answers["none"] += 1

    def refusal(self, code: str) -> None:
        """A client was refused for good."""
        with self._lock:
            self.refused[code] += 1

    def waited(self, seconds: float) -> None:
        """A submit was accepted."""
        with self._lock:
            self.waits.append(seconds)


class Noted(httpx.HTTPTransport):
    """Tells the witness of each answer."""

    def __init__(self, witness: Witness, customer: str) -> None:
        super().__init__()
        self._witness, self._customer = witness, customer

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        asked_at = time.monotonic()
        try:
            response = super().handle_request(request)
            response.read()
        except httpx.TransportError:
            self._witness.nothing()
            raise
        self._witness.answer(self._customer, request, response, asked_at)
        return response
