"""`make bench-compiling`: how long the answer of a compile takes over HTTP, beside Qiskit alone and Qiskit in a fork.

Each circuit goes, in turn, through three ways that are up at the same time: Qiskit's reader and transpiler in a process
that has done it before; the same in a child, forked for it by a process that has imported Qiskit; and a dry run over
HTTP. Every text is another one by a comment, so that nothing is remembered. Of the rounds each program's fastest
counts, for each way by itself: the others say how busy the machine was.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import pi
from pathlib import Path

import httpx

from benchmarks.queue.full import full, web

DEVICES = {"line5": 5, "heavyhex27": 27, "heavyhex127": 127}
LEVEL = 2


def ghz(size: int) -> str:
    """One state from end to end."""
    return f"h q[0];\n{''.join(f'cx q[{one}], q[{one + 1}];' for one in range(size - 1))}"


def fourier(size: int) -> str:
    """Every pair of qubits has a gate."""
    turns = [
        f"cp({pi / 2 ** (other - one)!r}) q[{other}], q[{one}];"
        for one in range(size)
        for other in range(one + 1, size)
    ]
    return f"h q;\n{''.join(turns)}"


def ring(size: int) -> str:
    """Three rounds of couplings around a ring, each with its turns."""
    rounds = [
        "".join(f"cx q[{at}], q[{(at + 1) % size}]; rz(0.{angle}) q[{(at + 1) % size}];" for at in range(size))
        + f"rx(1.{angle}) q;\n"
        for angle in (3, 5, 7)
    ]
    return "h q;\n" + "".join(rounds)


def programs() -> Iterator[tuple[str, str]]:
    """A device and a program for it: three kinds of circuits in three sizes."""
    for device, qubits in DEVICES.items():
        for size in sorted({min(qubits, size) for size in (4, 10, 24)}):
            for made in (ghz, fourier, ring):
                head = f'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[{size}]; creg c[{size}];\n'
                yield device, head + made(size).replace("cp(", "cu1(") + "\nmeasure q -> c;\n"


PEER = """
import json, os, sys, time
os.nice(5)  # as the compile service's own: on a busy machine that is what is waited for
from qiskit import qasm2
from qiskit.transpiler import generate_preset_pass_manager
from qcjob.circuits.targets import prepare
from qcjob.circuits.warm import warm
from qcjob.devices.presets import PRESETS
warm()
forks = sys.argv[1] == "forked"
known = {name: prepare(PRESETS[name]()).qiskit for name in json.loads(sys.argv[2])}
def compiled(device, source):
    circuit = qasm2.loads(source, include_path=(), custom_instructions=qasm2.LEGACY_CUSTOM_INSTRUCTIONS)
    generate_preset_pass_manager(int(sys.argv[3]), target=known[device], seed_transpiler=0).run(circuit)
print("ready", flush=True)
for line in sys.stdin:
    device, source = json.loads(line)
    begun = time.perf_counter()
    if forks:
        if (child := os.fork()) == 0:
            compiled(device, source)
            os._exit(0)
        os.waitpid(child, 0)
    else:
        compiled(device, source)
    print(time.perf_counter() - begun, flush=True)
"""
"""What Qiskit takes, in this process or in a fork of it."""


@contextmanager
def peer(kind: str) -> Iterator[Callable[[str, str], float]]:
    """A process that compiles, and says how many seconds it took."""
    arguments = (kind, json.dumps(list(DEVICES)), str(LEVEL))
    env = os.environ | dict.fromkeys(("RAYON_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    process = subprocess.Popen(
        (sys.executable, "-c", PEER, *arguments), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env
    )
    assert process.stdin is not None and process.stdout is not None
    told, said = process.stdin, process.stdout
    said.readline()

    def seconds(device: str, source: str) -> float:
        told.write(json.dumps([device, source]) + "\n")
        told.flush()
        return float(said.readline())

    try:
        yield seconds
    finally:
        process.kill()
        process.wait()


def over_http(client: httpx.Client) -> Callable[[str, str], float]:
    """A dry run, from the first byte sent to the last one received."""

    def seconds(device: str, source: str) -> float:
        begun = time.perf_counter()
        client.post("/v1/jobs?dry_run=true", json={"program": source, "device": device}).raise_for_status()
        return time.perf_counter() - begun

    return seconds


def measure(rounds: int) -> dict[str, list[list[float]]]:
    """By device the seconds of each program the three ways, each at its fastest."""
    found: dict[str, list[list[float]]] = {name: [] for name in DEVICES}
    folder = Path(tempfile.mkdtemp(prefix="compiling-"))
    devices = folder / "devices.toml"
    devices.write_text("".join(f'devices.{name}.preset = "{name}"\n' for name in DEVICES))
    try:
        with (
            full(0, folder / "redis") as queue,
            web(queue, QCJOB_DEVICES=str(devices)) as client,
            peer("alone") as alone,
            peer("forked") as forked,
        ):
            ways = (alone, forked, over_http(client))
            for device, source in programs():
                took: list[list[float]] = []
                for number in range(rounds + 1):  # the first is to warm up
                    took.append([way(device, f"{source}// {number}\n") for way in ways])
                    time.sleep(0.1)  # as between two people; a child stands by again meanwhile
                found[device].append([min(each) for each in zip(*took[1:], strict=True)])
    finally:
        shutil.rmtree(folder)
    return found


def main() -> None:
    """Measure and print; the exit code is 1 where the median overhead over a fork is 10 ms or more."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10, help="of all programs")
    found = measure(parser.parse_args().rounds)
    print(f"load {os.getloadavg()[0]:.1f}; milliseconds, p50 and p90")
    print(f"{'device':<12} {'alone':>14} {'forked':>14} {'over HTTP':>14} {'HTTP - forked':>16} {'HTTP - alone':>16}")
    found["all"] = [row for rows in found.values() for row in rows]
    for device, rows in found.items():
        columns = [*zip(*rows, strict=True), [c - b for _, b, c in rows], [c - a for a, _, c in rows]]
        print(f"{device:<12}", *(f"{_shown(column):>{14 if at < 3 else 16}}" for at, column in enumerate(columns)))
    sys.exit(statistics.median(c - b for _, b, c in found["all"]) >= 0.010)


def _shown(seconds: object) -> str:
    values = sorted(float(value) * 1_000 for value in seconds)  # type: ignore[attr-defined]
    return f"{statistics.median(values):.1f} {values[len(values) * 9 // 10]:.1f}"


if __name__ == "__main__":
    main()
