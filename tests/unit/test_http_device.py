"""What the HTTP driver makes of every way a call can end. The device's answers are made up here: that is the point."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import stamina

from qcjob.devices.driver import CancelAnswer, DeviceStatus, PollState, Program
from qcjob.errors import ConfigurationError, DriverError, Rejected, Unavailable, Uncertain
from workers.drivers.http import HttpDevice
from workers.drivers.line import TRIES

PROGRAM = Program({"format": 1, "clbits": 1}, 7, {"duration": 2})
URL = "http://qc.test"

Told = httpx.Response | Exception


@pytest.fixture(autouse=True)
def _no_waiting_between_tries() -> Iterator[None]:
    with stamina.set_testing(True, attempts=TRIES, cap=True):
        yield


class Device(httpx.BaseTransport):
    """Answers in turn as it was told, the last answer for ever, and keeps what it was asked."""

    def __init__(self, *told: Told) -> None:
        self.told = list(told)
        self.asked: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.told.pop(0) if len(self.told) > 1 else self.told[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


def driver(device: Device, **options: Any) -> HttpDevice:
    return HttpDevice("qc", {"url": URL, **options}, transport=device)


def says(status: int, code: str = "", message: str = "so it is", **body: Any) -> httpx.Response:
    return httpx.Response(status, json={"error": {"code": code, "message": message}, **body})


ACCEPTED = httpx.Response(201, json={"id": "run-1", "state": "queued"})
REFUSED_CONNECTION = httpx.ConnectError("Connection refused")
BROKEN = httpx.ReadError("Connection reset by peer")
SLOW = httpx.ReadTimeout("timed out")
GONE = httpx.RemoteProtocolError("Server disconnected without sending a response.")


def test_a_job_goes_out_under_its_id_with_all_that_it_is() -> None:
    device = Device(ACCEPTED)
    assert driver(device).submit("job-1", PROGRAM, 100) == "run-1"
    [request] = device.asked
    assert (request.method, request.url, request.headers["Idempotency-Key"]) == ("POST", f"{URL}/v1/jobs", "job-1")
    assert json.loads(request.content) == {
        "program": {"format": 1, "clbits": 1},
        "shots": 100,
        "seed": 7,
        "options": {"duration": 2},
    }


@pytest.mark.parametrize(
    ("told", "error"),
    [
        (says(400), Rejected),
        (says(409), Rejected),
        (says(413), Rejected),
        (says(422), Rejected),
        (says(401), Unavailable),
        (says(403), Unavailable),
        (says(404), Unavailable),
        (says(429), Unavailable),
        (says(503), Unavailable),
        (httpx.Response(302, headers={"Location": "http://elsewhere.test"}), Unavailable),
        (REFUSED_CONNECTION, Unavailable),
        (httpx.ConnectTimeout("timed out"), Unavailable),
        (BROKEN, Unavailable),
        (SLOW, Unavailable),
        (GONE, Unavailable),
        (says(500), Unavailable),
        (says(502), Unavailable),
        (httpx.Response(200, text="<html>Welcome to the hotel</html>"), Unavailable),
        (httpx.Response(201, json={"state": "queued"}), Uncertain),
    ],
    ids=str,
)
def test_what_a_submit_ends_with_decides_what_becomes_of_the_job(told: Told, error: type[DriverError]) -> None:
    with pytest.raises(error):
        driver(Device(told)).submit("job", PROGRAM, 100)


@pytest.mark.parametrize("told", [BROKEN, SLOW, GONE, says(500), says(504), httpx.WriteError("broken pipe")], ids=str)
@pytest.mark.parametrize("dedup", ["find", "none"])
def test_without_the_keys_help_a_lost_answer_is_uncertain_and_nothing_is_sent_twice(told: Told, dedup: str) -> None:
    device = Device(told)
    with pytest.raises(Uncertain):
        driver(device, dedup=dedup).submit("job", PROGRAM, 100)
    assert len(device.asked) == 1


def test_without_the_keys_help_what_was_never_sent_is_tried_again_and_unavailable() -> None:
    device = Device(REFUSED_CONNECTION)
    with pytest.raises(Unavailable):
        driver(device, dedup="none").submit("job", PROGRAM, 100)
    assert len(device.asked) == TRIES


@pytest.mark.parametrize("told", [REFUSED_CONNECTION, BROKEN, SLOW, GONE, says(502)], ids=str)
def test_a_submit_is_tried_again_under_the_same_key(told: Told) -> None:
    device = Device(told, ACCEPTED)
    assert driver(device).submit("job", PROGRAM, 100) == "run-1"
    assert [request.headers["Idempotency-Key"] for request in device.asked] == ["job", "job"]


def test_a_job_that_may_have_arrived_says_so_though_the_last_try_found_nobody() -> None:
    with pytest.raises(Unavailable, match="it may have the job, and will know it by its id"):
        driver(Device(SLOW, REFUSED_CONNECTION)).submit("job", PROGRAM, 100)


def test_an_answer_that_means_no_is_not_asked_for_again() -> None:
    for status in (401, 422, 429, 503):
        device = Device(says(status))
        with pytest.raises(DriverError):
            driver(device).submit("job", PROGRAM, 100)
        assert len(device.asked) == 1


@pytest.mark.parametrize(
    ("body", "state", "position"),
    [
        ({"state": "queued", "position": 3}, PollState.QUEUED, 3),
        ({"state": "running", "started_at": "2026-01-01T00:00:00.000000Z"}, PollState.RUNNING, None),
        ({"state": "done"}, PollState.DONE, None),
        ({"state": "failed", "message": "too hot"}, PollState.FAILED, None),
        ({"state": "cancelled"}, PollState.CANCELLED, None),
    ],
    ids=str,
)
def test_a_poll_tells_what_the_device_says(body: dict[str, Any], state: PollState, position: int | None) -> None:
    poll = driver(Device(httpx.Response(200, json=body))).poll("run-1")
    assert (poll.state, poll.position, poll.started_at) == (state, position, body.get("started_at"))
    assert poll.message == body.get("message", "")


def test_a_job_is_lost_only_where_the_device_itself_does_not_know_it() -> None:
    assert driver(Device(says(404, "no-such-job"))).poll("run-1").state is PollState.LOST
    with pytest.raises(DriverError):
        driver(Device(httpx.Response(404, text="<h1>404 Not Found</h1>nginx"))).poll("run-1")


@pytest.mark.parametrize(
    "told",
    [says(401), says(500), says(503), SLOW, GONE, REFUSED_CONNECTION, httpx.Response(200, json={"state": "dancing"})],
    ids=str,
)
def test_a_poll_without_an_answer_that_can_be_understood_says_nothing_of_the_job(told: Told) -> None:
    device = driver(Device(told))
    with pytest.raises(DriverError):
        device.poll("run-1")


def test_a_result_that_does_not_come_is_an_error_and_nonsense_is_left_to_the_worker_to_refuse() -> None:
    for told in (says(409), says(503), SLOW, REFUSED_CONNECTION):
        with pytest.raises(DriverError):
            driver(Device(told)).result("run-1")
    assert driver(Device(httpx.Response(200, json={"counts": "many"}))).result("run-1").counts == "many"


def test_a_handle_is_one_part_of_the_path_whatever_is_in_it() -> None:
    device = Device(says(404, "no-such-job"))
    driver(device).poll("../../starts?x#y")
    assert device.asked[0].url.raw_path == b"/v1/jobs/..%2F..%2Fstarts%3Fx%23y"


def test_a_result_is_handed_on_as_it_came() -> None:
    told = httpx.Response(200, json={"counts": {"0": 99, "1": 1}, "memory": ["0", "1"], "seed": 5})
    result = driver(Device(told)).result("run-1")
    assert (result.counts, result.memory, result.seed) == ({"0": 99, "1": 1}, ("0", "1"), 5)


@pytest.mark.parametrize(
    ("told", "answer"),
    [
        (httpx.Response(200, json={"state": "cancelled"}), CancelAnswer.CANCELLED),
        (httpx.Response(202, json={"state": "running"}), CancelAnswer.REQUESTED),
        (says(409, "too-late"), CancelAnswer.TOO_LATE),
        (says(404, "no-such-job"), CancelAnswer.TOO_LATE),
    ],
    ids=str,
)
def test_a_cancel_is_answered_as_the_device_did(told: httpx.Response, answer: CancelAnswer) -> None:
    assert driver(Device(told)).cancel("run-1") is answer


def test_find_knows_a_job_by_its_id() -> None:
    found, missing = httpx.Response(200, json={"items": [{"id": "run-1"}]}), httpx.Response(200, json={"items": []})
    device = Device(found, missing, httpx.Response(200, json={"items": "no"}))
    finding = driver(device, dedup="find")
    assert finding.find("job 1") == "run-1"
    assert device.asked[0].url.params["key"] == "job 1"
    assert finding.find("job 2") is None
    with pytest.raises(DriverError):
        finding.find("job 3")


@pytest.mark.parametrize(
    ("told", "state", "reason"),
    [
        (httpx.Response(200, json={"state": "busy", "reason": None}), DeviceStatus.BUSY, ""),
        (httpx.Response(200, json={"state": "maintenance", "reason": "a cable"}), DeviceStatus.MAINTENANCE, "a cable"),
        (httpx.Response(200, json={"state": "dancing"}), DeviceStatus.ERROR, "cannot be understood"),
        (httpx.Response(200, json={}), DeviceStatus.ERROR, "cannot be understood"),
        (says(401), DeviceStatus.ERROR, "refuses the token"),
        (says(503, message="warming up"), DeviceStatus.OFFLINE, "warming up"),
        (says(502), DeviceStatus.OFFLINE, "answered 502"),
        (SLOW, DeviceStatus.OFFLINE, "did not answer: timed out"),
        (REFUSED_CONNECTION, DeviceStatus.OFFLINE, "cannot be reached: Connection refused"),
    ],
    ids=str,
)
def test_the_status_says_how_the_device_is_and_why(told: Told, state: DeviceStatus, reason: str) -> None:
    said = driver(Device(told)).status()
    assert said.state is state
    assert reason in (said.reason or "")


def test_a_device_that_only_fails_is_left_alone_and_says_why() -> None:
    device = Device(REFUSED_CONNECTION)
    cut = driver(device, circuit_failures=4, circuit_seconds=3_600)
    for _ in range(5):
        said = cut.status()
    assert len(device.asked) == 4
    assert said.state is DeviceStatus.OFFLINE
    assert said.reason == f"circuit open: {URL} cannot be reached: Connection refused"
    with pytest.raises(Unavailable, match="circuit open"):
        cut.submit("job", PROGRAM, 100)
    with pytest.raises(DriverError, match="circuit open"):
        cut.poll("run-1")
    assert len(device.asked) == 4


def test_the_circuit_closes_when_a_later_try_is_answered() -> None:
    device = Device(REFUSED_CONNECTION)
    cut = driver(device, circuit_failures=1, circuit_seconds=0.01)
    assert cut.status().state is DeviceStatus.OFFLINE
    device.told = [httpx.Response(200, json={"state": "online"})]
    said = cut.status()
    while said.state is not DeviceStatus.ONLINE:
        said = cut.status()
    assert cut.status().state is DeviceStatus.ONLINE


def test_answers_that_mean_no_leave_the_circuit_closed() -> None:
    device = Device(says(503))
    polite = driver(device, circuit_failures=1, circuit_seconds=3_600)
    for _ in range(5):
        polite.status()
    assert len(device.asked) == 5


TARGET = {"num_qubits": 2, "native_gates": ["rz", "cz"], "connectivity": [[0, 1]], "job_options": ["duration"]}


def test_properties_are_the_devices_own_and_are_remembered_while_it_is_away() -> None:
    calibration = {"id": "cal-3", "at": "2026-01-01T00:00:00.000000Z"}
    device = Device(httpx.Response(200, json={**TARGET, "calibration": calibration}), REFUSED_CONNECTION)
    away = driver(device)
    told = away.properties()
    assert (told.target.native_gates, told.target.connectivity) == (("rz", "cz"), ((0, 1),))
    assert (told.target.calibration_id, told.target.calibrated_at) == tuple(calibration.values())
    assert away.properties() == told


@pytest.mark.parametrize("told", [REFUSED_CONNECTION, httpx.Response(200, json={"num_qubits": "two"})], ids=str)
def test_properties_that_were_never_told_are_an_error(told: Told) -> None:
    with pytest.raises(DriverError):
        driver(Device(told)).properties()


def test_an_answer_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.drivers.line.MAX_ANSWER_BYTES", 1_000)
    with pytest.raises(DriverError, match=r"more than 1,000 bytes"):
        driver(Device(httpx.Response(200, text="[" + "1," * 1_000))).result("run-1")


# -- options


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"url": None}, "url"),
        ({"url": "ftp://qc.test"}, "url"),
        ({"url": "http://user:secret-word@qc.test"}, "token_env or token_file"),
        ({"token": "secret-word"}, "token_env or its file"),
        ({"token_env": "NO_SUCH_VARIABLE"}, "NO_SUCH_VARIABLE"),
        ({"token_file": "no/such/file"}, "no/such/file"),
        ({"token_env": "A", "token_file": "b"}, "one of them"),
        ({"read_timeout": 0}, "read_timeout"),
        ({"read_timeout": 60}, "at most together"),
        ({"circuit_failures": 1.5}, "circuit_failures"),
        ({"dedup": "perhaps"}, "dedup"),
        ({"colour": "blue"}, "colour"),
    ],
    ids=str,
)
def test_options_that_cannot_be_used_are_refused_by_name(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as refused:
        HttpDevice("qc", {"url": URL, **options})
    assert "secret-word" not in str(refused.value)


@pytest.fixture
def by_file(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "token").write_text("secret-word\n")
    return {"token_file": str(tmp_path / "token")}


@pytest.fixture
def by_variable(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.setenv("THE_QCS_TOKEN", "secret-word")
    return {"token_env": "THE_QCS_TOKEN"}


@pytest.mark.parametrize("way", ["by_file", "by_variable"])
def test_the_token_is_sent_and_shown_nowhere(
    way: str, request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> None:
    device = Device(REFUSED_CONNECTION, says(401))
    with caplog.at_level(logging.DEBUG):
        trusted = driver(device, **request.getfixturevalue(way))
        said = trusted.status()
    assert [asked.headers["Authorization"] for asked in device.asked] == ["Bearer secret-word"] * 2
    for shown in (said.reason, repr(vars(trusted)), repr(vars(trusted._line)), caplog.text):
        assert "secret-word" not in (shown or "")


def test_each_driver_has_a_circuit_of_its_own() -> None:
    make: Callable[[], HttpDevice] = lambda: driver(Device(REFUSED_CONNECTION), circuit_failures=1)
    first, second = make(), make()
    first.status()
    assert "circuit open" in (first.status().reason or "")
    assert "circuit open" not in (HttpDevice("qc", {"url": URL}, transport=Device(SLOW)).status().reason or "")
    second.close()
