"""/v1/jobs/{id}/queue: why a job has not started yet, and when it may."""

from __future__ import annotations

from typing import Any

from flask import Response, g

from qcjob.ledger.forecast import Standing, Window
from qcjob.web.answers import json_response
from qcjob.web.front import Front, front
from qcjob.web.openapi import json_answer, room, route
from qcjob.web.times import to_text

blueprint = room("queue", "/v1/jobs", "Why a job has not started.")

_MICRO = 1_000_000


@route(
    blueprint,
    "GET",
    "/<job_id>/queue",
    404,
    409,
    summary="Ask why a job has not started",
    responses={"200": json_answer("Its rank and what that is made of, and when it may start.", "Standing")},
)
def queue(job_id: str) -> Response:
    """Of a WAITING job; 409 for others. An operator may ask about anybody's."""
    here = front()
    return json_response(_document(here, job_id, here.service.standing(g.caller, job_id)))


def _document(here: Front, job_id: str, told: Standing) -> dict[str, Any]:
    held = here.service.catalogue.held(told.device, asked_now=True)
    return {
        "id": job_id,
        "at": to_text(told.at),
        "position": told.ahead + 1,
        "ahead": told.ahead,
        "ahead_by_tier": {str(tier): count for tier, count in told.ahead_by_tier.items()},
        "passed_by": told.passed_by,
        "session": told.session,
        "rank": {
            "tier": told.tier,
            "start_tag": told.tag,
            "virtual_time": told.virtual_time,
            "last_finish": told.last_finish,
            "weight": round(told.cost / told.charge, 6),
            "cost_seconds": told.cost / _MICRO,
            "charge": told.charge,
        },
        "device": {"name": told.device, "slots": told.slots, "slots_taken": told.slots_taken, "reason": held},
        "held": told.held,
        "not_before": None if told.not_before is None else to_text(told.not_before),
        "not_after": None if told.not_after is None else to_text(told.not_after),
        "pace": None
        if told.pace is None
        else {"mean": told.pace.mean, "spread": told.pace.spread, "jobs": told.pace.jobs},
        "work_ahead_seconds": told.work_ahead / _MICRO,
        "work_running_seconds": None if told.work_running is None else told.work_running / _MICRO,
        "estimated_start": None if held else _window(told.start),
        "stated_at_submit": _window(told.stated),
    }


def _window(window: Window | None) -> list[str] | None:
    return None if window is None else [to_text(moment) for moment in window]
