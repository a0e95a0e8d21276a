"""The sentences, one method each. A method that returns holds; it raises Violation, or NotAsked where it means nothing
for this device; whatever else a driver raises does not hold either."""

from __future__ import annotations

import inspect
import threading
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from qcjob.compiler import compile_program
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
from qcjob.errors import DriverError
from qcjob.languages import parse
from qcjob.result import faults_in
from qcjob.target import Target

SHOTS = 100
NO_SUCH_HANDLE = "no-such-handle"

_UNDER_WAY = (PollState.QUEUED, PollState.RUNNING)
_NOT_STOPPED = (CancelAnswer.TOO_LATE, CancelAnswer.UNSUPPORTED)

_ALLOWED = {
    "mode": ("handle", "blocking"),
    "dedup": ("native", "find", "none"),
    "cancel": ("running", "queued", "none"),
    "reattach": (True, False),
    "memory": (True, False),
}
"""What caps can say; driver.py says what each means."""

_CALLS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("properties", "status", "close"), ()),
    "submit": ("job_id", "program", "shots"),
    "find": ("job_id",),
    **dict.fromkeys(("poll", "result", "cancel"), ("handle",)),
}
"""What a worker calls each method with, by position."""

CHECKS: dict[str, str] = {}
"""Every sentence by the name of its method, in the order they are tried."""


class Violation(AssertionError):
    """The sentence does not hold; the message says what was found."""


class NotAsked(Exception):
    """The sentence means nothing for this device; the message says why."""


def check(method: Callable[[Any], None]) -> Callable[[Any], None]:
    """This method is a sentence of the suite."""
    CHECKS[method.__name__] = method.__name__.replace("_", " ")
    return method


def holds(condition: object, found: str) -> None:
    """Raises Violation with what was found where the condition is false."""
    if not condition:
        raise Violation(found)


