"""Feed the scan, the renaming and the rotation parser what a fuzzer thinks of: python -m tests.attack.fuzz [OPTIONS]

Options are libFuzzer's, such as -max_total_time=20; a file is an input that is run once. An input's first byte picks
the language, the rest is the text. `tests.attack.fuzzing` is what starts it for a long time.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["qcjob.languages"]):
    from qcjob.languages import LANGUAGES
    from tests.attack.properties import hold


def one_input(data: bytes) -> None:
    if data:
        hold(data[1:].decode("utf-8", "surrogateescape"), LANGUAGES[data[0] % len(LANGUAGES)])


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
