"""`make fuzz`: a fuzzer, guided by coverage, for as long as it is given; it stops at the first thing that is wrong.

Everything is kept under .fuzz/: in inputs/ what it has learnt, with which the next run goes on; in found/ what it
found. An input is found when a check fails on it, or when it takes more than ten seconds or a gigabyte.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import random
import subprocess
import sys
from pathlib import Path

from tests.attack.seeds import write_seeds

HOUSE = Path(__file__).resolve().parents[2]
FOLDER = HOUSE / ".fuzz"
_NO_RANDOM_ADDRESSES = 0x0040000
"""ADDR_NO_RANDOMIZE of Linux's personality(2)."""
LIMITS = ("-timeout=10", "-rss_limit_mb=1024", "-max_len=4096")


def command(*options: str) -> tuple[str, ...]:
    """The fuzzer with libFuzzer's options. It says on stderr how far it is."""
    return (sys.executable, "-m", "tests.attack.fuzz", *LIMITS, *options)


def environment() -> dict[str, str]:
    """For the fuzzer: with `same_addresses`, one seed makes one run, as long as nothing is read again meanwhile."""
    return os.environ | {"PYTHONHASHSEED": "0"}


def same_addresses() -> None:
    """What this process becomes has its memory where every run of it has: the fuzzer's choices hang on that, too."""
    ctypes.CDLL(None).personality(_NO_RANDOM_ADDRESSES)  # where that is not allowed, runs differ


def main() -> None:
    """Fuzz, say what was found and how to run it again; the exit code is 1 where something was."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--seed", type=int, default=None, help="of the fuzzer's own choices; else one is drawn")
    asked = parser.parse_args()
    seed = asked.seed or random.randrange(1, 2**31)
    inputs, found = FOLDER / "inputs", FOLDER / "found"
    write_seeds(inputs)
    found.mkdir(exist_ok=True)
    before = set(found.iterdir())
    print(f"seed {seed}, {asked.seconds} s; a line for each input that reaches something new", flush=True)
    options = (f"-seed={seed}", f"-max_total_time={asked.seconds}", f"-artifact_prefix={found}/", str(inputs))
    code = subprocess.run(
        command(*options), cwd=HOUSE, env=environment(), preexec_fn=same_addresses, check=False
    ).returncode
    for path in sorted(set(found.iterdir()) - before):
        name = path.relative_to(HOUSE)
        print(f"found {name}; run it again with: {Path(sys.executable).name} -m tests.attack.fuzz {name}")
    if not code:
        print(f"nothing was found; what was learnt is in {inputs.relative_to(HOUSE)}")
    sys.exit(int(code != 0))


if __name__ == "__main__":
    main()
