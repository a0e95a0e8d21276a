"""One claim, run to its end: hand the job to the device or rescue it, listen, check what comes back, tell the ledger.

hand over     submit -> Finished: complete | Handle: start, then follow | Failed, Rejected: fail
                        Unavailable: put back for later | Uncertain, or any other error: uncertain
follow        poll until done, failed, cancelled or lost; ask the device to cancel when the owner did
rescue        handle known: follow it | dedup native: hand over again | never marked: put back
              | find: ask the device | else uncertain
uncertain     on_uncertain = rerun: the next attempt, five at most | fail
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from qcjob import __version__
from qcjob.devices.config import DeviceConfig
from qcjob.devices.driver import (
    CancelAnswer,
    Driver,
    Failed,
    Finished,
    Handle,
    Poll,
    PollState,
    Program,
    Result,
)
from qcjob.errors import LedgerUnavailable, Rejected, Unavailable
from qcjob.ledger import Claim, Ledger
from qcjob.lifecycle import JobState
from qcjob.logs import get_logger
from qcjob.result import faults_in
from workers.lease import Lease

log = get_logger(__name__)

MAX_ATTEMPTS = 5
"""A job that kills its worker must not do so for ever."""

MAX_RESCUES = 20
"""Of one attempt, for the same reason."""

CALL_SECONDS = 5.0
"""What poll, find, result and cancel may take."""

_POLL_SECONDS = (0.02, 1.0)
_POLL_SHARE = 0.1
"""Between two polls passes a tenth of the time the job has run, within the bounds above."""

_MAX_RAW = 100_000

T = TypeVar("T")

NO_ANSWER = object()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a claim ended: the job's state now, and for FAILED the error."""

    state: JobState
    code: str = ""
    message: str = ""