class Conformance(ABC):
    """The sentences for one device. `driver` is there before a sentence is tried, and closed after it."""

    long_run: ClassVar[Mapping[str, Any] | None] = None
    """Job options that make a run last until `pass_time`, or None where the device has none."""

    seeded: bool = False
    """Whether the device promises the same counts for the same seed."""

    patience: int = 600
    """How often `pass_time` is called before a run is said not to end."""

    driver: Driver

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

    def finish(self, answer: Handle | Finished | Failed) -> Result:
        """The result of a run that goes well, waited for as a worker does."""
        if isinstance(answer, Finished):
            return answer.result
        holds(isinstance(answer, str), f"submit answered {answer!r:.200}, not a handle (a str), Finished or Failed")
        for _ in range(self.patience):
            poll = self.poll(str(answer))
            if poll.state is PollState.DONE:
                return self.driver.result(str(answer))
            holds(poll.state in _UNDER_WAY, f"a run that was accepted is {poll.state}: {poll.message}")
            self.pass_time()
        raise Violation(f"run {answer!r:.80} did not end")

    def poll(self, handle: Handle) -> Poll:
        """What the driver says of the handle."""
        poll = self.driver.poll(handle)
        holds(isinstance(poll, Poll), f"poll answered {poll!r:.200}, not a Poll")
        return poll

    def start_long_run(self, job_id: str) -> Handle:
        """The handle of a run that lasts, where the device can make one."""
        if self.long_run is None:
            raise NotAsked("no job option of this device makes a run last")
        answer = self.driver.submit(job_id, self.program(options=self.long_run), SHOTS)
        holds(isinstance(answer, str), f"submit of a run that lasts answered {answer!r:.200}, not a handle")
        return str(answer)

    def _wants(self, condition: bool, why_not: str) -> None:
        if not condition:
            raise NotAsked(why_not)

    @check
    def caps_are_caps_and_read_format_1(self) -> None:
        caps = self.driver.caps
        holds(isinstance(caps, Caps), f"caps are {caps!r:.200}: write `caps = Caps(...)` in the class")
        for name, allowed in _ALLOWED.items():
            found = getattr(caps, name)
            holds(found in allowed, f"{name} is {found!r:.80}, wanted {' or '.join(map(repr, allowed))}")
        holds(1 in caps.formats, f"formats are {caps.formats!r:.80}")

    @check
    def every_method_takes_what_a_worker_calls_it_with(self) -> None:
        driver = getattr(self.driver, "watched", self.driver)
        for name, arguments in _CALLS.items():
            method = getattr(driver, name)
            holds(
                not inspect.iscoroutinefunction(method),
                f"{name} is `async`: a worker calls it and waits, so write `def`",
            )
            try:
                inspect.signature(method).bind(*arguments)
            except TypeError as error:
                call = f"{name}({', '.join(arguments)})"
                raise Violation(f"a worker calls {call}, and {name}{inspect.signature(method)} has {error}") from error

    @check
    def properties_tell_a_target_that_can_be_published(self) -> None:
        properties = self.driver.properties()
        holds(
            isinstance(properties, Properties), f"properties answered {properties!r:.200}, not Properties(Target(...))"
        )
        target = properties.target
        holds(target.num_qubits >= 1, f"num_qubits is {target.num_qubits}")
        holds(Target.from_dict(target.as_dict()) == target, f"{target!r:.300} does not survive JSON")
        options = properties.job_options
        holds(all(isinstance(option, str) for option in options), f"job_options are {options!r:.200}")

    @check
    def status_is_a_status(self) -> None:
        status = self.driver.status()
        is_one = isinstance(status, Status) and isinstance(status.state, DeviceStatus)
        holds(is_one, f"status answered {status!r:.200}, not a Status(DeviceStatus....)")

    @check
    def a_run_ends_with_counts_nobody_can_fault(self) -> None:
        program = self.program()
        result = self.finish(self.driver.submit(new_id(), program, SHOTS))
        holds(isinstance(result, Result), f"result answered {result!r:.200}, not a Result")
        fault = faults_in(result.counts, shots=SHOTS, clbits=program.compiled["clbits"])
        holds(fault is None, str(fault))
        holds(0 not in result.counts.values(), "outcomes never seen are in the counts")

    @check
    def a_single_shot_is_enough(self) -> None:
        counts = self.finish(self.driver.submit(new_id(), self.program(), 1)).counts
        fault = faults_in(counts, shots=1, clbits=self.program().compiled["clbits"])
        holds(fault is None, str(fault))

    @check
    def a_result_can_be_asked_for_again(self) -> None:
        answer = self.driver.submit(new_id(), self.program(), SHOTS)
        result = self.finish(answer)
        self._wants(not isinstance(answer, Finished), "this run was over at once and has no handle")
        again = self.driver.result(str(answer))
        holds(again == result, f"first {result!r:.150}, then {again!r:.150}")

    @check
    def an_unknown_handle_is_lost_and_has_no_result(self) -> None:
        poll = self.poll(NO_SUCH_HANDLE)
        holds(poll.state is PollState.LOST, f"an unknown handle is {poll.state}")
        try:
            result = self.driver.result(NO_SUCH_HANDLE)
        except DriverError:
            return
        raise Violation(f"an unknown handle has the result {result!r:.200}")

    @check
    def a_cancel_of_an_unknown_handle_does_not_claim_to_have_stopped_it(self) -> None:
        answer = self.driver.cancel(NO_SUCH_HANDLE)
        holds(answer in _NOT_STOPPED, f"cancel answered {answer!r:.80}")

    @check
    def a_running_run_says_so_and_the_device_is_online_or_busy(self) -> None:
        handle = self.start_long_run(new_id())
        state = self.poll(handle).state
        holds(state in _UNDER_WAY, f"a run that lasts is {state} at once")
        status = self.driver.status()
        holds(status.state.takes_jobs, f"the device is {status.state} while it runs a job")
        self.finish(handle)

    @check
    def a_cancelled_run_stops(self) -> None:
        self._wants(self.driver.caps.cancel == "running", "this device cannot stop a running run")
        handle = self.start_long_run(new_id())
        answer = self.driver.cancel(handle)
        holds(answer in (CancelAnswer.CANCELLED, CancelAnswer.REQUESTED), f"cancel answered {answer!r:.80}")
        for _ in range(self.patience):
            if (state := self.poll(handle).state) is PollState.CANCELLED:
                return
            holds(state in _UNDER_WAY, f"a run whose cancel was {answer.value} is {state}")
            self.pass_time()
        raise Violation("the run did not stop")

    @check
    def a_cancel_after_the_end_is_too_late(self) -> None:
        handle = self.start_long_run(new_id())
        self.finish(handle)
        answer = self.driver.cancel(handle)
        holds(answer in _NOT_STOPPED, f"cancel answered {answer!r:.80}")

    @check
    def native_dedup_answers_a_second_submit_with_the_same_run(self) -> None:
        self._wants(self.driver.caps.dedup == "native", "this device does not promise it")
        job_id, program = new_id(), self.program()
        first, second = (self.driver.submit(job_id, program, SHOTS) for _ in range(2))
        holds(first == second, f"first {first!r:.150}, then {second!r:.150}")

    @check
    def native_dedup_holds_while_the_run_lasts(self) -> None:
        self._wants(self.driver.caps.dedup == "native", "this device does not promise it")
        job_id = new_id()
        handle = self.start_long_run(job_id)
        again = self.driver.submit(job_id, self.program(options=self.long_run), SHOTS)
        holds(again == handle, f"first {handle!r:.150}, then {again!r:.150}")

    @check
    def find_knows_what_was_submitted_and_nothing_else(self) -> None:
        self._wants(self.driver.caps.dedup == "find", "this device is not asked")
        job_id = new_id()
        before = self.driver.find(job_id)
        holds(before is None, f"before the submit it found {before!r:.150}")
        answer = self.driver.submit(job_id, self.program(), SHOTS)
        found = self.driver.find(job_id)
        holds(found == answer, f"submit answered {answer!r:.150}, find {found!r:.150}")

    @check
    def another_driver_of_the_device_can_re_attach_where_it_says_so(self) -> None:
        handle = self.start_long_run(new_id())
        other = self.make_driver()
        state = other.poll(handle).state
        expected = _UNDER_WAY if self.driver.caps.reattach else (PollState.LOST,)
        other.close()
        holds(state in expected, f"with reattach {self.driver.caps.reattach} another driver says {state}")

    @check
    def same_seed_same_counts(self) -> None:
        self._wants(self.seeded, "a real device has no seed")
        one, two = (self.finish(self.driver.submit(new_id(), self.program(seed=7), SHOTS)) for _ in range(2))
        holds(one.counts == two.counts, f"first {one.counts}, then {two.counts}")
        holds((one.seed, two.seed) == (7, 7), f"the seed 7 is told as {one.seed} and {two.seed}")

    @check
    def close_leaves_no_thread_that_a_process_would_wait_for(self) -> None:
        before, first = set(threading.enumerate()), self.driver
        self.driver = self.make_driver()
        try:
            self.finish(self.driver.submit(new_id(), self.program(), SHOTS))
        finally:
            self.driver.close()
            self.driver = first
        for _ in range(20):
            left = [thread for thread in set(threading.enumerate()) - before if not (thread.daemon or _of_pool(thread))]
            if not left:
                return
            time.sleep(0.05)
        names = ", ".join(sorted(thread.name for thread in left))
        raise Violation(
            f"{names} still runs: a worker that stops would wait for it; end it in close, or make it a daemon"
        )

    @check
    def closing_twice_is_harmless(self) -> None:
        self.driver.close()
        self.driver.close()


def _of_pool(thread: threading.Thread) -> bool:
    """Of a ThreadPoolExecutor: Python itself ends those that have nothing to do."""
    return thread.name.startswith("ThreadPoolExecutor")


def new_id() -> str:
    """An id as the ledger makes them: a UUID in text."""
    return str(uuid.uuid4())
