"""How long each fault kept jobs waiting: read from the ledger's times afterwards, device by device."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from qcjob.job import Job
from qcjob.lifecycle import JobState


@dataclass(frozen=True, slots=True)
class Struck:
    """A fault that happened. Times are seconds since the epoch."""

    name: str
    target: str
    began_at: float
    ended_at: float


@dataclass(frozen=True, slots=True)
class Stall:
    """What one fault did, in seconds. None: there was nothing to be seen.

    longest      from the fault to the next one, the longest time a device had an accepted job and none COMPLETED
    afterwards   how much of it came after the fault was over
    last         from the fault until the last job that was in flight when it struck was final
    """

    fault: Struck
    longest: float | None
    afterwards: float | None
    last: float | None


def stalls(jobs: Iterable[Job], struck: Sequence[Struck]) -> list[Stall]:
    """One for each fault. It answers for what happens until the next one strikes."""
    by_device: dict[str, list[Job]] = defaultdict(list)
    for job in jobs:
        by_device[job.device].append(job)
    found = []
    for at, fault in enumerate(struck):
        until = struck[at + 1].began_at if at + 1 < len(struck) else float("inf")
        gaps = [gap for of_device in by_device.values() for gap in _gaps(of_device, fault.began_at, until)]
        longest = max(gaps, key=lambda gap: gap[1] - gap[0], default=None)
        in_flight = [
            job.history[-1].at / 1e6 - fault.began_at
            for of_device in by_device.values()
            for job in of_device
            if _in_flight(job, fault.began_at)
        ]
        found.append(
            Stall(
                fault,
                longest[1] - longest[0] if longest else None,
                max(0.0, longest[1] - max(longest[0], fault.ended_at)) if longest else None,
                max(in_flight, default=None),
            )
        )
    return found


def _gaps(jobs: Sequence[Job], since: float, until: float) -> list[tuple[float, float]]:
    """Between two completions, as far as a job was there to be run, cut to the time given."""
    done = sorted(
        (job.updated_at / 1e6, job.created_at / 1e6)
        for job in jobs
        if job.state is JobState.COMPLETED and job.updated_at / 1e6 > since
    )
    gaps, last = [], since
    oldest = float("inf")  # the creation of the oldest job that is still to end, from here to the end of the list
    oldest_from = [oldest := min(oldest, created) for _, created in reversed(done)][::-1]
    for (ended, _), waiting_since in zip(done, oldest_from, strict=True):
        begin = max(last, waiting_since)
        if begin < until:
            gaps.append((begin, max(begin, min(ended, until))))
        last = ended
    return gaps


def _in_flight(job: Job, at: float) -> bool:
    """Whether a worker had it at this time."""
    state = None
    for moment in job.history:
        if moment.at / 1e6 <= at:
            state = moment.state
    return state in (JobState.SUBMITTED, JobState.RUNNING)
