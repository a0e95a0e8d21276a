"""The machine: slots that take runs from the queue, oldest first, and play them.

A run is started once: that it is running, and the note of its start, are in the store before anything is played. What
the store calls running when the process begins goes on where it was, as a pulse sequence goes on while the computer
that watches it is started again; it is not started a second time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from qcjob.logs import get_logger
from workers.drivers.sampling import sample_small
from workers.drivers.seeds import seed_of
from workers.reference_qc.programs import Request
from workers.reference_qc.runs import Run, Runs

log = get_logger(__name__)


class NotNow(Exception):
    """The machine takes no runs at the moment; `full`: because its queue is full."""

    def __init__(self, message: str, *, full: bool = False) -> None:
        super().__init__(message)
        self.full = full


@dataclass(frozen=True, slots=True)
class Build:
    """What the machine is made of."""

    num_qubits: int = 1
    native_gates: tuple[str, ...] = ("rx", "ry", "rz")
    slots: int = 1
    max_queue: int = 1_000
    readout_error: float = 0.0


class Machine:
    """Takes runs, plays them in `build.slots` threads, and forgets nothing that `runs` keeps."""

    def __init__(self, runs: Runs, build: Build, clock: Callable[[], float] = time.time) -> None:
        self.build = build
        self._runs = runs
        self._clock = clock
        self._changed = threading.Condition()
        self._stopping = False
        self._found_running = runs.running()
        self._threads = [threading.Thread(target=self._serve, name=f"slot {n}") for n in range(build.slots)]
        if runs.note("calibration") is None:
            self.calibrate()

    def start(self) -> None:
        """Play from now on."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Play no more; what is running stays so in the store."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    def submit(self, key: str, request: Request) -> tuple[Run, bool]:
        """The run of this key, and whether it is new. Raises KeyReused, and NotNow where it would be new."""
        with self._changed:
            if self._runs.find_by_key(key) is None:
                self._make_sure_to_take_it()
            run, new = self._runs.accept(key, request, self._clock())
            self._changed.notify_all()
        if new:
            log.info("run accepted", key=key, handle=run.handle)
        return run, new

    def cancel(self, handle: str) -> Run | None:
        """The run, cancelled if it had not ended; None where there is none."""
        with self._changed:
            run = self._runs.cancel(handle, self._clock())
            self._changed.notify_all()
        return run

    def status(self) -> tuple[str, str | None]:
        """What the operator set, with the reason; else busy while it has anything to do, else online."""
        state, reason = self._runs.note("status") or ("online", None)
        if state == "online" and any(self._runs.lengths()):
            return "busy", reason
        return state, reason

    def set_status(self, state: str, reason: str | None) -> None:
        """Online again, or not taking runs; what it has already goes on."""
        self._runs.set_note("status", [state, reason])
        log.info("status set", state=state, reason=reason)

    def calibrate(self) -> tuple[str, float]:
        """A new calibration: its id and time."""
        number = int((self.calibration() or ("cal-0", 0.0))[0].rpartition("-")[2]) + 1
        self._runs.set_note("calibration", [f"cal-{number}", self._clock()])
        return f"cal-{number}", self._clock()

    def calibration(self) -> tuple[str, float] | None:
        """Id and time of the calibration in force."""
        found = self._runs.note("calibration")
        return None if found is None else (found[0], found[1])

    def _make_sure_to_take_it(self) -> None:
        state, reason = self._runs.note("status") or ("online", None)
        if state != "online":
            raise NotNow(f"the machine is in {state}" + (f": {reason}" if reason else ""))
        if self._runs.lengths()[0] >= self.build.max_queue:
            raise NotNow(f"the queue is full: {self.build.max_queue:,} runs", full=True)

    def _serve(self) -> None:
        while (run := self._next()) is not None:
            self._play(run)

    def _next(self) -> Run | None:
        with self._changed:
            while not self._stopping:
                if self._found_running:
                    run = self._found_running.pop(0)
                    log.info("run goes on", key=run.key, handle=run.handle)
                    return run
                if (started := self._runs.start_next(self._clock())) is not None:
                    log.info("run started", key=started.key, handle=started.handle)
                    return started
                self._changed.wait()
        return None

    def _play(self, run: Run) -> None:
        request = run.request
        flip = self.build.readout_error if request.flip is None else request.flip
        seed = seed_of(run.key, request.seed)
        try:
            counts, _ = sample_small(request.program, request.shots, seed, flip=flip, max_qubits=self.build.num_qubits)
        except Exception as error:
            log.exception("run failed", key=run.key, handle=run.handle)
            self._runs.fail(run.handle, f"the run failed: {error!r:.200}", self._clock())
            return
        ends_at = (run.started_at or self._clock()) + request.duration
        with self._changed:
            while not self._stopping and (left := ends_at - self._clock()) > 0:
                now = self._runs.find(run.handle)
                if now is None or now.state != "running":
                    break
                self._changed.wait(min(left, request.duration))
            if not self._stopping:
                self._runs.complete(run.handle, counts, self._clock())
