"""Fair shares through the whole stack: who is run next by a real worker on a device, whoever sent how much."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction

import httpx
import pytest

from qcjob.ids import new_job_id
from qcjob.job import Job
from qcjob.rank import Privileges, estimate
from qcjob.security.caller import Caller
from qcjob.security.keys import Keys
from qcjob.service import JobRequest
from tests.integration.cluster import PROGRAM, Cluster, cluster_in, wait_for
from tests.unit.fair_queue import FairQueue

CUSTOMERS = [f"customer-{number}" for number in range(20)]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster_in(tmp_path_factory.mktemp("shares")) as cluster:
        yield cluster


@pytest.mark.parametrize(("device", "seed"), [("scripted", 3), ("many", 4)])
def test_a_device_starts_the_jobs_of_twenty_customers_in_the_order_of_the_book(
    cluster: Cluster, device: str, seed: int
) -> None:
    """Zipf-like customers send in bursts, from four threads, while a worker runs their jobs and some are cancelled.

    Afterwards the book is told what happened, by the ledger's times, which are Redis's own and exact: whenever a job
    was claimed, it must be the one that the book serves.
    """
    dice, weights = random.Random(seed), {}
    for name in CUSTOMERS:
        weights[name] = dice.choice((0.5, 1.0, 2.0, 4.0))
        cluster.service.customers.put(name, Privileges(weight=weights[name]))
    popularity = [1 / (1 + number) for number in range(len(CUSTOMERS))]
    worker = cluster.worker(device)

    def send(part: int) -> list[str]:
        own, sent = random.Random(f"{seed} {part}"), []
        for _ in range(14):
            for name in own.choices(CUSTOMERS, popularity, k=own.choice((1, 2, 6))):
                request = JobRequest(PROGRAM, device=device, shots=own.choice((10, 100, 1_000, 10_000)))
                sent.append(cluster.service.submit(Caller(name, "k"), request).id)
                if own.random() < 0.15:
                    cluster.ledger.cancel(own.choice(sent[-5:]))
            time.sleep(own.choice((0.0, 0.05, 0.2)))
        return sent

    with ThreadPoolExecutor(4) as pool:
        sent = [job_id for part in pool.map(send, range(4)) for job_id in part]
    jobs = [cluster.wait_until(job_id, "COMPLETED", "CANCELLED", within=60) for job_id in sent]
    worker.end()
    book, waited = FairQueue(), 0
    for _, what, job in sorted(happened(jobs), key=lambda event: event[0]):
        length, weight = estimate(job.shots), Fraction(weights[job.customer])
        if what == "arrive":
            book.arrive(job.id, job.customer, length, weight)
        elif what == "leave":
            book.leave(job.id, length, weight)
        elif what == "serve":
            waited += len(book.waiting) > 5
            assert book.serve() == job.id
        else:
            book.end(job.id)
    assert waited > 30, "a queue to choose from"
    starts = [job_id for job_id in cluster.starts(device) if job_id in set(sent)]
    assert set(starts) == {job.id for job in jobs if job.attempts} and len(set(starts)) == len(starts)


def happened(jobs: list[Job]) -> Iterator[tuple[int, str, Job]]:
    """When each came, was claimed, ended, or went without having been claimed; microseconds."""
    for job in jobs:
        yield job.created_at, "arrive", job
        if job.attempts:
            yield job.attempts[0].started_at, "serve", job
            yield job.attempts[-1].ended_at or 0, "end", job
        else:
            yield job.history[-1].at, "leave", job


def test_ten_thousand_jobs_of_another_delay_a_single_one_by_the_job_that_runs(cluster: Cluster) -> None:
    cluster.client.config_set("appendfsync", "no")  # ten thousand waits for the disk are not what this is about
    many, single = Caller("many", "k"), Caller("single", "k")
    request = JobRequest(PROGRAM, device="untold", shots=10)
    first = cluster.service.submit(many, request)
    like_it = cluster.service.dry_run(many, request).job
    for _ in range(9_999):
        cluster.ledger.submit(replace(like_it, id=new_job_id()))
    running = cluster.ledger.claim("untold", "nobody")
    assert running is not None
    job = cluster.service.submit(single, request)
    assert job.ahead == 0
    cluster.ledger.fail(running.id, running.fence, "code", "over")
    assert first.id == running.id
    claim = cluster.ledger.claim("untold", "nobody")
    assert claim is not None
    assert claim.id == job.id


def test_what_an_operator_says_counts_at_once_in_every_web_process(cluster: Cluster) -> None:
    url = cluster.web()
    keys = Keys(cluster.client)
    operator, user = keys.add("grace", role="operator").secret, keys.add("ada").secret
    with httpx.Client(base_url=url, trust_env=False, timeout=10) as http:

        def ask(method: str, path: str, key: str, **more: object) -> httpx.Response:
            return http.request(method, path, headers={"Authorization": f"Bearer {key}"}, **more)  # type: ignore[arg-type]

        def submit() -> int:
            body = {"program": PROGRAM, "device": "simulator", "shots": 100}
            return ask("POST", "/v1/jobs", user, json=body).status_code

        assert submit() == 202
        assert ask("PUT", "/v1/customers/ada", user, json={"quota_shots": None}).status_code == 403
        assert ask("PUT", "/v1/customers/ada", operator, json={"quota_shots": 50}).status_code == 200
        assert submit() == 422
        cluster.service.customers.change("ada", {"shots": None})  # by another process, as the command does
        wait_for(lambda: submit() == 202, within=2, what="the change is heard of")
