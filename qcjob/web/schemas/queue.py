"""How a waiting job stands."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from qcjob.web.schemas.shapes import Strict, figure, integer, moment, string


def _window(about: str) -> fields.Field[Any]:
    return fields.List(fields.String(), required=True, allow_none=True, metadata={"description": about})


class RankOut(Strict):
    """What a job is ranked by, see docs/rank.md. Tags, virtual time and charge are microseconds over weight."""

    tier = integer()
    start_tag = integer()
    virtual_time = integer("Of its tier: the tag of the last job claimed.")
    last_finish = integer("Of its customer in that tier.")
    weight = fields.Float(required=True, metadata={"description": "Cost over charge."})
    cost_seconds = fields.Float(required=True, metadata={"description": "The device time it is thought to need."})
    charge = integer()


class QueueDevice(Strict):
    """The device it waits for."""

    name = string()
    slots = integer()
    slots_taken = integer()
    reason = string("Why the device takes no jobs now; null while it does.", null=True)


class PaceOut(Strict):
    """What a second of estimated time came to, over the jobs that COMPLETED there."""

    mean = fields.Float(required=True)
    spread = fields.Float(required=True, metadata={"description": "What single jobs were off by, on average."})
    jobs = integer()


class StandingOut(Strict):
    """Why a WAITING job has not started."""

    id = string()
    at = moment()
    position = integer("Counts from 1.")
    ahead = integer("Jobs ranked before it.")
    ahead_by_tier = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    passed_by = integer("Of those ahead, the ones ranked behind it that run first: of the session that is active.")
    session = string("The job's own session; null for none.", null=True)
    rank = fields.Nested(RankOut, required=True)
    device = fields.Nested(QueueDevice, required=True)
    held = string("job or customer: what an operator holds; null for nothing.", null=True)
    not_before = moment(null=True)
    not_after = moment(null=True)
    pace = fields.Nested(PaceOut, required=True, allow_none=True)
    work_ahead_seconds = fields.Float(required=True, metadata={"description": "Estimated, of the jobs ahead."})
    work_running_seconds = figure("What is left of those that run; null before one job has COMPLETED there.")
    estimated_start = _window("Early and late; null where nothing can be said yet.")
    stated_at_submit = _window("The window that counts for the device's `eta`; null where none was stated.")
