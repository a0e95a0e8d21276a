"""What operators do: on the ledger, over HTTP and with commands; each act is written down, and undone by none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fakeredis
import pytest

from qcjob.acts import MOST_ON_A_JOB, MOST_WHY, Word
from qcjob.errors import InvalidRequest, NotWaiting
from qcjob.job import Job, NewJob
from qcjob.ledger import Ledger
from qcjob.ledger.operations import Operations
from qcjob.ledger.usage import usage_of
from qcjob.lifecycle import JobState
from qcjob.rank import Privileges
from qcjob.security.customers import Customers
from qcjob.settings import Settings
from tests.unit.conftest import Clock
from tests.unit.door import Door, opened
from tests.unit.standing_line import faults
from tests.unit.webtest import BELL, Web

Build = Callable[..., NewJob]
GRACE = Word("grace", "k7", "it is noon")
RETENTION = 30 * 86_400.0

TWO = """
[devices.fridge]
driver = "workers.drivers.simulator:Simulator"
max_shots = 100

[devices.attic]
driver = "workers.drivers.simulator:Simulator"
max_shots = 50
native_gates = ["rz", "sx"]
"""


@pytest.fixture
def ledger(roomy_ledger: Ledger) -> Ledger:
    return roomy_ledger


@pytest.fixture
def operations(ledger: Ledger) -> Operations:
    return Operations(ledger)


@pytest.fixture
def customers(client: fakeredis.FakeRedis) -> Customers:
    return Customers(client)


def claims(ledger: Ledger, device: str = "simulator") -> list[str]:
    """Everything that can be claimed now, in order."""
    found = []
    while claim := ledger.claim(device, "w"):
        found.append(claim.id)
    return found


def seen(ledger: Ledger, job_id: str) -> Job:
    job = ledger.read(job_id)
    assert job is not None
    return job


def places(ledger: Ledger, device: str = "simulator") -> dict[str, int]:
    return {name: ledger.client.zcard(f"qcjob:{name}:{device}") for name in ("ready", "later", "held")}


# -- hold and release


def test_a_held_job_keeps_its_rank_and_is_not_claimed(ledger: Ledger, operations: Operations, new_job: Build) -> None:
    first, second = ledger.submit(new_job()), ledger.submit(new_job())
    held = operations.hold(first.id, GRACE, held=True)
    assert held is not None and held == seen(ledger, first.id)
    assert (held.state, held.held, held.ahead) == (JobState.WAITING, "job", 0)
    assert faults(ledger) == []
    third = ledger.submit(new_job(customer="bob"))
    operations.hold(first.id, GRACE, held=False)
    assert claims(ledger) == [first.id, third.id, second.id]


def test_releasing_a_job_wakes_a_worker(ledger: Ledger, operations: Operations, new_job: Build) -> None:
    job = ledger.submit(new_job())
    operations.hold(job.id, GRACE, held=True)
    ledger.client.delete("simulator")
    ledger.keep(RETENTION)
    assert ledger.client.llen("simulator") == 0
    operations.hold(job.id, GRACE, held=False)
    assert ledger.client.llen("simulator") == 1


def test_an_act_is_written_down_once_with_both_sides(
    ledger: Ledger, operations: Operations, clock: Clock, new_job: Build
) -> None:
    job = ledger.submit(new_job())
    for _ in range(2):
        operations.hold(job.id, GRACE, held=True)
    [act] = seen(ledger, job.id).acts
    assert (act.by, act.what, act.before, act.after, act.why) == ("grace", "hold", "released", "held", "it is noon")
    [audited] = operations.audit(limit=10).items
    assert (audited.on, audited.key, audited.at, audited.before) == (f"job {job.id}", "k7", act.at, "released")
    assert seen(ledger, job.id).version == 2
    assert [moment.state for moment in seen(ledger, job.id).history] == [JobState.WAITING]


def test_a_job_shows_its_last_acts(ledger: Ledger, operations: Operations, new_job: Build) -> None:
    job = ledger.submit(new_job())
    for number in range(MOST_ON_A_JOB + 3):
        operations.hold(job.id, Word("grace", "k", str(number)), held=number % 2 == 0)
    assert [act.why for act in seen(ledger, job.id).acts] == [str(number) for number in range(3, MOST_ON_A_JOB + 3)]


def test_what_does_not_wait_is_not_held(ledger: Ledger, operations: Operations, new_job: Build) -> None:
    job = ledger.submit(new_job())
    claims(ledger)
    with pytest.raises(NotWaiting):
        operations.hold(job.id, GRACE, held=True)
    assert operations.hold("01a20c7e-5726-747c-bc98-91e7d6a992b5", GRACE, held=True) is None
    assert operations.audit(limit=10).items == ()


def test_a_held_job_can_be_cancelled_and_expires(
    ledger: Ledger, operations: Operations, clock: Clock, new_job: Build
) -> None:
    cancelled = ledger.submit(new_job())
    late = ledger.submit(new_job(not_after=ledger.now() + 60_000_000))
    for job in (cancelled, late):
        operations.hold(job.id, GRACE, held=True)
    ledger.cancel(cancelled.id)
    clock.advance(61)
    ledger.keep(RETENTION)
    assert {seen(ledger, job.id).state for job in (cancelled, late)} == {JobState.CANCELLED}
    assert places(ledger) == {"ready": 0, "later": 0, "held": 0}
    assert faults(ledger) == []


def test_a_job_for_later_that_was_held_still_waits_for_its_time(
    ledger: Ledger, operations: Operations, clock: Clock, new_job: Build
) -> None:
    job = ledger.submit(new_job(start_after=ledger.now() + 60_000_000))
    operations.hold(job.id, GRACE, held=True)
    operations.hold(job.id, GRACE, held=False)
    assert (claims(ledger), places(ledger)["later"]) == ([], 1)
    operations.hold(job.id, GRACE, held=True)
    clock.advance(61)
    assert claims(ledger) == []
    operations.hold(job.id, GRACE, held=False)
    assert claims(ledger) == [job.id]


def test_a_device_with_held_jobs_keeps_its_clocks(ledger: Ledger, operations: Operations, new_job: Build) -> None:
    """Else a released job, with its tag of long ago, would stand behind all that were submitted meanwhile."""
    jobs = [ledger.submit(new_job(cost=1000)) for _ in range(2)]
    operations.hold(jobs[1].id, GRACE, held=True)
    [claim_id] = claims(ledger)
    fence = int(ledger.client.hget(f"qcjob:job:{claim_id}", "fence"))
    ledger.fail(claim_id, fence, "code", "why")
    others = [ledger.submit(new_job(customer="bob", cost=1000)) for _ in range(3)]
    operations.hold(jobs[1].id, GRACE, held=False)
    assert claims(ledger).index(jobs[1].id) <= 1, others


# -- move


def test_a_moved_job_is_reckoned_anew_and_gives_back_what_it_cost(
    ledger: Ledger, operations: Operations, new_job: Build
) -> None:
    ledger.online("fridge", {"slots": "99", "status": "online"})
    stays = ledger.submit(new_job(cost=100))
    job = ledger.submit(new_job(cost=1000))
    there = ledger.submit(new_job(device="fridge", cost=5))
    moved = operations.move(job.id, "simulator", "fridge", "{}", 7_000_000, 7_000_000, GRACE)
    assert moved is not None and moved == seen(ledger, job.id)
    assert (moved.device, moved.ahead, moved.version) == ("fridge", 1, 2)
    assert usage_of(ledger, "alice").device_seconds_expected == pytest.approx(7.000105)
    assert ledger.client.hget("qcjob:fair:simulator", "2:alice") == b"100"
    assert ledger.client.hget("qcjob:fair:fridge", "2:alice") == b"7000005"
    assert ledger.client.llen("fridge") == 2
    assert faults(ledger) == []
    assert (claims(ledger), claims(ledger, "fridge")) == ([stays.id], [there.id, job.id])


def test_a_held_job_and_one_for_later_are_moved_as_they_are(
    ledger: Ledger, operations: Operations, clock: Clock, new_job: Build
) -> None:
    held, later = ledger.submit(new_job()), ledger.submit(new_job(start_after=ledger.now() + 60_000_000))
    operations.hold(held.id, GRACE, held=True)
    for job in (held, later):
        operations.move(job.id, "simulator", "fridge", "{}", 1, 1, GRACE)
    assert places(ledger) == {"ready": 0, "later": 0, "held": 0}
    assert places(ledger, "fridge") == {"ready": 0, "later": 1, "held": 1}
    assert faults(ledger) == []


def test_a_job_that_was_moved_meanwhile_is_not_given_the_wrong_program(
    ledger: Ledger, operations: Operations, new_job: Build
) -> None:
    job = ledger.submit(new_job())
    operations.move(job.id, "simulator", "fridge", "{}", 1, 1, GRACE)
    with pytest.raises(InvalidRequest, match="moved"):
        operations.move(job.id, "simulator", "attic", "{}", 1, 1, GRACE)


# -- customers


def test_nothing_of_a_held_customer_is_claimed_and_others_go_on(
    ledger: Ledger, customers: Customers, new_job: Build
) -> None:
    mine = [ledger.submit(new_job()).id for _ in range(3)]
    customers.put("alice", Privileges(held=True), word=GRACE)
    bobs = ledger.submit(new_job(customer="bob")).id
    mine.append(ledger.submit(new_job()).id)
    assert seen(ledger, mine[0]).held == "customer"
    assert claims(ledger) == [bobs]
    assert places(ledger) == {"ready": 0, "later": 0, "held": 4}
    assert faults(ledger) == []
    customers.change("alice", {"held": False}, GRACE)
    ledger.keep(RETENTION)
    assert ledger.client.llen("simulator") >= 1
    assert claims(ledger) == mine


def test_a_job_that_is_held_itself_stays_so_when_its_customer_is_released(
    ledger: Ledger, operations: Operations, customers: Customers, new_job: Build
) -> None:
    first, second = ledger.submit(new_job()).id, ledger.submit(new_job()).id
    customers.put("alice", Privileges(held=True))
    assert claims(ledger) == []
    operations.hold(first, GRACE, held=True)
    customers.put("alice", Privileges())
    ledger.keep(RETENTION)
    assert claims(ledger) == [second]
    operations.hold(first, GRACE, held=False)
    assert claims(ledger) == [first]


def test_a_customer_with_very_many_jobs_is_held_at_once_and_released_bit_by_bit(
    ledger: Ledger, customers: Customers, new_job: Build
) -> None:
    for _ in range(250):
        ledger.submit(new_job())
    for name in ("alic", "alice-x", "alice.y"):
        customers.put(name, Privileges(held=True))
        ledger.submit(new_job(customer=name))
    customers.put("alice", Privileges(held=True))
    assert [ledger.claim("simulator", "w") for _ in range(4)] == [None] * 4
    assert places(ledger)["held"] == 253
    customers.put("alice", Privileges())
    ledger.keep(RETENTION)
    assert places(ledger) == {"ready": 200, "later": 0, "held": 53}
    ledger.keep(RETENTION)
    assert places(ledger) == {"ready": 250, "later": 0, "held": 3}


def test_changes_of_customers_are_written_down_with_both_sides(customers: Customers, operations: Operations) -> None:
    customers.put("alice", Privileges(tier=1), word=GRACE)
    customers.put("alice", Privileges(tier=1), word=GRACE)
    customers.change("alice", {"weight": 2.0})
    customers.remove("alice", GRACE)
    assert customers.remove("alice", GRACE) is False
    acts = operations.audit(limit=10).items
    assert [(act.what, act.on, act.by) for act in acts] == [
        ("forget", "customer alice", "grace"),
        ("record", "customer alice", "the command line"),
        ("record", "customer alice", "grace"),
    ]
    assert acts[0].before == acts[1].after != acts[1].before == acts[2].after
    assert (acts[0].after, acts[2].before) == ("", "")


# -- devices


@pytest.mark.parametrize("said", ["drained", "offline"])
def test_an_operators_word_on_a_device_outlasts_what_its_worker_publishes(
    ledger: Ledger, operations: Operations, new_job: Build, said: str
) -> None:
    running = ledger.submit(new_job()).id
    claims(ledger)
    operations.direct("simulator", said, GRACE)
    waits = ledger.submit(new_job()).id
    ledger.client.delete("simulator")
    ledger.online("simulator", {"slots": "99", "status": "online"})
    ledger.keep(RETENTION)
    assert (claims(ledger), ledger.client.llen("simulator")) == ([], 0)
    assert faults(ledger) == []
    fence = int(ledger.client.hget(f"qcjob:job:{running}", "fence"))
    ledger.complete(running, fence, {"counts": {"0": 10}})
    assert seen(ledger, running).state is JobState.COMPLETED, "what runs is finished"
    operations.direct("simulator", "online", GRACE)
    assert ledger.client.llen("simulator") == 1
    assert claims(ledger) == [waits]
    assert [(act.before, act.after) for act in operations.audit(limit=5).items] == [(said, "online"), ("online", said)]


def test_what_a_drained_device_runs_is_rescued(
    ledger: Ledger, operations: Operations, clock: Clock, new_job: Build
) -> None:
    job = ledger.submit(new_job()).id
    claims(ledger)
    operations.direct("simulator", "drained", GRACE)
    clock.advance(100_000)
    claim = ledger.claim("simulator", "another")
    assert claim is not None and (claim.id, claim.rescue) == (job, True)


# -- the audit


def test_the_audit_is_read_in_pages(operations: Operations) -> None:
    for number in range(5):
        operations.direct("simulator", ("drained", "online")[number % 2], Word("grace", "k", str(number)))
    first = operations.audit(limit=2)
    second = operations.audit(limit=2, cursor=first.next)
    last = operations.audit(limit=2, cursor=second.next)
    assert [act.why for page in (first, second, last) for act in page.items] == ["4", "3", "2", "1", "0"]
    assert last.next is None


# -- over HTTP


@pytest.fixture
def web(client: fakeredis.FakeRedis, clock: Clock, tmp_path: Path) -> Web:
    (tmp_path / "devices.toml").write_text(TWO)
    return Web(client, Settings(devices=tmp_path / "devices.toml"))


@pytest.fixture
def key(web: Web) -> str:
    return web.front.keys.add("grace", role="operator").secret


def patch(web: Web, path: str, key: str = "", **body: Any) -> Any:
    return web.ask("PATCH", path, key=key, json=body)


ACTS = [
    ("PATCH", "/v1/jobs/{id}", {"held": True}),
    ("PATCH", "/v1/jobs/{id}", {"device": "simulator"}),
    ("PATCH", "/v1/jobs/{id}", {"tier": 2, "why": "x"}),
    ("PATCH", "/v1/devices/fridge", {"status": "drained"}),
    ("PATCH", "/v1/customers/ada", {"held": True}),
    ("GET", "/v1/audit", None),
]


@pytest.mark.parametrize(("method", "path", "body"), ACTS)
def test_what_operators_do_is_for_operators_alone(web: Web, method: str, path: str, body: Any) -> None:
    job = web.submit(device="fridge", shots=10)
    answer = web.ask(method, path.format(id=job["id"]), **({"json": body} if body else {}))
    assert (answer.status_code, answer.json["code"]) == (403, "operator-only")
    assert web.get(job["links"]["self"]).json == job
    assert web.redis.xlen("qcjob:audit") == 0


def test_a_job_says_who_holds_it_and_why(web: Web, key: str) -> None:
    job = web.submit(device="fridge", shots=10)
    held = patch(web, f"/v1/jobs/{job['id']}", key, held=True, why="too hot")
    assert held.status_code == 200
    assert held.json["queue"]["reason"] == "an operator holds this job"
    [act] = held.json["acts"]
    assert {**act, "at": ""} == {
        **{"at": "", "by": "grace", "what": "hold", "before": "released", "after": "held", "why": "too hot"},
    }
    assert web.get(job["links"]["self"]).json == held.json
    released = patch(web, f"/v1/jobs/{job['id']}", key, held=False)
    assert "an operator" not in released.json["queue"].get("reason", "")
    assert [act["what"] for act in released.json["acts"]] == ["hold", "release"]


def test_a_sweep_is_moved_with_the_values_of_its_parameters(web: Web, key: str) -> None:
    bindings = [{"theta": 90.0}, {"theta": 180.0}]
    asked = {"program": "X({theta})", "bindings": bindings, "device": "fridge", "shots": 40}
    job = web.post("/v1/jobs", json=asked).json
    answer = patch(web, f"/v1/jobs/{job['id']}", key, device="attic")
    assert answer.status_code == 200, answer.json
    assert answer.json["device"] == "attic"
    assert [part["binding"] for part in web.get(f"/v1/jobs/{job['id']}/program").json["compiled"]["parts"]] == bindings


def test_a_job_is_moved_and_compiled_for_the_other_device(web: Web, key: str) -> None:
    headers = {"Idempotency-Key": "k"}
    asked = {"program": BELL, "device": "fridge", "shots": 40}
    job = web.post("/v1/jobs", json=asked, headers=headers).json
    before = gates_of(web, job)
    moved = patch(web, f"/v1/jobs/{job['id']}", key, device="attic", why="the fridge warms up").json
    assert (moved["device"], moved["queue"]["ahead"]) == ("attic", 0)
    assert [moment["state"] for moment in moved["history"]] == ["WAITING"]
    assert [(act["what"], act["before"], act["after"]) for act in moved["acts"]] == [("move", "fridge", "attic")]
    assert before <= {"rx", "ry", "rz", "measure"} and gates_of(web, moved) <= {"rz", "sx", "measure"}
    assert web.post("/v1/jobs", json=asked, headers=headers).json["id"] == job["id"], "its key stays"
    assert web.ledger.claim("fridge", "w") is None
    assert web.claim("attic").id == job["id"]
    assert patch(web, f"/v1/jobs/{job['id']}", key, device="fridge").json["code"] == "not-waiting"


def gates_of(web: Web, job: dict[str, Any]) -> set[str]:
    return {op[0] for op in web.get(f"{job['links']['self']}/program").json["compiled"]["ops"]}


@pytest.mark.parametrize(
    ("asked", "code"),
    [({"shots": 90}, "invalid-request"), ({"shots": 10, "runtime": "verbatim"}, "unsupported-gate")],
)
def test_what_the_other_device_does_not_take_stays_where_it_is(
    web: Web, key: str, asked: dict[str, Any], code: str
) -> None:
    job = web.submit(device="fridge", **asked)
    refused = patch(web, f"/v1/jobs/{job['id']}", key, device="attic")
    assert (refused.status_code, refused.json["code"]) == (422, code)
    assert web.get(job["links"]["self"]).json == job


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/v1/jobs/{id}", {}, "ahead_of, tier, held, device"),
        ("/v1/jobs/{id}", {"held": True, "tier": 1}, "ahead_of, tier, held, device"),
        ("/v1/jobs/{id}", {"why": "so"}, "ahead_of, tier, held, device"),
        ("/v1/jobs/{id}", {"held": "yes"}, "held"),
        ("/v1/jobs/{id}", {"held": True, "why": "a\nb"}, "why"),
        ("/v1/jobs/{id}", {"held": True, "why": "x" * (MOST_WHY + 1)}, "why"),
        ("/v1/jobs/{id}", {"tier": 7}, "tier"),
        ("/v1/jobs/{id}", {"device": "moon"}, "device"),
        ("/v1/jobs/{id}", {"device": "ideal"}, "device"),
        ("/v1/devices/fridge", {}, "status"),
        ("/v1/devices/fridge", {"status": "broken"}, "status"),
        ("/v1/customers/ada", {"held": 1}, "held"),
    ],
)
def test_an_act_that_is_none_is_refused(web: Web, key: str, path: str, body: dict[str, Any], field: str) -> None:
    web.front.service.customers.put("ada", Privileges())
    job = web.submit(device="fridge", shots=10)
    answer = patch(web, path.format(id=job["id"]), key, **body)
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json["errors"]] == [field]


def test_what_is_not_there_is_not_found(web: Web, key: str) -> None:
    for body in ({"held": True}, {"device": "fridge"}, {"tier": 1}):
        for job_id in ("01a20c7e-5726-747c-bc98-91e7d6a992b5", "x"):
            assert patch(web, f"/v1/jobs/{job_id}", key, **body).status_code == 404
    assert patch(web, "/v1/devices/moon", key, status="drained").status_code == 404
    assert patch(web, "/v1/customers/nobody", key, held=True).status_code == 404


def test_an_operator_gives_any_job_a_tier(web: Web, key: str) -> None:
    job = web.submit(device="fridge", shots=10)
    moved = patch(web, f"/v1/jobs/{job['id']}", key, tier=0, why="calibration").json
    assert (moved["tier"], moved["acts"][0]["before"], moved["acts"][0]["after"]) == (0, "2", "0")


def test_a_drained_device_says_by_whom_and_why(web: Web, key: str) -> None:
    drained = patch(web, "/v1/devices/fridge", key, status="drained", why="a new line").json
    assert (drained["status"], drained["status_reason"]) == ("maintenance", "drained by grace: a new line; jobs wait")
    assert patch(web, "/v1/devices/fridge", key, status="offline").json["status"] == "offline"
    assert web.submit(device="fridge", shots=10)["queue"]["reason"] == "fridge is offline: offline by grace; jobs wait"
    web.ledger.online("fridge", {"status": "online"})
    assert patch(web, "/v1/devices/fridge", key, status="online").json["status_reason"] != "offline by grace; jobs wait"


def test_a_held_customer_reads_so_in_their_jobs_and_in_the_audit(web: Web, key: str) -> None:
    web.front.service.customers.put("ada", Privileges())
    assert patch(web, "/v1/customers/ada", key, held=True, why="a bill").json["held"] is True
    assert web.submit(device="fridge", shots=10)["queue"]["reason"] == "an operator holds its customer"
    page = web.get("/v1/audit?limit=1", key=key)
    assert (page.json["items"][0]["why"], page.json["items"][0]["on"]) == ("a bill", "customer ada")
    more = web.get(f"/v1/audit?cursor={page.json['next']}", key=key).json
    assert (len(more["items"]), more["next"]) == (1, None)


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "cursor=here", "limit=1&limit=2", "since=1"])
def test_a_wrong_question_to_the_audit_is_refused(web: Web, key: str, query: str) -> None:
    assert web.get(f"/v1/audit?{query}", key=key).status_code == 422


# -- what there is


def test_an_operator_sees_how_any_job_is_but_neither_program_nor_result(web: Web, key: str) -> None:
    job = web.submit("X(90)", device="fridge", shots=10, tags=["blue"])
    assert web.get(f"/v1/jobs/{job['id']}", key=key).json["id"] == job["id"]
    for part in ("program", "result", "memory", "receipt"):
        assert web.get(f"/v1/jobs/{job['id']}/{part}", key=key).status_code == 404
    other = web.front.keys.add("bob").secret
    assert web.get(f"/v1/jobs/{job['id']}", key=other).status_code == 404


def test_an_operator_lists_the_jobs_of_a_customer_and_nobody_else_does(web: Web, key: str) -> None:
    job = web.submit("X(90)", device="fridge", shots=10, tags=["blue"])
    assert web.get("/v1/jobs", key=key).json["items"] == []
    assert [found["id"] for found in web.get("/v1/jobs?customer=ada&tag=blue", key=key).json["items"]] == [job["id"]]
    assert web.get("/v1/jobs?customer=ada&state=FAILED", key=key).json["items"] == []
    other = web.front.keys.add("bob").secret
    refused = web.get("/v1/jobs?customer=ada", key=other)
    assert (refused.status_code, refused.json["code"]) == (403, "operator-only")
    assert [found["id"] for found in web.get("/v1/jobs?customer=ada").json["items"]] == [job["id"]], "one's own"
    assert web.get("/v1/jobs?customer=", key=key).status_code == 422


# -- with commands


@pytest.fixture
def door(web: Web, tmp_path: Path) -> Iterator[Door]:
    with opened(web, tmp_path) as made:
        yield made


def test_commands_do_what_http_does(door: Door, key: str) -> None:
    door.web.front.service.customers.put("ada", Privileges())
    job_id = door.json("submit", BELL, "--device", "fridge", "--shots", "10")["id"]
    refused = door.run("hold", job_id)
    assert refused.exit_code == 1 and "operator" in refused.output
    assert door.json("--api-key", key, "hold", job_id, "--why", "later")["queue"]["reason"].startswith("an operator")
    assert "later" in door.run("status", job_id).output
    assert job_id in door.run("--api-key", key, "list", "--customer", "ada").output
    assert "acts" in door.json("--api-key", key, "release", job_id)
    assert door.json("--api-key", key, "hold", "--customer", "ada")["held"] is True
    assert door.json("--api-key", key, "release", "--customer", "ada")["held"] is False
    assert door.run("--api-key", key, "move", job_id, "fridge").exit_code == 0
    assert "maintenance" in door.run("--api-key", key, "drain", "fridge", "--why", "noon").output
    assert door.json("--api-key", key, "offline", "fridge")["status"] == "offline"
    door.run("--api-key", key, "online", "fridge")
    shown = door.run("--api-key", key, "audit", "--limit", "3").output
    assert "device fridge" in shown and "more: --cursor" in shown
    holding = [line for line in door.run("--api-key", key, "audit").output.splitlines() if "held=true" in line]
    assert len(holding) == 2
    assert not any("tier" in line for line in holding), "what an act left as it was is not in its line"
    assert len(door.json("--api-key", key, "audit")["items"]) == 8
    assert door.run("--api-key", key, "hold").exit_code == 2
