"""The order of it all: bring everything up, let clients and faults loose, wait for the last job, look, take it down."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import redis

from benchmarks.chaos.checks import CHECKS, Evidence
from benchmarks.chaos.clients import Crowd, Witness, wanted_jobs
from benchmarks.chaos.faults import FAULTS, Fault
from benchmarks.chaos.installation import DEVICES, Installation
from benchmarks.chaos.stalls import Stall, Struck, stalls
from qcjob import logs
from qcjob.cli.launcher.signals import Signals
from qcjob.job import Job
from qcjob.ledger.checkup import Checkup

UP_SECONDS = 60.0
DRAIN_SECONDS = 150.0
"""The bound of the wait for the last job: a job put back often waits a minute before its next try."""
RECOVERY_SECONDS = 20.0
"""The longest that the next fault waits for jobs to go on after the last one."""
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
        with Installation(plan.folder, lease_seconds=plan.lease_seconds) as site:
            return _Storm(plan, site, signals, tell, fsyncs).run()


class _Storm:
    """One run on one installation. The main thread restarts parts; all else has threads of its own."""

    def __init__(self, plan: Plan, site: Installation, signals: Signals, tell: Tell, fsyncs: float) -> None:
        self._plan, self._site, self._signals, self._tell, self._fsyncs = plan, site, signals, tell, fsyncs
        self._dice = Random(plan.seed)
        self._witness = Witness()
        self._struck: list[Struck] = []
        self._now = ""
        self._over = threading.Event()
        self._failure: BaseException | None = None
        self._told_at = 0.0
        self._began = time.monotonic()

    def run(self) -> Outcome:
        plan, site = self._plan, self._site
        self._watch_until(lambda: site.is_ready, UP_SECONDS, "everything is up")
        wanted = wanted_jobs(self._dice, plan.jobs, plan.seconds * 0.95)
        crowd = Crowd(site.url, site.add_keys(), wanted, self._witness, submitters=_SUBMITTERS, seed=plan.seed)
        striker = threading.Thread(target=self._strike_all, name="faults")
        self._began = time.monotonic()
        crowd.start()
        striker.start()
        try:
            self._watch_until(lambda: self._failure is not None or time.monotonic() - self._began > plan.seconds)
            self._over.set()
            self._watch_until(lambda: not striker.is_alive(), 60, "the last fault is undone")
            over_at = time.monotonic()
            with contextlib.suppress(TimeoutError):
                self._watch_until(lambda: self._is_drained(crowd), DRAIN_SECONDS, "every job is final")
            drained = time.monotonic() - over_at
        finally:
            self._over.set()
            site.ending.set()
            crowd.stop()
            striker.join()
        for failure in (self._failure, *crowd.failures):
            if failure is not None:
                raise failure
        evidence = self._look(crowd)
        violations = {name: list(check(evidence)) for name, check in CHECKS.items()}
        return Outcome(plan, evidence, violations, stalls(evidence.jobs.values(), self._struck), drained, self._fsyncs)

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
                for family in ("ready", "later", "leases"):
                    pipe.zcard(f"qcjob:{family}:{device}")
            pipe.zcard("qcjob:ended")
            counts = pipe.execute()
            waiting, leased = counts[0] + counts[1] + counts[3] + counts[4], counts[2] + counts[5]
            where = f"final {counts[6]:5}  waiting {waiting:4}  on devices {leased:2}"
        except redis.RedisError:
            where = "Redis is away".ljust(41)
        accepted = len(self._witness.accepted)
        return f"{since:5.0f} s  accepted {accepted:5} of {self._plan.jobs}  {where}  {self._now}"

    def _is_drained(self, crowd: Crowd) -> bool:
        if crowd.failures or crowd.unsent:
            return bool(crowd.failures)
        try:
            ended = self._site.client.zcard("qcjob:ended")
        except redis.RedisError:
            return False
        return int(ended) >= len(self._witness.accepted)

    # -- the thread of the faults

    def _strike_all(self) -> None:
        dice, bag = Random(f"{self._plan.seed} faults"), list[Fault]()
        try:
            while not self._over.wait(dice.uniform(1.0, 3.0)):
                if not bag:
                    bag = list(self._plan.faults)
                    dice.shuffle(bag)
                self._strike(bag.pop(), dice)
        except BaseException as error:
            self._failure = error

    def _strike(self, fault: Fault, dice: Random) -> None:
        seconds = fault.lasts(dice, self._plan.lease_seconds)
        began_at = time.time()
        try:
            with fault.strike(self._site, dice) as target:
                self._now = f"{fault.name}: {target}" + (f", for {seconds:.1f} s" if seconds else "")
                self._over.wait(seconds)
        except redis.RedisError as error:
            if (now := time.time()) - began_at > seconds:
                raise RuntimeError(f"{fault.name} could not be undone") from error
            self._now = f"{fault.name} could not strike at {now:.0f}: Redis is away"
            return
        self._struck.append(Struck(fault.name, target, began_at, time.time()))
        deadline = time.monotonic() + RECOVERY_SECONDS
        while time.monotonic() < deadline and not self._goes_on(self._struck[-1].ended_at):
            if self._over.wait(0.2):
                return
        self._now = f"after {fault.name}"

    def _goes_on(self, since: float) -> bool:
        """Whether every device has ended a job since then, or has none."""
        client: Any = self._site.client
        try:
            ended = client.zrangebyscore("qcjob:ended", f"{since * 1e6:.0f}", "+inf")
            devices = {client.hget(f"qcjob:job:{job_id.decode()}", "device") for job_id in ended}
            return all(device.encode() in devices or not self._has_work(device) for device in DEVICES)
        except redis.RedisError:
            return False

    def _has_work(self, device: str) -> bool:
        return any(self._site.client.zcard(f"qcjob:{family}:{device}") for family in ("ready", "later", "leases"))

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
