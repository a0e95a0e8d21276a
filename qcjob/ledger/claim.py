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
    came, and `rescues` how often that happened in this attempt. `part` counts from 0; earlier ones are over, and what
    is said of handle, mark and run is said of this one. `retries` are those that the owner granted, `retried`
    those used up; `on_uncertain` is what the owner said about reruns, None where that is left to the device.
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
    retries: int
    retried: int
    on_uncertain: str | None
    request_id: str
    cancel_requested: bool
    handle: str | None
    marked: bool
    rescues: int
    running_at: int | None
    part: int
    lease_until: float

    def as_header(self) -> dict[str, Any]:
        """Plain types, to travel in a message header from the worker to its child."""
        return asdict(self)

    @classmethod
    def from_header(cls, header: Mapping[str, Any]) -> Claim:
        """The inverse of `as_header`."""
        return cls(**{**header, "state": JobState(header["state"])})


def claim_from(answer: Sequence[Any], device: str, lease_until: float) -> Claim:
    """A claim from what claim.lua answers. Raises ValueError or TypeError where the job's record is damaged."""
    job_id, fence, kind, compiled, fields = answer
    if not compiled:
        raise ValueError("its program is lost")
    state, customer, attempt, shots, seed, options, request, cancel, *fields = fields
    handle, marked, rescues, running, retries, retried, on_uncertain, part, advanced = fields
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
        options=dict(json.loads(options)) if options else {},
        retries=int(retries or 0),
        retried=int(retried or 0),
        on_uncertain=None if on_uncertain is None else on_uncertain.decode(),
        request_id=(request or b"").decode(),
        cancel_requested=cancel is not None,
        handle=None if handle is None else handle.decode(),
        marked=marked is not None,
        rescues=(rescues or b"").count(b";"),
        running_at=int(advanced or running) if running else None,
        part=int(part or 0),
        lease_until=lease_until,
    )
