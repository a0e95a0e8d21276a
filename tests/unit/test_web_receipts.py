"""Receipts over HTTP and at the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import fakeredis
import pytest

from qcjob.canonical import hash_document, hash_text
from qcjob.security.receipts import check_signature
from qcjob.settings import Settings
from tests.unit.door import Door, opened
from tests.unit.webtest import BELL, Web
from workers.eager import in_process, run


@pytest.fixture
def web(client: fakeredis.FakeRedis, tmp_path: Path) -> Web:
    return Web(client, Settings(data=tmp_path))


@pytest.fixture
def door(web: Web, tmp_path: Path) -> Iterator[Door]:
    with opened(web, tmp_path) as door:
        yield door


def test_a_receipt_speaks_of_source_program_and_counts_and_is_signed(web: Web) -> None:
    job = web.submit(seed=7)
    web.complete()
    receipt = web.get(f"/v1/jobs/{job['id']}/receipt").json
    result = web.get(f"/v1/jobs/{job['id']}/result").json
    keys = web.get("/.well-known/jwks.json", key=None).json["keys"]
    assert check_signature(receipt, keys[0]) == keys[0]["kid"]
    assert receipt["job"] == job["id"] and receipt["attempt"] == 1 and receipt["seed"] == 7
    assert receipt["submitted_at"] == job["created_at"] < receipt["completed_at"]
    assert receipt["source_sha256"] == hash_text(BELL)
    assert receipt["program_sha256"] == hash_document(result["ran"]["program"])
    assert receipt["counts_sha256"] == hash_document(result["counts"])


def test_a_receipt_of_several_circuits_speaks_of_the_counts_of_each(web: Web, door: Door, tmp_path: Path) -> None:
    job = web.submit("X({t})", bindings=[{"t": 0}, {"t": 180}], shots=10)
    claim = web.start()
    parts = [{"counts": counts, "seed": 7, "calibration": None} for counts in ({"0": 10}, {"1": 10})]
    web.ledger.advance(claim.id, claim.fence, 0, parts[0])
    web.ledger.complete(claim.id, claim.fence, {**parts[0], "compiler": "qcjob", "parts": parts})
    receipt = web.get(f"/v1/jobs/{job['id']}/receipt").json
    result = web.get(f"/v1/jobs/{job['id']}/result").json
    assert receipt["parts_sha256"] == hash_document([{"0": 10}, {"1": 10}])
    (tmp_path / "receipt.json").write_text(json.dumps(receipt))
    command = ["verify", str(tmp_path / "receipt.json"), "--result", str(tmp_path / "result.json")]
    (tmp_path / "result.json").write_text(json.dumps(result))
    assert door.run(*command).exit_code == 0
    for changed in ([{**result["parts"][0]}], [{"counts": {"0": 10}}, {"counts": {"1": 9, "0": 1}}], None, "parts"):
        (tmp_path / "result.json").write_text(json.dumps({**result, "parts": changed}))
        answer = door.run(*command)
        assert answer.exit_code == 1 and "the counts of the parts" in answer.output


def test_a_receipt_names_the_target_that_ran_as_it_can_be_read(web: Web, door: Door, tmp_path: Path) -> None:
    job = web.submit("X(90)")
    with in_process(web.redis):
        run()
    receipt, target = web.get(f"/v1/jobs/{job['id']}/receipt").json, web.get("/v1/devices/simulator/target").json
    assert receipt["target_sha256"] == hash_document(target)
    assert receipt["calibration"] == target["calibration_id"]
    result = web.get(f"/v1/jobs/{job['id']}/result").json
    files = {"receipt": receipt, "target": target, "result": result}
    for name, document in files.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(document))
    command = ["verify", str(tmp_path / "receipt.json"), "--target", str(tmp_path / "target.json")]
    command += ["--result", str(tmp_path / "result.json")]
    assert json.loads(door.run("target", "simulator").stdout) == target
    assert door.json(*command)["valid"] is True
    (tmp_path / "target.json").write_text(json.dumps({**target, "num_qubits": 5}))
    answer = door.run(*command)
    assert answer.exit_code == 1 and "the target is not what it speaks of" in answer.output


@pytest.mark.parametrize("name", ["seed", "shots", "compiler", "calibration", "device"])
def test_what_the_result_says_in_the_open_is_held_to_the_receipt(door: Door, tmp_path: Path, name: str) -> None:
    kept = Kept(door, tmp_path)
    result = json.loads(kept.result.read_text())
    (result["ran"] if name in result["ran"] else result)[name] = "another"
    kept.result.write_text(json.dumps(result))
    answer = door.run("verify", str(kept.receipt), "--result", str(kept.result))
    assert answer.exit_code == 1 and f"its {name} is" in answer.output


def test_parts_that_ran_on_several_targets_are_all_named(web: Web, door: Door, tmp_path: Path) -> None:
    target = web.get("/v1/devices/simulator/target").json
    job = web.submit("X({t})", bindings=[{"t": 0}, {"t": 90}, {"t": 180}], shots=10)
    claim = web.start()
    monday, tuesday = (
        {"calibration": day, "target_sha256": hash_document(of)} for day, of in (("monday", {}), ("tuesday", target))
    )
    parts = [{"counts": {"0": 10}, "seed": 7, **ran_on} for ran_on in (monday, tuesday, monday)]
    web.ledger.complete(claim.id, claim.fence, {**parts[0], "compiler": "qcjob", "parts": parts})
    receipt = web.get(f"/v1/jobs/{job['id']}/receipt").json
    assert receipt["target_sha256"] == monday["target_sha256"] and receipt["targets"] == [monday, tuesday]
    (tmp_path / "receipt.json").write_text(json.dumps(receipt))
    (tmp_path / "target.json").write_text(json.dumps(target))
    command = ["verify", str(tmp_path / "receipt.json"), "--target", str(tmp_path / "target.json")]
    assert door.run(*command).exit_code == 0
    (tmp_path / "target.json").write_text(json.dumps({**target, "num_qubits": 5}))
    assert door.run(*command).exit_code == 1


def test_a_receipt_of_a_device_that_did_not_say_what_it_is_names_no_target(door: Door, tmp_path: Path) -> None:
    kept = Kept(door, tmp_path)
    assert json.loads(kept.receipt.read_text())["target_sha256"] is None
    (tmp_path / "target.json").write_text(door.run("target", "simulator").stdout)
    answer = door.run("verify", str(kept.receipt), "--target", str(tmp_path / "target.json"))
    assert answer.exit_code == 1 and "names no target" in answer.output


def test_there_is_no_receipt_without_a_result_nor_of_another_customers_job(web: Web) -> None:
    job = web.submit()
    assert web.get(f"/v1/jobs/{job['id']}/receipt").json["code"] == "result-not-ready"
    web.fail()
    assert web.get(f"/v1/jobs/{job['id']}/receipt").json["code"] == "no-result"
    other = web.front.keys.add("bob").secret
    assert web.get(f"/v1/jobs/{job['id']}/receipt", key=other).status_code == 404


def test_a_key_that_cannot_be_used_costs_receipts_alone(client: fakeredis.FakeRedis, tmp_path: Path) -> None:
    (tmp_path / "receipt-key.pem").write_text("rubbish")
    web = Web(client, Settings(data=tmp_path))
    job = web.submit()
    web.complete()
    answer = web.get(f"/v1/jobs/{job['id']}/receipt")
    assert answer.status_code == 503 and "receipt-key.pem" in answer.json["detail"]
    assert web.get(f"/v1/jobs/{job['id']}/result").status_code == 200


class Kept:
    """What a user keeps of a job, as files."""

    def __init__(self, door: Door, folder: Path) -> None:
        job = door.web.submit()
        door.web.complete()
        self.receipt, self.result = folder / "receipt.json", folder / "result.json"
        self.program, self.keys = folder / "program.txt", folder / "jwks.json"
        self.receipt.write_text(door.run("receipt", job["id"]).stdout)
        self.result.write_text(door.run("result", job["id"], "-o", "json").stdout)
        self.program.write_text(BELL)
        self.keys.write_text(door.web.http.get("/.well-known/jwks.json").text)


def test_verify_believes_what_was_not_changed(door: Door, tmp_path: Path) -> None:
    kept = Kept(door, tmp_path)
    command = ["verify", str(kept.receipt), "--result", str(kept.result), "--program", str(kept.program)]
    assert door.json(*command)["valid"] is True
    assert door.run("verify", "-", stdin=kept.receipt.read_text()).output.startswith("valid: job ")
    door.server.shutdown()
    assert door.run(*command, "--key", str(kept.keys)).exit_code == 0


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("receipt", lambda text: text.replace('"shots": 1000', '"shots": 1001')),
        ("result", lambda text: text.replace('"0": 1000', '"0": 999, "1": 1')),
        ("result", lambda text: text.replace('"rz"', '"rx"').replace('"rx"', '"ry"')),
        ("result", lambda text: json.dumps({**json.loads(text), "id": "another"})),
        ("program", lambda text: text + "\n"),
        ("program", lambda text: text.replace(",", ",\r\n")),
    ],
)
def test_verify_notices_what_was_changed(door: Door, tmp_path: Path, name: str, change: object) -> None:
    kept = Kept(door, tmp_path)
    path = getattr(kept, name)
    path.write_bytes(change(path.read_text()).encode())  # type: ignore[operator]
    command = ["verify", str(kept.receipt), "--result", str(kept.result), "--program", str(kept.program)]
    answer = door.run(*command)
    assert answer.exit_code == 1 and "not to be believed" in answer.output
    assert door.json(*command, code=1)["valid"] is False


def test_verify_says_when_it_cannot_look(door: Door, tmp_path: Path) -> None:
    kept = Kept(door, tmp_path)
    (tmp_path / "list.json").write_text("[]")
    for command in (
        ["verify", str(tmp_path / "nowhere.json")],
        ["verify", str(tmp_path / "list.json")],
        ["verify", str(kept.receipt), "--key", str(tmp_path)],
        ["verify", str(kept.receipt), "--url", "http://127.0.0.1:9"],
    ):
        answer = door.run(*command)
        assert answer.exit_code == 2, answer.output
