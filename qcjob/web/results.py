"""/v1/jobs/{id}/result and …/memory: what a job ended with, page by page where that is long."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from flask import Response, g, request

from qcjob.errors import FieldError, InvalidRequest
from qcjob.result import BIT_ORDER
from qcjob.service.results import MemoryPage
from qcjob.web import queries
from qcjob.web.answers import json_response
from qcjob.web.front import front
from qcjob.web.openapi import json_answer, query, room, route

blueprint = room("results", "/v1/jobs", "What a job ended with.")

OUTCOMES_MOST = 10_000
SHOTS, SHOTS_MOST = 1_000, 10_000
ENCODINGS = ("text", "packed")
_WHOLE = {"type": "integer", "minimum": 0}
_PARTIAL = query(
    "partial",
    "`true`: also of a job that is not COMPLETED, the parts that are over.",
    {"enum": ["false", "true"], "default": "false"},
)
_PARTIAL_WORDS = {"partial": ("false", "true")}


@route(
    blueprint,
    "GET",
    "/<job_id>/result",
    404,
    409,
    summary="Read the counts",
    parameters=[
        query("limit", "Outcomes in one answer.", {"type": "integer", "minimum": 1, "maximum": OUTCOMES_MOST}),
        query("cursor", "The `next` of an earlier page.", _WHOLE),
        query("part", "Of which part `counts` are, in a job of several.", _WHOLE),
        _PARTIAL,
    ],
    responses={"200": json_answer("Counts, and what ran.", "Result")},
)
def result(job_id: str) -> Response:
    """The counts of a COMPLETED job; before its end, and for FAILED and CANCELLED, 409 with the reason.

    Where there are more than 10,000 outcomes, those seen most come first, and `next` leads to the others. With
    `partial`, the parts that are over of a job of several, whatever its state; 409 where none is.
    """
    asked = queries.numbers(
        request,
        {"limit": (1, OUTCOMES_MOST, OUTCOMES_MOST), "cursor": (0, None, 0), "part": (0, None, 0)},
        _PARTIAL_WORDS,
    )
    partial = asked.pop("partial") == "true"
    return json_response(paged(front().service.result(g.caller, job_id, partial=partial), **asked))


@route(
    blueprint,
    "GET",
    "/<job_id>/memory",
    404,
    409,
    summary="Read the outcome of every shot",
    parameters=[
        query("offset", "The first shot, from 0.", _WHOLE),
        query(
            "limit", "Shots in one answer.", {"type": "integer", "minimum": 1, "maximum": SHOTS_MOST, "default": SHOTS}
        ),
        query("part", "Of which part, in a job of several.", _WHOLE),
        query("encoding", "`packed`: base64 of whole bytes a shot.", {"enum": list(ENCODINGS), "default": "text"}),
        _PARTIAL,
    ],
    responses={"200": json_answer("Outcomes in the order the shots were taken.", "Memory")},
)
def memory(job_id: str) -> Response:
    """The outcome of every shot of a COMPLETED job that asked for it; 409 for every other.

    With `partial`, also of a part that is over of a job that is not COMPLETED.
    """
    asked = queries.numbers(
        request,
        {"offset": (0, None, 0), "limit": (1, SHOTS_MOST, SHOTS), "part": (0, None, 0)},
        {"encoding": ENCODINGS, **_PARTIAL_WORDS},
    )
    packed, asked["partial"] = asked.pop("encoding") == "packed", asked["partial"] == "true"
    return json_response(_memory(front().service.memory(g.caller, job_id, **asked), packed=packed))


def paged(document: Mapping[str, Any], *, limit: int = OUTCOMES_MOST, cursor: int = 0, part: int = 0) -> dict[str, Any]:
    """The result document with a page of one part's counts; of the other parts, the first page."""
    parts = document.get("parts")
    if part >= len(parts or (0,)):
        raise InvalidRequest(
            [FieldError("part", f"{part} is no part that is over", f"0 to {len(parts or (0,)) - 1}", "query")]
        )
    if parts is not None:
        document = {**document, **_page(parts[part]["counts"], limit, cursor)}
        document["parts"] = [{**each, **_page(each["counts"], limit, 0)} for each in parts]
        return document
    return {**document, **_page(document["counts"], limit, cursor)}


def _page(counts: Mapping[str, int], limit: int, cursor: int) -> dict[str, Any]:
    """`counts`, whole or cut, those seen most first; with `next` where there are more."""
    if len(counts) <= limit and not cursor:
        return {"counts": counts}
    ranked = sorted(counts.items(), key=lambda seen: (-seen[1], seen[0]))
    page: dict[str, Any] = {"counts": dict(ranked[cursor : cursor + limit])}
    return {**page, "next": str(cursor + limit)} if cursor + limit < len(ranked) else page


def _memory(page: MemoryPage, *, packed: bool) -> dict[str, Any]:
    shown = base64.b64encode(page.rows).decode() if packed else page.outcomes
    return {
        "schema": 1,
        "id": page.id,
        "part": page.part,
        "offset": page.offset,
        "shots": page.shots,
        "clbits": page.clbits,
        "bit_order": BIT_ORDER,
        "memory": shown,
    }
