"""What operators did."""

from __future__ import annotations

from marshmallow import fields

from qcjob.web.schemas.jobs import ActOut
from qcjob.web.schemas.shapes import Strict, string


class AuditedOut(ActOut):
    """One act of an operator."""

    what = string("Of a job hold, release, move, change tier; of a device its status; of a customer record, forget.")
    on = string("`job ID`, `batch ID`, `device NAME` or `customer NAME`.")
    key = string("The id of the API key; empty for the command line.")


class AuditOut(Strict):
    """A page of acts, newest first."""

    items = fields.List(fields.Nested(AuditedOut), required=True)
    next = string("The cursor of the next page; null at the end.", null=True)
