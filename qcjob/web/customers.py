"""/v1/customers: what each of them may. For operators."""

from __future__ import annotations

from typing import Any

from flask import Response, g, request

from qcjob.errors import CustomerNotFound, FieldError, InvalidRequest
from qcjob.ledger.usage import usage_of
from qcjob.logs import get_logger
from qcjob.rank import Privileges
from qcjob.security.customers import Customer, fields_of
from qcjob.security.names import is_customer
from qcjob.service.operating import word_of
from qcjob.web import bodies
from qcjob.web.answers import json_response, no_content
from qcjob.web.front import front
from qcjob.web.openapi import empty_answer, json_answer, ref, room, route
from qcjob.web.schemas.customers import customer_fields
from qcjob.web.times import to_text

blueprint = room("customers", "/v1/customers", "What customers may. For operators.")
log = get_logger("web.customers")

_BODY = {"required": True, "content": {"application/json": {"schema": ref("CustomerRequest")}}}


def _operators_only() -> None:
    word_of(g.caller)


blueprint.before_request(_operators_only)


@route(
    blueprint,
    "GET",
    "",
    403,
    summary="List the customers",
    responses={"200": json_answer("Every recorded customer.", "Customers")},
)
def index() -> Response:
    """Every recorded customer, by name."""
    return json_response({"items": [_document(customer) for customer in front().service.customers.list()]})


@route(
    blueprint,
    "GET",
    "/<name>",
    403,
    404,
    summary="Look at one customer",
    responses={"200": json_answer("The customer, and what counts against their quotas.", "Customer")},
)
def one(name: str) -> Response:
    """What a customer may, and what counts against their quotas now."""
    here = front()
    customer = _found(here.service.customers.get(name), name)
    used = usage_of(here.ledger, name)
    usage = {
        "jobs_waiting": used.jobs_waiting,
        "device_seconds_today": used.device_seconds_today,
        "device_seconds_expected": used.device_seconds_expected,
    }
    return json_response({**_document(customer), "usage": usage})


@route(
    blueprint,
    "PUT",
    "/<name>",
    403,
    413,
    415,
    summary="Record a customer",
    requestBody=_BODY,
    responses={"200": json_answer("As recorded.", "Customer")},
)
def put(name: str) -> Response:
    """Record a customer, or all of one anew: what is not named gets its default."""
    if not is_customer(name):
        allowed = "1 to 64 characters of A-Z a-z 0-9 . _ @ -"
        raise InvalidRequest([FieldError("name", "is no name for a customer", allowed, "path")])
    fields, why = customer_fields(bodies.json_of(request, g.body))
    word = word_of(g.caller, why)
    return _recorded(front().service.customers.put(name, Privileges(**fields), word=word), name)


@route(
    blueprint,
    "PATCH",
    "/<name>",
    403,
    404,
    413,
    415,
    summary="Change a customer",
    requestBody=_BODY,
    responses={"200": json_answer("As recorded.", "Customer")},
)
def patch(name: str) -> Response:
    """Change what is named; the rest stays."""
    changes, why = customer_fields(bodies.json_of(request, g.body))
    return _recorded(front().service.customers.change(name, changes, word_of(g.caller, why)), name)


@route(
    blueprint,
    "DELETE",
    "/<name>",
    403,
    404,
    413,
    summary="Forget a customer",
    responses={"204": empty_answer("Nothing is recorded any more; keys and jobs stay.")},
)
def delete(name: str) -> Response:
    """Forget what is recorded; keys and jobs stay, and count as those of a customer nobody recorded."""
    bodies.checked(g.body)
    if not front().service.customers.remove(name, word_of(g.caller)):
        raise _missing(name)
    log.info("customer forgotten", name=name, by=g.caller.customer)
    return no_content()


def _recorded(customer: Customer | None, name: str) -> Response:
    document = _document(_found(customer, name))
    log.info("customer recorded", by=g.caller.customer, **document)
    return json_response(document)


def _found(customer: Customer | None, name: str) -> Customer:
    if customer is None:
        raise _missing(name)
    return customer


def _missing(name: str) -> CustomerNotFound:
    return CustomerNotFound(
        f"no customer {name[:80]!r} is recorded; `python -m qcjob customers add` or a PUT records one"
    )


def _document(customer: Customer) -> dict[str, Any]:
    return {"name": customer.name, **fields_of(customer.privileges), "created_at": to_text(customer.created_at)}
