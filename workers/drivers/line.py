"""The line to a device that speaks HTTP: every call ends in time, is tried again where that is harmless, and is not
made at all while the device only fails.

    one try      httpx, with timeouts for connecting and for each read, and never past the call's own deadline
    tries        stamina: three, with exponential backoff and jitter, within the call's seconds
    the circuit  pybreaker: opens after so many failures in a row; then one call tries again now and then

A failure is a connection that cannot be made or breaks, a timeout, a 5xx other than 503, or an answer that is no JSON.
Any other answer, 503 and 429 among them, comes from a device that is alive, and is the caller's to understand.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
import pybreaker
import stamina

from qcjob.errors import DriverError
from workers.drivers.http_options import HttpOptions

TRIES = 3
MAX_ANSWER_BYTES = 64 * 2**20
"""A million different outcomes fit."""

logging.getLogger("httpx").setLevel(logging.WARNING)  # it tells of every request, and a job is polled often


class NoAnswer(DriverError):
    """The device did not answer. `sent`: the request, or one of its tries, may have reached it.

    `circuit_open`: it failed so often that it is not asked again for a while.
    """

    def __init__(self, message: str, *, sent: bool, circuit_open: bool = False) -> None:
        super().__init__(message)
        self.sent, self.circuit_open = sent, circuit_open


@dataclass(frozen=True, slots=True)
class Answer:
    """What the device answered: the HTTP status and a JSON object, empty where an error came without one.

    `items` is the answer where that was a JSON list; `retry_after` the seconds of a Retry-After header, None without.
    """

    status: int
    body: Mapping[str, Any]
    items: Sequence[Any] = ()
    retry_after: float | None = None

    @property
    def error(self) -> tuple[str, str]:
        """Code and message of an answer that is an error, as {"error": {"code", "message"}} has them."""
        error = self.body.get("error")
        found = error if isinstance(error, Mapping) else {}
        return str(found.get("code", "")), str(found.get("message", f"answered {self.status}"))[:500]


class Line:
    """One device's connection and circuit. Threads may share it; processes that fork must not."""

    def __init__(self, options: HttpOptions, transport: httpx.BaseTransport | None = None) -> None:
        self._options = options
        self._why = ""
        self._circuit = pybreaker.CircuitBreaker(
            fail_max=options.circuit_failures,
            reset_timeout=options.circuit_seconds,
            exclude=[lambda error: not isinstance(error, NoAnswer)],
            throw_new_error_on_trip=False,
        )
        self._client = httpx.Client(
            base_url=options.url,
            headers={"Accept": "application/json", "Accept-Encoding": "identity"}
            | ({"Authorization": f"Bearer {options.token}"} if options.token else {}),
            transport=transport,
            trust_env=False,  # a proxy meant for the web must not stand between a worker and its device
        )

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def ask(
        self,
        method: str,
        *path: str,
        within: float,
        body: Mapping[str, Any] | None = None,
        key: str | None = None,
        query: Mapping[str, str] | None = None,
        repeatable: bool = True,
    ) -> Answer:
        """The device's answer, within so many seconds. `key` is sent as Idempotency-Key.

        Not `repeatable`: tried again only where nothing was sent. Raises NoAnswer.
        """
        request = self._client.build_request(
            method,
            "/" + "/".join(quote(part, safe="") for part in path),
            json=body,
            params=query,
            headers={} if key is None else {"Idempotency-Key": key},
        )
        deadline, sent = time.monotonic() + within, False

        def worth_another_try(error: Exception) -> bool:
            return isinstance(error, NoAnswer) and not error.circuit_open and (repeatable or not error.sent)

        try:
            for attempt in stamina.retry_context(
                on=worth_another_try, attempts=TRIES, timeout=within, wait_initial=0.1, wait_max=1.0, wait_jitter=0.1
            ):
                with attempt:
                    try:
                        return self._try(request, deadline)
                    except NoAnswer as error:
                        sent = sent or error.sent
                        raise
        except NoAnswer as error:
            raise NoAnswer(str(error), sent=sent, circuit_open=error.circuit_open) from error
        raise AssertionError("a call ends with an answer or with NoAnswer")

    def _try(self, request: httpx.Request, deadline: float) -> Answer:
        try:
            with self._circuit.calling():
                try:
                    return self._exchange(request, deadline)
                except NoAnswer as error:
                    self._why = str(error)
                    raise
        except pybreaker.CircuitBreakerError as error:
            raise NoAnswer(f"circuit open: {self._why}", sent=False, circuit_open=True) from error
        except NoAnswer as error:
            if self._circuit.current_state != pybreaker.STATE_OPEN:
                raise
            raise NoAnswer(f"circuit open: {self._why}", sent=error.sent, circuit_open=True) from error

    def _exchange(self, request: httpx.Request, deadline: float) -> Answer:
        left = deadline - time.monotonic()
        if left <= 0:
            raise NoAnswer(f"{self._options.url} was not reached in time", sent=False)
        read = min(self._options.read_timeout, left)
        timeout = httpx.Timeout(read, connect=min(self._options.connect_timeout, left))
        request.extensions["timeout"] = timeout.as_dict()
        try:
            response = self._client.send(request, stream=True)
            try:
                status, raw = response.status_code, self._read(response, deadline)
                wait = response.headers.get("Retry-After", "")
            finally:
                response.close()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise NoAnswer(f"{self._options.url} cannot be reached: {_shown(error)}", sent=False) from error
        except httpx.HTTPError as error:
            raise NoAnswer(f"{self._options.url} did not answer: {_shown(error)}", sent=True) from error
        if status >= 500 and status != 503:
            raise NoAnswer(f"{self._options.url} answered {status}", sent=True)
        try:
            body = json.loads(raw)
        except (ValueError, RecursionError) as error:
            if status < 300:
                raise NoAnswer(f"{self._options.url} answered what is no JSON", sent=True) from error
            body = {}
        return Answer(
            status,
            body if isinstance(body, dict) else {},
            body if isinstance(body, list) else (),
            float(wait) if wait.isascii() and wait.isdigit() else None,
        )

    def _read(self, response: httpx.Response, deadline: float) -> bytes:
        """All of the answer; one that is too long or comes in drips is given up."""
        parts, size = [], 0
        for part in response.iter_bytes():
            parts.append(part)
            size += len(part)
            if size > MAX_ANSWER_BYTES:
                raise NoAnswer(f"{self._options.url} answered more than {MAX_ANSWER_BYTES:,} bytes", sent=True)
            if time.monotonic() > deadline:
                raise NoAnswer(f"{self._options.url} did not come to the end of its answer", sent=True)
        return b"".join(parts)


def _shown(error: Exception) -> str:
    return str(error) or type(error).__name__
