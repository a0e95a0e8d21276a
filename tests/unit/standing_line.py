"""A line of jobs before a device that has room for all: who stands where, who is taken, and what is amiss."""

from __future__ import annotations

from qcjob.ledger import Ledger
from qcjob.ledger.checkup import Checkup


def take(ledger: Ledger) -> str | None:
    """The next job is claimed, and ends."""
    claim = ledger.claim("simulator", "w")
    if claim is None:
        return None
    ledger.fail(claim.id, claim.fence, "code", "over")
    return claim.id


def take_all(ledger: Ledger) -> list[str]:
    """All that can be claimed, in order; each ends before the next is claimed."""
    found = []
    while job_id := take(ledger):
        found.append(job_id)
    return found


def line(ledger: Ledger, *ids: str) -> list[str]:
    """Jobs by what the ledger says that is ahead of them."""
    ahead = {job_id: job.ahead for job_id in ids if (job := ledger.read(job_id)) and job.ahead is not None}
    assert sorted(ahead.values()) == list(range(len(ahead))), ahead
    return sorted(ahead, key=lambda job_id: ahead[job_id])


def faults(ledger: Ledger) -> list[str]:
    """What a checkup finds."""
    return [finding.what for finding in Checkup(ledger).contents()]
