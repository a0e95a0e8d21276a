"""Receipts: what ran, in hashes, signed; and the public key to hold them to."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from flask import Response, g

from qcjob import __version__
from qcjob.canonical import hash_document, hash_text
from qcjob.errors import ConfigurationError
from qcjob.job import Job
from qcjob.lifecycle import JobState
from qcjob.security.receipts import ReceiptKey, hash_parts
from qcjob.service.results import ProgramRecord
from qcjob.web.answers import json_response
from qcjob.web.front import front
from qcjob.web.openapi import json_answer, room, route
from qcjob.web.refusals import NotReady
from qcjob.web.times import to_text

blueprint = room("receipts", "", "What ran, signed.")


@route(
    blueprint,
    "GET",
    "/v1/jobs/<job_id>/receipt",
    404,
    409,
    summary="Read the receipt",
    responses={"200": json_answer("What ran, in hashes, signed with the service's key.", "Receipt")},
)
def receipt(job_id: str) -> Response:
    """The signed receipt of a COMPLETED job; before its end, and for FAILED and CANCELLED, 409 with the reason."""
    service = front().service
    result = service.result(g.caller, job_id)
    job, program = service.status(g.caller, job_id), service.program(g.caller, job_id)
    ran_on = service.ran_on(g.caller, job_id)
    return json_response(_key().sign(receipt_of(job, program, result, ran_on)))


@route(
    blueprint,
    "GET",
    "/.well-known/jwks.json",
    503,
    public=True,
    summary="The key that signs receipts",
    responses={"200": json_answer("A JWK set (RFC 7517) with the one public key.", "KeySet")},
)
def keys() -> Response:
    """The public key of the service, as a JWK set."""
    return json_response({"keys": [_key().public]})


def receipt_of(
    job: Job, program: ProgramRecord, result: dict[str, Any], ran_on: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """What is signed. Programs and counts are hashed as the API answers them; `ran_on` is what the service says."""
    ran = result["ran"]
    ended = next(moment for moment in job.history if moment.state is JobState.COMPLETED)
    return {
        "schema": 1,
        "job": job.id,
        "device": job.device,
        "runtime": job.runtime,
        "language": job.language,
        "shots": job.shots,
        "seed": ran["seed"],
        "submitted_at": to_text(job.created_at),
        "completed_at": to_text(ended.at),
        "attempt": ended.attempt,
        "calibration": ran["calibration"],
        "compiler": ran["compiler"],
        "service": f"qcjob {__version__}",
        "target_sha256": ran_on[0]["target_sha256"],
        **({"targets": ran_on} if len(ran_on) > 1 else {}),
        "source_sha256": hash_text(program.source),
        "program_sha256": hash_document(ran["program"]),
        "counts_sha256": hash_document(result["counts"]),
        **({"parts_sha256": hash_parts(result["parts"])} if "parts" in result else {}),
    }


def _key() -> ReceiptKey:
    try:
        return _key_at(front().settings.receipt_key_file)
    except ConfigurationError as error:
        raise NotReady(str(error)) from error


@cache
def _key_at(path: Path) -> ReceiptKey:
    return ReceiptKey.at(path)
