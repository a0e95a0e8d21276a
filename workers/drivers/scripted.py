"""A device that behaves as it is told: slow, busy, failing, lying, hanging, dying. For tests.

A job says in its option `script` (an object, or the same as JSON text) what the device does; what it leaves out the
device option `script` says, and else all is well.

    submit    words for the first call of `submit` for this job, or a list of them, one for each call in any attempt
    poll      words for `poll`, or a list of them, one for each call
    result    words for `result`
    cancel    words for `cancel`
    duration  seconds the run lasts, by the wall clock; 0 unless said

Of a list the last entry goes on for ever. Words are separated by blanks and done in order:

    anywhere  slow:SECONDS  hang  crash (kill -9 of the own process)  raise (an error no driver should raise)
    submit    accept (the run starts; also what happens where no word ends the call)
              finished  failed:CODE  unavailable  rejected  uncertain  forget (the device loses the job)
    poll      queued  running  done  failed:CODE  cancelled  lost  forget  nonsense
              unless said: running, then done, as its duration has it
    result    wrong-total  wrong-width  negative  nonsense           unless said: fair coins, by the seed
    cancel    cancelled  requested  too-late  unsupported           unless said: cancelled

So "accept crash" starts the run and kills the worker before the handle is recorded, and "unavailable" is a busy device.

Device options beside `script`: `caps`, a table that replaces parts of Caps; `status`, such as "online" or
"offline:being moved"; `target`, as Target.from_dict reads it; `state`, a directory the runs are kept in, shared by
every process that names it, as a real device's own memory is; `log`, a file that gets one JSON line {job_id, attempt,
pid, at} for each run that starts. A file `status` in the state directory takes the place of the option.
"""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

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
from qcjob.errors import DriverError, Rejected, Unavailable, Uncertain
from qcjob.ids import attempt_of, part_of
from qcjob.target import Target
from workers.drivers.echo import random_counts
from workers.drivers.runs import Run, Runs
from workers.drivers.seeds import seed_of

_LIES: dict[str, Callable[[Any, int], Any]] = {
    "wrong-total": lambda compiled, shots: {"0" * compiled["clbits"]: shots + 1},
    "wrong-width": lambda compiled, shots: {"0" * (compiled["clbits"] + 1): shots},
    "negative": lambda compiled, shots: {"0" * compiled["clbits"]: -shots},
    "nonsense": lambda compiled, shots: "nonsense",
}
_ANYWHERE = {"slow", "hang", "crash", "raise"}
_WORDS = {
    "submit": {"accept", "finished", "failed", "unavailable", "rejected", "uncertain", "forget"},
    "poll": {"queued", "running", "done", "failed", "cancelled", "lost", "nonsense", "forget"},
    "result": set(_LIES),
    "cancel": {"cancelled", "requested", "too-late", "unsupported"},
}


