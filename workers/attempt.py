"""One claim, run to its end: hand the job to the device or rescue it, listen, check what comes back.

hand over     submit -> Finished: complete | Handle: start, then follow | Failed: without result | Rejected: fail
                        Unavailable: put back for later | Uncertain, or any other error: unanswered
unanswered    dedup native: submit again, five times in all | find: ask the device | else uncertain
follow        poll -> done: complete | failed: without result | lost: uncertain, but over | cancelled: cancelled
              meanwhile ask the device to cancel when the owner did; too long: fail
rescue        handle known: follow it | dedup native: hand over again | never marked: put back
              | find: ask the device | else uncertain

part over    store its result | the last one: complete
The parts of a job of several are handed over one after another; what is above is said of the one in flight.

What `fail`, `without result`, `uncertain` and the other ends mean for the job is in `workers.ending`. The driver is
given the id of the attempt's part, not that of the job: `qcjob.ids.run_id`.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from qcjob.compiler.fits import CALIBRATION
from qcjob.compiler.parts import circuit, parts_of, raw_circuit
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
from qcjob.errors import CompilerBusy, InvalidProgram, Rejected, Unavailable
from qcjob.ids import run_id
from qcjob.ledger import Claim, Ledger
from qcjob.ledger.damage import damaged_end
from qcjob.ledger.outcomes import NO_MEMORY, Memory
from qcjob.ledger.stored import read_parts
from qcjob.lifecycle import JobState
from qcjob.logs import get_logger
from qcjob.result import Stored, whole
from qcjob.service.options import driver_options
from workers import results
from workers.calls import NO_ANSWER, Calls, shown
from workers.ending import MAX_ATTEMPTS, NO_REASON, Ending, Outcome
from workers.lease import Lease

log = get_logger(__name__)

MAX_RESCUES = 20
"""Of one attempt whose handle is known; of one without a handle, MAX_ATTEMPTS."""

RESUBMIT_SECONDS = (0.5, 1.0, 2.0, 4.0)
"""What passes before an unanswered submit is made again, where that is harmless. The slot is kept: it may be busy."""

_POLL_SECONDS = (0.02, 1.0)
_POLL_SHARE = 0.1
"""Between two polls passes a tenth of the time the job has run, within the bounds above."""

_MAX_RAW = 100_000

PART_OVER = Outcome(JobState.RUNNING)
"""Not an end of the claim: the next part is to be handed over."""

Renewed = Callable[[Claim, Mapping[str, Any], DeviceConfig], dict[str, Any] | None]
"""The program to run instead of the compiled one, None where that is to be run; see workers.recompile."""


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
        renewed: Renewed | None = None,
    ) -> None:
        self._ledger = ledger
        self._driver = driver
        self._device = device
        self._claim = claim
        self._lease = lease
        self._sleep = sleep
        self._renewed = renewed
        self._end = Ending(ledger, device, claim, sleep)
        self._calls = Calls(driver, device, lease, self._end, sleep)
        self._compiled: dict[str, Any] = {}
        self._running_at: int | None = None

    def run(self) -> Outcome:
        """From the claim to COMPLETED, FAILED, CANCELLED or back to WAITING."""
        try:
            self._compiled = json.loads(self._claim.compiled)
            self._begin(self._claim.part)
            if missing := {"format", "clbits"} - self._circuit.keys():
                raise KeyError(*missing)
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
            code, message = damaged_end(f"its compiled program cannot be read ({shown(error)})")
            return self._end.fail(code, message, hold=self._claim.rescue)
        self._running_at = self._claim.running_at
        self._unsure = self._claim.rescue  # the part in flight may be on the device already
        outcome = self._first()
        while outcome is PART_OVER:
            outcome = self._hand_over()
        return outcome

    def _begin(self, part: int) -> None:
        """What is said of a part that nobody has handed over yet."""
        self._part = part
        self._circuit = circuit(self._compiled, part)
        self._run_id = run_id(self._claim.id, self._claim.attempt, part)
        self._running_at = None
        self._unsure = False

    def _first(self) -> Outcome:
        """Go on where the ledger says that the job is."""
        claim = self._claim
        if not claim.rescue:
            if (gone := self._renew_program()) is not None:
                return gone
            return self._hand_over()
        if claim.rescues > (MAX_RESCUES if claim.handle else MAX_ATTEMPTS):
            return self._end.fail("worker-lost", f"its worker was lost {claim.rescues} times in one attempt", hold=True)
        if claim.handle is not None:
            return self._follow(claim.handle)
        dedup = self._driver.caps.dedup
        if dedup == "native":
            return self._hand_over()
        if not claim.marked:
            return self._end.put_back()
        if dedup == "find":
            handle = self._calls.find(self._run_id)
            if handle is None:
                return self._end.put_back()
            if isinstance(handle, str):
                return self._started(handle)
        return self._end.uncertain("the worker was lost while submitting; the device may have run it")

    def _hand_over(self) -> Outcome:
        claim, native = self._claim, self._driver.caps.dedup == "native"
        if self._lease.cancel_asked.is_set() and not self._unsure:
            return self._end.cancelled()
        if self._circuit["format"] not in self._driver.caps.formats:
            return self._end.fail("rejected", f"the driver does not read program format {self._circuit['format']}")
        if not native:
            self._lease.note(self._end.persist(lambda: self._ledger.mark(claim.id, claim.fence)))
        answer = self._submit()
        for pause in RESUBMIT_SECONDS if native else ():
            if isinstance(answer, Outcome):
                return answer
            self._sleep(pause)
            answer = self._submit()
        return answer if isinstance(answer, Outcome) else self._unanswered(answer)

    def _renew_program(self) -> Outcome | None:
        """Run what fits the device as it is calibrated now. How the job left, where nothing does or it must wait."""
        claim, renewed = self._claim, self._renewed
        if renewed is None or self._lease.cancel_asked.is_set():
            return None
        try:
            program = self._end.persist(lambda: renewed(claim, self._compiled, self._device))
        except InvalidProgram as error:
            return self._end.fail(
                "calibration-changed", f"since its last calibration the device cannot run it: {error}"
            )
        except CompilerBusy as error:
            return self._end.put_back(later_because=str(error))
        if program is not None:
            self._compiled = program
            text = json.dumps(program, separators=(",", ":"))
            self._lease.note(self._end.persist(lambda: self._ledger.mark(claim.id, claim.fence, text)))
            self._begin(0)
        return None

    def _submit(self) -> Outcome | str:
        """What one submit led to, or why it cannot be told."""
        claim, blocking = self._claim, self._driver.caps.mode == "blocking"
        self._end.persist(self._lease.make_sure)
        program = Program(self._circuit, _seed_of(claim.seed, self._part), driver_options(claim.options))
        limit = self._device.max_run_seconds if blocking else self._device.submit_timeout
        try:
            with self._lease.calling(limit):
                answer = self._driver.submit(self._run_id, program, claim.shots)
        except Rejected as error:
            return self._end.fail("rejected", str(error) or "the device will not take this program")
        except Unavailable as error:
            log.info("device unavailable", reason=str(error))
            return self._end.put_back(later_because=f"the device was unavailable: {error or 'it did not say why'}")
        except Exception as error:
            log.warning("submit ended without an answer", reason=shown(error), exc_info=True)
            return f"submit ended without an answer ({shown(error)})"
        if isinstance(answer, Finished):
            return self._complete(answer.result)
        if isinstance(answer, Failed):
            return self._end.without_result(answer.code, answer.message or NO_REASON)
        if not isinstance(answer, str):
            return f"submit answered {type(answer).__name__}"
        return self._started(answer)

    def _unanswered(self, why: str) -> Outcome:
        if self._driver.caps.dedup == "find" and isinstance(handle := self._calls.find(self._run_id), str):
            return self._started(handle)
        return self._end.uncertain(f"{why}; the device may have run it")

    def _started(self, handle: Handle) -> Outcome:
        claim = self._claim
        self._lease.note(self._end.persist(lambda: self._ledger.start(claim.id, claim.fence, handle)))
        log.info("job running", state=JobState.RUNNING, handle=handle[:80])
        return self._follow(handle)

    def _follow(self, handle: Handle) -> Outcome:
        since = time.time() if self._running_at is None else self._running_at / 1e6
        told, silent = False, 0
        while True:
            ran = time.time() - since
            if ran > self._device.max_run_seconds:
                self._calls.ask(self._driver.cancel, handle)
                allowed = f"{self._device.max_run_seconds:g} s"
                return self._end.fail("ran-too-long", f"it ran for more than the {allowed} allowed", hold=True)
            answer = self._calls.ask(self._driver.poll, handle)
            if not isinstance(answer, Poll):
                silent += 1
            elif answer.state is PollState.DONE:
                result = self._calls.ask(self._driver.result, handle)
                if result is not NO_ANSWER:
                    return self._complete(result)
                silent += 1
            elif answer.state is PollState.FAILED:
                return self._end.without_result(answer.code, answer.message or NO_REASON)
            elif answer.state is PollState.CANCELLED:
                return self._end.cancelled()
            elif answer.state is PollState.LOST:
                return self._end.uncertain("the device lost the job; it may have run it", over=True)
            else:
                silent = 0
            if self._lease.cancel_asked.is_set() and not told:
                reply = self._calls.ask(self._driver.cancel, handle)
                if reply is CancelAnswer.CANCELLED:
                    return self._end.cancelled()
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
        keeps = bool(claim.options.get("memory"))
        fault = results.faults_of(result, shots=claim.shots, clbits=self._circuit["clbits"], memory=keeps)
        if fault is not None:
            return self._refuse_result(fault, result.counts)
        target, parts = self._calls.target(), range(len(parts_of(self._compiled)))
        calibration = (target and target.calibration_id) or self._compiled.get(CALIBRATION)
        stored = results.stored_part(result, self._circuit, claim.options, target, calibration)
        clbits = [raw_circuit(self._compiled, part)["clbits"] for part in parts]
        memory = results.memory_of(result, clbits, self._part, claim.shots) if keeps else NO_MEMORY
        if self._part < parts[-1]:
            return self._go_on(stored, memory)
        earlier = self._end.persist(lambda: read_parts(self._ledger, claim.id)) if self._part else []
        return self._end.complete(whole([*earlier, stored], self._compiled, claim.options, claim.shots), memory)

    def _go_on(self, stored: Stored, memory: Memory) -> Outcome:
        claim, part = self._claim, self._part
        self._lease.note(self._end.persist(lambda: self._ledger.advance(claim.id, claim.fence, part, stored, memory)))
        log.info("part over", part=part)
        self._begin(part + 1)
        return PART_OVER

    def _refuse_result(self, fault: str, found: object) -> Outcome:
        raw = json.dumps({"refused": repr(found)[:_MAX_RAW]})
        return self._end.without_result("bad-result", f"the device's result was refused: {fault}", raw=raw)


def _seed_of(seed: int | None, part: int) -> int | None:
    """The job's own for the first part; others from it, so that the noise of no part repeats that of another."""
    if seed is None or part == 0:
        return seed
    return int.from_bytes(hashlib.sha256(f"{seed} {part}".encode()).digest()[:8], "big") >> 1
