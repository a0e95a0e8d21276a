"""OpenQASM over HTTP: compiled while the sender waits, by a process that the web can lose."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.integration.cluster import Cluster, Process, cluster_in, wait_for

BELL = {
    "openqasm2": """OPENQASM 2.0;
include "qelib1.inc";
qreg q[2];
creg c[2];
h q[0];
cx q[0], q[1];
measure q -> c;
""",
    "openqasm3": """OPENQASM 3;
include "stdgates.inc";
qubit[2] q;
bit[2] c;
h q[0];
cx q[0], q[1];
c = measure q;
""",
}
DEVICES = """
devices.simulator.preset = "simulator"
devices.line5.preset = "line5"
devices.heavyhex127.preset = "heavyhex127"

[devices.hasty]
preset = "heavyhex127"
limits = { compile_seconds = 1 }

[devices.patient]
preset = "heavyhex127"
limits = { compile_seconds = 60 }
"""


def distant(rounds: int) -> str:
    """A hundred gates a round between distant qubits, which take the transpiler long to route."""
    pairs = [(i, (i * 37 + j) % 100) for j in range(1, rounds + 1) for i in range(100)]
    gates = "".join(f"cx q[{a}], q[{b}];\n" for a, b in pairs if a != b)
    return f'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[100];\n{gates}'


class Front:
    """A web process, a client of it, and what the process has made."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.http = httpx.Client(base_url=cluster.web(), headers=cluster.headers, trust_env=False, timeout=60)

    def ask(self, program: str, *, dry_run: bool = True, **fields: Any) -> httpx.Response:
        query = {"dry_run": "true"} if dry_run else {}
        return self.http.post("/v1/jobs", params=query, json={"program": program, **fields})

    def processes(self) -> list[psutil.Process]:
        """The web's own process and every one below it."""
        main = psutil.Process(self.cluster.web_process.pid)
        return [main, *main.children(recursive=True)]

    def zygotes(self) -> list[psutil.Process]:
        return [each for each in self.processes() if _is_zygote(each) and not _is_zygote(each.parent())]

    def children(self) -> list[psutil.Process]:
        """Those that compile; not the one that stands by."""
        return [each for each in self.processes() if _is_zygote(each) and _is_at_work(each)]


def _is_zygote(process: psutil.Process | None) -> bool:
    try:
        return process is not None and "qcjob.compile_service" in process.cmdline()
    except psutil.NoSuchProcess:
        return False


def _has_qiskit(process: psutil.Process) -> bool:
    try:
        return any("qiskit" in file.path for file in process.memory_maps())
    except psutil.NoSuchProcess:  # it ended while it was looked at
        return False


def _is_at_work(process: psutil.Process) -> bool:
    """Whoever has an order is the first to go when the machine is short of memory."""
    try:
        return Path(f"/proc/{process.pid}/oom_score_adj").read_text().strip() == "1000"
    except (OSError, ValueError):
        return False


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    pytest.importorskip("qiskit_qasm3_import")
    folder = tmp_path_factory.mktemp("openqasm")
    devices = folder / "devices.toml"
    devices.write_text(DEVICES)
    with cluster_in(
        folder / "cluster", QCJOB_DEVICES=str(devices), QCJOB_COMPILES="2", QCJOB_COMPILE_QUEUE="2"
    ) as made:
        found = Front(made)
        yield found
        found.http.close()


@pytest.fixture(scope="module")
def worker(front: Front) -> Process:
    return front.cluster.worker("simulator,line5")


def test_rotations_start_no_compiler(front: Front) -> None:
    assert front.ask("X(90)").status_code == 200
    assert not front.zygotes()


@pytest.mark.parametrize("language", BELL)
@pytest.mark.parametrize("device", ["simulator", "line5", "heavyhex127"])
def test_a_dry_run_says_what_would_run_and_what_it_costs(front: Front, language: str, device: str) -> None:
    answer = front.ask(BELL[language], device=device, shots=1_000)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    native = set(front.http.get(f"/v1/devices/{device}").json()["native_gates"])
    assert found["language"] == language
    assert set(found["compilation"]["gates"]) <= native
    assert found["compilation"]["two_qubit_gates"] == 1
    assert (found["compilation"]["qubits_used"], found["program"]["registers"]) == (2, {"c": [0, 1]})
    assert len(found["program"]["layout"]) == 2
    seconds = found["compilation"]["seconds_per_shot"]
    assert seconds is None if device == "simulator" else 1e-6 < seconds < 1e-5
    assert found["compilation"]["estimated_seconds"] == (None if seconds is None else pytest.approx(1_000 * seconds))


def test_the_same_program_is_compiled_once(front: Front) -> None:
    program = BELL["openqasm3"] + "// again\n"
    told = [front.ask(program).json()["compilation"]["cached"] for _ in range(2)]
    assert told == [False, True]
    assert front.ask(program, options={"optimization_level": 3}).json()["compilation"]["cached"] is False


def test_an_accepted_program_keeps_its_source_and_what_was_made_of_it(front: Front) -> None:
    answer = front.ask(BELL["openqasm3"], dry_run=False, device="line5", options={"optimization_level": 1})
    assert answer.status_code == 202, answer.text
    job = answer.json()
    assert (job["language"], job["options"]) == ("openqasm3", {"optimization_level": 1})
    kept = front.http.get(job["links"]["program"]).json()
    assert kept["source"] == BELL["openqasm3"]
    assert {op[0] for op in kept["compiled"]["ops"]} <= {"rz", "sx", "x", "cx", "measure", "barrier"}


