"""What a fuzzer begins with: legal programs that together use every construct, and short attacks."""

from __future__ import annotations

import textwrap
from pathlib import Path

from qcjob.languages import LANGUAGES
from tests.attack.programs import ATTACKS
from tests.unit.openqasm_grammar import OPENQASM2, OPENQASM3

SEEDS = [textwrap.dedent(source) for source in (*OPENQASM2.values(), *OPENQASM3.values())]
SEEDS += [attack.text for attack in ATTACKS if len(attack.text) < 400]


def write_seeds(folder: Path) -> None:
    """A file for each seed and language, as `tests.attack.fuzz` reads them; what else is there stays."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, source in enumerate(SEEDS):
        for which in range(len(LANGUAGES)):
            (folder / f"{number}-{which}").write_bytes(bytes([which]) + source.encode("utf-8", "replace"))
