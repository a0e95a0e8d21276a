"""How a claim ends: what the ledger is told, and whether the job runs again.

fail             FAILED
without result   the run is over and has none: the next attempt, as often as the owner granted retries | fail
uncertain        on_uncertain, the owner's before the device's, is rerun: the next attempt, five at most
                 | the device lost the run, and its owner did not say fail: without result | fail
put back         surely not started: the same attempt again, now or later

A cancel that was asked for wins: the ledger makes CANCELLED of every job that would run again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from qcjob.devices.config import DeviceConfig
from qcjob.errors import LedgerUnavailable
from qcjob.ledger import Claim, Ledger
from qcjob.ledger.outcomes import Memory
from qcjob.lifecycle import JobState
from qcjob.logs import get_logger

log = get_logger(__name__)

MAX_ATTEMPTS = 5
"""Retries not counted. A job that kills its worker must not do so for ever."""

NO_REASON = "the device reported a failure"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a claim ended: the job's state now, and for FAILED the error."""

    state: JobState
    code: str = ""
    message: str = ""


class Ending:
    """Ends one claim. Every method raises StaleWriter when another worker has taken the job over."""

    def __init__(self, ledger: Ledger, device: DeviceConfig, claim: Claim, sleep: Callable[[float], object]) -> None:
        self._ledger = ledger
        self._device = device
        self._claim = claim
        self._sleep = sleep

    def complete(self, stored: Mapping[str, Any], memory: Memory) -> Outcome:
        """COMPLETED with what `Ledger.complete` takes."""
        self.persist(lambda: self._ledger.complete(self._claim.id, self._claim.fence, stored, memory))
        return Outcome(JobState.COMPLETED)

    def fail(self, code: str, message: str, *, raw: str = "", hold: bool = False) -> Outcome:
        """FAILED. `hold`: the device may be busy with the run still, its slot is not free yet."""
        claim, seconds = self._claim, self._device.submit_timeout if hold else 0
        self.persist(lambda: self._ledger.fail(claim.id, claim.fence, code, message, raw=raw, hold_seconds=seconds))
        return Outcome(JobState.FAILED, code, message)

    def cancelled(self) -> Outcome:
        """CANCELLED: the device stopped the run or never had it."""
        self.persist(lambda: self._ledger.cancelled(self._claim.id, self._claim.fence))
        return Outcome(JobState.CANCELLED)

    def without_result(self, code: str, message: str, *, raw: str = "") -> Outcome:
        """The run is over: it is tried again while retries are left, else FAILED."""
        if self._claim.retried >= self._claim.retries:
            return self.fail(code, message, raw=raw)
        return self._run_again(code, message, retry=True)

    def uncertain(self, why: str, *, over: bool = False) -> Outcome:
        """Nobody knows whether the device ran it; `over`: but it surely does not run it any more."""
        claim, hold = self._claim, not over
        if (claim.on_uncertain or self._device.on_uncertain) == "rerun":
            if claim.attempt - claim.retried < MAX_ATTEMPTS:
                return self._run_again("uncertain", why, retry=False, hold=hold)
            return self.fail("worker-lost", f"{why}; given up after {claim.attempt} attempts", hold=hold)
        if over and claim.on_uncertain is None:
            return self.without_result("uncertain", why)
        return self.fail("uncertain", why, hold=hold)

    def put_back(self, *, later_because: str = "") -> Outcome:
        """WAITING in the same attempt, at once or for later with the reason."""
        claim = self._claim
        return Outcome(self.persist(lambda: self._ledger.put_back(claim.id, claim.fence, later_because=later_because)))

    def persist(self, write: Callable[[], T]) -> T:
        """One ledger write: what is known here is kept until it is stored, however long Redis is away."""
        pause = 0.05
        while True:
            try:
                return write()
            except LedgerUnavailable as error:
                log.error("ledger unavailable, trying again", reason=str(error), pause_seconds=pause)
                self._sleep(pause)
                pause = min(pause * 2, 1.0)

    def _run_again(self, code: str, message: str, *, retry: bool, hold: bool = False) -> Outcome:
        claim, seconds = self._claim, self._device.submit_timeout if hold else 0
        log.warning("job will be run again", code=code, reason=message[:300], retry=retry)
        state = self.persist(
            lambda: self._ledger.run_again(claim.id, claim.fence, code, message, retry=retry, hold_seconds=seconds)
        )
        return Outcome(state)