@pytest.mark.parametrize("device", ["simulator", "line5"])
@pytest.mark.parametrize("language", BELL)
def test_a_bell_pair_is_compiled_run_and_counted(front: Front, worker: Process, language: str, device: str) -> None:
    body = {"program": BELL[language], "device": device, "shots": 1_000, "seed": 3}
    answer = front.http.post("/v1/jobs", json=body, headers={"Prefer": "wait=25"})
    assert (answer.status_code, answer.json()["state"]) == (200, "COMPLETED"), answer.text
    result = front.http.get(answer.json()["links"]["result"]).json()
    assert set(result["counts"]) == {"00", "11"}
    assert 400 < result["counts"]["00"] < 600
    assert result["ran"]["language"] == language


def test_a_run_too_large_to_simulate_is_refused_and_a_dry_run_is_not(front: Front, worker: Process) -> None:
    def most() -> int | None:
        limits = front.http.get("/v1/devices/simulator").json()["limits"]
        return limits["max_simulated_qubits"]  # type: ignore[no-any-return]

    qubits = (wait_for(most, what="the worker has published it") or 0) + 1
    program = f'OPENQASM 3; include "stdgates.inc"; qubit[{qubits}] q; h q;'
    wait_for(lambda: front.ask(program, dry_run=False).status_code == 422, what="the limit counts")
    assert front.ask(program, dry_run=False).json()["code"] == "too-large-to-simulate"
    assert front.ask(program).json()["compilation"]["qubits_used"] == qubits


def test_every_fault_is_in_the_answer_with_its_place(front: Front) -> None:
    answer = front.ask('OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\ncx q[0], q[7];\n  h q[2];\n')
    assert answer.status_code == 422
    found = [(fault["line"], fault["column"], fault["code"]) for fault in answer.json()["errors"]]
    assert found == [(4, 12, "index-out-of-range"), (5, 7, "index-out-of-range")]


def test_a_gate_nobody_knows_is_refused_where_it_stands(front: Front) -> None:
    answer = front.ask("OPENQASM 3;\nqubit q;\n hh q;\n")
    assert [(fault["line"], fault["code"]) for fault in answer.json()["errors"]] == [(3, "undefined-name")]


@pytest.mark.parametrize("options", [{"optimization_level": 4}, {"optimization_level": True}])
def test_a_wrong_level_is_refused(front: Front, options: dict[str, Any]) -> None:
    answer = front.ask(BELL["openqasm2"], options=options)
    assert answer.json()["errors"][0]["allowed"] == "a whole number from 0 to 3"


def test_rotations_have_no_level(front: Front) -> None:
    answer = front.ask("X(90)", options={"optimization_level": 1})
    assert "for programs in OpenQASM" in answer.json()["errors"][0]["message"]


def test_what_takes_too_long_to_compile_is_refused_with_the_figures(front: Front) -> None:
    answer = front.ask(distant(15), device="hasty", options={"optimization_level": 3})
    assert (answer.status_code, answer.json()["code"]) == (422, "too-expensive-to-compile"), answer.text
    assert "more than the 1 s that are allowed" in answer.json()["detail"]


def test_a_busy_compiler_says_when_to_come_back_and_the_rest_of_the_web_goes_on(front: Front) -> None:
    def long(number: int) -> int:
        return front.ask(f"{distant(3)}// {number}\n", device="patient").status_code

    with ThreadPoolExecutor(4) as threads:
        running = [threads.submit(long, number) for number in range(4)]
        wait_for(lambda: len(front.children()) == 2, what="two are compiled")

        numbers = itertools.count()

        def refused() -> httpx.Response | None:
            answer = front.ask(f"{BELL['openqasm2']}// one more: {next(numbers)}\n")  # the cache does not know it
            return answer if answer.status_code == 503 else None

        busy = wait_for(refused, what="the places are taken")
        assert (busy.json()["code"], busy.headers["Retry-After"]) == ("compiler-busy", "2")
        assert front.ask("X(90)").status_code == 200
        assert front.http.get("/readyz").status_code == 200
        for child in front.children():
            child.kill()
        codes = [each.result() for each in running]
    assert set(codes) <= {200, 503}
    assert 503 in codes, "a compile that is killed is to be tried again"
    assert front.ask(BELL["openqasm2"]).status_code == 200


def test_a_compiler_killed_in_the_middle_costs_no_request(front: Front) -> None:
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(front.ask, distant(3) + "// killed\n", device="patient")
        [zygote] = front.zygotes()
        wait_for(front.children, what="it is compiled")
        zygote.kill()
        assert running.result().status_code == 200
    assert front.ask(BELL["openqasm3"] + "// after\n").status_code == 200


def test_many_at_once_are_all_compiled(front: Front) -> None:
    def one(number: int) -> int:
        language = list(BELL)[number % 2]
        for _ in range(100):
            answer = front.ask(f"{BELL[language]}// {number}\n", device="line5")
            if answer.status_code != 503:
                return answer.status_code
        return 503

    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(one, range(24))) == {200}
    wait_for(lambda: not front.children(), what="no child is left")


def test_the_web_never_loads_the_compiler(front: Front) -> None:
    front.ask(BELL["openqasm2"])
    zygotes = front.zygotes()
    assert len(zygotes) == 1
    wait_for(lambda: not front.children(), what="no child is at work")
    others = [each for each in front.processes() if not _is_zygote(each)]
    assert others
    assert _has_qiskit(zygotes[0])
    assert not any(map(_has_qiskit, others))


def test_the_compiler_ends_with_its_web_process(front: Front) -> None:
    front.ask(BELL["openqasm2"])
    [zygote] = front.zygotes()
    parent = zygote.parent()
    assert parent is not None
    parent.kill()
    wait_for(lambda: not zygote.is_running(), what="the zygote is gone")
