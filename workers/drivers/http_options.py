"""The options of an HTTP device, read once and checked; the token comes from a file or the environment alone."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from qcjob.errors import ConfigurationError

CALL_SECONDS = 4.5
"""What any call but submit may take with all its tries: a worker allows 5 s."""

_DEDUP = ("native", "find", "none")


@dataclass(frozen=True, slots=True)
class HttpOptions:
    """`[devices.NAME.options]` of an HTTP device. Times are seconds.

    url                where the device answers, such as http://10.0.0.7:8700
    token_env          the environment variable that holds the bearer token
    token_file         or the file whose first word it is
    connect_timeout    for a connection to be made
    read_timeout       for each part of an answer; of submit too
    submit_seconds     for submit with all its tries; the device's submit_timeout must be longer
    circuit_failures   tries in a row without an answer after which the device is left alone
    circuit_seconds    how long, until one of them is made again
    dedup              native: it honours Idempotency-Key; find: it does not, but can be asked; none
    """

    url: str
    token: str | None = field(default=None, repr=False)
    connect_timeout: float = 1.0
    read_timeout: float = 2.0
    submit_seconds: float = 20.0
    circuit_failures: int = 5
    circuit_seconds: float = 1.5
    dedup: str = "native"


def read_options(name: str, options: Mapping[str, Any]) -> HttpOptions:
    """The options of the device of this name. Raises ConfigurationError."""

    def wrong(what: str) -> ConfigurationError:
        return ConfigurationError(f"device {name}: {what}")

    if "token" in options:
        raise wrong("a token does not belong into the file: name its variable in token_env or its file in token_file")
    known = {*HttpOptions.__slots__, "token_env", "token_file"} - {"token"}
    if unknown := set(options) - known:
        raise wrong(f"unknown options {', '.join(sorted(unknown))}; known: {', '.join(sorted(known))}")
    url = options.get("url")
    parts = urlsplit(url) if isinstance(url, str) else None
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise wrong(f"url = {url!r:.200}: wanted http://HOST:PORT or https://…")
    if parts.username or parts.password:
        raise wrong("url holds a user or a password: use token_env or token_file")
    values: dict[str, Any] = {"url": str(url).rstrip("/"), "token": read_token(options, wrong)}
    for key in ("connect_timeout", "read_timeout", "submit_seconds", "circuit_seconds", "circuit_failures"):
        if key in options:
            least, kind = (1, int) if key == "circuit_failures" else (0.01, (int, float))
            given = options[key]
            if isinstance(given, bool) or not isinstance(given, kind) or not least <= given <= 3_600:
                raise wrong(f"{key} = {given!r:.40}: wanted a number, {least} or more")
            values[key] = given
    if options.get("dedup", "native") not in _DEDUP:
        raise wrong(f"dedup = {options['dedup']!r:.40}: wanted one of {', '.join(_DEDUP)}")
    found = HttpOptions(**values, dedup=options.get("dedup", "native"))
    if found.connect_timeout + found.read_timeout > CALL_SECONDS:
        raise wrong(f"connect_timeout and read_timeout: wanted {CALL_SECONDS:g} s at most together")
    return found


def read_token(options: Mapping[str, Any], wrong: Callable[[str], ConfigurationError]) -> str | None:
    """The token that `token_env` or `token_file` leads to, None without either. Raises what `wrong` makes."""
    variable, file = options.get("token_env"), options.get("token_file")
    if variable is not None and file is not None:
        raise wrong("token_env and token_file: wanted one of them")
    if variable is not None:
        token = os.environ.get(str(variable), "").strip()
        if not token:
            raise wrong(f"the environment variable {variable} of token_env is not set")
        where = f"the variable {variable}"
    elif file is not None:
        try:
            words = Path(str(file)).read_text(encoding="utf-8").split()
        except (OSError, UnicodeDecodeError) as error:
            raise wrong(f"token_file {file} cannot be read: {error}") from error
        if not words:
            raise wrong(f"token_file {file} is empty")
        token, where = words[0], str(file)
    else:
        return None
    if not token.isascii() or not token.isprintable() or " " in token:
        raise wrong(f"the token in {where} holds what a header cannot")
    return token
