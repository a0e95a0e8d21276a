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
from qcjob.ledger.stored import read_result
from qcjob.lifecycle import JobState
from qcjob.target import Target
from tests.unit.conftest import Clock
from workers.attempt import RESUBMIT_SECONDS, Attempt
from workers.ending import MAX_ATTEMPTS, Outcome
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
        self.ids: list[str] = []

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
        self.ids.append(job_id)
        answer: Handle | Finished | Failed = self._answer("submit")
        return answer

    def find(self, job_id: str) -> Handle | None:
        self.ids.append(job_id)
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
    stored = read_result(ledger, job.id)
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
    assert read_result(ledger, job.id) == {"refused": "{'0': 9}"}


def test_an_unavailable_device_gets_the_job_again_later_in_the_same_attempt(
    ledger: Ledger, job: Job, run: Run, clock: Clock
) -> None:
    assert run(Told(submit=[Unavailable("calibrating")])).state is JobState.WAITING
    assert ledger.claim("simulator", "w") is None
    clock.advance(0.6)
    assert run(Told(submit=[Finished(GOOD)])).state is JobState.COMPLETED
    assert [attempt.number for attempt in seen(ledger, job).attempts] == [1]


SUBMITS = 1 + len(RESUBMIT_SECONDS)


@pytest.mark.parametrize("answer", [Uncertain("no reply"), TimeoutError("slow"), None])
def test_an_unanswered_submit_is_made_again_under_the_same_id_where_the_device_knows_it(
    ledger: Ledger, job: Job, run: Run, answer: object
) -> None:
    driver = Told(submit=[answer, answer, "h"], poll=[Poll(PollState.DONE)], result=[GOOD])
    assert run(driver).state is JobState.COMPLETED
    assert driver.ids == [job.id] * 3
    assert [(attempt.outcome, attempt.handle) for attempt in seen(ledger, job).attempts] == [("completed", "h")]


def test_a_device_that_never_says_whether_it_took_the_job_is_asked_so_often_and_no_more(
    ledger: Ledger, job: Job, run: Run
) -> None:
    driver = Told(submit=[Uncertain("no reply")])
    assert run(driver).code == "uncertain"
    assert driver.asked == ["submit"] * SUBMITS


@pytest.mark.parametrize("dedup", ["find", "none"])
def test_an_unanswered_submit_is_made_once_where_a_second_could_start_a_second_run(
    ledger: Ledger, job: Job, run: Run, dedup: Any
) -> None:
    driver = Told(Caps(dedup=dedup), submit=[Uncertain("no reply")], find=[None])
    assert run(driver).code == "uncertain"
    assert driver.asked.count("submit") == 1


def test_a_device_that_can_be_asked_is_asked_for_the_run_of_an_unanswered_submit(
    ledger: Ledger, job: Job, run: Run
) -> None:
    driver = Told(Caps(dedup="find"), submit=[Uncertain("")], find=["h"], poll=[Poll(PollState.DONE)], result=[GOOD])
    assert run(driver).state is JobState.COMPLETED
    assert driver.asked == ["submit", "find", "poll", "result"]


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
    outcomes = [(attempt.outcome, attempt.error_code) for attempt in seen(ledger, job).attempts]
    assert outcomes == [("put_back", "uncertain")] * (MAX_ATTEMPTS - 1) + [("failed", None)]


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


def test_a_job_that_kills_its_worker_again_and_again_is_given_up(ledger: Ledger, job: Job, clock: Clock) -> None:
    claim, rescues = lapsed(ledger), 1
    while claim.rescues <= MAX_ATTEMPTS:
        ledger.lapse(claim.id, claim.fence)
        clock.advance(6)
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


# -- retries and reruns that the owner asked for

OVER = {
    "failed at once": {"submit": [Failed("laser-off", "no light")]},
    "failed later": {"submit": ["h"], "poll": [Poll(PollState.FAILED, "no light", "laser-off")]},
    "lost by the device": {"submit": ["h"], "poll": [Poll(PollState.LOST)]},
    "bad result": {"submit": [Finished(Result({"0": 9}))]},
}
"""Ends of a run that surely is over and has no result, and what the device answers."""


@pytest.mark.parametrize("answers", OVER.values(), ids=OVER)
def test_a_run_that_is_over_without_a_result_is_retried_as_often_as_its_owner_granted(
    ledger: Ledger, new_job: Callable[..., NewJob], run: Run, clock: Clock, answers: Any
) -> None:
    job = ledger.submit(new_job(retries=2))
    driver = Told(**answers)
    for _ in range(2):
        assert run(driver).state is JobState.WAITING
        clock.advance(2)
    assert run(driver).state is JobState.FAILED
    ended = seen(ledger, job)
    assert [attempt.outcome for attempt in ended.attempts] == ["put_back", "put_back", "failed"]
    assert {attempt.error_code for attempt in ended.attempts[:2]} == {ended.error_code}


