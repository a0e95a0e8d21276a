"""The job as a frozen value: what was asked, where it is, and every attempt at it.

Times are integers: microseconds since 1970-01-01 UTC, from the ledger's clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from qcjob.lifecycle import JobState


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job in CREATED: checked and compiled, not recorded yet."""

    id: str
    customer: str
    key_id: str
    tier: int
    device: str
    runtime: str
    language: str
    program: str
    compiled: str
    shots: int
    seed: int | None = None
    name: str | None = None
    tags: tuple[str, ...] = ()
    options: Mapping[str, object] = field(default_factory=dict)
    request_id: str = ""
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Rescue:
    """A worker that took over a lapsed lease of the same attempt."""

    at: int
    worker: str
    fence: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at running the job. `outcome` is completed, failed, cancelled, put_back, or None while it lasts."""

    number: int
    fence: int
    worker: str
    started_at: int
    handle: str | None = None
    ended_at: int | None = None
    outcome: str | None = None
    rescues: tuple[Rescue, ...] = ()


@dataclass(frozen=True, slots=True)
class Moment:
    """A state the job entered, when, and in which attempt (a WAITING job waits for that attempt)."""

    state: JobState
    at: int
    attempt: int


@dataclass(frozen=True, slots=True)
class Job:
    """A job as the ledger has it at one version. `ahead` counts the jobs ranked before it, None unless WAITING.

    `fingerprint` is that of the request that carried an idempotency key, else empty.
    """

    id: str
    customer: str
    state: JobState
    version: int
    device: str
    runtime: str
    language: str
    shots: int
    created_at: int
    updated_at: int
    seed: int | None = None
    name: str | None = None
    tags: tuple[str, ...] = ()
    options: Mapping[str, object] = field(default_factory=dict)
    cancel_requested_at: int | None = None
    ahead: int | None = None
    attempts: tuple[Attempt, ...] = ()
    history: tuple[Moment, ...] = ()
    error_code: str | None = None
    error_message: str | None = None
    fingerprint: str = ""
