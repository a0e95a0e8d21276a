"""The results of a batch in one go: in its order, a page at a time, whatever its jobs came to."""

from __future__ import annotations

from typing import Any

import fakeredis
import pytest

from qcjob.service import batch_results
from tests.unit.conftest import Clock
from tests.unit.webtest import Web

X = "X(90)"
RETENTION = 30 * 86_400.0


@pytest.fixture
def web(client: fakeredis.FakeRedis, clock: Clock) -> Web:
    made = Web(client)
    made.ledger.online("simulator", {"slots": "99", "status": "online"})
    return made


def send(web: Web, count: int, **more: Any) -> dict[str, Any]:
    jobs = [{"program": X, "shots": 10 + number} for number in range(count)]
    answer = web.post("/v1/batches", json={"jobs": jobs, **more})
    assert answer.status_code == 202, answer.text
    batch: dict[str, Any] = answer.json
    return batch


def pages(web: Web, path: str | None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while path:
        answer = web.get(path)
        assert answer.status_code == 200, answer.text
        found += answer.json["items"]
        link = answer.headers.get("Link")
        path = link and link[1 : link.index(">")]
    return found


@pytest.mark.parametrize("limit", [1, 2, 200])
def test_each_job_has_the_result_that_it_has_alone_in_the_order_sent(web: Web, limit: int) -> None:
    batch = send(web, 6)
    for _ in range(3):
        web.complete()
    web.fail()
    web.claim()
    found = pages(web, f"{batch['links']['results']}?limit={limit}")
    assert [(one["id"], one["index"]) for one in found] == [(job, at) for at, job in enumerate(batch["jobs"])]
    states = ["COMPLETED"] * 3 + ["FAILED", "SUBMITTED", "WAITING"]
    assert [one["state"] for one in found] == states
    for one in found[:3]:
        assert one["result"] == web.get(f"/v1/jobs/{one['id']}/result").json
        assert one["error"] is None
    assert [one["result"] for one in found[3:]] == [None] * 3
    assert [one["error"] for one in found[3:]] == [{"code": "rejected", "message": "the device said no"}, None, None]


def test_a_page_ends_behind_what_it_can_hold(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = send(web, 7)
    for _ in range(6):
        web.complete()
    size = len(repr(web.get(f"/v1/jobs/{batch['jobs'][0]}/result").json["ran"]["program"]))
    monkeypatch.setattr(batch_results, "PAGE_BYTES", size * 5 // 2)
    first = web.get(batch["links"]["results"]).json
    assert (len(first["items"]), first["next"]) == (3, "3")
    assert [one["id"] for one in pages(web, batch["links"]["results"])] == batch["jobs"]
    monkeypatch.setattr(batch_results, "PAGE_BYTES", 0)
    assert len(web.get(batch["links"]["results"]).json["items"]) == 1, "one at least, however large"


def test_jobs_that_were_refused_or_are_past_their_retention_have_no_result(web: Web, clock: Clock) -> None:
    jobs = [{"program": X}, {"program": "X("}, {"program": X}]
    batch = web.post("/v1/batches", json={"jobs": jobs, "on_error": "skip"}).json
    first = web.complete()
    assert [one["index"] for one in pages(web, batch["links"]["results"])] == [0, 2]
    clock.advance(RETENTION + 1)
    web.ledger.keep(RETENTION)
    kept = pages(web, f"{batch['links']['results']}?limit=1")
    assert [(one["index"], one["state"]) for one in kept] == [(2, "WAITING")] and kept[0]["id"] != first.id


def test_the_results_of_a_batch_are_its_owners(web: Web) -> None:
    path = send(web, 1)["links"]["results"]
    for key in (web.front.keys.add("bob").secret, web.front.keys.add("grace", role="operator").secret):
        answer = web.get(path, key=key)
        assert (answer.status_code, answer.json["code"]) == (404, "batch-not-found")
    assert web.get("/v1/batches/nonsense/results").status_code == 404
    for wrong in ("?cursor=x", "?limit=0", "?limit=201", "?state=COMPLETED"):
        assert web.get(f"{path}{wrong}").status_code == 422


def test_a_result_of_very_many_outcomes_is_cut_as_it_is_alone(web: Web) -> None:
    batch = send(web, 1)
    claim = web.start()
    counts = {f"{number:016b}": 1 for number in range(12_000)}
    result = {"counts": counts, "seed": 7, "compiler": {"name": "qcjob"}, "calibration": None}
    web.ledger.complete(claim.id, claim.fence, result)
    [one] = pages(web, batch["links"]["results"])
    assert (len(one["result"]["counts"]), one["result"]["next"]) == (10_000, "10000")
