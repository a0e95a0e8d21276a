"""/openapi.json, /docs and /problems: the API described by itself, without anything from elsewhere."""

from __future__ import annotations

import json
from typing import Any, cast

from flask import Flask, Response, current_app, render_template
from flask_smorest import Api  # type: ignore[import-untyped]
from werkzeug.exceptions import NotFound

from qcjob.web import formats, openapi, problems
from qcjob.web.openapi import html_answer, room, route

blueprint = room("docs", "", "The API's own description; no key needed.")

_PUBLISHED = "qcjob.openapi"
_METHODS = ("get", "post", "put", "patch", "delete")


def publish(app: Flask, api: Api) -> None:
    """Write the document down once; what is served does not change afterwards."""
    found = openapi.document(api)
    formats.publish(app, found)
    pages = {"json": json.dumps(found, indent=1)}
    with app.app_context():
        pages["html"] = render_template("docs.html", info=found["info"], groups=_groups(found), schemas=_schemas(found))
    app.extensions[_PUBLISHED] = pages


@route(
    blueprint,
    "GET",
    "/openapi.json",
    public=True,
    summary="This document",
    responses={
        "200": {
            **openapi.empty_answer("OpenAPI 3.1."),
            "content": {"application/json": {"schema": {"type": "object"}}},
        }
    },
)
def openapi_json() -> Response:
    """The OpenAPI 3.1 document of this API."""
    return Response(_published("json"), content_type="application/json")


@route(blueprint, "GET", "/docs", public=True, summary="The API for people", responses={"200": html_answer("A page.")})
def docs() -> Response:
    """Every route, parameter and answer on one page."""
    return _page(_published("html"))


@route(blueprint, "GET", "/problems", public=True, summary="Every problem", responses={"200": html_answer("A page.")})
def problem_index() -> Response:
    """Every type of refusal, with what to do about it."""
    return _page(render_template("problems.html", problems=problems.ALL.values()))


@route(
    blueprint,
    "GET",
    "/problems/<code>",
    404,
    public=True,
    summary="One problem",
    responses={"200": html_answer("A page.")},
)
def problem(code: str) -> Response:
    """One type of refusal: where a problem's `type` leads."""
    found = problems.ALL.get(code)
    if found is None:
        raise NotFound
    return _page(render_template("problems.html", problems=[found]))


def _published(form: str) -> str:
    return cast(str, current_app.extensions[_PUBLISHED][form])


def _page(html: str) -> Response:
    policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    return Response(html, headers={"Content-Security-Policy": policy}, content_type="text/html; charset=utf-8")


def _groups(found: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    groups: dict[str, list[dict[str, Any]]] = {}
    parameters = found["components"]["parameters"]
    for place, operations in found["paths"].items():
        for method in _METHODS:
            if method in operations:
                operation = operations[method]
                given = [
                    parameters[p["$ref"].rsplit("/", 1)[-1]] if "$ref" in p else p
                    for p in operation.get("parameters", ())
                ]
                entry = {"method": method.upper(), "path": place, **operation, "parameters": given}
                groups.setdefault(operation["tags"][0], []).append(entry)
    return groups


def _schemas(found: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {field: _type(shape) for field, shape in schema.get("properties", {}).items()}
        for name, schema in found["components"]["schemas"].items()
    }


def _type(shape: dict[str, Any]) -> str:
    if "$ref" in shape:
        return cast(str, shape["$ref"].rsplit("/", 1)[-1])
    if "anyOf" in shape:
        return " or ".join(_type(option) for option in shape["anyOf"])
    kind = shape.get("type", "any")
    text = " or ".join(kind) if isinstance(kind, list) else str(kind)
    if "items" in shape:
        text += f" of {_type(shape['items'])}"
    about = shape.get("description")
    return f"{text}: {about}" if about else text
