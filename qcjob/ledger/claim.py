"""What a worker holds while it has a job: the fence, the lease, and all it needs to run or rescue it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from qcjob.lifecycle import JobState


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim on a job. `lease_until` is on this machine's monotonic clock, seconds; `running_at` microseconds.

    `rescue` says that it took over a lapsed lease: then `state`, `handle` and `marked` tell how far the lost worker
    came, and `rescues` how often that happened in this attempt.
    """

    id: str
    fence: int
    device: str
    rescue: bool
    compiled: str
    state: JobState
    customer: str
    attempt: int
    shots: int
    seed: int | None
    options: Mapping[str, Any]
    request_id: str
    cancel_requested: bool
    handle: str | None
    marked: bool
    rescues: int
    running_at: int | None
    lease_until: float

    def as_header(self) -> dict[str, Any]:
        """Plain types, to travel in a message header from the worker to its child."""
        return asdict(self)

    @classmethod
    def from_header(cls, header: Mapping[str, Any]) -> Claim:
        """The inverse of `as_header`."""
        return cls(**{**header, "state": JobState(header["state"])})


def claim_from(answer: Sequence[Any], device: str, lease_until: float) -> Claim:
    """A claim from what claim.lua answers."""
    job_id, fence, kind, compiled, fields = answer
    state, customer, attempt, shots, seed, options, request, cancel, handle, marked, rescues, running = fields
    return Claim(
        id=job_id.decode(),
        fence=int(fence),
        device=device,
        rescue=kind == b"rescue",
        compiled=compiled.decode(),
        state=JobState(state.decode()),
        customer=customer.decode(),
        attempt=int(attempt),
        shots=int(shots),
        seed=None if seed is None else int(seed),
        options=json.loads(options) if options else {},
        request_id=(request or b"").decode(),
        cancel_requested=cancel is not None,
        handle=None if handle is None else handle.decode(),
        marked=marked is not None,
        rescues=(rescues or b"").count(b";"),
        running_at=None if running is None else int(running),
        lease_until=lease_until,
    )