class Scripted(Driver):
    """See the head of this file. Handles are the ids submitted; with a state directory any process can re-attach."""

    caps = Caps(dedup="native", reattach=True, cancel="running")

    def __init__(self, name: str, options: Mapping[str, Any], *, clock: Callable[[], float] = time.time) -> None:
        super().__init__(name, options)
        self.caps = dataclasses.replace(type(self).caps, **options.get("caps", {}))
        self._runs = Runs(Path(options["state"]) if "state" in options else None)
        self._clock = clock

    def properties(self) -> Properties:
        """The target of the device options, else one qubit and every rotation."""
        target = self.options.get("target", {"num_qubits": 1, "native_gates": ["rx", "ry", "rz"]})
        return Properties(Target.from_dict(target), ("script",))

    def status(self) -> Status:
        """As the file or the option says; online where neither does."""
        said = self._runs.note("status") or self.options.get("status", "online")
        state, _, reason = said.strip().partition(":")
        return Status(DeviceStatus(state), reason or None)

    def submit(self, job_id: str, program: Program, shots: int) -> Handle | Finished | Failed:
        """As the script says; a script that cannot be read is Rejected."""
        script = _script(self.options, program.options)
        with self._runs.change(attempt_of(job_id)[0]) as first:
            words = _entry(script.get("submit", "accept"), first.submits)
            first.submits += 1
        for word, argument in words:
            match word:
                case "accept":
                    self._accept(job_id, program, shots, script)
                case "finished":
                    self._accept(job_id, program, shots, script)
                    return Finished(self.result(job_id))
                case "failed":
                    return Failed(argument or "device-error", "the script says so")
                case "unavailable":
                    raise Unavailable("the script says so")
                case "rejected":
                    raise Rejected("the script says so")
                case "uncertain":
                    raise Uncertain("the script says so")
                case "forget":
                    self._runs.forget(job_id)
                    return job_id
                case _:
                    _misbehave(word, argument)
        if not any(word == "accept" for word, _ in words):
            self._accept(job_id, program, shots, script)
        if self.caps.mode == "blocking":
            _misbehave("slow", str(script.get("duration", 0)))
            return Finished(self.result(job_id))
        return job_id

    def find(self, job_id: str) -> Handle | None:
        """The id, if it was accepted."""
        return job_id if self._runs.read(job_id).accepted_at is not None else None

    def poll(self, handle: Handle) -> Poll:
        """As the script says; else lost, cancelled, running or done, as it is."""
        with self._runs.change(handle) as run:
            words = _entry(run.script.get("poll", ""), run.polls)
            run.polls += 1
        for word, argument in words:
            match word:
                case "nonsense":
                    return "nonsense"  # type: ignore[return-value]  # that is the point
                case "forget":
                    self._runs.forget(handle)
                case "failed":
                    return Poll(PollState.FAILED, "the script says so", argument or "device-error")
                case "queued" | "running" | "done" | "cancelled" | "lost":
                    return Poll(PollState(word), "the script says so")
                case _:
                    _misbehave(word, argument)
        return Poll(self._state(self._runs.read(handle)))

    def result(self, handle: Handle) -> Result:
        """As the script says; else fair coins. Raises DriverError for a run that is not known."""
        run = self._runs.read(handle)
        if run.accepted_at is None:
            raise DriverError(f"no run {handle[:80]!r}")
        for word, argument in _entry(run.script.get("result", ""), 0):
            if word in _LIES:
                return Result(_LIES[word](run.compiled, run.shots), seed=run.seed)
            _misbehave(word, argument)
        return Result(random_counts(run.compiled, run.shots, run.seed), seed=run.seed)

    def cancel(self, handle: Handle) -> CancelAnswer:
        """As the script says; else cancelled, or too late for a run that is over or not known."""
        run = self._runs.read(handle)
        if self._state(run) is not PollState.RUNNING and "cancel" not in run.script:
            return CancelAnswer.CANCELLED if run.cancelled else CancelAnswer.TOO_LATE
        answer = CancelAnswer.CANCELLED
        for word, argument in _entry(run.script.get("cancel", "cancelled"), 0):
            if word in ("cancelled", "requested", "too-late", "unsupported"):
                answer = CancelAnswer(word.replace("-", " "))
            else:
                _misbehave(word, argument)
        if answer in (CancelAnswer.CANCELLED, CancelAnswer.REQUESTED):
            with self._runs.change(handle) as run:
                run.cancelled = True
        return answer

    def _state(self, run: Run) -> PollState:
        if run.accepted_at is None:
            return PollState.LOST
        if run.cancelled:
            return PollState.CANCELLED
        over = self._clock() >= run.accepted_at + float(run.script.get("duration", 0))
        return PollState.DONE if over else PollState.RUNNING

    def _accept(self, job_id: str, program: Program, shots: int, script: dict[str, Any]) -> None:
        with self._runs.change(job_id) as run:
            if self.caps.dedup == "native" and run.accepted_at is not None:
                return
            run.accepted_at, run.cancelled, run.polls = self._clock(), False, 0
            run.script, run.compiled, run.shots = script, dict(program.compiled), shots
            run.seed = seed_of(job_id, program.seed)
            if log := self.options.get("log"):
                job, attempt = attempt_of(job_id)
                part = part_of(job_id)
                line = (
                    json.dumps({"job_id": job, "attempt": attempt, "part": part, "pid": os.getpid(), "at": time.time()})
                    + "\n"
                )
                with open(log, "ab", buffering=0) as file:
                    file.write(line.encode())


def _script(device: Mapping[str, Any], job: Mapping[str, Any]) -> dict[str, Any]:
    """What the job and the device say, the job first. Raises Rejected for words that mean nothing."""
    told = job.get("script", {})
    try:
        script = {**device.get("script", {}), **(json.loads(told) if isinstance(told, str) else told)}
        for step, entries in script.items():
            if step == "duration":
                float(entries)
                continue
            text = entries if isinstance(entries, str) else " ".join(entries)
            if unknown := {word for word, _ in _entry(text, 0)} - _WORDS[step] - _ANYWHERE:
                raise Rejected(f"the script's {step} has the unknown words {', '.join(sorted(unknown))}")
    except (TypeError, ValueError, KeyError) as error:
        raise Rejected(f"the option script cannot be read: {error!r:.200}") from error
    return script


def _entry(told: str | list[str], call: int) -> list[tuple[str, str]]:
    """The words, with their arguments, for the call of this number, from 0."""
    text = told if isinstance(told, str) else told[min(call, len(told) - 1)] if told else ""
    return [(word, argument) for word, _, argument in (part.partition(":") for part in text.split())]


def _misbehave(word: str, argument: str) -> None:
    match word:
        case "slow":
            time.sleep(float(argument))
        case "hang":
            while True:
                time.sleep(60)
        case "crash":
            os.kill(os.getpid(), signal.SIGKILL)
        case "raise":
            raise RuntimeError(argument or "the script says so")
