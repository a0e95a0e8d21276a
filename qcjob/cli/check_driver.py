"""`check-driver`: what holds of a lab's own driver, and what does not. Needs neither ledger nor web."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from qcjob.cli.exits import CANNOT, DONE, REFUSED, stop
from qcjob.cli.options import Common, common, pass_common
from qcjob.cli.show import echo_json
from qcjob.devices.config import DeviceConfig
from qcjob.errors import ConfigurationError

_SUITE = "workers.conformance"
"""Named by its string: the commands know nothing of the workers."""


class JsonObject(click.ParamType[dict[str, Any]]):
    """A JSON object in text."""

    name = "json"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, Any]:
        """Fails with what was found."""
        if isinstance(value, dict):
            return value
        try:
            found = json.loads(value)
        except ValueError as error:
            self.fail(f"{value!r} is not JSON: {error}", param, ctx)
        if not isinstance(found, dict):
            self.fail(f"{value!r} is not a JSON object", param, ctx)
        return found


@click.command(
    "check-driver",
    epilog="""\b
Examples:
  python -m qcjob check-driver workers.drivers.echo:Echo --seeded
  python -m qcjob check-driver mylab.fridge:Fridge --options '{"host": "10.0.0.7"}'
  python -m qcjob check-driver mylab.fridge:Fridge --long-run '{"repeat": 100}' -o json

\b
Exit codes:
  0  everything that was asked holds
  1  something does not hold
  2  the driver cannot be made, or wrong usage""",
)
@click.argument("driver", metavar="MODULE:CLASS")
@click.option(
    "--options", type=JsonObject(), metavar="JSON", default="{}", help="The driver's options, as in its TOML."
)
@click.option("--name", default="checked", show_default=True, help="The device's name, as the driver is told it.")
@click.option(
    "--long-run", type=JsonObject(), metavar="JSON", help='Job options of a run that lasts. Default: {"duration": 2}.'
)
@click.option("--seeded", is_flag=True, help="The device promises the same counts for the same seed.")
@click.option("--submit-timeout", type=float, default=30.0, show_default=True, help="Seconds one submit may take.")
@click.option("--patience", type=float, default=60.0, show_default=True, help="Seconds one run may take.")
@common
@pass_common
def check_driver(
    shared: Common,
    driver: str,
    options: dict[str, Any],
    name: str,
    long_run: dict[str, Any] | None,
    seeded: bool,
    submit_timeout: float,
    patience: float,
) -> None:
    """Try whether a driver does what every driver must.

    It is held against the suite, on its real device.

    Some twenty short jobs are run. Each sentence is tried in a process of its own, so that a driver that hangs or dies
    is seen to.
    """
    if (here := str(Path.cwd())) not in sys.path:
        sys.path.insert(0, here)  # as `python -m` and the workers have it: the installed command else has not
    suite = import_module(_SUITE)
    device = DeviceConfig(name, driver, options=options)
    limits = suite.Limits(submit=submit_timeout, patience=patience)
    found: list[Any] = []
    try:
        for verdict in suite.check_driver(device, long_run=long_run, seeded=seeded, limits=limits):
            found.append(verdict)
            if not shared.as_json:
                click.echo(f"{verdict.outcome:<13}  {verdict.check}" + (f": {verdict.why}" if verdict.why else ""))
    except ConfigurationError as error:
        stop(CANNOT, f"cannot check: {error}")
    numbers = {
        outcome: sum(verdict.outcome == outcome for verdict in found)
        for outcome in ("holds", "does not hold", "not asked")
    }
    if shared.as_json:
        echo_json({"driver": driver, "checks": [asdict(verdict) for verdict in found], "numbers": numbers})
    else:
        held, broken, unasked = numbers.values()
        click.echo(f"\n{driver}: {held} hold, {broken} do not, {unasked} not asked")
    stop(REFUSED if numbers["does not hold"] else DONE)