def test_a_retry_that_goes_well_completes_the_job(
    ledger: Ledger, new_job: Callable[..., NewJob], run: Run, clock: Clock
) -> None:
    job = ledger.submit(new_job(retries=1))
    driver = Told(submit=[Failed("laser-off", "no light"), Finished(GOOD)])
    run(driver)
    clock.advance(1)
    assert run(driver).state is JobState.COMPLETED
    assert driver.ids == [job.id, f"{job.id}~2"], "to the device each attempt is another run"
    assert seen(ledger, job).error_code is None


FOR_GOOD = {
    "rejected": ({"submit": [Rejected("too deep")]}, None),
    "ran-too-long": ({"submit": ["h"], "poll": [Poll(PollState.RUNNING)], "cancel": [CancelAnswer.REQUESTED]}, None),
    "uncertain": ({"submit": [Uncertain("no reply")]}, None),
    "lost, and its owner wants no second run": ({"submit": ["h"], "poll": [Poll(PollState.LOST)]}, "fail"),
}


@pytest.mark.parametrize(("answers", "on_uncertain"), FOR_GOOD.values(), ids=FOR_GOOD)
def test_what_another_try_cannot_mend_or_may_double_is_not_retried(
    ledger: Ledger, new_job: Callable[..., NewJob], run: Run, answers: Any, on_uncertain: Any
) -> None:
    job = ledger.submit(new_job(retries=2, on_uncertain=on_uncertain))
    assert run(Told(**answers), replace(DEVICE, max_run_seconds=0.000_001)).state is JobState.FAILED
    assert len(seen(ledger, job).attempts) == 1


@pytest.mark.parametrize(("of_the_job", "of_the_device"), [("rerun", "fail"), ("fail", "rerun")])
def test_what_the_owner_says_of_reruns_counts_and_not_what_the_device_says(
    ledger: Ledger, new_job: Callable[..., NewJob], run: Run, of_the_job: str, of_the_device: str
) -> None:
    job = ledger.submit(new_job(on_uncertain=of_the_job))
    driver = Told(Caps(dedup="none"), submit=[Uncertain("no reply")])
    run(driver, replace(DEVICE, on_uncertain=of_the_device))
    again = of_the_job == "rerun"
    assert seen(ledger, job).state is (JobState.WAITING if again else JobState.FAILED)


def test_retries_and_reruns_are_counted_apart(
    ledger: Ledger, new_job: Callable[..., NewJob], run: Run, clock: Clock
) -> None:
    job = ledger.submit(new_job(retries=1, on_uncertain="rerun"))
    unsure, failed = Uncertain("no reply"), Failed("laser-off", "no light")
    driver = Told(Caps(dedup="none"), submit=[unsure, unsure, failed, unsure, unsure, unsure])
    for _ in range(MAX_ATTEMPTS):
        assert run(driver).state is JobState.WAITING
        clock.advance(100)
    assert run(driver).code == "worker-lost"
    codes = [attempt.error_code for attempt in seen(ledger, job).attempts]
    assert codes == ["uncertain", "uncertain", "laser-off", "uncertain", "uncertain", None]


@pytest.mark.parametrize("on_uncertain", ["rerun", None])
def test_a_cancel_that_was_asked_for_wins_over_a_retry_and_a_rerun(
    ledger: Ledger, new_job: Callable[..., NewJob], run: Run, on_uncertain: str | None
) -> None:
    job = ledger.submit(new_job(retries=3, on_uncertain=on_uncertain))
    claim = ledger.claim("simulator", "w")
    assert claim is not None
    ledger.cancel(job.id)
    state = PollState.LOST if on_uncertain else PollState.FAILED
    assert run(Told(submit=["h"], poll=[Poll(state)]), claim=claim).state is JobState.CANCELLED
    assert [attempt.outcome for attempt in seen(ledger, job).attempts] == ["cancelled"]


def test_a_rescue_asks_the_device_for_the_run_of_its_own_attempt(
    ledger: Ledger, new_job: Callable[..., NewJob], run: Run, clock: Clock
) -> None:
    job = ledger.submit(new_job(retries=1))
    run(Told(submit=[Failed("laser-off", "no light")]))
    clock.advance(1)
    driver = Told(Caps(dedup="find"), find=["h"], poll=[Poll(PollState.DONE)], result=[GOOD])
    assert run(driver, claim=lapsed(ledger, marked=True)).state is JobState.COMPLETED
    assert driver.ids == [f"{job.id}~2"]


@pytest.mark.parametrize("compiled", ["{", "[]", "{}", "7", '{"parts": [{}]}'])
def test_a_compiled_program_that_cannot_be_read_fails_its_job_and_is_not_tried_for_ever(
    ledger: Ledger, new_job: Callable[..., NewJob], compiled: str
) -> None:
    job = ledger.submit(new_job(compiled=compiled))
    claim = ledger.claim("simulator", "w")
    assert claim is not None
    driver = Told(submit=[Finished(GOOD)])
    outcome = Attempt(ledger, driver, DEVICE, claim, Lease(ledger, claim, 1.5)).run()
    assert (outcome.state, outcome.code) == (JobState.FAILED, "damaged-record")
    assert driver.asked == []
    after = ledger.read(job.id)
    assert after is not None and after.error_code == "damaged-record"
