"""Customers, as they come in and go out."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from qcjob.web.schemas.shapes import Strict, Truth, load, text

_ALLOWED = {
    "tier": "a whole number",
    "weight": "a number",
    "quota_jobs_waiting": "a whole number, or null for no limit",
    "quota_shots": "a whole number, or null for no limit",
    "quota_device_seconds": "a whole number, or null for no limit",
    "quota_session_seconds": "a whole number, or null for no limit",
    "held": "true or false",
    "why": "a string",
}


class Number(fields.Float):
    """A number in JSON; a plain Float takes "1" and true as well."""

    def _validated(self, value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.make_error("invalid", input=value)
        return super()._validated(value)


def _quota(about: str) -> fields.Integer:
    return fields.Integer(strict=True, allow_none=True, metadata={"description": f"{about}; null: no limit."})


class Privileged(Strict):
    """What a customer may."""

    tier = fields.Integer(strict=True, metadata={"description": "The best tier of their jobs, 0 to 2 (2)."})
    weight = Number(metadata={"description": "Their share in a tier beside others', 0.1 to 1,000 (1)."})
    quota_jobs_waiting = _quota("Jobs WAITING at a time")
    quota_shots = _quota("Shots of one job")
    quota_device_seconds = _quota("Seconds of device time in one day, UTC")
    quota_session_seconds = _quota("Seconds of the longest session, 0 for none at all")
    held = Truth(metadata={"description": "Whether none of their jobs is claimed (false)."})


class CustomerIn(Privileged):
    """What a customer may from now on."""

    why = text("For the audit.", empty=True)


class UsageOut(Strict):
    """What counts against the quotas now."""

    jobs_waiting = fields.Integer(required=True)
    device_seconds_today = fields.Float(required=True, metadata={"description": "What runs that ended today have had."})
    device_seconds_expected = fields.Float(required=True, metadata={"description": "Estimated, of jobs yet to end."})


class CustomerOut(Privileged):
    """A customer as recorded; every field is there. `usage` only where one customer is asked for."""

    name = fields.String(required=True)
    created_at = fields.String(required=True, metadata={"format": "date-time"})
    usage = fields.Nested(UsageOut)


class CustomersOut(Strict):
    """Every recorded customer, by name."""

    items = fields.List(fields.Nested(CustomerOut), required=True)


_CUSTOMER_IN = CustomerIn()


def customer_fields(document: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """The fields that are named, as Privileges has them, and why. Raises InvalidRequest with every wrong one."""
    found = load(_CUSTOMER_IN, document, _ALLOWED, "a customer")
    why = found.pop("why", "")
    return {name.removeprefix("quota_"): value for name, value in found.items()}, why


COMPONENTS: dict[str, type[Schema]] = {
    "CustomerRequest": CustomerIn,
    "Usage": UsageOut,
    "Customer": CustomerOut,
    "Customers": CustomersOut,
}
