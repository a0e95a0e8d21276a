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
from datetime import UTC, datetime, timedelta
from random import Random

from benchmarks.chaos.installation import CUSTOMERS, QC, SIMULATOR, WITNESSED
from benchmarks.chaos.witness import Noted, Witness
from qcjob.client import Client, Problem, RemoteResult, Unreachable
from qcjob.devices.config import ECHO, IDEAL

PROGRAM = "X(90),Y(90), X(180)"
SWEPT = "X({theta}),Y(90)"
SHOTS = 100
RUNTIMES = {IDEAL.name: "simulated", ECHO.name: "echo"}

_TIMEOUT_SECONDS = 5.0
_PAUSE_SECONDS = 0.25
_FOLLOW_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """A job to be submitted. `at`: seconds after the storm began; the others as `docs/http.md` has them.

    `start_after` and `not_after` are seconds after its submit. `together`: so many of it in a batch, that take no time.
    """

    key: str
    customer: str
    device: str
    options: Mapping[str, object]
    retries: int | None
    on_uncertain: str | None
    seed: int
    bindings: Sequence[Mapping[str, float]] | None
    start_after: float | None
    not_after: float | None
    session: bool
    at: float
    cancel: bool
    again: bool
    together: int


def wanted_jobs(dice: Random, jobs: int, seconds: float) -> list[Wanted]:
    """So many jobs spread evenly over the time; a run lasts 0 to 3 seconds, and some on `echo` fail."""
    return [_wanted(dice, number, seconds * number / jobs) for number in range(jobs)]


def _wanted(dice: Random, number: int, at: float) -> Wanted:
    device = dice.choice((QC, QC, QC, SIMULATOR, SIMULATOR, IDEAL.name, ECHO.name))
    duration, fails = dice.choice((0.0, 0.1, 0.3, 0.6, 1.0, 2.0, 3.0)), dice.random() < 0.1
    options: dict[str, object] = {"duration": duration}
    if device == ECHO.name:
        options = {"error": "as-asked"} if fails else {}
    return Wanted(
        key=f"job-{number}",
        customer=CUSTOMERS[number % len(CUSTOMERS)],
        device=device,
        options=options,
        retries=dice.choice((None, None, 1, 3)),
        on_uncertain=dice.choice((None, None, "rerun", "fail")),
        seed=dice.randrange(1_000_000),
        bindings=[{"theta": 90.0}, {"theta": 180.0}] if dice.random() < 0.08 else None,
        start_after=dice.uniform(0, 6) if dice.random() < 0.1 else None,
        not_after=dice.uniform(12, 40) if dice.random() < 0.1 else None,
        session=dice.random() < 0.2 and device in WITNESSED,
        at=at,
        cancel=dice.random() < 0.03,
        again=dice.random() < 0.1,
        together=dice.choice((2, 30)) if number % 40 == 9 else 1,
    )


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
        self._times: dict[str, list[str | None]] = {}
        self._sessions: dict[tuple[str, str], str] = {}
        """By customer and device: the one that was opened last."""
        self._session_of: dict[str, str] = {}
        """By the key of a job that was submitted in it."""
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

    def operator(self, key: str) -> Client:
        """A client that shows an operator's key; who it is to the witness does not matter, it submits nothing."""
        transport = Noted(self._witness, "operator")
        return Client(self._url, key, timeout_seconds=_TIMEOUT_SECONDS, transport=transport, sleep=self._sleep)

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
                found = self._sent_together(client, job) if job.together > 1 else [self._sent(client, job)]
            except Unreachable:
                self._stop.wait(_PAUSE_SECONDS)
            except Problem as problem:
                if problem.code == "session-closed":
                    self._sessions.pop((job.customer, job.device), None)
                    self._session_of.pop(job.key, None)
                elif problem.status != 503:
                    self._refused(problem)
                    return False
                self._stop.wait(_PAUSE_SECONDS)
            else:
                if first:
                    self._witness.waited(time.monotonic() - tried_at)
                    with self._lock:
                        self.unsent -= 1
                    self._open[job.customer].update(dict.fromkeys(found))
                if job.cancel and first:
                    for job_id in found:
                        self._cancel(client, job_id)
                return True
        return False

    def _sent(self, client: Client, job: Wanted) -> str:
        """The id it was accepted under."""
        start_after, not_after = self._moments(job)
        found = client.submit(
            PROGRAM if job.bindings is None else SWEPT,
            runtime=RUNTIMES.get(job.device),
            device=job.device,
            shots=SHOTS,
            seed=job.seed,
            options=job.options,
            retries=job.retries,
            on_uncertain=job.on_uncertain,
            bindings=job.bindings,
            start_after=start_after,
            not_after=not_after,
            session=self._session(client, job) if job.session else None,
            idempotency_key=job.key,
        )
        return found.id

    def _session(self, client: Client, job: Wanted) -> str:
        """The customer's session on that device: a new one when the last was found closed.

        Whoever has no answer asks with the same session again, which is what the job's key wants.
        """
        if job.key not in self._session_of:
            known = self._sessions.get((job.customer, job.device))
            if known is None:
                known = client.sessions.open(job.device, max_seconds=20, idle_seconds=3)["id"]
                self._sessions[job.customer, job.device] = known
            self._session_of[job.key] = known
        return self._session_of[job.key]

    def _sent_together(self, client: Client, job: Wanted) -> list[str]:
        """The ids of a batch's jobs, all of them."""
        runtime = RUNTIMES.get(job.device)
        one = {"program": PROGRAM, "device": job.device, "shots": SHOTS, "seed": job.seed}
        one |= {"runtime": runtime} if runtime else {}
        found = client.batches.submit([one] * job.together, idempotency_key=job.key)
        return [job_id for job_id in found.job_ids if job_id is not None]

    def _moments(self, job: Wanted) -> tuple[str | None, str | None]:
        """`start_after` and `not_after`, the same whenever it is asked again, as its key wants it."""
        if job.key not in self._times:
            now = datetime.now(UTC)
            self._times[job.key] = [
                None if seconds is None else (now + timedelta(seconds=seconds)).isoformat()
                for seconds in (job.start_after, job.not_after)
            ]
        start_after, not_after = self._times[job.key]
        return start_after, not_after

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
                    found[job_id] = _least(clients[customer].result(job_id))
                except (Problem, Unreachable) as problem:
                    found[job_id] = problem.code if isinstance(problem, Problem) else "unreachable"
        return found


def _least(result: RemoteResult) -> Mapping[str, int]:
    """The counts, of a sweep those of the part that has fewest."""
    parts = [part["counts"] for part in result.document.get("parts", ())]
    return min(parts or [result.counts], key=lambda counts: sum(counts.values()))
