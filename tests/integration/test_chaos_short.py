"""The storm itself, small: that it strikes, that it counts, that it leaves nothing behind."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
import redis

from benchmarks.chaos.clients import wanted_jobs
from benchmarks.chaos.proxy import HOST, Proxy
from tests.integration.cluster import HOUSE, Cluster, wait_for

KINDS = "child-killed,redis-killed,line-cut,queues-deleted,scripts-flushed,web-child-killed"


def storm(folder: Path, *options: str) -> subprocess.Popen[str]:
    command = (sys.executable, "-m", "benchmarks.chaos", "--folder", str(folder), "--lease", "1.5", *options)
    return subprocess.Popen(command, cwd=HOUSE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def processes_on(folder: Path) -> list[str]:
    """Ids of the processes that were started with this folder: each part has it in its environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if str(folder).encode() in (process / "environ").read_bytes() and int(process.name) != os.getpid():
                found.append(process.name)
        except OSError:
            continue  # not ours, or gone meanwhile
    return found


def test_a_short_storm_loses_nothing_and_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "storm"
    running = storm(folder, "--seed", "4", "--seconds", "12", "--jobs", "60", "--faults", KINDS)
    told, _ = running.communicate(timeout=120)
    assert running.returncode == 0, told
    accepted = sum(job.together for job in wanted_jobs(Random(4), 60, 12))
    assert f"| accepted | {accepted} |" in told and accepted > 60, "batches are among them"
    assert "| lost | 0 |" in told
    assert "the promise was kept" in told
    outcome = json.loads((folder / "outcome.json").read_text())
    assert len(outcome["jobs"]) == accepted
    assert outcome["faults"]
    assert not processes_on(folder)


def test_a_storm_that_is_stopped_leaves_no_process_behind(tmp_path: Path) -> None:
    folder = tmp_path / "storm"
    running = storm(folder, "--seconds", "60", "--faults", "worker-frozen")
    try:
        wait_for(lambda: len(processes_on(folder)) > 8, within=60, what="the parts are there")
        running.send_signal(signal.SIGINT)
        asked_at = time.monotonic()
        told, _ = running.communicate(timeout=90)
    finally:
        running.kill()
    assert running.returncode == 130, told
    assert time.monotonic() - asked_at < 30
    assert not processes_on(folder)


@pytest.fixture
def proxy(bare: Cluster) -> Iterator[Proxy]:
    """A proxy in front of a real Redis."""
    socket = bare.settings.redis_location.removeprefix("unix://")
    with contextlib.closing(Proxy(Path(socket))) as found:
        yield found


def behind(proxy: Proxy) -> redis.Redis:
    """A client that keeps its one connection, is patient for half a second, and never tries again by itself."""
    return redis.Redis(
        host=HOST, port=proxy.port, socket_timeout=0.5, single_connection_client=True, retry=None, retry_on_error=[]
    )


def test_a_cut_line_resets_and_refuses_until_it_is_mended(proxy: Proxy) -> None:
    client = behind(proxy)
    proxy.cut()
    for _ in range(2):
        with pytest.raises(redis.ConnectionError):
            client.ping()
    proxy.mend()
    assert client.ping()


def test_what_was_sent_into_silence_arrives_late(proxy: Proxy, bare: Cluster) -> None:
    client = behind(proxy)
    proxy.silence()
    with pytest.raises(redis.TimeoutError):
        client.incr("late")
    client.close()
    assert bare.client.get("late") is None
    proxy.mend()
    wait_for(lambda: bare.client.get("late") == b"1", what="the write of a client that gave up")


def test_a_half_open_line_stays_open_and_carries_nothing_while_new_ones_work(proxy: Proxy, bare: Cluster) -> None:
    client = behind(proxy)
    proxy.half_open()
    with pytest.raises(redis.TimeoutError):
        client.incr("nowhere")
    proxy.mend()
    assert behind(proxy).ping()
    assert bare.client.get("nowhere") is None
