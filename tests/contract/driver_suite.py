"""What every driver must do, whatever its device. To hold your own driver against it:

    class TestMyDevice(DriverSuite):
        def make_driver(self) -> Driver:
            return MyDevice("mine", {"url": ...})

Further hooks say what your device needs: a program it can run, options that make a run last, a way to pass the time.
"""

from __future__ import annotations

import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import pytest

from qcjob.compiler import compile_program
from qcjob.devices.driver import (
    CancelAnswer,
    Caps,
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
from qcjob.errors import DriverError
from qcjob.languages import parse
from qcjob.result import faults_in
from qcjob.target import Target

SHOTS = 100


class DriverSuite(ABC):
    """One test for each sentence of `qcjob.devices.driver`."""

    long_run: ClassVar[Mapping[str, Any] | None] = None
    """Job options that make a run last until `pass_time`, or None where the device has none."""

    seeded = False
    """Whether the device promises the same counts for the same seed."""

    @abstractmethod
    def make_driver(self) -> Driver:
        """A new driver of the device, as a worker process would make it."""

    def pass_time(self) -> None:
        """Wait a little for a running job; a simulated clock is moved on instead."""
        time.sleep(0.05)

    def program(self, *, seed: int | None = None, options: Mapping[str, Any] | None = None) -> Program:
        """A program the device can run."""
        target = self.driver.properties().target
        parsed = parse("X(90),Z(45)", None, max_bytes=100)
        return Program(compile_program(parsed, "optimized", target), seed, options or {})

    @pytest.fixture(autouse=True)
    def _driver(self) -> Iterator[None]:
        self.driver = self.make_driver()
        yield
        self.driver.close()

    @pytest.fixture
    def job_id(self) -> str:
        return str(uuid.uuid4())

    def finish(self, answer: Handle | Finished | Failed) -> Result:
        """The result of a run that goes well, waited for as a worker does."""
        assert not isinstance(answer, Failed), answer
        if isinstance(answer, Finished):
            return answer.result
        for _ in range(600):
            poll = self.driver.poll(answer)
            if poll.state is PollState.DONE:
                return self.driver.result(answer)
            assert poll.state in (PollState.QUEUED, PollState.RUNNING), poll
            self.pass_time()
        raise AssertionError(f"run {answer} did not end")

    def start_long_run(self, job_id: str) -> Handle:
        """The handle of a run that lasts, where the device can make one."""
        if self.long_run is None:
            pytest.skip("no job option of this device makes a run last")
        answer = self.driver.submit(job_id, self.program(options=self.long_run), SHOTS)
        assert isinstance(answer, str)
        return answer

    def test_caps_are_caps_and_read_format_1(self) -> None:
        assert isinstance(self.driver.caps, Caps)
        assert 1 in self.driver.caps.formats

    def test_properties_tell_a_target_that_can_be_published(self) -> None:
        properties = self.driver.properties()
        assert isinstance(properties, Properties)
        assert properties.target.num_qubits >= 1
        assert Target.from_dict(properties.target.as_dict()) == properties.target
        assert all(isinstance(option, str) for option in properties.job_options)

    def test_status_is_a_status(self) -> None:
        assert isinstance(self.driver.status(), Status)

    def test_a_run_ends_with_counts_nobody_can_fault(self, job_id: str) -> None:
        program = self.program()
        result = self.finish(self.driver.submit(job_id, program, SHOTS))
        assert faults_in(result.counts, shots=SHOTS, clbits=program.compiled["clbits"]) is None
        assert 0 not in result.counts.values()

    def test_a_single_shot_is_enough(self, job_id: str) -> None:
        assert sum(self.finish(self.driver.submit(job_id, self.program(), 1)).counts.values()) == 1

    def test_a_result_can_be_asked_for_again(self, job_id: str) -> None:
        answer = self.driver.submit(job_id, self.program(), SHOTS)
        result = self.finish(answer)
        if isinstance(answer, Finished):
            pytest.skip("this run was over at once and has no handle")
        assert isinstance(answer, str)
        assert self.driver.result(answer) == result

    def test_an_unknown_handle_is_lost_and_has_no_result(self) -> None:
        poll = self.driver.poll("no-such-handle")
        assert isinstance(poll, Poll)
        assert poll.state is PollState.LOST
        with pytest.raises(DriverError):
            self.driver.result("no-such-handle")

    def test_a_cancel_of_an_unknown_handle_does_not_claim_to_have_stopped_it(self) -> None:
        assert self.driver.cancel("no-such-handle") in (CancelAnswer.TOO_LATE, CancelAnswer.UNSUPPORTED)

    def test_a_running_run_says_so_and_has_no_result_yet(self, job_id: str) -> None:
        handle = self.start_long_run(job_id)
        assert self.driver.poll(handle).state in (PollState.QUEUED, PollState.RUNNING)
        assert self.driver.status().state.value in ("online", "busy")
        self.finish(handle)

    def test_a_cancelled_run_stops(self, job_id: str) -> None:
        if self.driver.caps.cancel != "running":
            pytest.skip("this device cannot stop a running run")
        handle = self.start_long_run(job_id)
        assert self.driver.cancel(handle) in (CancelAnswer.CANCELLED, CancelAnswer.REQUESTED)
        for _ in range(600):
            if self.driver.poll(handle).state is PollState.CANCELLED:
                return
            self.pass_time()
        raise AssertionError("the run did not stop")

    def test_a_cancel_after_the_end_is_too_late(self, job_id: str) -> None:
        handle = self.start_long_run(job_id)
        self.finish(handle)
        assert self.driver.cancel(handle) in (CancelAnswer.TOO_LATE, CancelAnswer.UNSUPPORTED)

    def test_native_dedup_answers_a_second_submit_with_the_same_run(self, job_id: str) -> None:
        if self.driver.caps.dedup != "native":
            pytest.skip("this device does not promise it")
        program = self.program()
        assert self.driver.submit(job_id, program, SHOTS) == self.driver.submit(job_id, program, SHOTS)

    def test_native_dedup_holds_while_the_run_lasts(self, job_id: str) -> None:
        if self.driver.caps.dedup != "native":
            pytest.skip("this device does not promise it")
        handle = self.start_long_run(job_id)
        assert self.driver.submit(job_id, self.program(options=self.long_run), SHOTS) == handle

    def test_find_knows_what_was_submitted_and_nothing_else(self, job_id: str) -> None:
        if self.driver.caps.dedup != "find":
            pytest.skip("this device is not asked")
        assert self.driver.find(job_id) is None
        answer = self.driver.submit(job_id, self.program(), SHOTS)
        assert self.driver.find(job_id) == answer

    def test_another_driver_of_the_device_can_re_attach(self, job_id: str) -> None:
        handle = self.start_long_run(job_id)
        other = self.make_driver()
        expected = (PollState.QUEUED, PollState.RUNNING) if self.driver.caps.reattach else (PollState.LOST,)
        assert other.poll(handle).state in expected
        other.close()

    def test_same_seed_same_counts(self) -> None:
        if not self.seeded:
            pytest.skip("a real device has no seed")
        one, two = (self.finish(self.driver.submit(str(uuid.uuid4()), self.program(seed=7), SHOTS)) for _ in range(2))
        assert (one.counts, one.seed) == (two.counts, 7)

    def test_closing_twice_is_harmless(self) -> None:
        self.driver.close()
        self.driver.close()
