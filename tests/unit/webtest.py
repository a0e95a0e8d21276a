"""A test client that holds every answer to the OpenAPI document: its status, its type, its headers and its shape."""

from __future__ import annotations

import re
from typing import Any

import fakeredis
from flask import Flask
from jsonschema import Draft202012Validator
from werkzeug.test import TestResponse

from qcjob.ledger import Ledger
from qcjob.ledger.claim import Claim
from qcjob.settings import Settings
from qcjob.web import problems
from qcjob.web.app import create_app
from qcjob.web.front import Front, front_of

BELL = "X(90),Y(90), X(180)"
ALWAYS = {
    "Content-Type",
    "Content-Length",
    "X-Content-Type-Options",
    "Cache-Control",
    "Content-Security-Policy",
    "Allow",
}


class Web:
    """The application on fakeredis, one customer's key, and the ledger to play the worker with."""

    def __init__(self, redis: fakeredis.FakeRedis, settings: Settings | None = None) -> None:
        self.app: Flask = create_app(settings or Settings(), redis)
        self.front: Front = front_of(self.app)
        self.ledger: Ledger = self.front.ledger
        self.redis = redis
        self.secret = self.front.keys.add("ada").secret
        self.http = self.app.test_client()
        self.document: dict[str, Any] = self.http.get("/openapi.json").json

    def ask(self, method: str, path: str, *, key: str | None = "", **more: Any) -> TestResponse:
        """One request, with the customer's key unless another or None is given; the answer is checked."""
        headers = dict(more.pop("headers", {}))
        if key is not None:
            headers.setdefault("Authorization", f"Bearer {key or self.secret}")
        answer = self.app.test_client().open(path, method=method, headers=headers, **more)
        self.check(method, path.partition("?")[0], answer)
        return answer

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.ask("GET", path, **more)

    def post(self, path: str, **more: Any) -> TestResponse:
        return self.ask("POST", path, **more)

    def submit(self, program: str = BELL, **fields: Any) -> dict[str, Any]:
        """A job that must be accepted; its descriptor."""
        answer = self.post("/v1/jobs", json={"program": program, **fields})
        assert answer.status_code == 202, answer.text
        job: dict[str, Any] = answer.json
        return job

    def claim(self, device: str = "simulator") -> Claim:
        claim = self.ledger.claim(device, "worker-1")
        assert claim is not None
        return claim

    def start(self, device: str = "simulator") -> Claim:
        claim = self.claim(device)
        self.ledger.start(claim.id, claim.fence, "handle-1")
        return claim

    def complete(self, device: str = "simulator") -> Claim:
        claim = self.start(device)
        result = {"counts": {"0": claim.shots}, "seed": 7, "compiler": {"name": "qcjob"}, "calibration": None}
        self.ledger.complete(claim.id, claim.fence, result)
        return claim

    def fail(self, device: str = "simulator") -> Claim:
        claim = self.claim(device)
        self.ledger.fail(claim.id, claim.fence, "rejected", "the device said no")
        return claim

    def check(self, method: str, path: str, answer: TestResponse) -> None:
        """Fails unless the document lists this answer."""
        said = f"{method} {path} -> {answer.status_code} {answer.content_type}: {answer.text[:500]}"
        assert "Traceback" not in answer.text, said
        assert re.fullmatch(r"[A-Za-z0-9._-]{1,64}", answer.headers["X-Request-ID"]), said
        assert answer.headers["X-Content-Type-Options"] == "nosniff", said
        if answer.status_code >= 400 and method != "HEAD":
            self._check_problem(path, answer, said)
        template = next((t for t in self.document["paths"] if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", t), path)), None)
        operations = self.document["paths"].get(template, {})
        operation = operations.get("get" if method == "HEAD" else method.lower())
        if operation is None:
            assert answer.status_code in (401, 404, 405), said
            return
        listed = operation["responses"].get(str(answer.status_code))
        assert listed, f"not listed: {said}"
        assert set(answer.headers.keys()) - ALWAYS <= set(listed["headers"]), f"headers not listed: {said}"
        kinds = listed.get("content", {})
        if not kinds:
            assert not answer.data, said
            return
        assert answer.mimetype in kinds, said
        if answer.mimetype.endswith("json") and method != "HEAD":
            schema = {**kinds[answer.mimetype]["schema"], "components": self.document["components"]}
            faults = [error.message for error in Draft202012Validator(schema).iter_errors(answer.json)]
            assert not faults, f"{said}: {faults}"

    def _check_problem(self, path: str, answer: TestResponse, said: str) -> None:
        assert answer.content_type == "application/problem+json", said
        problem = answer.json
        assert problem["status"] == answer.status_code, said
        assert problem["code"] in problems.ALL, said
        assert problem["type"] == f"/problems/{problem['code']}", said
        assert problem["title"], said
        assert problem["detail"], said
        assert problem["request_id"] == answer.headers["X-Request-ID"], said
        if answer.status_code == 503:
            assert int(answer.headers["Retry-After"]) >= 1, said
        if answer.status_code == 422 and problem["code"] == "invalid-request":
            assert problem["errors"], said
            assert all(entry["allowed"] for entry in problem["errors"]), said
