"""The order of it all: bring everything up, let clients and faults loose, wait for the last job, look, take it down."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import redis

from benchmarks.chaos.checks import CHECKS, Evidence
from benchmarks.chaos.clients import Crowd, wanted_jobs
from benchmarks.chaos.faults import FAULTS, Fault
from benchmarks.chaos.installation import DEVICES, Installation
from benchmarks.chaos.operators import Operator
from benchmarks.chaos.stalls import Stall, stalls
from benchmarks.chaos.striker import Striker
from benchmarks.chaos.witness import Witness
from qcjob import logs
from qcjob.cli.launcher.signals import Signals
from qcjob.job import Job
from qcjob.ledger.checkup import Checkup

UP_SECONDS = 60.0
DRAIN_SECONDS = 150.0
"""The bound of the wait for the last job: a job put back often waits a minute before its next try."""
_TICK_SECONDS = 0.1
_SUBMITTERS = 4

Tell = Callable[[str], None]


class Interrupted(Exception):
    """SIGTERM or Ctrl-C."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What storm to make. `seconds` is how long jobs come and faults strike; the last jobs may take longer."""

    seed: int
    seconds: float
    jobs: int
    folder: Path
    faults: Sequence[Fault] = tuple(FAULTS.values())
    lease_seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of it."""

    plan: Plan
    evidence: Evidence
    violations: dict[str, list[str]]
    stalls: list[Stall]
    drained_seconds: float
    fsyncs: float = field(default=0.0)
    acts: Mapping[str, int] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether the promise was kept."""
        return not any(self.violations.values())


def run(plan: Plan, tell: Tell) -> Outcome:
    """One storm. Raises Interrupted; leaves no process behind however it ends."""
    plan.folder.mkdir(parents=True, exist_ok=True)
    fsyncs = fsyncs_per_second(plan.folder)
    with _stderr_to(plan.folder / "parts.log"), Signals() as signals:
        logs.configure(service="chaos", level="info", form="json")
        logging.getLogger("httpx").setLevel(logging.WARNING)  # the witness has every answer
        with Installation(plan.folder, lease_seconds=plan.lease_seconds) as site:
            return _Storm(plan, site, signals, tell, fsyncs).run()


class _Storm:
    """One run on one installation. The main thread restarts parts; all else has threads of its own."""

    def __init__(self, plan: Plan, site: Installation, signals: Signals, tell: Tell, fsyncs: float) -> None:
        self._plan, self._site, self._signals, self._tell, self._fsyncs = plan, site, signals, tell, fsyncs
        self._dice = Random(plan.seed)
        self._witness = Witness()
        self._striker: Striker | None = None
        self._told_at = 0.0
        self._began = time.monotonic()

    def run(self) -> Outcome:
        plan, site = self._plan, self._site
        self._watch_until(lambda: site.is_ready, UP_SECONDS, "everything is up")
        wanted = wanted_jobs(self._dice, plan.jobs, plan.seconds * 0.95)
        crowd = Crowd(site.url, site.add_keys(), wanted, self._witness, submitters=_SUBMITTERS, seed=plan.seed)
        striker = Striker(site, plan.faults, Random(f"{plan.seed} faults"), plan.lease_seconds)
        operator = Operator(crowd.operator(site.add_operator()), self._witness, Random(f"{plan.seed} operator"))
        self._striker = striker
        self._began = time.monotonic()
        crowd.start()
        striker.start()
        operator.start()
        try:
            self._watch_until(lambda: striker.failure is not None or time.monotonic() - self._began > plan.seconds)
            striker.stop()
            self._watch_until(lambda: striker.is_over, 60, "the last fault is undone")
            operator.stop()
            self._watch_until(lambda: operator.is_over, 60, "all that an operator did is undone")
            over_at = time.monotonic()
            with contextlib.suppress(TimeoutError):
                self._watch_until(lambda: self._is_drained(crowd), DRAIN_SECONDS, "every job is final")
            drained = time.monotonic() - over_at
        finally:
            striker.stop()
            operator.stop()
            site.ending.set()
            crowd.stop()
            striker.join()
            operator.join()
        for failure in (striker.failure, operator.failure, *crowd.failures):
            if failure is not None:
                raise failure
        evidence = self._look(crowd)
        violations = {name: list(check(evidence)) for name, check in CHECKS.items()}
        return Outcome(
            plan,
            evidence,
            violations,
            stalls(evidence.jobs.values(), striker.struck),
            drained,
            self._fsyncs,
            operator.acts,
        )

    # -- the main thread

    def _watch_until(self, reached: Callable[[], bool], within: float | None = None, what: str = "") -> None:
        """Keep the parts running until then. Raises TimeoutError, and Interrupted."""
        deadline = None if within is None else time.monotonic() + within
        while not reached():
            self._site.watch()
            if self._signals.wait(_TICK_SECONDS):
                raise Interrupted
            if time.monotonic() - self._told_at >= 1:
                self._told_at = time.monotonic()
                self._tell(self._progress())
            if deadline is not None and time.monotonic() > deadline:
                raise TimeoutError(f"not within {within:g} s: {what}")

    def _progress(self) -> str:
        """One line: the time, how many jobs are where, and the fault of the moment."""
        since = time.monotonic() - self._began
        try:
            pipe = self._site.client.pipeline(transaction=False)
            for device in DEVICES:
                for family in ("ready", "later", "held", "leases"):
                    pipe.zcard(f"qcjob:{family}:{device}")
            pipe.zcard("qcjob:ended")
            *counts, ended = pipe.execute()
            waiting, leased = sum(counts) - sum(counts[3::4]), sum(counts[3::4])
            where = f"final {ended:5}  waiting {waiting:4}  on devices {leased:2}"
        except redis.RedisError:
            where = "Redis is away".ljust(41)
        accepted, now = len(self._witness.accepted), self._striker.now if self._striker else "starting"
        return f"{since:5.0f} s  accepted {accepted:5} of {self._plan.jobs}  {where}  {now}"

    def _is_drained(self, crowd: Crowd) -> bool:
        if crowd.failures or crowd.unsent:
            return bool(crowd.failures)
        try:
            ended = self._site.client.zcard("qcjob:ended")
        except redis.RedisError:
            return False
        return int(ended) >= len(self._witness.accepted)

    # -- when it is over

    def _look(self, crowd: Crowd) -> Evidence:
        jobs = {job.id: job for job in self._read_all()}
        results = crowd.results({job.id: job.customer for job in jobs.values()})
        findings = tuple(Checkup(self._site.ledger).run())
        return Evidence(jobs, self._witness, self._site.starts(), results, findings, crowd.unsent)

    def _read_all(self) -> Iterator[Job]:
        """Every job in the ledger."""
        for key in self._site.client.scan_iter("qcjob:job:*", count=500):
            job = self._site.ledger.read(key.decode().rpartition(":")[2])
            if job is not None:
                yield job


def fsyncs_per_second(folder: Path, seconds: float = 0.5) -> float:
    """How many appends of 512 bytes the disk under this folder makes safe in a second, one after the other."""
    probe, times = folder / "fsync-probe", 0
    file = os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            os.write(file, b"x" * 512)
            os.fdatasync(file)
            times += 1
        return times / (time.monotonic() - began)
    finally:
        os.close(file)
        probe.unlink()


@contextlib.contextmanager
def _stderr_to(file: Path) -> Iterator[None]:
    """What the parts say goes into a file, not between the lines of progress: they inherit this process's stderr."""
    sys.stderr.flush()
    before, log = os.dup(2), os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.dup2(log, 2)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(before, 2)
        os.close(before)
        os.close(log)
