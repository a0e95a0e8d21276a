"""One server over HTTP, asked as often as it takes: what every call goes through."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any

import httpx

from qcjob.client.answers import Json, Problem, Unreachable, Unusable, document_of

TRIES = 4
FIRST_PAUSE_SECONDS = 0.2
COMPILE_SECONDS = 120.0
"""How long the server may take for an answer that it compiles a program for: its limit is 10 s, unless its operator
sets another, and a dozen programs may be before this one. Given up before, it is compiled once more, for nothing."""
LONGEST_PAUSE_SECONDS = 5.0
"""A server that says to come back later than this is taken at its word: the refusal is the answer."""


class Connection:
    """One server and one key. Raises Unusable for a URL or a key that cannot be used; nothing is asked yet."""

    def __init__(
        self,
        url: str,
        api_key: str | None,
        timeout_seconds: float,
        transport: httpx.BaseTransport | None,
        sleep: Callable[[float], None],
    ) -> None:
        _check_url(url)
        api_key = _usable(api_key)
        self.url = url.rstrip("/")
        self.timeout_seconds = timeout_seconds
        self._sleep = sleep
        self._http = httpx.Client(
            base_url=self.url,
            headers={"Authorization": f"Bearer {api_key}"} if api_key else {},
            timeout=timeout_seconds,
            transport=transport,
            trust_env=not _is_loopback(url),  # a proxy has no way to this machine's own loopback
        )

    def close(self) -> None:
        """End the connections; calling it twice does no harm."""
        self._http.close()

    @property
    def while_compiling(self) -> httpx.Timeout:
        """The `timeout` of a request that has a program compiled; a server that is not there is noticed as ever."""
        return httpx.Timeout(self.timeout_seconds, read=max(self.timeout_seconds, COMPILE_SECONDS))

    def document(self, method: str, path: str, **request: Any) -> Json:
        """The JSON object that answers; raises as `ask` does."""
        return document_of(self.ask(method, path, **request))

    def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        """One answer of qcjob's, after as many tries as it takes, at most TRIES.

        Raises Problem when the server refused, Unreachable when no answer came, Unusable when nothing could be asked.
        """
        for attempt in range(1, TRIES + 1):
            pause = FIRST_PAUSE_SECONDS * 2 ** (attempt - 1)
            try:
                answer = self._http.request(method, path, **request)
            except httpx.TransportError as error:
                if attempt == TRIES:
                    raise Unreachable(f"no answer from {self.url}: {error or type(error).__name__}") from error
            except httpx.HTTPError as error:
                raise Unreachable(f"{self.url} cannot be asked: {error}") from error
            except (httpx.InvalidURL, ValueError, RecursionError) as error:
                raise Unusable(f"what is asked cannot be sent: it holds {_what_it_holds(error)}") from error
            else:
                if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE or attempt == TRIES:
                    return _checked(answer)
                retry_after = answer.headers.get("Retry-After", "")
                pause = float(retry_after) if retry_after.isdecimal() else pause
                if pause > LONGEST_PAUSE_SECONDS:
                    return _checked(answer)
            self._sleep(pause)
        raise AssertionError("the last try returns or raises")


def _checked(answer: httpx.Response) -> httpx.Response:
    if answer.is_success or answer.status_code == httpx.codes.NOT_MODIFIED:
        return answer
    if "json" in answer.headers.get("Content-Type", ""):
        raise Problem.from_document(document_of(answer), answer.status_code)
    raise Unreachable(f"{answer.request.url} answered {answer.status_code}, and not as qcjob does")


def _what_it_holds(error: Exception) -> str:
    if isinstance(error, UnicodeError):
        return "an argument that is not UTF-8 text"
    return "a value nested too deep" if isinstance(error, RecursionError) else f"a value out of range ({error})"


def _usable(api_key: str | None) -> str | None:
    """The key without the blanks around it, such as the line break of its file. Raises Unusable without showing it."""
    key = (api_key or "").strip()
    if not all("!" <= char <= "~" for char in key):
        raise Unusable("the API key cannot be used: a header can carry visible ASCII characters alone")
    return key or None


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
