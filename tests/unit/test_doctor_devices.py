"""The doctor looks for devices that jobs wait for and nobody serves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import fakeredis

from qcjob.cli.doctor import forgotten_devices
from qcjob.settings import Settings
from tests.unit.webtest import Web

DRIVER = 'driver = "workers.drivers.simulator:Simulator"'


def configured(folder: Path, *names: str) -> Settings:
    path = folder / "devices.toml"
    path.write_text("".join(f"[devices.{name}]\n{DRIVER}\n" for name in names))
    return replace(Settings(), devices=path)


def test_a_device_that_was_renamed_while_jobs_waited_for_it_is_found(
    client: fakeredis.FakeRedis, tmp_path: Path
) -> None:
    web = Web(client, configured(tmp_path, "fridge", "freezer"))
    web.submit(device="fridge")
    web.submit(device="freezer")
    web.complete("freezer")
    assert [*forgotten_devices(configured(tmp_path, "fridge", "freezer"), web.ledger)] == []
    [found] = forgotten_devices(configured(tmp_path, "cellar"), web.ledger)
    assert (found.where, found.mend) == ("device fridge", "")
    assert "not configured" in found.what and "(1)" in found.what
