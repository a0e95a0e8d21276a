"""What an idempotency key stands for: the first request that came with it, by its fingerprint."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from qcjob.errors import IdempotencyKeyReused, Refused
from qcjob.service.request import JobRequest


def fingerprint_of(request: JobRequest) -> str:
    """Equal for equal requests: the order of names does not matter, 1.0 is 1, and no retries are 0 retries.

    The same request has the same fingerprint in every version: a field that is new is left out where it says nothing.
    """
    asked = {name: value for name, value in asdict(request).items() if value not in _NEWER.get(name, ())}
    return _digest(json.dumps(_plain(asked), sort_keys=True))


def fingerprint_of_batch(name: str | None, on_error: str, jobs: Sequence[JobRequest | Refused]) -> str:
    """Equal for equal batches, by the measure of their jobs; of one that cannot be read, by what is wrong with it."""
    asked = [str(job) if isinstance(job, Refused) else fingerprint_of(job) for job in jobs]
    return _digest(json.dumps([name, on_error, asked]))


def check_same(found: str, fingerprint: str, what: str) -> None:
    """Raises IdempotencyKeyReused where `what` the key stands for was made by another request than this one."""
    if found != fingerprint:
        raise IdempotencyKeyReused(f"this Idempotency-Key stands for {what}, which asked for something else")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


_NEWER: dict[str, tuple[Any, ...]] = {
    "retries": (None, 0),
    "on_uncertain": (None, ""),
    "tier": (None,),
    "start_after": (None,),
    "not_after": (None,),
    "bindings": (None,),
    "session": (None,),
}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
