"""The reference QC: what it accepts, remembers and answers. Its threads are tried in tests/contract."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from qcjob.gates import GATES
from workers.drivers.sampling import sample_small
from workers.reference_qc.__main__ import main
from workers.reference_qc.app import create_app
from workers.reference_qc.machine import Build, Machine
from workers.reference_qc.programs import Refused, Request, check_program, read_request
from workers.reference_qc.runs import KeyReused, Runs

PROGRAM: dict[str, Any] = {
    "format": 1,
    "qubits": 1,
    "clbits": 1,
    "ops": [["rx", [0], [1.5]], ["measure", [0], [], [0]]],
}
BUILD = Build(num_qubits=2, native_gates=("rx", "cz"), max_queue=2)


def program(*ops: Any, **more: Any) -> dict[str, Any]:
    return {**PROGRAM, "qubits": 2, "clbits": 2, "ops": list(ops), **more}


@pytest.fixture
def runs() -> Iterator[Runs]:
    runs = Runs()
    yield runs
    runs.close()


@pytest.fixture
def machine(runs: Runs) -> Machine:
    """A machine that was not started: nothing leaves its queue but by hand."""
    return Machine(runs, BUILD, clock=lambda: 1_000.0)


@pytest.fixture
def client(machine: Machine, runs: Runs) -> FlaskClient:
    return create_app(machine, runs).test_client()


def submit(client: FlaskClient, key: str = "job", **body: Any) -> Any:
    wanted = {"program": PROGRAM, "shots": 10, **body}
    return client.post("/v1/jobs", json=wanted, headers={"Idempotency-Key": key})


# -- programs


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        {**PROGRAM, "format": 2},
        {**PROGRAM, "qubits": 3},
        {**PROGRAM, "qubits": True},
        {**PROGRAM, "clbits": 0},
        {**PROGRAM, "ops": "rx"},
        program(["rx", [0]]),
        program(["rx", [2], [1.0]]),
        program(["rx", ["0"], [1.0]]),
        program(["rx", [0], ["1"]]),
        program(["rx", [0], [float("nan")]]),
        program(["rx", [0], []]),
        program(["ry", [0], [1.0]]),
        program(["cz", [0, 0], []]),
        program(["measure", [0], []]),
        program(["measure", [0], [], [2]]),
        program(["measure", [0, 1], [], [0, 0]]),
        program(["measure", [0], [], [0]], ["measure", [1], [], [0]]),
        program(["measure", [0], [], [0]], ["rx", [0], [1.0]]),
    ],
    ids=str,
)
def test_a_program_it_cannot_run_is_refused_at_the_door(wrong: Any) -> None:
    with pytest.raises(Refused):
        check_program(wrong, num_qubits=2, native_gates=("rx", "cz"))


def test_what_it_accepts_the_simulator_can_run() -> None:
    rightful = [[name, [0, 1, 2][:qubits], [0.5] * angles] for name, (qubits, angles) in GATES.items()]
    accepted = program(*rightful, ["measure", [0, 1], [], [1, 0]], qubits=3)
    check_program(accepted, num_qubits=3, native_gates=tuple(GATES))
    assert sum(sample_small(accepted, 100, 1, flip=0, max_qubits=3)[0].values()) == 100


@pytest.mark.parametrize(
    "more",
    [{"shots": 0}, {"shots": True}, {"seed": "1"}, {"options": {"speed": 1}}, {"options": {"duration": -1}}, {"x": 1}],
    ids=str,
)
def test_a_request_with_wrong_fields_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        read_request({"program": PROGRAM, "shots": 10, **more}, num_qubits=1, native_gates=("rx",))


# -- runs


def test_a_key_is_one_run_and_the_oldest_starts_first(runs: Runs) -> None:
    one, new = runs.accept("one", Request(PROGRAM, 10), 1.0)
    runs.accept("two", Request(PROGRAM, 10), 2.0)
    assert new
    assert runs.accept("one", Request(PROGRAM, 10), 3.0) == (one, False)
    with pytest.raises(KeyReused):
        runs.accept("one", Request(PROGRAM, 11), 3.0)
    started = runs.start_next(4.0)
    assert started is not None
    assert (started.key, started.state, started.started_at) == ("one", "running", 4.0)
    assert runs.lengths() == (1, 1)
    assert [run.position for run in (runs.find_by_key("one"), runs.find_by_key("two")) if run] == [None, 1]
    assert runs.starts() == {"one": 1}


def test_an_end_is_final(runs: Runs) -> None:
    handles = [runs.accept(key, Request(PROGRAM, 10), 1.0)[0].handle for key in ("done", "failed", "cancelled")]
    for _ in handles:
        runs.start_next(2.0)
    runs.complete(handles[0], {"0": 10}, 3.0)
    runs.fail(handles[1], "too hot", 3.0)
    runs.cancel(handles[2], 3.0)
    before = [runs.find(handle) for handle in handles]
    assert [run.state for run in before if run] == ["done", "failed", "cancelled"]
    for handle in handles:
        runs.complete(handle, {"1": 10}, 4.0)
        runs.fail(handle, "no", 4.0)
        runs.cancel(handle, 4.0)
    assert [runs.find(handle) for handle in handles] == before


def test_runs_and_starts_outlive_the_process(tmp_path: Path) -> None:
    first = Runs(tmp_path / "runs")
    handle = first.accept("job", Request(PROGRAM, 10), 1.0)[0].handle
    first.start_next(2.0)
    first.close()
    second = Runs(tmp_path / "runs")
    assert [run.handle for run in second.running()] == [handle]
    assert second.start_next(3.0) is None
    assert second.starts() == {"job": 1}
    second.close()


# -- the door


def test_a_job_is_accepted_once_and_found_by_its_key(client: FlaskClient) -> None:
    first, again = submit(client), submit(client)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json == again.json
    assert client.get("/v1/jobs?key=job").json == {"items": [first.json]}
    assert client.get("/v1/jobs?key=another").json == {"items": []}
    assert client.get(f"/v1/jobs/{first.json['id']}").json == first.json


def test_what_is_wrong_is_answered_with_its_code(client: FlaskClient, machine: Machine) -> None:
    handle = submit(client).json["id"]
    asked = {
        "key-reused": submit(client, shots=11),
        "refused": submit(client, "other", shots=-1),
        "bad-key": submit(client, ""),
        "bad-json": client.post("/v1/jobs", data="{", headers={"Idempotency-Key": "a"}),
        "no-such-job": client.get("/v1/jobs/nobody"),
        "no-result": client.get(f"/v1/jobs/{handle}/result"),
        "not-found": client.get("/v2"),
        "method-not-allowed": client.delete("/v1/jobs"),
    }
    assert {answer.json["error"]["code"] for answer in asked.values() if answer.json} == set(asked)
    assert [answer.status_code for answer in asked.values()] == [409, 422, 400, 400, 404, 409, 404, 405]


def test_a_full_queue_and_a_machine_in_maintenance_ask_to_come_again(client: FlaskClient) -> None:
    assert [submit(client, key).status_code for key in ("one", "two", "three")] == [201, 201, 429]
    client.put("/v1/status", json={"state": "maintenance", "reason": "a cable"})
    later = submit(client, "four")
    assert (later.status_code, later.headers["Retry-After"]) == (503, "1")
    assert submit(client, "one").status_code == 200
    assert client.put("/v1/status", json={"state": "dancing"}).status_code == 422


def test_a_cancel_ends_what_waits_and_is_too_late_for_what_is_done(client: FlaskClient, runs: Runs) -> None:
    waiting = submit(client, "waiting").json["id"]
    assert [client.post(f"/v1/jobs/{waiting}/cancel").json["state"] for _ in range(2)] == ["cancelled", "cancelled"]
    done = submit(client, "done").json["id"]
    runs.start_next(1.0)
    runs.complete(done, {"0": 10}, 2.0)
    assert client.post(f"/v1/jobs/{done}/cancel").status_code == 409
    assert client.get(f"/v1/jobs/{done}/result").json["counts"] == {"0": 10}


def test_it_is_online_while_it_has_nothing_to_do(client: FlaskClient, runs: Runs) -> None:
    assert client.get("/v1/status").json["state"] == "online"
    handle = submit(client).json["id"]
    assert client.get("/v1/status").json["state"] == "busy"
    runs.cancel(handle, 1.0)
    assert client.get("/v1/status").json["state"] == "online"


def test_a_token_is_wanted_everywhere(machine: Machine, runs: Runs) -> None:
    locked = create_app(machine, runs, "the-token").test_client()
    for path in ("/v1/status", "/v1/jobs/x", "/starts", "/nowhere"):
        assert locked.get(path).status_code == 401
        assert locked.get(path, headers={"Authorization": "Bearer another"}).status_code == 401
        assert locked.get(path, headers={"Authorization": "Bearer the-token"}).status_code != 401


@pytest.mark.parametrize(
    "arguments",
    [
        ["--host", "0.0.0.0"],
        ["--qubits", "99"],
        ["--gates", "rx,toffoli"],
        ["--slots", "0"],
        ["--readout-error", "2"],
        ["--token-file", "no/such/file"],
    ],
    ids=str,
)
def test_what_it_cannot_start_with_it_names(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--port", "0", *arguments]) == 2
    assert "cannot start" in capsys.readouterr().err
