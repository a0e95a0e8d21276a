"""What a worker does with a claim, driver answer by driver answer, on the real scripts and without waiting."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from qcjob.devices.config import SIMULATOR, DeviceConfig
from qcjob.devices.driver import (
    CancelAnswer,
    Caps,
    DeviceStatus,
    Driver,
    Failed,
    Finished,
    Handle,
    Poll,
    PollState,
    Program,
    Properties,
    Result,
    Status,
)
from qcjob.errors import Rejected, StaleWriter, Unavailable, Uncertain
from qcjob.job import Job, NewJob
from qcjob.ledger import Claim, Ledger
from qcjob.lifecycle import JobState
from qcjob.target import Target
from tests.unit.conftest import Clock
from workers.attempt import MAX_ATTEMPTS, Attempt, Outcome
from workers.lease import Lease

GOOD = Result({"0": 4, "1": 6}, seed=1)
DEVICE = replace(SIMULATOR, on_uncertain="fail")


class Told(Driver):
    """A device that answers what the test tells it to."""

    caps = Caps(dedup="native")

    def __init__(self, caps: Caps | None = None, **answers: Any) -> None:
        super().__init__("simulator", {})
        self.caps = caps or Told.caps
        self.answers: Mapping[str, list[Any]] = {name: list(answer) for name, answer in answers.items()}
        self.asked: list[str] = []

    def _answer(self, name: str) -> Any:
        self.asked.append(name)
        answers = self.answers[name]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer() if callable(answer) else answer

    def properties(self) -> Properties:
        return Properties(Target(1, ("rx",), calibration_id="monday"))

    def status(self) -> Status:
        return Status(DeviceStatus.ONLINE)

    def submit(self, job_id: str, program: Program, shots: int) -> Handle | Finished | Failed:
        answer: Handle | Finished | Failed = self._answer("submit")
        return answer

    def find(self, job_id: str) -> Handle | None:
        answer: Handle | None = self._answer("find")
        return answer

    def poll(self, handle: Handle) -> Poll:
        answer: Poll = self._answer("poll")
        return answer

    def result(self, handle: Handle) -> Result:
        answer: Result = self._answer("result")
        return answer

    def cancel(self, handle: Handle) -> CancelAnswer:
        answer: CancelAnswer = self._answer("cancel")
        return answer


Run = Callable[..., Outcome]


@pytest.fixture
def run(ledger: Ledger) -> Run:
    def run(driver: Driver, device: DeviceConfig = DEVICE, claim: Claim | None = None) -> Outcome:
        claim = claim or ledger.claim("simulator", "worker@a")
        assert claim is not None
        lease = Lease(ledger, claim, 1.5)
        lease.cancel_asked.wait = lambda timeout=None: lease.cancel_asked.is_set()  # type: ignore[method-assign]
        return Attempt(ledger, driver, device, claim, lease, sleep=lambda seconds: None).run()

    return run


@pytest.fixture
def job(ledger: Ledger, new_job: Callable[..., NewJob]) -> Job:
    return ledger.submit(new_job())


def seen(ledger: Ledger, job: Job) -> Job:
    found = ledger.read(job.id)
    assert found is not None
    return found


def test_a_result_that_comes_at_once_completes_the_job(ledger: Ledger, job: Job, run: Run) -> None:
    assert run(Told(submit=[Finished(GOOD)])).state is JobState.COMPLETED
    stored = ledger.read_result(job.id)
    assert stored is not None and stored["counts"] == GOOD.counts and stored["calibration"] == "monday"


def test_a_handle_is_recorded_and_followed_to_its_result(ledger: Ledger, job: Job, run: Run) -> None:
    driver = Told(
        submit=["h1"], poll=[Poll(PollState.QUEUED), Poll(PollState.RUNNING), Poll(PollState.DONE)], result=[GOOD]
    )
    assert run(driver).state is JobState.COMPLETED
    assert seen(ledger, job).attempts[0].handle == "h1"
    assert driver.asked == ["submit", "poll", "poll", "poll", "result"]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Rejected("too deep"), "rejected"),
        (Failed("laser-off", "no light"), "laser-off"),
        (Uncertain("no reply"), "uncertain"),
        (TimeoutError("slow"), "uncertain"),
        (ValueError("a bug in the driver"), "uncertain"),
        (None, "uncertain"),
        (17, "uncertain"),
        (Finished(Result({"0": 9})), "bad-result"),
        (Finished(Result({"00": 10})), "bad-result"),
        (Finished(Result({"2": 10})), "bad-result"),
        (Finished(Result({"0": 11, "1": -1})), "bad-result"),
        (Finished(Result("garbage")), "bad-result"),  # type: ignore[arg-type]
        (Finished({"0": 10}), "bad-result"),  # type: ignore[arg-type]
    ],
)
def test_every_other_end_of_submit_is_a_failure_that_says_why(
    ledger: Ledger, job: Job, run: Run, answer: object, code: str
) -> None:
    assert run(Told(submit=[answer])).code == code
    found = seen(ledger, job)
    assert (found.state, found.error_code) == (JobState.FAILED, code) and found.error_message


def test_a_refused_result_is_kept(ledger: Ledger, job: Job, run: Run) -> None:
    run(Told(submit=[Finished(Result({"0": 9}))]))
    assert ledger.read_result(job.id) == {"refused": "{'0': 9}"}


def test_an_unavailable_device_gets_the_job_again_later_in_the_same_attempt(
    ledger: Ledger, job: Job, run: Run, clock: Clock
) -> None:
    assert run(Told(submit=[Unavailable("calibrating")])).state is JobState.WAITING
    assert ledger.claim("simulator", "w") is None
    clock.advance(0.6)
    assert run(Told(submit=[Finished(GOOD)])).state is JobState.COMPLETED
    assert [attempt.number for attempt in seen(ledger, job).attempts] == [1]


def test_an_uncertain_submit_holds_the_slot(ledger: Ledger, job: Job, run: Run, new_job: Callable[..., NewJob]) -> None:
    ledger.submit(new_job())
    run(Told(submit=[Uncertain("no reply")]))
    assert ledger.claim("simulator", "w") is None


def test_where_reruns_are_harmless_an_uncertain_job_runs_again_five_times_at_most(
    ledger: Ledger, job: Job, run: Run, clock: Clock
) -> None:
    device, driver = replace(DEVICE, on_uncertain="rerun"), Told(submit=[Uncertain("no reply")])
    for _ in range(MAX_ATTEMPTS - 1):
        assert run(driver, device).state is JobState.WAITING
        clock.advance(100)
    assert run(driver, device).code == "worker-lost"
    outcomes = [attempt.outcome for attempt in seen(ledger, job).attempts]
    assert outcomes == ["put_back"] * (MAX_ATTEMPTS - 1) + ["failed"]


@pytest.mark.parametrize("nonsense", [None, "done", 7, ConnectionError("cut")])
def test_a_device_that_polls_nonsense_is_asked_again(ledger: Ledger, job: Job, run: Run, nonsense: object) -> None:
    driver = Told(submit=["h"], poll=[nonsense, nonsense, Poll(PollState.DONE)], result=[ConnectionError("cut"), GOOD])
    assert run(driver).state is JobState.COMPLETED


def test_a_run_that_takes_too_long_is_cancelled_and_failed(ledger: Ledger, job: Job, run: Run) -> None:
    driver = Told(submit=["h"], poll=[Poll(PollState.RUNNING)], cancel=[CancelAnswer.REQUESTED])
    assert run(driver, replace(DEVICE, max_run_seconds=0.000_001)).code == "ran-too-long"
    assert "cancel" in driver.asked


def test_a_device_that_never_answers_is_given_up_when_the_run_took_too_long(ledger: Ledger, job: Job, run: Run) -> None:
    driver = Told(submit=["h"], poll=[ConnectionError("cut")], cancel=[ConnectionError("cut")])
    assert run(driver, replace(DEVICE, max_run_seconds=0.05)).code == "ran-too-long"


@pytest.mark.parametrize(
    ("reply", "end"),
    [
        (CancelAnswer.CANCELLED, JobState.CANCELLED),
        (CancelAnswer.REQUESTED, JobState.CANCELLED),
        (CancelAnswer.TOO_LATE, JobState.COMPLETED),
        (CancelAnswer.UNSUPPORTED, JobState.COMPLETED),
    ],
)
def test_a_cancel_asked_while_running_is_passed_on_once(
    ledger: Ledger, job: Job, run: Run, reply: CancelAnswer, end: JobState
) -> None:
    last = PollState.CANCELLED if end is JobState.CANCELLED else PollState.DONE
    driver = Told(
        submit=["h"], poll=[Poll(PollState.RUNNING), Poll(PollState.RUNNING), Poll(last)], cancel=[reply], result=[GOOD]
    )
    claim = ledger.claim("simulator", "w")
    assert claim is not None
    ledger.cancel(job.id)
    assert run(driver, claim=claim).state is end
    assert driver.asked.count("cancel") == 1


def test_a_job_whose_cancel_was_asked_before_it_was_handed_over_never_reaches_the_device(
    ledger: Ledger, job: Job, run: Run
) -> None:
    claim = ledger.claim("simulator", "w")
    assert claim is not None
    ledger.cancel(job.id)
    driver = Told(submit=[Finished(GOOD)])
    assert run(driver, claim=replace(claim, cancel_requested=True)).state is JobState.CANCELLED
    assert driver.asked == []


def lapsed(ledger: Ledger, *, marked: bool = False, handle: str | None = None) -> Claim:
    """A claim taken over from a worker that came this far."""
    first = ledger.claim("simulator", "lost@a")
    assert first is not None
    if marked:
        ledger.mark(first.id, first.fence)
    if handle:
        ledger.start(first.id, first.fence, handle)
    ledger.lapse(first.id, first.fence)
    claim = ledger.claim("simulator", "worker@a")
    assert claim is not None and claim.rescue
    return claim


def test_rescue_with_a_handle_reattaches_and_submits_nothing(ledger: Ledger, job: Job, run: Run) -> None:
    driver = Told(poll=[Poll(PollState.DONE)], result=[GOOD])
    assert run(driver, claim=lapsed(ledger, handle="h")).state is JobState.COMPLETED
    attempt = seen(ledger, job).attempts[0]
    assert (attempt.number, len(attempt.rescues), driver.asked) == (1, 1, ["poll", "result"])


def test_rescue_on_a_device_with_native_dedup_submits_the_same_id_again(ledger: Ledger, job: Job, run: Run) -> None:
    driver = Told(submit=[Finished(GOOD)])
    assert run(driver, claim=lapsed(ledger)).state is JobState.COMPLETED
    assert len(seen(ledger, job).attempts) == 1


@pytest.mark.parametrize("dedup", ["find", "none"])
def test_rescue_of_a_job_never_marked_puts_it_back(ledger: Ledger, job: Job, run: Run, dedup: Any) -> None:
    driver = Told(Caps(dedup=dedup), submit=[Finished(GOOD)])
    assert run(driver, claim=lapsed(ledger)).state is JobState.WAITING
    assert driver.asked == []
    assert run(driver).state is JobState.COMPLETED


def test_rescue_finds_the_job_on_the_device_and_follows_it(ledger: Ledger, job: Job, run: Run) -> None:
    driver = Told(Caps(dedup="find"), find=[ConnectionError("cut"), "h"], poll=[Poll(PollState.DONE)], result=[GOOD])
    assert run(driver, claim=lapsed(ledger, marked=True)).state is JobState.COMPLETED
    assert "submit" not in driver.asked


def test_rescue_puts_a_job_back_that_the_device_surely_has_not(ledger: Ledger, job: Job, run: Run) -> None:
    driver = Told(Caps(dedup="find"), find=[None])
    assert run(driver, claim=lapsed(ledger, marked=True)).state is JobState.WAITING


@pytest.mark.parametrize("caps", [Caps(dedup="none"), Caps(dedup="find")])
def test_rescue_that_cannot_tell_fails_and_says_so(ledger: Ledger, job: Job, run: Run, caps: Caps) -> None:
    driver = Told(caps, find=[ConnectionError("cut")])
    assert run(driver, claim=lapsed(ledger, marked=True)).code == "uncertain"
    assert "may have run it" in (seen(ledger, job).error_message or "")


def test_a_device_that_lost_its_handle_is_uncertain(ledger: Ledger, job: Job, run: Run) -> None:
    assert run(Told(poll=[Poll(PollState.LOST)]), claim=lapsed(ledger, handle="h")).code == "uncertain"


def test_a_job_that_kills_its_worker_again_and_again_is_given_up(ledger: Ledger, job: Job) -> None:
    claim, rescues = lapsed(ledger), 1
    while claim.rescues <= MAX_ATTEMPTS:
        ledger.lapse(claim.id, claim.fence)
        again = ledger.claim("simulator", "worker@a")
        assert again is not None
        claim, rescues = again, rescues + 1
    driver = Told(submit=[Finished(GOOD)])
    outcome = Attempt(ledger, driver, DEVICE, claim, Lease(ledger, claim, 1.5)).run()
    assert (outcome.code, driver.asked, rescues) == ("worker-lost", [], MAX_ATTEMPTS + 1)


def test_a_worker_that_lost_its_lease_stops_before_it_touches_the_device(ledger: Ledger, job: Job, run: Run) -> None:
    first = ledger.claim("simulator", "slow@a")
    assert first is not None
    ledger.lapse(first.id, first.fence)
    assert ledger.claim("simulator", "worker@b") is not None
    driver = Told(submit=[Finished(GOOD)])
    with pytest.raises(StaleWriter):
        run(driver, claim=replace(first, lease_until=0.0))
    assert driver.asked == []
