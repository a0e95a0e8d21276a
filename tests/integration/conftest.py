"""Fixtures of the integration tests. Without a redis-server they are skipped, and say so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.cluster import Cluster, Process, cluster_in, missing_redis

HERE = Path(__file__).parent
MOST_LOG = 6_000


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder is `integration`, and needs a redis-server."""
    reason = missing_redis()
    for item in items:
        if item.path.parent == HERE:
            item.add_marker(pytest.mark.integration)
            if reason is not None:
                item.add_marker(pytest.mark.skip(reason=f"no redis-server: {reason}"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Any:
    """A test that fails shows the end of every process's log."""
    report = yield
    if report.failed:
        for found in getattr(item, "funcargs", {}).values():
            for process in found.processes if isinstance(found, Cluster) else ():
                if process.log.exists():
                    report.sections.append((f"log of {process.log.name}", process.text()[-MOST_LOG:]))
    return report


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One Redis and one worker (`shared_worker`) for the tests that leave both alive."""
    with cluster_in(tmp_path_factory.mktemp("shared")) as cluster:
        cluster.worker("simulator,four,echo")
        yield cluster


@pytest.fixture
def shared_worker(shared: Cluster) -> Process:
    """The worker of `shared`."""
    [worker] = [process for process in shared.processes if process.name == "worker"]
    return worker


@pytest.fixture(scope="module")
def _bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster_in(tmp_path_factory.mktemp("bare")) as cluster:
        yield cluster


@pytest.fixture
def bare(_bare: Cluster) -> Iterator[Cluster]:
    """A Redis with no jobs and no workers; those that a test starts end with it."""
    found: list[bytes] = _bare.client.keys("*")  # type: ignore[assignment]  # as bytes: no decoding is asked for
    keys = [key for key in found if not key.startswith((b"qcjob:key", b"_kombu"))]
    if keys:
        _bare.client.delete(*keys)
    yield _bare
    for process in [process for process in _bare.processes if process is not _bare.redis]:
        process.end()
        _bare.processes.remove(process)
