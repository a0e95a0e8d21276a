"""The job as a frozen value: what was asked, where it is, and every attempt at it.

Times are integers: microseconds since 1970-01-01 UTC, from the ledger's clock. `retries` and `on_uncertain`,
`start_after` and `not_after`, before and after which the job is not claimed, are None where the owner did not say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from qcjob.acts import Act
from qcjob.lifecycle import JobState

ON_UNCERTAIN = ("fail", "rerun")
"""What becomes of a job when nobody knows whether the device ran it."""


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job in CREATED: checked and compiled, not recorded yet.

    `cost` is the device time it is thought to need, microseconds. `asked_tier`: the owner named its tier. `parts`: how
    many circuits run one after another. `batch`: the id of the batch it came in, and `index` its place there, from 0.
    """

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
    cost: int = 1
    asked_tier: bool = False
    seed: int | None = None
    name: str | None = None
    tags: tuple[str, ...] = ()
    options: Mapping[str, object] = field(default_factory=dict)
    retries: int | None = None
    on_uncertain: str | None = None
    start_after: int | None = None
    not_after: int | None = None
    session: str | None = None
    request_id: str = ""
    fingerprint: str = ""
    parts: int = 1
    batch: str | None = None
    index: int = 0


@dataclass(frozen=True, slots=True)
class Rescue:
    """A worker that took over a lapsed lease of the same attempt."""

    at: int
    worker: str
    fence: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at running the job. `outcome` is completed, failed, cancelled, put_back, or None while it lasts.

    An attempt that ended put_back, because another follows it, has the error that it ended with.
    """

    number: int
    fence: int
    worker: str
    started_at: int
    handle: str | None = None
    ended_at: int | None = None
    outcome: str | None = None
    rescues: tuple[Rescue, ...] = ()
    error_code: str | None = None
    error_message: str | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """A state the job entered, when, and in which attempt (a WAITING job waits for that attempt)."""

    state: JobState
    at: int
    attempt: int


@dataclass(frozen=True, slots=True)
class Job:
    """A job as the ledger has it at one version. `ahead` counts the jobs ranked before it, None unless WAITING.

    `tier` is there where the owner named one, `not_before` while a WAITING job may not be claimed yet, with
    `put_back_because` where it was claimed before. `held`: an operator holds the "job", or its "customer"; `acts` are
    what operators did to it. `starts_from` is the earliest start that was foreseen when it was submitted. `parts_done`
    of its `parts` are over. It came in a `batch`, with this id, at this `index`, from 0; or alone. `fingerprint` is
    that of the request that carried an idempotency key, else empty.
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
    retries: int | None = None
    on_uncertain: str | None = None
    tier: int | None = None
    start_after: int | None = None
    not_after: int | None = None
    session: str | None = None
    cancel_requested_at: int | None = None
    ahead: int | None = None
    held: str | None = None
    not_before: int | None = None
    put_back_because: str | None = None
    attempts: tuple[Attempt, ...] = ()
    history: tuple[Moment, ...] = ()
    acts: tuple[Act, ...] = ()
    starts_from: int | None = None
    error_code: str | None = None
    error_message: str | None = None
    fingerprint: str = ""
    parts: int = 1
    parts_done: int = 0
    batch: str | None = None
    index: int = 0
