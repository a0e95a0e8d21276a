"""Malformed requests, one a line: each is refused with problem+json, a stable code and no traceback."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import fakeredis
import pytest
from structlog.testing import capture_logs

from qcjob.errors import LedgerUnavailable
from qcjob.web import bodies
from tests.unit.webtest import BELL, Web

OK = json.dumps({"program": BELL})
JSON, TEXT = "application/json", "text/plain"


@pytest.fixture(scope="module")
def web() -> Web:
    """One for all: a refusal leaves nothing behind."""
    return Web(fakeredis.FakeRedis())


def with_fields(**fields: Any) -> str:
    return json.dumps({"program": BELL, **fields})


BODIES: list[tuple[str, str | bytes, str | None, int, str]] = [
    # what is sent, as what, the status and the code
    ("no JSON", "{", JSON, 400, "malformed-json"),
    ("empty", "", JSON, 400, "malformed-json"),
    ("blank", "  ", JSON, 400, "malformed-json"),
    ("single quotes", "{'program': 'X(90)'}", JSON, 400, "malformed-json"),
    ("trailing comma", '{"program": "X(90)",}', JSON, 400, "malformed-json"),
    ("two documents", OK + OK, JSON, 400, "malformed-json"),
    ("not UTF-8", b'{"program": "\xff"}', JSON, 400, "malformed-json"),
    ("UTF-16", OK.encode("utf-16"), JSON, 400, "malformed-json"),
    ("byte order mark", b"\xef\xbb\xbf" + OK.encode(), JSON, 400, "malformed-json"),
    ("NaN", '{"program": "X(90)", "seed": NaN}', JSON, 400, "malformed-json"),
    ("Infinity", '{"program": "X(90)", "options": {"duration": Infinity}}', JSON, 400, "malformed-json"),
    ("-Infinity", '{"program": "X(90)", "shots": -Infinity}', JSON, 400, "malformed-json"),
    ("a number of 5,000 digits", '{"program": "X(90)", "seed": ' + "9" * 5_000 + "}", JSON, 400, "malformed-json"),
    ("100,000 brackets", "[" * 100_000, JSON, 400, "malformed-json"),
    ("100,000 braces", '{"a":' * 100_000, JSON, 400, "malformed-json"),
    ("100,000 closed brackets", "[" * 100_000 + "]" * 100_000, JSON, 400, "malformed-json"),
    (
        "options nested 100 deep",
        with_fields(options={"a": json.loads("[" * 90 + "]" * 90)}),
        JSON,
        400,
        "malformed-json",
    ),
    ("a control character", '{"program": "X(90)\x01"}', JSON, 400, "malformed-json"),
    ("a name twice", '{"program": "X(90)", "program": "Y(90)"}', JSON, 400, "malformed-json"),
    ("text not UTF-8", b"X(90)\xff", TEXT, 400, "malformed-text"),
    ("no content type", OK, None, 415, "unsupported-media-type"),
    ("no content type, no body", "", None, 415, "unsupported-media-type"),
    ("a form", "program=X(90)", "application/x-www-form-urlencoded", 415, "unsupported-media-type"),
    ("XML", "<x/>", "application/xml", 415, "unsupported-media-type"),
    ("almost JSON", OK, "application/jsonx", 415, "unsupported-media-type"),
    ("JSON in Latin-1", OK, "application/json; charset=latin-1", 415, "unsupported-media-type"),
    ("text in UTF-16", OK, "text/plain; charset=utf-16", 415, "unsupported-media-type"),
    ("HTML", "X(90)", "text/html", 415, "unsupported-media-type"),
    ("a nonsense type", OK, ";;;", 415, "unsupported-media-type"),
    ("a list", "[]", JSON, 422, "invalid-request"),
    ("a string", '"X(90)"', JSON, 422, "invalid-request"),
    ("null", "null", JSON, 422, "invalid-request"),
    ("a number", "12", JSON, 422, "invalid-request"),
    ("an empty object", "{}", JSON, 422, "invalid-request"),
    ("program null", '{"program": null}', JSON, 422, "invalid-request"),
    ("program a number", '{"program": 90}', JSON, 422, "invalid-request"),
    ("program a list", '{"program": ["X(90)"]}', JSON, 422, "invalid-request"),
    ("program with half a surrogate pair", '{"program": "X(90)\\ud800"}', JSON, 422, "invalid-request"),
    ("name with half a surrogate pair", '{"program": "X(90)", "name": "\\udc00"}', JSON, 422, "invalid-request"),
    ("tag with half a surrogate pair", '{"program": "X(90)", "tags": ["\\udc00"]}', JSON, 422, "invalid-request"),
    ("an option so named", '{"program": "X(90)", "options": {"\\ud800": 1}}', JSON, 422, "invalid-request"),
    ("a field so named", '{"program": "X(90)", "\\ud800": 1}', JSON, 422, "invalid-request"),
    ("an unknown field", with_fields(priority=1), JSON, 422, "invalid-request"),
    ("a later field", with_fields(callback_url="http://127.0.0.1"), JSON, 422, "invalid-request"),
    ("shots 0", with_fields(shots=0), JSON, 422, "invalid-request"),
    ("shots negative", with_fields(shots=-1), JSON, 422, "invalid-request"),
    ("shots too many", with_fields(shots=1_000_001), JSON, 422, "invalid-request"),
    ("shots a fraction", with_fields(shots=1.5), JSON, 422, "invalid-request"),
    ("shots a whole float", with_fields(shots=10.0), JSON, 422, "invalid-request"),
    ("shots a string", with_fields(shots="10"), JSON, 422, "invalid-request"),
    ("shots true", with_fields(shots=True), JSON, 422, "invalid-request"),
    ("shots null", with_fields(shots=None), JSON, 422, "invalid-request"),
    ("shots 1e400", '{"program": "X(90)", "shots": 1e400}', JSON, 422, "invalid-request"),
    ("shots of 4,000 digits", '{"program": "X(90)", "shots": ' + "9" * 4_000 + "}", JSON, 422, "invalid-request"),
    ("seed negative", with_fields(seed=-1), JSON, 422, "invalid-request"),
    ("seed huge", with_fields(seed=2**64), JSON, 422, "invalid-request"),
    ("seed a string", with_fields(seed="1"), JSON, 422, "invalid-request"),
    ("runtime unknown", with_fields(runtime="fast"), JSON, 422, "invalid-request"),
    ("runtime empty", with_fields(runtime=""), JSON, 422, "invalid-request"),
    ("runtime a list", with_fields(runtime=["echo"]), JSON, 422, "invalid-request"),
    ("device unknown", with_fields(device="nosuch"), JSON, 422, "invalid-request"),
    ("device empty", with_fields(device=""), JSON, 422, "invalid-request"),
    ("device an object", with_fields(device={}), JSON, 422, "invalid-request"),
    ("language unknown", with_fields(language="qasm9"), JSON, 422, "invalid-request"),
    ("language empty", with_fields(language=""), JSON, 422, "invalid-request"),
    ("name too long", with_fields(name="n" * 201), JSON, 422, "invalid-request"),
    ("name a number", with_fields(name=1), JSON, 422, "invalid-request"),
    ("tags a string", with_fields(tags="a"), JSON, 422, "invalid-request"),
    ("tags null", with_fields(tags=None), JSON, 422, "invalid-request"),
    ("tags too many", with_fields(tags=["t"] * 21), JSON, 422, "invalid-request"),
    ("a tag too long", with_fields(tags=["t" * 65]), JSON, 422, "invalid-request"),
    ("a tag that is null", with_fields(tags=[None]), JSON, 422, "invalid-request"),
    ("retries negative", with_fields(retries=-1), JSON, 422, "invalid-request"),
    ("retries beyond the bound", with_fields(retries=11), JSON, 422, "invalid-request"),
    ("retries true", with_fields(retries=True), JSON, 422, "invalid-request"),
    ("retries null", with_fields(retries=None), JSON, 422, "invalid-request"),
    ("on_uncertain of another kind", with_fields(on_uncertain="retry"), JSON, 422, "invalid-request"),
    ("on_uncertain true", with_fields(on_uncertain=True), JSON, 422, "invalid-request"),
    ("options a list", with_fields(options=[1]), JSON, 422, "invalid-request"),
    ("options null", with_fields(options=None), JSON, 422, "invalid-request"),
    ("an unknown option", with_fields(options={"speed": 9}), JSON, 422, "invalid-request"),
    ("an option out of range", with_fields(options={"readout_error": 2}), JSON, 422, "invalid-request"),
    ("an option of the wrong type", with_fields(options={"duration": "1"}), JSON, 422, "invalid-request"),
    ("an option that is 1e400", '{"program":"X(90)","options":{"duration":1e400}}', JSON, 422, "invalid-request"),
    ("an observable too large", with_fields(options={"observables": [{"X": 10**400}]}), JSON, 422, "invalid-request"),
    ("empty text", "", TEXT, 422, "empty-program"),
    ("blank text", " \n ", TEXT, 422, "empty-program"),
    ("empty program", '{"program": ""}', JSON, 422, "empty-program"),
    ("an unknown axis", "Q(90)", TEXT, 422, "unknown-axis"),
    ("a missing comma", "X(90) Y(90)", TEXT, 422, "missing-comma"),
    ("an angle out of range", "X(1e400)", TEXT, 422, "angle-out-of-range"),
    ("no angle", "X()", TEXT, 422, "malformed-rotation"),
    ("a null byte", "X(90)\x00", TEXT, 422, "missing-comma"),
    ("700,000 bytes of program", "X(90)," * 120_000, TEXT, 413, "program-too-long"),
    ("two megabytes", "X(90)," * 400_000, TEXT, 413, "body-too-large"),
]


@pytest.mark.parametrize(("what", "body", "content_type", "status", "code"), BODIES, ids=[row[0] for row in BODIES])
def test_a_malformed_submit_is_refused(
    web: Web, what: str, body: str | bytes, content_type: str | None, status: int, code: str
) -> None:
    before = web.redis.dbsize()
    answer = web.post("/v1/jobs", data=body, content_type=content_type)
    assert (answer.status_code, answer.json["code"]) == (status, code), answer.text
    assert web.redis.dbsize() == before


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ("[]", "the body is a list, not an object"),
        ("null", "the body is null, not an object"),
        ('{"shots": ' + "9" * 5_000 + "}", "a number has more digits than are read here"),
        ('{"shots": NaN}', "not JSON: NaN is not JSON"),
        ('{"shots": 1, "shots": 2}', "not JSON: the name 'shots' stands twice in one object"),
    ],
)
def test_a_body_that_is_no_object_is_refused_in_words(web: Web, body: str, detail: str) -> None:
    assert web.post("/v1/jobs", data=body, content_type=JSON).json["detail"] == detail


@pytest.mark.parametrize(
    ("path", "instance"),
    [
        ("/v1/jobs/no-job", "/v1/jobs/no-job"),
        ("/v1/jobs/a%20b%22%3Cc", "/v1/jobs/a%20b%22%3Cc"),
        ("/v1/jobs/%00", "/v1/jobs/%00"),
        ("/v1/jobs/%C3%A9", "/v1/jobs/%C3%A9"),
        ("/v1/jobs/a%25b", "/v1/jobs/a%25b"),
    ],
)
def test_the_instance_of_a_problem_is_a_uri(web: Web, path: str, instance: str) -> None:
    assert web.get(path).json["instance"] == instance


QUERIES = [
    ("POST", "/v1/jobs?shots=ten", 422),
    ("POST", "/v1/jobs?shots=1e3", 422),
    ("POST", "/v1/jobs?shots=", 422),
    ("POST", "/v1/jobs?shots=1&shots=2", 422),
    ("POST", "/v1/jobs?shots=٣", 422),
    ("POST", "/v1/jobs?seed=1.0", 422),
    ("POST", "/v1/jobs?program=X(90)", 422),
    ("POST", "/v1/jobs?Shots=1", 422),
    ("POST", "/v1/jobs?options=[1]", 422),
    ("POST", "/v1/jobs?retries=many", 422),
    ("POST", "/v1/jobs?retries=11", 422),
    ("POST", "/v1/jobs?on_uncertain=", 422),
    ("POST", "/v1/jobs?options={", 422),
    ("POST", "/v1/jobs?options=", 422),
    ("POST", '/v1/jobs?options={"a":"\\ud800"}', 422),
    ("POST", "/v1/jobs?dry_run=yes", 422),
    ("POST", "/v1/jobs?dry_run=true&dry_run=true", 422),
    ("POST", "/v1/jobs?runtime=echo&runtime=echo", 422),
    ("POST", "/v1/jobs?runtime=", 422),
    ("POST", "/v1/jobs?tags=", 422),
    ("POST", "/v1/jobs?name=%FF", 422),
    ("POST", "/v1/jobs?tags=a&tags=%ed%a0%80", 422),
    ("GET", "/v1/jobs?tag=%ff", 422),
    ("POST", "/v1/jobs?name=%00", 422),
    ("GET", "/v1/jobs?limit=0", 422),
    ("GET", "/v1/jobs?limit=201", 422),
    ("GET", "/v1/jobs?limit=-1", 422),
    ("GET", "/v1/jobs?limit=all", 422),
    ("GET", "/v1/jobs?limit=1&limit=2", 422),
    ("GET", "/v1/jobs?limit=" + "9" * 6_000, 422),
    ("GET", "/v1/jobs?cursor=nonsense", 422),
    ("GET", "/v1/jobs?cursor=", 422),
    ("GET", "/v1/jobs?cursor=ä", 422),
    ("GET", "/v1/jobs?state=DONE", 422),
    ("GET", "/v1/jobs?state=waiting", 422),
    ("GET", "/v1/jobs?state=CREATED", 422),
    ("GET", "/v1/jobs?device=nosuch", 422),
    ("GET", "/v1/jobs?tag=", 422),
    ("GET", "/v1/jobs?created_after=yesterday", 422),
    ("GET", "/v1/jobs?created_after=2025-01-01", 422),
    ("GET", "/v1/jobs?created_after=2025-01-01T00:00:00", 422),
    ("GET", "/v1/jobs?created_after=2025-02-30T00:00:00Z", 422),
    ("GET", "/v1/jobs?created_before=2025-01-01T00:00:00%2B99:00", 422),
    ("GET", "/v1/jobs?created_before=0000-01-01T00:00:00Z", 422),
    ("GET", "/v1/jobs?created_before=0001-01-01T00:00:00Z", 200),
    ("GET", "/v1/jobs?sort=name", 422),
    ("GET", "/v1/devices?x=1", 422),
    ("GET", "/v1/devices/simulator?x=1", 422),
    ("GET", "/livez?x=1", 422),
    ("GET", "/readyz?x", 422),
    ("GET", "/openapi.json?x=1", 422),
    ("GET", "/docs?x=1", 422),
    ("GET", "/problems?x=1", 422),
]


@pytest.mark.parametrize(("method", "path", "status"), QUERIES)
def test_a_wrong_query_is_refused_with_what_is_allowed(web: Web, method: str, path: str, status: int) -> None:
    more = {"data": BELL, "content_type": TEXT} if method == "POST" else {}
    answer = web.ask(method, path, **more)
    assert answer.status_code == status, answer.text
    if status == 422:
        assert answer.json["code"] == "invalid-request"
        assert all(error["location"] == "query" for error in answer.json["errors"])


@pytest.mark.parametrize("suffix", ["", "/receipt", "/program", "/cancel"])
def test_a_job_has_no_query_parameters(web: Web, suffix: str) -> None:
    path = web.submit()["links"]["self"]
    answer = web.ask("POST" if suffix == "/cancel" else "GET", f"{path}{suffix}?verbose=1")
    assert (answer.status_code, answer.json["errors"][0]["allowed"]) == (422, "none")


def test_with_a_json_body_only_dry_run_may_stand_in_the_query(web: Web) -> None:
    answer = web.post("/v1/jobs?shots=5", json={"program": BELL})
    assert answer.json["errors"][0]["allowed"] == ["dry_run"]


AUTHORIZATIONS = [
    None,
    "",
    "Bearer",
    "Bearer ",
    "Bearer wrong",
    "Bearer " + "x" * 100_000,
    "Basic dXNlcjprZXk=",
    "Token abc",
    "bearer \xff\xfe",
]


@pytest.mark.parametrize("header", AUTHORIZATIONS)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/jobs"),
        ("POST", "/v1/jobs"),
        ("GET", "/v1/jobs/nonsense"),
        ("POST", "/v1/jobs/nonsense/cancel"),
        ("GET", "/v1/devices"),
        ("GET", "/v1/jobs?unknown=1"),
        ("GET", "/v1/nowhere"),
    ],
)
def test_without_a_key_that_is_known_everything_is_401_first(
    web: Web, method: str, path: str, header: str | None
) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = web.ask(method, path, key=None, headers=headers)
    assert (answer.status_code, answer.json["code"]) == (401, "not-authenticated")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_the_scheme_may_be_written_in_any_case(web: Web) -> None:
    assert web.get("/v1/jobs", key=None, headers={"Authorization": f"bearer  {web.secret}"}).status_code == 200


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/openapi.json", "/docs", "/problems", "/problems/no-result"])
def test_some_pages_need_no_key(web: Web, path: str) -> None:
    assert web.get(path, key=None).status_code == 200
    assert web.ask("HEAD", path, key=None).status_code == 200


@pytest.mark.parametrize(
    "path", ["/", "/v2/jobs", "/v1/jobs/", "/v1//jobs", "/favicon.ico", "/problems/nosuch", "/docs/"]
)
def test_nothing_elsewhere(web: Web, path: str) -> None:
    answer = web.get(path)
    assert (answer.status_code, answer.json["code"]) == (404, "not-found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/v1/jobs", {"GET", "HEAD", "POST"}),
        ("OPTIONS", "/v1/jobs", {"GET", "HEAD", "POST"}),
        ("PUT", "/v1/jobs/x", {"GET", "HEAD", "PATCH"}),
        ("PUT", "/v1/devices/simulator", {"GET", "HEAD", "PATCH"}),
        ("GET", "/v1/jobs/x/cancel", {"POST"}),
        ("POST", "/livez", {"GET", "HEAD"}),
        ("BREW", "/docs", {"GET", "HEAD"}),
    ],
)
def test_a_method_that_is_not_served_is_405_with_those_that_are(
    web: Web, method: str, path: str, allowed: set[str]
) -> None:
    answer = web.ask(method, path)
    assert (answer.status_code, answer.json["code"]) == (405, "method-not-allowed")
    assert {name.strip() for name in answer.headers["Allow"].split(",")} == allowed


def test_head_works_where_get_does(web: Web) -> None:
    links = web.submit()["links"]
    for path in ("/v1/jobs", "/v1/devices", links["self"], links["program"]):
        answer = web.ask("HEAD", path)
        assert (answer.status_code, answer.data) == (200, b"")
        assert int(answer.headers["Content-Length"]) > 0


# -- bodies


class Counting(io.RawIOBase):
    """A body of `size` bytes that counts how much of it was read."""

    def __init__(self, size: int) -> None:
        self.left, self.taken = size, 0

    def read(self, size: int = -1) -> bytes:
        take = self.left if size < 0 else min(size, self.left)
        self.left -= take
        self.taken += take
        return b" " * take


@pytest.mark.parametrize("chunked", [True, False])
@pytest.mark.parametrize("key", ["", None])
def test_a_body_over_the_limit_is_read_to_its_end_and_refused(web: Web, chunked: bool, key: str | None) -> None:
    body = Counting(20 * 1024 * 1024)
    environ: dict[str, Any] = {"wsgi.input": body, "wsgi.input_terminated": True}
    if not chunked:
        environ["CONTENT_LENGTH"] = str(body.left)
    answer = web.post("/v1/jobs", key=key, content_type=JSON, environ_overrides=environ)
    assert answer.status_code == (413 if key is not None else 401)
    if key is not None:
        assert answer.json["code"] == "body-too-large"
    assert body.left == 0


def test_no_more_than_32_mib_are_read(web: Web) -> None:
    body = Counting(100 * 1024 * 1024)
    environ = {"wsgi.input": body, "CONTENT_LENGTH": str(body.left)}
    answer = web.post("/v1/jobs", content_type=JSON, environ_overrides=environ)
    assert (answer.status_code, body.taken) == (413, bodies.DISCARDED_BYTES)


def test_a_body_of_exactly_the_limit_is_read(web: Web) -> None:
    body = b'{"program": "X(90)"' + b" " * (bodies.BODY_BYTES - 20) + b"}"
    assert len(body) == bodies.BODY_BYTES
    assert web.post("/v1/jobs", data=body, content_type=JSON).status_code == 202
    assert web.post("/v1/jobs", data=body + b" ", content_type=JSON).status_code == 413


def test_a_body_in_chunks_is_read(web: Web) -> None:
    environ = {"wsgi.input": io.BytesIO(OK.encode()), "wsgi.input_terminated": True}
    assert web.post("/v1/jobs", content_type=JSON, environ_overrides=environ).status_code == 202


@pytest.mark.parametrize(("kind", "body"), [(TEXT, b"X(90),Y(90)"), (JSON, b'{"program": "X(90)"}'), (JSON, b"")])
@pytest.mark.parametrize("missing", [1, 7, 10**12])
def test_a_body_cut_short_is_no_request(web: Web, kind: str, body: bytes, missing: int) -> None:
    before = web.get("/v1/jobs?limit=1").json
    environ = {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body) + missing)}
    answer = web.post("/v1/jobs", content_type=kind, environ_overrides=environ)
    assert (answer.status_code, answer.json["code"]) == (400, "malformed-request")
    assert web.get("/v1/jobs?limit=1").json == before


def test_a_body_of_two_lengths_is_no_request(web: Web) -> None:
    environ = {"HTTP_TRANSFER_ENCODING": "chunked"}
    answer = web.post("/v1/jobs", data=OK, content_type=JSON, environ_overrides=environ)
    assert (answer.status_code, answer.json["code"]) == (400, "malformed-request")


def test_a_body_in_another_coding_than_chunks_is_not_read(web: Web) -> None:
    environ = {"HTTP_TRANSFER_ENCODING": "gzip, chunked", "wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
    answer = web.post("/v1/jobs", data=OK, content_type=JSON, environ_overrides=environ)
    assert (answer.status_code, answer.json["code"]) == (400, "malformed-request")


def test_a_program_in_chunks_could_be_cut_unseen_and_is_refused(web: Web) -> None:
    environ = {"wsgi.input": io.BytesIO(b"X(90),Y(90)"), "wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
    answer = web.post("/v1/jobs", content_type=TEXT, environ_overrides=environ)
    assert (answer.status_code, answer.json["code"]) == (411, "length-required")


def test_an_idempotency_key_knows_that_one_point_zero_is_one(web: Web) -> None:
    headers = {"Idempotency-Key": "k"}
    first = web.post("/v1/jobs", json={"program": "X(90)", "options": {"duration": 1.0}}, headers=headers)
    again = web.post("/v1/jobs", json={"options": {"duration": 1}, "program": "X(90)"}, headers=headers)
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json["id"] == again.json["id"]


def test_no_retries_and_none_are_the_same_request_and_one_is_another(web: Web) -> None:
    headers = {"Idempotency-Key": "retries"}
    asked = [{}, {"retries": 0}, {"retries": 1}, {"on_uncertain": "fail"}]
    answers = [web.post("/v1/jobs", json={"program": "X(90)", **fields}, headers=headers) for fields in asked]
    assert [answer.status_code for answer in answers] == [202, 202, 422, 422]
    assert answers[0].json["id"] == answers[1].json["id"]


def test_a_request_keeps_the_fingerprint_it_had_before_there_were_retries(web: Web) -> None:
    job = web.post("/v1/jobs", json={"program": "X(90)"}, headers={"Idempotency-Key": "fingerprint"}).json
    found = web.ledger.read(job["id"])
    assert found is not None
    assert found.fingerprint == "d57eef4323fa45d7c92c56ed098299aa04b9046e6f335ad1758ede930f25cfed"


def test_a_wait_of_any_length_is_cut_to_the_limit(web: Web) -> None:
    job = web.submit()
    web.post(f"/v1/jobs/{job['id']}/cancel")
    answer = web.get(f"/v1/jobs/{job['id']}", headers={"Prefer": "wait=99999999999999999999"})
    assert answer.headers["Preference-Applied"] == "wait=30"


@pytest.mark.parametrize("path", ["/v1/jobs", "/livez", "/v1/devices"])
def test_a_body_sent_with_get_is_ignored(web: Web, path: str) -> None:
    assert web.get(path, data=b"\xff" * 2_000_000, content_type="application/json").status_code == 200


def test_a_compressed_body_is_not_read(web: Web) -> None:
    answer = web.post("/v1/jobs", data=b"\x1f\x8b", content_type=JSON, headers={"Content-Encoding": "gzip"})
    assert (answer.status_code, answer.json["code"]) == (415, "unsupported-media-type")


@pytest.mark.parametrize("length", ["-1", "abc", "١٢"])
def test_a_length_that_is_no_number_is_no_reason_to_fail(web: Web, length: str) -> None:
    answer = web.post("/v1/jobs", content_type=JSON, environ_overrides={"CONTENT_LENGTH": length})
    assert answer.status_code in (400, 413)


# -- request ids and logs


def test_the_request_id_sent_is_taken_if_it_is_fit(web: Web) -> None:
    assert web.get("/livez", headers={"X-Request-ID": "abc.DEF_1-2"}).headers["X-Request-ID"] == "abc.DEF_1-2"
    for unfit in ("", "a b", "ä", "a" * 65, "a/b"):
        found = web.get("/livez", headers={"X-Request-ID": unfit}).headers["X-Request-ID"]
        assert found != unfit
        assert len(found) == 16


def test_a_submit_and_a_refusal_are_logged_once_and_neither_key_nor_program_is(web: Web) -> None:
    with capture_logs() as lines:
        web.post("/v1/jobs", json={"program": "X(12.345)"})
        web.post("/v1/jobs", json={"program": "Q(12.345)"})
    infos = [line for line in lines if line["log_level"] == "info"]
    assert [line["event"] for line in infos] == ["job accepted", "refused"]
    assert web.secret not in repr(lines)
    assert "12.345" not in repr(lines)


# -- what is down


def breaking(web: Web, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(web.front.service, "status", fail)


def test_an_error_nobody_expected_is_500_and_says_nothing_of_itself(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    path = web.submit()["links"]["self"]
    breaking(web, monkeypatch, RuntimeError("secret internals"))
    with capture_logs() as lines:
        answer = web.get(path)
    assert (answer.status_code, answer.json["code"]) == (500, "internal-error")
    assert "secret internals" not in answer.text
    assert len([line for line in lines if line["log_level"] == "error"]) == 1


def test_a_ledger_that_does_not_answer_is_503_with_a_time_to_come_back(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = web.submit()["links"]["self"]
    breaking(web, monkeypatch, LedgerUnavailable("Redis does not answer"))
    answer = web.get(path)
    assert (answer.status_code, answer.json["code"]) == (503, "ledger-unavailable")


@pytest.fixture
def down() -> Web:
    server = fakeredis.FakeServer()
    web = Web(fakeredis.FakeRedis(server=server))
    server.connected = False
    return web


def test_without_redis_the_web_lives_and_is_not_ready(down: Web) -> None:
    assert down.get("/livez").status_code == 200
    assert down.get("/docs").status_code == 200
    assert down.get("/readyz").json["code"] == "ledger-unavailable"
    assert down.get("/v1/jobs").status_code == 503
    assert down.post("/v1/jobs", json={"program": BELL}).status_code == 503


def test_a_redis_that_a_newer_version_wrote_is_not_ready(web: Web) -> None:
    web.redis.set("qcjob:schema", 2)
    answer = web.get("/readyz")
    web.redis.delete("qcjob:schema")
    assert (answer.status_code, answer.json["code"]) == (503, "not-ready")


def test_a_revoked_key_is_refused(web: Web) -> None:
    new = web.front.keys.add("grace")
    ask: Callable[[], int] = lambda: web.get("/v1/jobs", key=new.secret).status_code
    assert ask() == 200
    web.front.keys.revoke(new.id)
    assert ask() == 401
