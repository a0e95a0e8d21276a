"""A device's queue, as operators see it."""

from __future__ import annotations

from marshmallow import Schema, fields

from qcjob.web.schemas.shapes import Strict, integer, moment, string


class WaitingOut(Strict):
    """A WAITING job in its device's queue."""

    id = string()
    position = integer(
        "Counts from 1; null for one that waits for a time, or was set aside because it is held.", null=True
    )
    customer = string()
    name = string(null=True)
    tier = integer()
    start_tag = integer("What it is ranked by inside its tier, microseconds over weight.")
    cost_seconds = fields.Float(required=True, metadata={"description": "The device time it is thought to need."})
    shots = integer()
    created_at = moment()
    session = string(null=True)
    batch = string(null=True)
    held = string("job or customer: what an operator holds; null for nothing.", null=True)
    not_before = moment(null=True)
    reason = string("Why it is tried again, of one that was put back; null for others.", null=True)
    links = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class WaitingPageOut(Strict):
    """A page of jobs in the order of their turn: those for a later time behind, and behind these those set aside."""

    items = fields.List(fields.Nested(WaitingOut), required=True)
    next = string("The cursor of the next page; null at the end.", null=True)


COMPONENTS: dict[str, type[Schema]] = {"WaitingJob": WaitingOut, "WaitingJobs": WaitingPageOut}
