"""The command line of `up`."""

from __future__ import annotations

from dataclasses import replace

import click

from qcjob import logs
from qcjob.cli.exits import CANNOT, stop
from qcjob.cli.launcher import up as launcher
from qcjob.cli.options import Common, common, pass_common
from qcjob.devices.config import load_devices
from qcjob.errors import ConfigurationError, LedgerUnavailable

PORT = click.IntRange(1, 65_535)


@click.command(
    epilog="""\b
Examples:
  python -m qcjob up
  python -m qcjob up --data /srv/qcjob --port 9000 --flower-port 9001
  QCJOB_REDIS_URL=redis://10.0.0.5:6379/0 python -m qcjob up

\b
Ends with 0 after SIGTERM or Ctrl-C, with 2 when it cannot start: the port is taken, the folder
cannot be written or another `up` runs on it, no redis-server is found, a setting is wrong."""
)
@click.option("--port", type=PORT, default=8_000, show_default=True, help="The API's port, on 127.0.0.1.")
@click.option("--flower-port", type=PORT, metavar="N", help="Flower's port, on 127.0.0.1; a free one when not given.")
@common
@pass_common
def up(shared: Common, port: int, flower_port: int | None) -> None:
    """Start Redis, web, workers and Flower, until Ctrl-C.

    Whatever of them dies is started again.

    DATA/api-key is made when it is not there: from --api-key when given, else at random.
    """
    settings = shared.settings()
    settings = replace(settings, data=settings.data.absolute())
    logs.configure(service="launcher", level=settings.log_level, form=settings.log_format)
    if port == flower_port:
        raise click.UsageError("--port and --flower-port are the same")
    try:
        devices = load_devices(settings.devices)
        launcher.up(launcher.Plan(settings, devices, port, flower_port, shared.given_key, shared.as_json))
    except (ConfigurationError, LedgerUnavailable) as error:
        stop(CANNOT, f"cannot start: {error}")
    except OSError as error:
        stop(CANNOT, f"cannot start: {error.filename or ''} {error.strerror}")
