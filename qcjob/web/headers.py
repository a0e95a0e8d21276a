"""Request headers that ask for something: Prefer, If-None-Match, Idempotency-Key, X-Request-ID."""

from __future__ import annotations

import re
import secrets

from qcjob.errors import FieldError

KEY_ALLOWED = "1 to 255 visible ASCII characters, bare or in double quotes"

_WAIT = re.compile(r'wait\s*=\s*(?:"(\d{1,30})"|(\d{1,30}))\s*(?:;.*)?', re.ASCII | re.IGNORECASE)
_ETAG = re.compile(r'(?:W/)?"([^"]*)"')
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_QUOTED = re.compile(r'"((?:[^"\\]|\\["\\])*)"')
_ESCAPE = re.compile(r"\\(.)")


def wait_seconds(prefer: str | None, limit_seconds: float) -> float | None:
    """The seconds of `Prefer: wait=N`, at most the limit; None where there is none that can be understood."""
    for preference in (prefer or "").split(","):
        if match := _WAIT.fullmatch(preference.strip()):
            return min(float(match[1] or match[2]), limit_seconds)
    return None


def preference_applied(waited_seconds: float | None) -> dict[str, str]:
    """The header that says for how long `Prefer: wait` was taken; none where it was not."""
    return {} if waited_seconds is None else {"Preference-Applied": f"wait={waited_seconds:g}"}


def matches(if_none_match: str | None, etag: str) -> bool:
    """Whether a list of entity tags holds this one (without quotes), weakly compared; `*` holds every one."""
    if not if_none_match:
        return False
    return if_none_match.strip() == "*" or etag in _ETAG.findall(if_none_match)


def idempotency_key(header: str | None) -> tuple[str | None, list[FieldError]]:
    """The key without its quotes, or what is wrong with it. A key in quotes equals the same key without."""
    if header is None:
        return None, []
    key = header.strip()
    if key.startswith('"'):
        quoted = _QUOTED.fullmatch(key)
        key = _ESCAPE.sub(r"\1", quoted[1]) if quoted else ""
    if _KEY.fullmatch(key):
        return key, []
    return None, [FieldError("Idempotency-Key", "cannot be used", KEY_ALLOWED, "header")]


def request_id(header: str | None) -> str:
    """The id the client gave, where it is fit for a log, else a new one."""
    return header if header and _REQUEST_ID.fullmatch(header) else secrets.token_hex(8)
