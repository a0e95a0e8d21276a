"""The client against a server that stutters."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from qcjob.client import Client, Problem, Unreachable, Unusable
from qcjob.lifecycle import JobState

JOB: dict[str, Any] = {
    "id": "j1",
    "state": "WAITING",
    "version": 1,
    "queue": {"position": 1, "ahead": 0},
    "error": None,
}


def client(answer: Callable[[httpx.Request], httpx.Response], **more: Any) -> Client:
    return Client("http://127.0.0.1:1", "k" * 40, transport=httpx.MockTransport(answer), sleep=lambda _: None, **more)


def descriptor(state: str, version: int) -> httpx.Response:
    return httpx.Response(200, json={**JOB, "state": state, "version": version}, headers={"ETag": f'"{version}"'})


def test_a_submit_whose_answer_was_lost_is_sent_again_under_the_same_idempotency_key() -> None:
    keys = []

    def answer(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["Idempotency-Key"])
        if len(keys) < 3:
            raise httpx.ReadError("connection reset")
        return httpx.Response(202, json=JOB)

    assert client(answer).submit("X(90)").state is JobState.WAITING
    assert len(keys) == 3
    assert len(set(keys)) == 1


def test_two_submits_have_two_idempotency_keys() -> None:
    keys = []

    def answer(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["Idempotency-Key"])
        return httpx.Response(202, json=JOB)

    with client(answer) as asked:
        asked.submit("X(90)")
        asked.submit("X(90)")
    assert len(set(keys)) == 2


def test_a_server_that_is_busy_is_asked_again_when_it_says() -> None:
    answers = iter([httpx.Response(503, headers={"Retry-After": "2"}), descriptor("RUNNING", 3)])
    pauses: list[float] = []
    asked = Client("http://127.0.0.1:1", transport=httpx.MockTransport(lambda _: next(answers)), sleep=pauses.append)
    assert asked.status("j1").state is JobState.RUNNING
    assert pauses == [2.0]


def test_a_server_that_never_answers_is_unreachable() -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with pytest.raises(Unreachable, match=r"127\.0\.0\.1:1"):
        client(answer).status("j1")


def test_a_refusal_is_not_tried_again_and_carries_the_problem() -> None:
    asked = 0

    def answer(_: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        return httpx.Response(404, json={"type": "job-not-found", "detail": "no"})

    with pytest.raises(Problem) as raised:
        client(answer).status("j1")
    assert (raised.value.code, raised.value.status, asked) == ("job-not-found", 404, 1)


def test_something_else_on_that_port_is_said_to_be_something_else() -> None:
    with pytest.raises(Unreachable, match="is it qcjob"):
        client(lambda _: httpx.Response(200, text="<html>")).status("j1")
    with pytest.raises(Unreachable, match="not as qcjob does"):
        client(lambda _: httpx.Response(404, text="<html>")).status("j1")


def test_waiting_follows_the_etag_to_the_final_state() -> None:
    steps = iter([descriptor("WAITING", 1), httpx.Response(304), descriptor("RUNNING", 3), descriptor("COMPLETED", 4)])
    etags = []

    def answer(request: httpx.Request) -> httpx.Response:
        etags.append(request.headers.get("If-None-Match"))
        return next(steps)

    assert client(answer).wait("j1").state is JobState.COMPLETED
    assert etags == [None, '"1"', '"1"', '"3"']


def test_waiting_ends_at_its_own_deadline_while_the_job_goes_on() -> None:
    now = 0.0

    def clock() -> float:
        nonlocal now
        now += 1.0
        return now

    with pytest.raises(TimeoutError, match="still WAITING"):
        client(lambda _: descriptor("WAITING", 1), clock=clock).wait("j1", timeout_seconds=5)


@pytest.mark.parametrize("job_id", ["../../livez", "a/b", "", "ä", "a?b=c", "a#b"])
def test_an_id_cannot_lead_to_another_route(job_id: str) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode()
        assert path.startswith("/v1/jobs/")
        assert path.count("/") == 3
        assert "?" not in path
        return httpx.Response(404, json={"type": "job-not-found"})

    with pytest.raises(Problem):
        client(answer).status(job_id)


def test_the_key_is_not_in_the_clients_repr() -> None:
    assert "kkk" not in repr(client(lambda _: httpx.Response(200)))


@pytest.mark.parametrize("key", ["k" * 39 + "\n", "\tkkk ", "kkk\r\n"])
def test_the_line_break_of_the_file_a_key_was_read_from_is_no_part_of_it(key: str) -> None:
    shown = []

    def answer(request: httpx.Request) -> httpx.Response:
        shown.append(request.headers["Authorization"])
        return descriptor("RUNNING", 3)

    Client("http://127.0.0.1:1", key, transport=httpx.MockTransport(answer)).status("j1")
    assert shown == [f"Bearer {key.strip()}"]


@pytest.mark.parametrize("key", ["kkk\nkkk", "kkk\x00", "kkkü", "kkk kkk"])
def test_a_key_that_no_header_can_carry_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(Unusable, match="API key") as raised:
        Client("http://127.0.0.1:1", key)
    assert "kkk" not in str(raised.value)


def test_a_server_that_says_to_come_back_much_later_is_not_waited_for() -> None:
    full = {"type": "/problems/ledger-full", "detail": "the ledger is full"}
    pauses: list[float] = []
    transport = httpx.MockTransport(lambda _: httpx.Response(503, headers={"Retry-After": "30"}, json=full))
    with pytest.raises(Problem, match="ledger-full"):
        Client("http://127.0.0.1:1", transport=transport, sleep=pauses.append).submit("X(90)")
    assert pauses == []


class Restarted:
    """A server that is away for `seconds` after the first look at a job, and the clock that says so."""

    def __init__(self, seconds: float) -> None:
        self.now = 0.0
        self.back_at = seconds
        self.looks = 0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def answer(self, _: httpx.Request) -> httpx.Response:
        self.looks += 1
        if self.looks == 1:
            return descriptor("RUNNING", 3)
        if self.now < self.back_at / 2:
            raise httpx.ConnectError("refused")
        if self.now < self.back_at:
            return httpx.Response(503, json={"type": "/problems/ledger-unavailable", "detail": "no"})
        return descriptor("COMPLETED", 4)

    def client(self) -> Client:
        transport = httpx.MockTransport(self.answer)
        return Client("http://127.0.0.1:1", transport=transport, sleep=self.sleep, clock=self.clock)


def test_waiting_outlives_a_server_that_is_started_anew() -> None:
    assert Restarted(30).client().wait("j1").state is JobState.COMPLETED


def test_whoever_follows_a_job_is_told_that_the_server_is_away() -> None:
    heard: list[Exception] = []
    states = [job.state for job in Restarted(30).client().changes("j1", on_outage=heard.append)]
    assert states == [JobState.RUNNING, JobState.COMPLETED]
    assert {type(error) for error in heard} == {Unreachable, Problem}


def test_a_server_that_stays_away_is_given_up_after_a_minute() -> None:
    away = Restarted(3600)
    with pytest.raises(Unreachable):
        away.client().wait("j1")
    assert 60 <= away.now < 70


def test_a_server_that_stays_away_does_not_outlast_the_time_one_wants_to_wait() -> None:
    away = Restarted(3600)
    with pytest.raises(Unreachable):
        away.client().wait("j1", timeout_seconds=5)
    assert away.now < 10


def test_a_job_that_is_gone_is_not_waited_for() -> None:
    answers = iter([descriptor("RUNNING", 3), httpx.Response(404, json={"type": "/problems/job-not-found"})])
    with pytest.raises(Problem, match="job-not-found"):
        client(lambda _: next(answers)).wait("j1")


def test_a_program_may_take_as_long_to_compile_as_servers_let_it() -> None:
    waits = {}

    def answer(request: httpx.Request) -> httpx.Response:
        waits[request.method, request.url.path, "dry_run" in request.url.params] = request.extensions["timeout"]
        return httpx.Response(202, json=JOB)

    with client(answer, timeout_seconds=3.0) as asked:
        asked.submit("X(90)")
        asked.dry_run("X(90)")
        asked.operating.move("j1", "fridge")
        asked.status("j1")
    quick = waits.pop(("GET", "/v1/jobs/j1", False))
    assert quick["read"] == 3.0
    assert len(waits) == 3
    assert all(wait["read"] > 60 and wait["connect"] == 3.0 for wait in waits.values())
