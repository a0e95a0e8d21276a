"""A connection to Redis that leads nowhere and tells nobody: a firewall forgot it, or the machine behind it died."""

from __future__ import annotations

import contextlib
from pathlib import Path

from benchmarks.chaos.proxy import HOST, Proxy
from qcjob.connections import Pool
from tests.integration.cluster import Cluster, rescues
from workers.connection import Connection


def test_a_worker_whose_connections_lead_nowhere_takes_jobs_again(bare: Cluster) -> None:
    socket = Path(bare.settings.redis_location.removeprefix("unix://"))
    with contextlib.closing(Proxy(socket)) as proxy:
        worker = bare.worker("simulator", QCJOB_REDIS_URL=f"redis://{HOST}:{proxy.port}/0")
        bare.wait_until(bare.submit(), "COMPLETED")
        proxy.half_open()
        job = bare.wait_until(bare.submit(), "COMPLETED", within=8)
        assert rescues(job) == 0
        assert worker.lives


def test_each_channel_of_a_worker_has_a_pool_that_is_warned(bare: Cluster) -> None:
    with Connection(bare.settings.celery_broker_url) as connection:
        pools = [channel.client.connection_pool for channel in (connection.default_channel, connection.channel())]
        assert all(isinstance(pool, Pool) for pool in pools)
