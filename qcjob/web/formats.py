"""/v1/schemas: the form of every document that leaves the service, as JSON Schema."""

from __future__ import annotations

from typing import Any, cast

from flask import Flask, Response, current_app
from werkzeug.exceptions import NotFound

from qcjob.compiler.schema import DIALECT, PROGRAM_SCHEMAS
from qcjob.web import openapi
from qcjob.web.answers import json_response
from qcjob.web.openapi import json_answer, room, route

blueprint = room("schemas", "/v1/schemas", "The form of every document, as JSON Schema.")

_COMPONENTS = {
    "job-1": "Job",
    "result-1": "Result",
    "memory-1": "Memory",
    "receipt-1": "Receipt",
    "device-1": "Device",
    "problem-1": "Problem",
}
"""Documents that the OpenAPI document describes already, by their schema there."""

_PUBLISHED = "qcjob.schemas"


def publish(app: Flask, document: dict[str, Any]) -> None:
    """Take the schemas out of the OpenAPI document once, each with all it refers to."""
    found = {f"program-{number}": schema for number, schema in PROGRAM_SCHEMAS.items()}
    components = document["components"]["schemas"]
    for name, component in _COMPONENTS.items():
        found[name] = {
            "$schema": DIALECT,
            "$ref": f"#/components/schemas/{component}",
            "components": {"schemas": {used: components[used] for used in sorted(_used(component, components))}},
        }
    app.extensions[_PUBLISHED] = found


@route(blueprint, "GET", "", summary="List the schemas", responses={"200": json_answer("Their names.", "Schemas")})
def index() -> Response:
    """Every schema by its name: the document's, and the number of its form."""
    return json_response({"items": [{"name": name, "href": f"/v1/schemas/{name}"} for name in _published()]})


@route(
    blueprint,
    "GET",
    "/<name>",
    404,
    summary="Read one schema",
    responses={
        "200": {
            **openapi.empty_answer("A JSON Schema, draft 2020-12."),
            "content": {"application/schema+json": {"schema": {"type": "object"}}},
        }
    },
)
def one(name: str) -> Response:
    """The JSON Schema of one form of document."""
    schema = _published().get(name)
    if schema is None:
        raise NotFound
    answer = json_response(schema)
    answer.content_type = "application/schema+json"
    return answer


def _published() -> dict[str, dict[str, Any]]:
    return cast(dict[str, dict[str, Any]], current_app.extensions[_PUBLISHED])


def _used(name: str, components: dict[str, Any]) -> set[str]:
    """The component and every one that it refers to."""
    used: set[str] = set()
    wanted = [name]
    while wanted:
        name = wanted.pop()
        if name not in used:
            used.add(name)
            wanted += _references(components[name])
    return used


def _references(schema: Any) -> list[str]:
    if isinstance(schema, dict):
        here = [schema["$ref"].rsplit("/", 1)[-1]] if isinstance(schema.get("$ref"), str) else []
        return here + [name for inner in schema.values() for name in _references(inner)]
    return [name for inner in schema for name in _references(inner)] if isinstance(schema, list) else []