class Attempt:
    """Runs one claim on one device. Raises StaleWriter when another worker has taken the job over."""

    def __init__(
        self,
        ledger: Ledger,
        driver: Driver,
        device: DeviceConfig,
        claim: Claim,
        lease: Lease,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._ledger = ledger
        self._driver = driver
        self._device = device
        self._claim = claim
        self._lease = lease
        self._sleep = sleep

    @cached_property
    def _compiled(self) -> dict[str, Any]:
        compiled: dict[str, Any] = json.loads(self._claim.compiled)
        return compiled

    def run(self) -> Outcome:
        """From the claim to COMPLETED, FAILED, CANCELLED or back to WAITING."""
        claim, dedup = self._claim, self._driver.caps.dedup
        if not claim.rescue:
            return self._hand_over()
        if claim.rescues > (MAX_RESCUES if claim.handle else MAX_ATTEMPTS):
            return self._fail("worker-lost", f"the worker was lost {claim.rescues} times in this attempt", hold=True)
        if claim.handle is not None:
            return self._follow(claim.handle)
        if dedup == "native":
            return self._hand_over()
        if not claim.marked:
            return self._put_back(next_attempt=False, later=False)
        if dedup == "find":
            handle = self._find()
            if handle is None:
                return self._put_back(next_attempt=False, later=False)
            if isinstance(handle, str):
                return self._started(handle)
        return self._uncertain("the worker was lost while submitting; the device may have run it")

    def _hand_over(self) -> Outcome:
        claim, blocking = self._claim, self._driver.caps.mode == "blocking"
        if self._lease.cancel_asked.is_set() and not claim.rescue:  # a rescued one may be on the device: ask it
            return self._cancelled()
        if self._compiled["format"] not in self._driver.caps.formats:
            return self._fail("rejected", f"the driver does not read program format {self._compiled['format']}")
        if self._driver.caps.dedup != "native":
            self._lease.note(self._persist(lambda: self._ledger.mark(claim.id, claim.fence)))
        self._persist(self._lease.make_sure)
        program = Program(self._compiled, claim.seed, claim.options)
        limit = self._device.max_run_seconds if blocking else self._device.submit_timeout
        try:
            with self._lease.calling(limit):
                answer = self._driver.submit(claim.id, program, claim.shots)
        except Rejected as error:
            return self._fail("rejected", str(error) or "the device will not take this program")
        except Unavailable as error:
            log.info("device unavailable", reason=str(error))
            return self._put_back(next_attempt=False, later=True)
        except Exception as error:
            log.warning("submit ended without an answer", reason=_shown(error), exc_info=True)
            return self._uncertain(f"submit ended without an answer ({_shown(error)}); the device may have run it")
        if isinstance(answer, Finished):
            return self._complete(answer.result)
        if isinstance(answer, Failed):
            return self._fail(answer.code, answer.message)
        if not isinstance(answer, str):
            return self._uncertain(f"submit answered {type(answer).__name__}; the device may have run it")
        return self._started(answer)

    def _started(self, handle: Handle) -> Outcome:
        claim = self._claim
        self._lease.note(self._persist(lambda: self._ledger.start(claim.id, claim.fence, handle)))
        log.info("job running", state=JobState.RUNNING, handle=handle[:80])
        return self._follow(handle)

    def _follow(self, handle: Handle) -> Outcome:
        since = time.time() if self._claim.running_at is None else self._claim.running_at / 1e6
        told, silent = False, 0
        while True:
            ran = time.time() - since
            if ran > self._device.max_run_seconds:
                self._try(self._driver.cancel, handle)
                allowed = f"{self._device.max_run_seconds:g} s"
                return self._fail("ran-too-long", f"it ran for more than the {allowed} allowed", hold=True)
            answer = self._try(self._driver.poll, handle)
            if not isinstance(answer, Poll):
                silent += 1
            elif answer.state is PollState.DONE:
                result = self._try(self._driver.result, handle)
                if result is not NO_ANSWER:
                    return self._complete(result)
                silent += 1
            elif answer.state is PollState.FAILED:
                return self._fail(answer.code, answer.message or "the device reported a failure")
            elif answer.state is PollState.CANCELLED:
                return self._cancelled()
            elif answer.state is PollState.LOST:
                return self._uncertain("the device lost the job; it may have run it", hold=False)
            else:
                silent = 0
            if self._lease.cancel_asked.is_set() and not told:
                reply = self._try(self._driver.cancel, handle)
                if reply is CancelAnswer.CANCELLED:
                    return self._cancelled()
                told = reply is not NO_ANSWER
            pause = min(max(_POLL_SECONDS[0], ran * _POLL_SHARE, 0.1 * silent), _POLL_SECONDS[1])
            if told:
                self._sleep(pause)
            else:
                self._lease.cancel_asked.wait(pause)

    def _complete(self, result: object) -> Outcome:
        claim = self._claim
        if not isinstance(result, Result):
            return self._refuse_result(f"it is {type(result).__name__}, not a Result", result)
        fault = faults_in(result.counts, shots=claim.shots, clbits=self._compiled["clbits"])
        if fault is not None:
            return self._refuse_result(fault, result.counts)
        stored = {
            "counts": dict(result.counts),
            "seed": result.seed,
            "compiler": f"qcjob {__version__}",
            "calibration": self._calibration(),
        }
        self._persist(lambda: self._ledger.complete(claim.id, claim.fence, stored))
        return Outcome(JobState.COMPLETED)

    def _refuse_result(self, fault: str, found: object) -> Outcome:
        raw = json.dumps({"refused": repr(found)[:_MAX_RAW]})
        return self._fail("bad-result", f"the device's result was refused: {fault}", raw=raw)

    def _calibration(self) -> str | None:
        """The calibration the device runs on now; a device that does not say so does not cost a result."""
        try:
            with self._lease.calling(CALL_SECONDS):
                return self._driver.properties().target.calibration_id
        except Exception as error:
            log.warning("device did not answer", call="properties", reason=_shown(error))
            return None

    def _fail(self, code: str, message: str, *, raw: str = "", hold: bool = False) -> Outcome:
        claim, seconds = self._claim, self._device.submit_timeout if hold else 0
        self._persist(lambda: self._ledger.fail(claim.id, claim.fence, code, message, raw=raw, hold_seconds=seconds))
        return Outcome(JobState.FAILED, code, message)

    def _cancelled(self) -> Outcome:
        self._persist(lambda: self._ledger.cancelled(self._claim.id, self._claim.fence))
        return Outcome(JobState.CANCELLED)

    def _uncertain(self, why: str, *, hold: bool = True) -> Outcome:
        if self._device.on_uncertain != "rerun":
            return self._fail("uncertain", why, hold=hold)
        if self._claim.attempt >= MAX_ATTEMPTS:
            return self._fail("worker-lost", f"{why}; given up after {MAX_ATTEMPTS} attempts", hold=hold)
        log.warning("job will be run again", reason=why)
        return self._put_back(next_attempt=True, later=True, hold=hold)

    def _put_back(self, *, next_attempt: bool, later: bool, hold: bool = False) -> Outcome:
        claim, seconds = self._claim, self._device.submit_timeout if hold else 0
        state = self._persist(
            lambda: self._ledger.put_back(
                claim.id, claim.fence, next_attempt=next_attempt, later=later, hold_seconds=seconds
            )
        )
        return Outcome(state)

    def _try(self, call: Callable[[str], T], argument: str) -> T | object:
        """One driver call that does no harm when it fails: its answer, or NO_ANSWER after the reason was logged."""
        self._persist(self._lease.make_sure)
        try:
            with self._lease.calling(CALL_SECONDS):
                return call(argument)
        except Exception as error:
            log.warning("device did not answer", call=call.__name__, reason=_shown(error))
            return NO_ANSWER

    def _find(self) -> object:
        """Whether the device has the job: its handle, None, or NO_ANSWER when it would not say."""
        answer: object = NO_ANSWER
        for pause in (0.1, 0.2, 0.5, 1.0, 2.0, 5.0):
            answer = self._try(self._driver.find, self._claim.id)
            if answer is None or isinstance(answer, str):
                break
            self._sleep(pause)
        return answer

    def _persist(self, write: Callable[[], T]) -> T:
        """One ledger write: what is known here is kept until it is stored, however long Redis is away."""
        pause = 0.05
        while True:
            try:
                return write()
            except LedgerUnavailable as error:
                log.error("ledger unavailable, trying again", reason=str(error), pause_seconds=pause)
                self._sleep(pause)
                pause = min(pause * 2, 1.0)


def _shown(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:300]
