"""The page on drivers says of other people's devices which options they take and what they can do."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from workers.drivers.http_options import HttpOptions
from workers.drivers.iqm import IqmDevice
from workers.drivers.iqm_options import IqmOptions

PAGE = (Path(__file__).parents[2] / "docs" / "drivers.md").read_text()


def section(title: str) -> str:
    """What stands under a heading of the third level."""
    found = re.search(rf"^### {title}\n(.*?)(?=^##)", PAGE, re.DOTALL | re.MULTILINE)
    assert found, title
    return found[1]


def options_in(title: str) -> set[str]:
    """The names in the first column of the section's table of options."""
    rows = re.findall(r"^\| (`.*?) \|", section(title), re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`(\w+)`", row)}


def examples_in(title: str) -> list[dict[str, Any]]:
    """The devices configured in the section."""
    blocks = re.findall(r"^```toml\n(.*?)^```", section(title), re.DOTALL | re.MULTILINE)
    return [device for block in blocks for device in tomllib.loads(block)["devices"].values()]


def test_iqms_options_are_on_the_page_and_its_example_can_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    assert options_in("IQM") == set(IqmOptions.__slots__) - {"http"}
    [example] = examples_in("IQM")
    monkeypatch.setenv(example["options"]["token_env"], "a-token")
    IqmDevice("garnet", example["options"]).close()
    assert {"token", "dedup"} < set(HttpOptions.__slots__), "the options it shares, but for these"


def test_brakets_options_are_on_the_page_and_its_examples_can_be_made() -> None:
    aws = pytest.importorskip("workers.drivers.braket_aws", reason="needs the extra braket")
    from workers.drivers.braket_aws_options import BraketOptions
    from workers.drivers.braket_local import BraketLocal

    assert options_in("Amazon Braket") == set(BraketOptions.__slots__)
    service, local = examples_in("Amazon Braket")
    aws.BraketAws("garnet", service["options"]).close()
    BraketLocal("local", local["options"]).close()


def test_qdmis_options_are_on_the_page_and_its_example_can_be_made() -> None:
    qdmi = pytest.importorskip("workers.drivers.qdmi", reason="needs the extra qdmi")
    from workers.drivers.qdmi_options import KNOWN

    assert options_in("QDMI") | {"custom2", "custom3", "custom4"} == KNOWN
    [example] = examples_in("QDMI")
    qdmi.QdmiDevice("ddsim", example["options"]).close()


def test_the_table_of_caps_says_what_the_drivers_say() -> None:
    pytest.importorskip("workers.drivers.qdmi", reason="needs the extra qdmi")
    aws = pytest.importorskip("workers.drivers.braket_aws", reason="needs the extra braket")
    from workers.drivers.braket_local import BraketLocal
    from workers.drivers.qdmi import QdmiDevice

    rows = {
        cells[0].strip(): [re.findall(r"`(\w+)`|(yes|no|if)\b", cell)[0] for cell in cells[1:]]
        for line in PAGE.splitlines()
        if line.startswith(("| dedup |", "| cancel |", "| another process"))
        and len(cells := line.strip("|").split("|")) == 5
    }
    drivers = (IqmDevice, aws.BraketAws, BraketLocal, QdmiDevice)
    assert [told[0] for told in rows["dedup"]] == [driver.caps.dedup for driver in drivers]
    assert [told[0] for told in rows["cancel"]] == [driver.caps.cancel for driver in drivers]
    reattach = [told[1] == "yes" for told in rows["another process can poll"]]
    assert reattach == [driver.caps.reattach for driver in drivers]
