"""Three hundred jobs through a worker that is killed three times: the promise, counted."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest

from tests.integration.cluster import cluster_in, rescues, wait_for

JOBS = 300
KILLS = 3


@pytest.mark.parametrize("seed", [20])
def test_three_hundred_jobs_survive_a_worker_killed_three_times(tmp_path: Path, seed: int) -> None:
    """None is lost, all end COMPLETED, and none was started twice without an attempt or a rescue that says so."""
    dice = random.Random(seed)
    with cluster_in(tmp_path / "many") as cluster:
        worker = cluster.worker("many")
        job_ids = [cluster.submit("many", script={"duration": dice.choice((0, 0, 0.03))}) for _ in range(JOBS)]
        for kill in range(KILLS):
            moment = JOBS * kill // KILLS + dice.randrange(JOBS // KILLS)
            wait_for(lambda moment=moment: cluster.client.zcard("qcjob:ended") >= moment, within=90)  # type: ignore[misc]
            worker.kill_main()
            worker = cluster.worker("many", wait=False)
        jobs = cluster.wait_all(job_ids, within=120)
        assert cluster.client.zcard("qcjob:leases:many") == 0
        starts = Counter(cluster.starts("many"))
    assert set(starts) == set(job_ids)
    untold = [job for job in jobs if starts[job.id] > len(job.attempts) + rescues(job)]
    assert not untold
    assert any(rescues(job) for job in jobs), "no kill met a running job: choose another seed"
    for job in jobs:
        assert [attempt.outcome for attempt in job.attempts] == ["put_back"] * (len(job.attempts) - 1) + ["completed"]
