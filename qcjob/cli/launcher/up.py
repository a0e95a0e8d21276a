"""The order of it all: Redis, its key, then workers, web and Flower; and back: Flower, workers, web, Redis."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial

import click
import redis

from qcjob.cli.launcher.folder import ensure_key, hold, prepare
from qcjob.cli.launcher.orphans import adopt_orphans
from qcjob.cli.launcher.parts import FLOWER, REDIS, WEB, Part, flower_part, redis_part, web_part, worker_parts
from qcjob.cli.launcher.ports import check_port, free_port
from qcjob.cli.launcher.readiness import Readiness, devices_that_wait, missing_parts
from qcjob.cli.launcher.redis import HOUSE, find_redis_server, redis_argv, socket_path
from qcjob.cli.launcher.signals import Signals
from qcjob.cli.launcher.supervisor import Supervisor
from qcjob.cli.launcher.waiting import is_ready, wait_for_redis, wait_until_gone
from qcjob.cli.problems import printable
from qcjob.devices.config import Devices
from qcjob.errors import ConfigurationError
from qcjob.ledger import Ledger
from qcjob.ledger.scripts import reaching
from qcjob.logs import get_logger
from qcjob.security.keys import Keys
from qcjob.settings import Settings
from qcjob.wiring import build_ledger, redis_client

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
    with ExitStack() as stack:
        signals = stack.enter_context(Signals())
        if not data.exists():
            _check_ports(plan, signals)  # before a folder is made for nothing
        prepare(data)
        left_behind = stack.enter_context(hold(data))
        _check_ports(plan, signals, tries=LEFTOVER_TRIES if left_behind else 1)
        flower_port = plan.flower_port or free_port()
        key = ensure_key(data / "api-key", plan.given_key)
        supervisor = Supervisor(
            get_logger("qcjob.launcher"),
            env=_environment(plan.settings),
            stdout=sys.stderr.fileno() if plan.as_json else None,  # stdout is for the one document
            adopts=adopt_orphans(),
        )
        workers = worker_parts(plan.devices.configured)
        embedded = _embedded_redis(plan.settings, signals, stack)
        for names in ([REDIS], [WEB], [part.name for part in workers], [FLOWER]):
            stack.callback(supervisor.stop, names)  # called in the order turned round: Redis is the last to end
        if embedded:
            supervisor.start(embedded)
        client = stack.enter_context(_client(plan.settings))
        if not wait_for_redis(client, signals, has_died=partial(supervisor.has_died, REDIS) if embedded else None):
            return
        Keys(client).install(key, customer=CUSTOMER)
        ledger = build_ledger(plan.settings, client)
        readiness = _readiness(plan, flower_port, ledger)
        for part in (*workers, web_part(plan.port), flower_part(flower_port, key)):
            supervisor.start(part)
        tell = partial(_tell, plan, flower_port, ledger)
        _keep_up(supervisor, signals, readiness, tell)
        get_logger("qcjob.launcher").info("stopping")
        click.echo("\n  Stopping: short runs end first, every job is kept. This takes 20 s at most.\n", err=True)


def _check_ports(plan: Plan, signals: Signals, tries: int = 1) -> None:
    check_port(plan.port, "--port", signals, tries=tries)
    if plan.flower_port:
        check_port(plan.flower_port, "--flower-port", signals, tries=tries)


def _readiness(plan: Plan, flower_port: int, ledger: Ledger) -> Readiness:
    """What is missing is asked of Redis: a worker has spoken, this time, once it is later than now."""
    with reaching():
        seconds, microseconds = ledger.client.time()
    missing = partial(missing_parts, flower_port, ledger, plan.devices.all, seconds * 1_000_000 + microseconds)
    return Readiness(partial(is_ready, plan.port), missing)


def _keep_up(
    supervisor: Supervisor, signals: Signals, readiness: Readiness, tell: Callable[[Sequence[str]], None]
) -> None:
    told = False
    while not signals.stop_asked:
        pause = supervisor.watch()
        if not told and (missing := readiness.look()) is not None:
            tell(missing)
            told = True
        signals.wait(pause if told else min(pause, READY_TICK_SECONDS))


def _embedded_redis(settings: Settings, signals: Signals, stack: ExitStack) -> Part | None:
    """Redis as a part, or None when the operator has one."""
    if settings.redis_url:
        return None
    binary = find_redis_server()
    wait_until_gone(settings.redis_socket, signals)
    return redis_part(redis_argv(binary, settings, stack.enter_context(socket_path(settings.redis_socket))))


def _client(settings: Settings) -> redis.Redis:
    try:
        return redis_client(settings)
    except ValueError as error:
        raise ConfigurationError(f"QCJOB_REDIS_URL cannot be used: {error}") from error


def _environment(settings: Settings) -> Mapping[str, str]:
    """The environment of every part: the data folder by its full path, the house importable, no key."""
    env = {key: value for key, value in os.environ.items() if key != "QCJOB_API_KEY"}
    env["QCJOB_DATA"] = str(settings.data)
    env["PYTHONPATH"] = os.pathsep.join(filter(None, (str(HOUSE), env.get("PYTHONPATH"))))
    return env


def _tell(plan: Plan, flower_port: int, ledger: Ledger, missing: Sequence[str]) -> None:
    """Where everything is, once it can be used, what cannot be used yet, and which devices take no jobs."""
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
            "missing": list(missing),
        }
        click.echo(json.dumps(told))
        return
    still = f"    Missing  {', '.join(missing)}: no answer yet\n" if missing else ""
    still += "".join(f"    Waits    {printable(why)}\n" for why in devices_that_wait(ledger, plan.devices.all))
    place = "" if plan.port == 8_000 else f" --url {url}"
    click.echo(
        f"""
  qcjob is ready.

    API      {url}
    Docs     {url}/docs
    Flower   {flower}   user qcjob, password: the API key
    API key  {key_file}
{still}
    Try      python -m qcjob submit "X(90),Y(90), X(180)" --wait --data {shlex.quote(str(plan.settings.data))}{place}
    Stop     Ctrl-C
"""
    )
