"""Long-polls: `Prefer: wait=N`, on submit for the end, on a job for its next change."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import fakeredis
import pytest
from werkzeug.test import TestResponse

from qcjob.errors import LedgerUnavailable
from qcjob.ledger.changes import Waiter
from qcjob.settings import Settings
from qcjob.web import headers
from tests.unit.webtest import BELL, Web


@pytest.fixture
def web(client: fakeredis.FakeRedis) -> Web:
    return Web(client)


def while_waiting(
    web: Web, monkeypatch: pytest.MonkeyPatch, ask: Callable[[], TestResponse], *steps: Callable[[], object]
) -> TestResponse:
    """The answer to `ask`, with the steps taken once it waits."""
    waits = threading.Event()
    subscribe = web.front.changes.subscribe

    @contextmanager
    def telling(job_id: str) -> Iterator[Waiter]:
        with subscribe(job_id) as waiter:
            waits.set()
            yield waiter

    monkeypatch.setattr(web.front.changes, "subscribe", telling)
    answers: list[TestResponse] = []
    thread = threading.Thread(target=lambda: answers.append(ask()))
    thread.start()
    assert waits.wait(10)
    for step in steps:
        step()
    thread.join(10)
    return answers[0]


def test_a_poll_that_prefers_to_wait_answers_with_the_next_change(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    path = web.submit()["links"]["self"]
    answer = while_waiting(web, monkeypatch, lambda: web.get(path, headers={"Prefer": "wait=20"}), web.claim)
    assert (answer.status_code, answer.json["state"]) == (200, "SUBMITTED")
    assert answer.headers["Preference-Applied"] == "wait=20"


def test_a_poll_waits_until_the_version_differs_from_the_one_seen(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    path = web.submit()["links"]["self"]
    asked = {"Prefer": "wait=20", "If-None-Match": '"1"'}
    answer = while_waiting(web, monkeypatch, lambda: web.get(path, headers=asked), web.claim)
    assert answer.headers["ETag"] != '"1"'


def test_a_poll_for_a_version_long_past_answers_at_once(web: Web) -> None:
    path = web.submit()["links"]["self"]
    web.claim()
    answer = web.get(path, headers={"Prefer": "wait=20", "If-None-Match": '"1"'})
    assert (answer.status_code, answer.json["state"]) == (200, "SUBMITTED")


def test_a_final_job_answers_at_once(web: Web) -> None:
    path = web.submit()["links"]["self"]
    web.post(f"{path}/cancel")
    etag = web.get(path).headers["ETag"]
    assert web.get(path, headers={"Prefer": "wait=20"}).status_code == 200
    assert web.get(path, headers={"Prefer": "wait=20", "If-None-Match": etag}).status_code == 304


def test_a_wait_that_ends_without_a_change_answers_the_job_as_it_is(client: fakeredis.FakeRedis) -> None:
    web = Web(client, replace(Settings(), wait_limit_seconds=0.01))
    path = web.submit()["links"]["self"]
    answer = web.get(path, headers={"Prefer": "wait=20"})
    assert (answer.status_code, answer.json["state"]) == (200, "WAITING")
    assert answer.headers["Preference-Applied"] == "wait=0.01"
    assert web.get(path, headers={"Prefer": "wait=20", "If-None-Match": '"1"'}).status_code == 304
    submitted = web.post("/v1/jobs", json={"program": BELL}, headers={"Prefer": "wait=20"})
    assert (submitted.status_code, submitted.json["state"]) == (202, "WAITING")


def test_a_submit_that_prefers_to_wait_answers_with_the_end(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    body, asked = {"program": BELL}, {"Prefer": "wait=20"}
    answer = while_waiting(web, monkeypatch, lambda: web.post("/v1/jobs", json=body, headers=asked), web.complete)
    assert (answer.status_code, answer.json["state"]) == (200, "COMPLETED")
    assert answer.headers["Preference-Applied"] == "wait=20"
    assert answer.headers["Location"] == answer.json["links"]["self"]


def test_when_every_place_is_taken_a_poll_is_told_to_come_back(client: fakeredis.FakeRedis) -> None:
    web = Web(client, replace(Settings(), long_polls=1))
    path = web.submit()["links"]["self"]
    web.front.places.acquire()
    answer = web.get(path, headers={"Prefer": "wait=20"})
    assert (answer.status_code, answer.json["code"]) == (503, "too-many-waiting")
    assert web.get(path).status_code == 200
    assert web.get(path, headers={"Prefer": "wait=20", "If-None-Match": '"7"'}).status_code == 200, "needs no place"


def test_when_every_place_is_taken_a_submit_is_accepted_without_waiting(client: fakeredis.FakeRedis) -> None:
    web = Web(client, replace(Settings(), long_polls=1))
    web.front.places.acquire()
    answer = web.post("/v1/jobs", json={"program": BELL}, headers={"Prefer": "wait=20"})
    assert answer.status_code == 202
    assert "Preference-Applied" not in answer.headers


def test_a_ledger_lost_while_waiting_does_not_take_back_that_the_job_was_accepted(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise LedgerUnavailable("Redis does not answer")

    monkeypatch.setattr(web.front.service, "status", gone)
    answer = web.post("/v1/jobs", json={"program": BELL}, headers={"Prefer": "wait=20"})
    assert (answer.status_code, answer.json["state"]) == (202, "WAITING")
    assert "Preference-Applied" not in answer.headers


def test_a_place_is_given_back(client: fakeredis.FakeRedis) -> None:
    web = Web(client, replace(Settings(), long_polls=1, wait_limit_seconds=0.001))
    path = web.submit()["links"]["self"]
    for _ in range(3):
        assert web.get(path, headers={"Prefer": "wait=1"}).status_code == 200


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        ("wait=20", 20),
        ("Wait = 20", 20),
        ('wait="20"', 20),
        ("respond-async, wait=5", 5),
        ("wait=5; x=y", 5),
        ("wait=5, wait=9", 5),
        ("wait=0", 0),
        ("wait=999999", 30),
        ("wait=-1", None),
        ("wait=1.5", None),
        ("wait=", None),
        ("wait", None),
        ("wait=abc", None),
        ("wait=" + "9" * 5_000, None),
        ("wait=٣", None),
        ("", None),
        (None, None),
    ],
)
def test_a_preference_is_clamped_and_a_malformed_one_ignored(prefer: str | None, seconds: float | None) -> None:
    assert headers.wait_seconds(prefer, 30.0) == seconds


@pytest.mark.parametrize("prefer", ["wait=-1", "wait=x", "nonsense", ",,,"])
def test_a_malformed_preference_does_not_stop_a_request(web: Web, prefer: str) -> None:
    answer = web.post("/v1/jobs", json={"program": BELL}, headers={"Prefer": prefer})
    assert answer.status_code == 202
    assert "Preference-Applied" not in answer.headers
    assert web.get(answer.headers["Location"], headers={"Prefer": prefer}).status_code == 200
