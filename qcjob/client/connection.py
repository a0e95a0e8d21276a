"""The calls: one method for each thing the API can do."""

from __future__ import annotations

import ipaddress
import re
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import httpx

from qcjob.client.answers import Page, Problem, RemoteJob, RemoteResult, Unreachable, Unusable

DEFAULT_URL = "http://127.0.0.1:8000"
TRIES = 4
FIRST_PAUSE_SECONDS = 0.2
POLL_SECONDS = 20.0

Json = dict[str, Any]

_ID = re.compile(r"[A-Za-z0-9_-]{1,200}")


class Client:
    """One server and one key. Use it as a context manager, or call `close`; not shared between threads."""

    def __init__(
        self,
        url: str = DEFAULT_URL,
        api_key: str | None = None,
        *,
        timeout_seconds: float = 10.0,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        _check_url(url)
        self._url = url.rstrip("/")
        self._timeout = timeout_seconds
        self._sleep = sleep
        self._clock = clock
        try:
            self._http = httpx.Client(
                base_url=self._url,
                headers={"Authorization": f"Bearer {api_key}"} if api_key else {},
                timeout=timeout_seconds,
                transport=transport,
                trust_env=not _is_loopback(url),  # a proxy has no way to this machine's own loopback
            )
        except ValueError as error:
            raise Unusable("the API key cannot be used: a header can carry visible ASCII characters alone") from error

    def __repr__(self) -> str:
        return f"Client({self._url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the connections; calling it twice does no harm."""
        self._http.close()

    def submit(
        self,
        program: str,
        *,
        runtime: str | None = None,
        device: str | None = None,
        shots: int | None = None,
        seed: int | None = None,
        name: str | None = None,
        tags: Sequence[str] = (),
        options: Mapping[str, Any] | None = None,
        language: str | None = None,
        idempotency_key: str | None = None,
    ) -> RemoteJob:
        """Submit a program; None means the server's default. Without a key one is made, so a retry cannot double it."""
        body = _body(program, runtime, device, shots, seed, name, tags, options, language)
        headers = {"Idempotency-Key": f'"{idempotency_key or uuid.uuid4()}"'}
        return RemoteJob.from_answer(self._ask("POST", "/v1/jobs", json=body, headers=headers))

    def dry_run(self, program: str, **fields: Any) -> Json:
        """What `submit` with the same arguments would run, checked and compiled, but not recorded."""
        body = _body(program, **fields)
        return _document(self._ask("POST", "/v1/jobs", json=body, params={"dry_run": "true"}))

    def status(self, job: str | RemoteJob) -> RemoteJob:
        """The job as it is now."""
        return RemoteJob.from_answer(self._ask("GET", _path(job)))

    def next_change(self, job: RemoteJob, seconds: float = POLL_SECONDS) -> RemoteJob:
        """The job once its version differs from the one given, or the one given when `seconds` pass without."""
        headers = {"Prefer": f"wait={max(1, round(seconds))}"}
        if job.etag:
            headers["If-None-Match"] = job.etag
        answer = self._ask("GET", _path(job), headers=headers, timeout=seconds + self._timeout)
        return job if answer.status_code == httpx.codes.NOT_MODIFIED else RemoteJob.from_answer(answer)

    def changes(self, job: str | RemoteJob, *, every: float = POLL_SECONDS) -> Iterator[RemoteJob]:
        """The job as it is, then again after each change, and at least every `every` seconds, until it is final."""
        seen = self.status(job)
        yield seen
        while not seen.is_final:
            asked_at = self._clock()
            newer = self.next_change(seen, every)
            if newer.version == seen.version and self._clock() - asked_at < every / 2:
                self._sleep(min(every, 1.0))  # a server that is short of long-polls answers at once
            seen = newer
            yield seen

    def wait(self, job: str | RemoteJob, *, timeout_seconds: float | None = None) -> RemoteJob:
        """The job in its final state. Raises TimeoutError after `timeout_seconds`; the job itself goes on."""
        deadline = None if timeout_seconds is None else self._clock() + timeout_seconds
        every = POLL_SECONDS if timeout_seconds is None else min(POLL_SECONDS, max(1.0, timeout_seconds))
        for seen in self.changes(job, every=every):
            if seen.is_final:
                return seen
            if deadline is not None and self._clock() >= deadline:
                raise TimeoutError(f"job {seen.id} is still {seen.state} after {timeout_seconds} s")
        raise AssertionError("changes() ends with a final state")

    def result(self, job: str | RemoteJob) -> RemoteResult:
        """The counts. Raises Problem `result-not-ready` before the end, `no-result` for FAILED and CANCELLED."""
        return RemoteResult.from_document(_document(self._ask("GET", f"{_path(job)}/result")))

    def program(self, job: str | RemoteJob) -> Json:
        """Source and compiled program, in every state."""
        return _document(self._ask("GET", f"{_path(job)}/program"))

    def cancel(self, job: str | RemoteJob) -> RemoteJob:
        """Cancel a waiting job at once, ask a running one to stop. Raises Problem `not-cancellable` after the end."""
        return RemoteJob.from_answer(self._ask("POST", f"{_path(job)}/cancel"))

    def list(self, *, limit: int | None = None, cursor: str | None = None, **filters: str | None) -> Page:
        """One page of jobs, newest first. Filters: state, device, tag, created_after, created_before (RFC 3339)."""
        asked: dict[str, Any] = {"limit": limit, "cursor": cursor, **filters}
        params = {key: value for key, value in asked.items() if value is not None}
        return Page.from_document(_document(self._ask("GET", "/v1/jobs", params=params)))

    def devices(self) -> tuple[Json, ...]:
        """Every device: name, num_qubits, gates, limits, status, queue length."""
        return tuple(_document(self._ask("GET", "/v1/devices"))["items"])

    def _ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        """One answer of qcjob's, after as many tries as it takes, at most TRIES."""
        for attempt in range(1, TRIES + 1):
            pause = FIRST_PAUSE_SECONDS * 2 ** (attempt - 1)
            try:
                answer = self._http.request(method, path, **request)
            except httpx.TransportError as error:
                if attempt == TRIES:
                    raise Unreachable(f"no answer from {self._url}: {error or type(error).__name__}") from error
            except httpx.HTTPError as error:
                raise Unreachable(f"{self._url} cannot be asked: {error}") from error
            except (httpx.InvalidURL, ValueError, RecursionError) as error:
                raise Unusable(f"what is asked cannot be sent: it holds {_what_it_holds(error)}") from error
            else:
                if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE or attempt == TRIES:
                    return _checked(answer)
                retry_after = answer.headers.get("Retry-After", "")
                pause = min(float(retry_after), 5.0) if retry_after.isdecimal() else pause
            self._sleep(pause)
        raise AssertionError("the last try returns or raises")


def _body(
    program: str,
    runtime: str | None = None,
    device: str | None = None,
    shots: int | None = None,
    seed: int | None = None,
    name: str | None = None,
    tags: Sequence[str] = (),
    options: Mapping[str, Any] | None = None,
    language: str | None = None,
) -> Json:
    fields: Json = {
        "program": program,
        "runtime": runtime,
        "device": device,
        "shots": shots,
        "seed": seed,
        "name": name,
        "tags": list(tags) or None,
        "options": dict(options) if options else None,
        "language": language,
    }
    return {key: value for key, value in fields.items() if value is not None}


def _checked(answer: httpx.Response) -> httpx.Response:
    if answer.is_success or answer.status_code == httpx.codes.NOT_MODIFIED:
        return answer
    if "json" in answer.headers.get("Content-Type", ""):
        raise Problem.from_document(_document(answer), answer.status_code)
    raise Unreachable(f"{answer.request.url} answered {answer.status_code}, and not as qcjob does")


def _document(answer: httpx.Response) -> Json:
    try:
        document = answer.json()
    except ValueError as error:
        raise Unreachable(f"{answer.request.url} does not answer in JSON; is it qcjob?") from error
    if not isinstance(document, dict):
        raise Unreachable(f"{answer.request.url} does not answer with a JSON object; is it qcjob?")
    return document


def _path(job: str | RemoteJob) -> str:
    """Where a job is. A text that cannot be one piece of a path is the id of no job: nobody needs to be asked."""
    job_id = job.id if isinstance(job, RemoteJob) else job
    if not _ID.fullmatch(job_id):
        detail = f"there is no job {job_id[:100]!r}"
        document = {"type": "/problems/job-not-found", "title": "No such job", "status": 404, "detail": detail}
        raise Problem.from_document({**document, "code": "job-not-found"}, 404)
    return f"/v1/jobs/{job_id}"


def _what_it_holds(error: Exception) -> str:
    if isinstance(error, UnicodeError):
        return "an argument that is not UTF-8 text"
    return "a value nested too deep" if isinstance(error, RecursionError) else f"a value out of range ({error})"


def _check_url(url: str) -> None:
    try:
        parsed = httpx.URL(url)
        fault = "" if parsed.scheme in ("http", "https") and parsed.host else "wanted http://HOST:PORT or https://HOST"
        if parsed.port is not None and not 0 < parsed.port < 65_536:
            fault = "a port is 1 to 65535"
    except (httpx.InvalidURL, ValueError) as error:
        fault = str(error)
    if fault:
        raise Unusable(f"the URL {url!r} cannot be used: {fault}")


def _is_loopback(url: str) -> bool:
    try:
        host = httpx.URL(url).host
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except (httpx.InvalidURL, ValueError):
        return False
