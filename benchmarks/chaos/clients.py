"""Clients of the storm: they submit as `docs/http.md` tells them to, follow, cancel, and write down every answer.

A submit has an Idempotency-Key and is tried with it until it is answered 2xx. Now and then one is sent once more later,
as by a client that forgot that it had its answer.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from benchmarks.chaos.installation import CUSTOMERS, QC, SIMULATOR
from benchmarks.chaos.witness import Noted, Witness
from qcjob.client import Client, Problem, Unreachable

PROGRAM = "X(90),Y(90), X(180)"
SHOTS = 100

_TIMEOUT_SECONDS = 5.0
_PAUSE_SECONDS = 0.25
_FOLLOW_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """A job to be submitted. `at`: seconds after the storm began; `duration`: how long it runs on its device."""

    key: str
    customer: str
    device: str
    duration: float
    seed: int
    at: float
    cancel: bool
    again: bool


def wanted_jobs(dice: Random, jobs: int, seconds: float) -> list[Wanted]:
    """So many jobs spread evenly over the time."""
    return [
        Wanted(
            key=f"job-{number}",
            customer=CUSTOMERS[number % len(CUSTOMERS)],
            device=dice.choice((QC, QC, QC, SIMULATOR, SIMULATOR)),
            duration=dice.choice((0.0, 0.1, 0.3, 0.6, 1.0, 2.0, 3.0)),
            seed=dice.randrange(1_000_000),
            at=seconds * number / jobs,
            cancel=dice.random() < 0.03,
            again=dice.random() < 0.1,
        )
        for number in range(jobs)
    ]


class Crowd:
    """Threads that submit the jobs wanted at their time, and threads that follow them. `stop` ends them."""

    def __init__(
        self,
        url: str,
        keys: Mapping[str, str],
        wanted: Sequence[Wanted],
        witness: Witness,
        *,
        submitters: int,
        seed: int,
    ) -> None:
        self._url, self._keys, self._witness = url, keys, witness
        self._stop = threading.Event()
        self._open: dict[str, dict[str, None]] = {customer: {} for customer in keys}
        self.unsent = len(wanted)
        self.failures: list[BaseException] = []
        self._lock = threading.Lock()
        self._began = time.monotonic()
        shares = [
            (customer, [job for job in wanted if job.customer == customer][part :: submitters // len(keys)])
            for customer in keys
            for part in range(submitters // len(keys))
        ]
        self._threads = [threading.Thread(target=self._guarded, args=(self._submit_all, *share)) for share in shares]
        self._threads += [
            threading.Thread(target=self._guarded, args=(self._follow, customer, Random(f"{seed} {customer}")))
            for customer in keys
        ]

    def start(self) -> None:
        """From now on, the storm's beginning."""
        self._began = time.monotonic()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End every thread; what was not accepted by now stays unsent."""
        self._stop.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    def _guarded(self, work: object, *args: object) -> None:
        try:
            work(*args)  # type: ignore[operator]
        except BaseException as error:
            self.failures.append(error)

    def client(self, customer: str, sleep: Callable[[float], None] | None = None) -> Client:
        """As `qcjob.client` is for everybody, but that its answers are noted."""
        transport = Noted(self._witness, customer)
        return Client(
            self._url,
            self._keys[customer],
            timeout_seconds=_TIMEOUT_SECONDS,
            transport=transport,
            sleep=sleep or self._sleep,
        )

    def _sleep(self, seconds: float) -> None:
        """Between two tries of the client; none after the end."""
        if self._stop.wait(seconds):
            raise Unreachable("the storm is over")

    def _submit_all(self, customer: str, share: Sequence[Wanted]) -> None:
        again: list[Wanted] = []
        with self.client(customer) as client:
            for job in share:
                if self._stop.wait(max(0.0, self._began + job.at - time.monotonic())):
                    return
                if not self._submit(client, job):
                    continue
                if job.again:
                    again.append(job)
                elif again:
                    self._submit(client, again.pop(0), first=False)

    def _submit(self, client: Client, job: Wanted, *, first: bool = True) -> bool:
        """Until it is accepted; False where it was refused for good, or the storm is over."""
        tried_at = time.monotonic()
        while not self._stop.is_set():
            try:
                found = client.submit(
                    PROGRAM,
                    device=job.device,
                    shots=SHOTS,
                    seed=job.seed,
                    options={"duration": job.duration},
                    idempotency_key=job.key,
                )
            except Unreachable:
                self._stop.wait(_PAUSE_SECONDS)
            except Problem as problem:
                if problem.status != 503:
                    self._refused(problem)
                    return False
                self._stop.wait(_PAUSE_SECONDS)
            else:
                if first:
                    self._witness.waited(time.monotonic() - tried_at)
                    with self._lock:
                        self.unsent -= 1
                    self._open[job.customer][found.id] = None
                if job.cancel and first:
                    self._cancel(client, found.id)
                return True
        return False

    def _cancel(self, client: Client, job_id: str) -> None:
        """Once: a client whose cancel got no answer may think again."""
        self._witness.cancels.add(job_id)
        try:
            client.cancel(job_id)
        except Unreachable:
            pass
        except Problem as problem:
            if problem.status not in (409, 503):
                self._refused(problem)

    def _refused(self, problem: Problem) -> None:
        self._witness.refusal(f"{problem.status} {problem.code}")

    def _follow(self, customer: str, dice: Random) -> None:
        """Wait for the next change of one open job after the other."""
        following = self._open[customer]
        with self.client(customer) as client:
            while not self._stop.wait(0.02):
                known = list(following)
                if not known:
                    continue
                job_id = known[0] if dice.random() < 0.5 else dice.choice(known)
                try:
                    job = client.status(job_id)
                    if not job.is_final:
                        job = client.next_change(job, _FOLLOW_SECONDS)
                except Unreachable:
                    continue
                except Problem as problem:
                    if problem.status != 503:
                        self._refused(problem)
                    continue
                if job.is_final:
                    following.pop(job_id, None)

    def results(self, jobs: Mapping[str, str]) -> dict[str, Mapping[str, int] | str]:
        """After `stop`: for each job id and its customer what `result` answers: counts, or the problem's code."""
        found: dict[str, Mapping[str, int] | str] = {}
        with contextlib.ExitStack() as stack:
            clients = {
                customer: stack.enter_context(self.client(customer, sleep=time.sleep)) for customer in self._keys
            }
            for job_id, customer in jobs.items():
                try:
                    found[job_id] = clients[customer].result(job_id).counts
                except (Problem, Unreachable) as problem:
                    found[job_id] = problem.code if isinstance(problem, Problem) else "unreachable"
        return found
