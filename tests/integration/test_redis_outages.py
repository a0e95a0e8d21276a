"""Redis that dies, or forgets its scripts: everything goes on by itself."""

from __future__ import annotations

import contextlib
import os
import signal

import pytest

from qcjob.errors import LedgerUnavailable
from tests.integration.cluster import Cluster, states, wait_for


def test_redis_killed_mid_run_and_started_again_loses_nothing(bare: Cluster) -> None:
    worker = bare.worker("simulator,four", QCJOB_LEASE_SECONDS="3")
    running = bare.submit(duration=2)
    accepted = [bare.submit("four", duration=0.5) for _ in range(12)] + [bare.submit() for _ in range(4)]
    bare.wait_until(running, "RUNNING")
    bare.redis.kill_main()
    with pytest.raises(LedgerUnavailable):
        bare.ledger.read(running)
    wait_for(lambda: worker.events("keeper could not reach the ledger") or "Connection to broker lost" in worker.text())
    bare.start_redis()
    jobs = bare.wait_all([running, *accepted], within=60)
    assert all(states(job)[-1] == "COMPLETED" for job in jobs)
    assert worker.lives
    bare.wait_until(bare.submit(), "COMPLETED")


def test_a_result_found_while_redis_is_away_is_kept_until_it_can_be_stored(bare: Cluster) -> None:
    worker = bare.worker("simulator", QCJOB_LEASE_SECONDS="30")
    job_id = bare.submit(duration=0.6)
    worker.child_of(job_id)
    bare.redis.kill_main()
    wait_for(lambda: worker.events("ledger unavailable, trying again", job_id=job_id), what="the result waits")
    bare.start_redis()
    job = bare.wait_until(job_id, "COMPLETED")
    assert [attempt.outcome for attempt in job.attempts] == ["completed"]
    assert not job.attempts[0].rescues


def test_a_worker_started_before_its_redis_begins_when_it_comes(bare: Cluster) -> None:
    job_id = bare.submit()
    bare.redis.kill_main()
    worker = bare.worker("simulator", wait=False)
    wait_for(lambda: "Cannot connect" in worker.text() or worker.events("ledger unavailable"), within=60)
    bare.start_redis()
    bare.wait_until(job_id, "COMPLETED", within=60)


def test_redis_that_stops_for_longer_than_a_lease_makes_no_job_run_twice(bare: Cluster) -> None:
    worker = bare.worker("many")
    job_ids = [bare.submit("many", script={"duration": 0.3}) for _ in range(8)]
    wait_for(lambda: len(bare.starts("many")) >= 4)
    os.kill(bare.redis.pid, signal.SIGSTOP)
    wait_for(lambda: worker.events("keeper could not reach the ledger"), what="the ledger is missed")
    os.kill(bare.redis.pid, signal.SIGCONT)
    for job in bare.wait_all(job_ids):
        assert bare.starts("many").count(job.id) <= len(job.attempts)
    assert worker.lives


def test_a_redis_that_is_full_is_called_so_by_commands_and_by_scripts(bare: Cluster) -> None:
    job_id = bare.submit()
    bare.client.config_set("maxmemory", 1)
    for ask in (bare.ledger.check_schema, lambda: bare.ledger.cancel(job_id)):
        with pytest.raises(LedgerUnavailable, match="has reached its memory limit"):
            ask()
    bare.client.config_set("maxmemory", 0)
    bare.ledger.check_schema()


def test_flushed_scripts_are_sent_again(bare: Cluster) -> None:
    bare.worker("simulator")
    job_id = bare.submit(duration=1)
    bare.wait_until(job_id, "RUNNING")
    bare.client.script_flush()
    later = bare.submit()
    bare.wait_all([job_id, later])
    with contextlib.suppress(LedgerUnavailable):
        bare.client.script_flush()
    bare.wait_until(bare.submit(), "COMPLETED")
