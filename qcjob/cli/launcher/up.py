"""The order of it all: Redis, its key, then workers, web and Flower; and back: Flower, workers, web, Redis."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field

import click

from qcjob.cli.launcher.folder import ensure_key, hold, prepare
from qcjob.cli.launcher.parts import FLOWER, REDIS, WEB, Part, flower_part, redis_part, web_part, worker_parts
from qcjob.cli.launcher.ports import check_port, free_port
from qcjob.cli.launcher.redis import HOUSE, find_redis_server, redis_argv, socket_path
from qcjob.cli.launcher.signals import Signals
from qcjob.cli.launcher.supervisor import Supervisor
from qcjob.cli.launcher.waiting import is_ready, wait_for_redis, wait_until_gone
from qcjob.devices.config import Devices
from qcjob.errors import ConfigurationError
from qcjob.logs import get_logger
from qcjob.security.keys import Keys
from qcjob.settings import Settings
from qcjob.wiring import redis_client

READY_TICK_SECONDS = 0.1
CUSTOMER = "local"
LEFTOVER_TRIES = 40  # x 0.2 s, for the web of a launcher that was killed to let go of its port


@dataclass(frozen=True, slots=True)
class Plan:
    """What to bring up. `settings.data` is absolute; without a Flower port a free one is taken."""

    settings: Settings
    devices: Devices
    port: int
    flower_port: int | None = None
    given_key: str | None = field(default=None, repr=False)
    as_json: bool = False


def up(plan: Plan) -> None:
    """Bring everything up and keep it up until SIGTERM or Ctrl-C, then leave no process.

    Raises ConfigurationError when it cannot start; whatever had started is stopped by then.
    """
    data = plan.settings.data
    prepare(data)
    with ExitStack() as stack:
        left_behind = stack.enter_context(hold(data))
        signals = stack.enter_context(Signals())
        check_port(plan.port, "--port", signals, tries=LEFTOVER_TRIES if left_behind else 1)
        flower_port = plan.flower_port or free_port()
        if plan.flower_port:
            check_port(plan.flower_port, "--flower-port", signals, tries=LEFTOVER_TRIES if left_behind else 1)
        key = ensure_key(data / "api-key", plan.given_key)
        supervisor = Supervisor(
            get_logger("qcjob.launcher"),
            env=_environment(plan.settings),
            stdout=sys.stderr.fileno() if plan.as_json else None,  # stdout is for the one document
        )
        workers = worker_parts(plan.devices.configured)
        redis = _embedded_redis(plan.settings, signals, stack)
        for names in ([REDIS], [WEB], [part.name for part in workers], [FLOWER]):
            stack.callback(supervisor.stop, names)  # called in the order turned round: Redis is the last to end
        if redis:
            supervisor.start(redis)
        if not _install_key(plan.settings, key, supervisor, signals, embedded=redis is not None):
            return
        for part in (*workers, web_part(plan.port), flower_part(flower_port, key)):
            supervisor.start(part)
        _keep_up(plan, supervisor, signals, flower_port)
        get_logger("qcjob.launcher").info("stopping")


def _keep_up(plan: Plan, supervisor: Supervisor, signals: Signals, flower_port: int) -> None:
    ready = False
    while not signals.stop_asked:
        pause = supervisor.watch()
        if not ready and (ready := is_ready(plan.port)):
            _tell(plan, flower_port)
        signals.wait(pause if ready else min(pause, READY_TICK_SECONDS))


def _embedded_redis(settings: Settings, signals: Signals, stack: ExitStack) -> Part | None:
    """Redis as a part, or None when the operator has one."""
    if settings.redis_url:
        return None
    binary = find_redis_server()
    wait_until_gone(settings.redis_socket, signals)
    return redis_part(redis_argv(binary, settings, stack.enter_context(socket_path(settings.redis_socket))))


def _install_key(settings: Settings, key: str, supervisor: Supervisor, signals: Signals, *, embedded: bool) -> bool:
    """Make the key of DATA/api-key one, once Redis answers; False when a stop was asked for before that."""
    try:
        client = redis_client(settings)
    except ValueError as error:
        raise ConfigurationError(f"QCJOB_REDIS_URL cannot be used: {error}") from error
    with client:
        has_died = (lambda: supervisor.has_died(REDIS)) if embedded else None
        if not wait_for_redis(client, signals, has_died=has_died):
            return False
        Keys(client).install(key, customer=CUSTOMER)
    return True


def _environment(settings: Settings) -> Mapping[str, str]:
    """The environment of every part: the data folder by its full path, the house importable, no key."""
    env = {key: value for key, value in os.environ.items() if key != "QCJOB_API_KEY"}
    env["QCJOB_DATA"] = str(settings.data)
    env["PYTHONPATH"] = os.pathsep.join(filter(None, (str(HOUSE), env.get("PYTHONPATH"))))
    return env


def _tell(plan: Plan, flower_port: int) -> None:
    """Where everything is, once it can be used."""
    url, key_file = f"http://127.0.0.1:{plan.port}", plan.settings.data / "api-key"
    flower = f"http://127.0.0.1:{flower_port}"
    if plan.as_json:
        told = {
            "api": url,
            "docs": f"{url}/docs",
            "flower": {"url": flower, "user": "qcjob"},
            "api_key_file": str(key_file),
            "data": str(plan.settings.data),
            "pid": os.getpid(),
        }
        click.echo(json.dumps(told))
        return
    place = "" if plan.port == 8_000 else f" --url {url}"
    click.echo(
        f"""
  qcjob is ready.

    API      {url}
    Docs     {url}/docs
    Flower   {flower}   user qcjob, password: the API key
    API key  {key_file}

    Try      python -m qcjob submit "X(90),Y(90), X(180)" --wait --data {plan.settings.data}{place}
    Stop     Ctrl-C
"""
    )
