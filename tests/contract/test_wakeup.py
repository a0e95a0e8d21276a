"""The wake-up held against what Celery's own producer writes to a real Redis list."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from collections.abc import Iterator
from typing import Any

import fakeredis
import kombu
import pytest
import redis
from celery import Celery
from kombu import Exchange, Queue
from redis.backoff import ConstantBackoff
from redis.retry import Retry

from qcjob.cli.launcher.redis import find_redis_server
from qcjob.errors import ConfigurationError
from qcjob.ledger import wakeup

IDS = {"id", "root_id", "origin"}


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The list item of `apply_async(queue="simulator")`, written by Celery's producer to a real Redis."""
    try:
        binary = find_redis_server()
    except ConfigurationError as error:
        pytest.skip(str(error))
    socket = tmp_path_factory.mktemp("redis") / "s"
    server = subprocess.Popen(
        [binary, "--port", "0", "--unixsocket", str(socket), "--save", "", "--logfile", os.devnull]
    )
    try:
        app = Celery("producer", broker=f"redis+socket://{socket}", set_as_current=False)
        app.conf.update(task_queues=[Queue("simulator", Exchange(""), routing_key="simulator", no_ack=True)])

        @app.task(name=wakeup.TASK_NAME)  # type: ignore[untyped-decorator]
        def drive() -> None:
            """Never run: only sent."""

        client = redis.Redis(unix_socket_path=str(socket), retry=Retry(ConstantBackoff(0.02), 250))
        client.ping()
        drive.apply_async(queue="simulator", retry=False, ignore_result=False)
        (item,) = client.lrange("simulator", 0, -1)
        yield json.loads(item)
    finally:
        server.kill()
        server.wait()


@pytest.fixture
def ours() -> dict[str, Any]:
    message: dict[str, Any] = json.loads(wakeup.message("simulator"))
    return message


def test_the_envelope_is_celerys(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    assert ours.keys() == theirs.keys()
    assert ours["content-type"] == theirs["content-type"]
    assert ours["content-encoding"] == theirs["content-encoding"]


def test_the_headers_are_celerys_but_for_ids(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    assert ours["headers"].keys() == theirs["headers"].keys()
    without_ids = lambda headers: {key: value for key, value in headers.items() if key not in IDS}
    assert without_ids(ours["headers"]) == without_ids(theirs["headers"])


def test_the_body_is_celerys(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    assert json.loads(base64.b64decode(ours["body"])) == json.loads(base64.b64decode(theirs["body"]))


def test_the_properties_are_celerys_but_for_ids(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    assert ours["properties"].keys() == theirs["properties"].keys()
    for name in ("delivery_info", "delivery_mode", "priority", "body_encoding"):
        assert ours["properties"][name] == theirs["properties"][name]


def test_the_scripts_push_exactly_this_message(client: fakeredis.FakeRedis, ledger: Any, new_job: Any) -> None:
    ledger.submit(new_job(device="qpu-2"))
    assert client.lrange("qpu-2", 0, -1) == [wakeup.message("qpu-2")]


def test_kombu_decodes_it_like_its_own(ours: dict[str, Any]) -> None:
    channel = kombu.Connection("memory://").channel()
    message = channel.Message(ours, channel=channel)
    assert message.headers["task"] == wakeup.TASK_NAME
    assert message.delivery_info["routing_key"] == "simulator"
    assert message.decode() == [[], {}, {"callbacks": None, "errbacks": None, "chain": None, "chord": None}]
