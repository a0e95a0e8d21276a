"""What operators do to a device that really runs: it keeps its word, and the order is kept while they act."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from qcjob.client import Client
from qcjob.errors import NotWaiting
from qcjob.ids import is_job_id
from qcjob.job import Job
from qcjob.lifecycle import JobState
from qcjob.rank import estimate
from qcjob.security.caller import OPERATOR, Caller
from qcjob.security.keys import Keys
from qcjob.service.operating import Operating
from tests.integration.cluster import PROGRAM, Cluster, cluster_in, moments, wait_for
from tests.unit.fair_queue import Tiers

GRACE = Caller("grace", "key-of-grace", role=OPERATOR)
DEVICE = "scripted"
QUIET_SECONDS = 0.7
"""More than three turns of the keeper: what is going to happen has happened by then."""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster_in(tmp_path_factory.mktemp("operating")) as cluster:
        cluster.worker(DEVICE)
        yield cluster


@pytest.fixture
def operating(cluster: Cluster) -> Operating:
    return Operating(cluster.service, cluster.ledger)


@pytest.mark.parametrize("word", ["drained", "offline"])
def test_a_device_that_takes_no_more_ends_what_it_runs(cluster: Cluster, operating: Operating, word: str) -> None:
    running = cluster.submit(DEVICE, script={"duration": 1.0})
    cluster.wait_until(running, "RUNNING")
    waiting = cluster.submit(DEVICE)
    operating.direct(GRACE, DEVICE, word, why="the line is exchanged")
    cluster.wait_until(running, "COMPLETED")
    time.sleep(QUIET_SECONDS)
    assert cluster.job(waiting).state is JobState.WAITING
    assert waiting not in cluster.starts(DEVICE)
    operating.direct(GRACE, DEVICE, "online")
    cluster.wait_until(waiting, "COMPLETED", within=3)


def test_what_was_said_of_a_device_outlives_its_worker(cluster: Cluster, operating: Operating) -> None:
    operating.direct(GRACE, "many", "drained")
    job = cluster.submit("many")
    worker = cluster.worker("many", "of-many")
    time.sleep(QUIET_SECONDS)
    assert cluster.job(job).state is JobState.WAITING
    operating.direct(GRACE, "many", "online")
    cluster.wait_until(job, "COMPLETED", within=3)
    worker.end()


def test_a_job_starts_when_its_time_has_come(cluster: Cluster) -> None:
    begin = microseconds(3)
    job = cluster.submit(DEVICE, start_after=begin)
    now = cluster.submit(DEVICE)
    cluster.wait_until(now, "COMPLETED", within=2.9)
    told = moments(cluster.wait_until(job, "COMPLETED", within=30))
    assert begin <= told["SUBMITTED"] < begin + 1_500_000


def test_a_job_whose_time_is_over_never_starts(cluster: Cluster) -> None:
    cluster.wait_until(cluster.submit(DEVICE, script={"duration": 1.2}), "RUNNING")
    job = cluster.wait_until(cluster.submit(DEVICE, not_after=microseconds(0.5)), "CANCELLED", within=2)
    assert job.error_code == "expired"
    wait_for(lambda: not cluster.client.zcard(f"qcjob:leases:{DEVICE}"), within=3)
    assert job.id not in cluster.starts(DEVICE)


def test_while_operators_act_under_load_the_best_ranked_that_may_run_is_next(
    cluster: Cluster, operating: Operating
) -> None:
    """Four customers submit over HTTP while jobs run and are held, released, ranked, moved away and back, cancelled.

    Afterwards the book of fair queues is told all that happened, by the ledger's own account: Redis runs one script at
    a time, so its times are exact. Whenever a job was claimed, it must be the one that the book serves.
    """
    url, keys, dice = cluster.web(), Keys(cluster.client), random.Random(7)
    sent: list[str] = []
    is_over = threading.Event()

    def submit(customer: str) -> None:
        shots = random.Random(customer)
        with Client(url, keys.add(customer).secret) as client:
            for _ in range(40):
                sent.append(client.submit(PROGRAM, device=DEVICE, shots=shots.choice((10, 100, 1_000))).id)

    def act() -> int:
        done = 0
        while not is_over.is_set():
            time.sleep(0.005)
            job = dice.choice(sent) if sent else None
            try:
                match job and dice.randrange(6):
                    case 0 | 1:
                        operating.hold(GRACE, job, held=True)
                    case 2:
                        operating.hold(GRACE, job, held=False)
                    case 3:
                        operating.change_tier(GRACE, job, dice.choice((1, 2, 2)))
                    case 4:
                        operating.move(GRACE, job, dice.choice((DEVICE, DEVICE, "untold")))
                    case 5 if dice.random() < 0.2:
                        cluster.ledger.cancel(job)
                    case _:
                        continue
            except NotWaiting:
                continue
            done += 1
        return done

    with ThreadPoolExecutor(5) as pool:
        acting = pool.submit(act)
        for each in [pool.submit(submit, f"customer-{number}") for number in range(4)]:
            each.result()
        time.sleep(0.5)
        is_over.set()
        assert acting.result() > 20, "hardly an act"
    for job_id in sent:
        with contextlib.suppress(NotWaiting):
            operating.hold(GRACE, job_id, held=False)
            operating.move(GRACE, job_id, DEVICE)
    for job_id in sent:
        cluster.wait_until(job_id, "COMPLETED", "CANCELLED", within=30)
    jobs = [cluster.job(job_id) for job_id in sent]
    assert len(jobs) == 160 and all(is_job_id(job.id) for job in jobs)
    starts = [job_id for job_id in cluster.starts(DEVICE) if job_id in set(sent)]
    ran = {job.id for job in jobs if job.state is JobState.COMPLETED}
    assert len(starts) == len(set(starts)) and set(starts) == ran
    book = {DEVICE: Tiers(), "untold": Tiers()}
    place = dict.fromkeys(sent, DEVICE)
    chosen_among = 0
    for _, what, job, to in sorted(happened(jobs), key=lambda event: event[0]):
        here, length = book[place[job.id]], estimate(job.shots)
        match what:
            case "arrive":
                here.arrive(job.id, job.customer, 2, length)
            case "hold":
                here.held.add(job.id)
            case "release":
                here.held.discard(job.id)
            case "cancel":
                here.leave(job.id, length)
            case "change tier":
                here.change(job.id, job.customer, int(to), length)
            case "move":
                tier = here.tier[job.id]
                here.leave(job.id, length)
                there = book[to]
                place[job.id] = to
                there.arrive(job.id, job.customer, tier, length)
                if job.id in here.held:
                    here.held.discard(job.id)
                    there.held.add(job.id)
            case "claim":
                chosen_among += sum(len(queue.waiting) for queue in here.tiers.values()) > 3
                assert here.serve() == job.id
            case "end":
                here.end(job.id)
    assert chosen_among > 50, "a queue to choose from"


def happened(jobs: list[Job]) -> Iterator[tuple[int, str, Job, str]]:
    """When what happened to each, microseconds, and what to: its tier or its device."""
    for job in jobs:
        yield job.created_at, "arrive", job, ""
        for act in job.acts:
            yield act.at, act.what, job, act.after
        if job.attempts:
            yield job.attempts[0].started_at, "claim", job, ""
            yield job.attempts[-1].ended_at or 0, "end", job, ""
        else:
            yield job.history[-1].at, "cancel", job, ""


def microseconds(seconds: float) -> int:
    """So many seconds from now, as the ledger tells time."""
    return int((time.time() + seconds) * 1e6)
