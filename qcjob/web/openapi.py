"""The OpenAPI 3.1 document: what all routes share, and the small words in which a route says what it answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask
from flask_smorest import Api, Blueprint  # type: ignore[import-untyped]

from qcjob import __version__
from qcjob.web import problems, schemas

View = TypeVar("View", bound=Callable[..., Any])

_HEADERS: dict[str, tuple[str, dict[str, Any]]] = {
    "X-Request-ID": ("The request's id: the one that was sent, if it was fit, else a new one.", {"type": "string"}),
    "Location": ("The path of the job, or of what else was made.", {"type": "string"}),
    "ETag": ("The job's version in double quotes, for If-None-Match.", {"type": "string"}),
    "Retry-After": ("Seconds after which asking again makes sense; absent once the job is final.", {"type": "integer"}),
    "Link": ('`<path>; rel="next"` where there is another page.', {"type": "string"}),
    "Preference-Applied": ("`wait=N`, as it was applied.", {"type": "string"}),
    "WWW-Authenticate": ("`Bearer`.", {"type": "string"}),
}
_PARAMETERS: dict[str, dict[str, Any]] = {
    "Prefer": {
        "description": "`wait=N`: wait up to N seconds, at most the server's limit. One that is malformed is ignored.",
        "schema": {"type": "string", "examples": ["wait=20"]},
    },
    "If-None-Match": {
        "description": "An ETag seen before, or a list of them; 304 where the job still is at that version.",
        "schema": {"type": "string", "examples": ['"3"']},
    },
    "Idempotency-Key": {
        "description": "1 to 255 visible ASCII characters, bare or quoted: the same key again answers the same job.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 257},
    },
    "X-Request-ID": {
        "description": "1 to 64 of A-Z a-z 0-9 . _ -; taken for this request's id.",
        "schema": {"type": "string"},
    },
}
_EVERYWHERE = (400, 422, 500)


def ref(name: str) -> dict[str, str]:
    """A schema by its name in COMPONENTS of schemas."""
    return {"$ref": f"#/components/schemas/{name}"}


def header(name: str) -> str:
    """A request header as a parameter: apispec makes a reference of the name of a component."""
    if name not in _PARAMETERS:
        raise KeyError(name)
    return name


def query(name: str, about: str, schema: dict[str, Any] | None = None) -> dict[str, Any]:
    """A query parameter."""
    shape = schema or {"type": "string"}
    return {"in": "query", "name": name, "description": about, "required": False, "schema": shape}


def json_answer(description: str, schema: str, *headers: str) -> dict[str, Any]:
    """An answer with a JSON body."""
    return {**empty_answer(description, *headers), "content": {"application/json": {"schema": ref(schema)}}}


def html_answer(description: str) -> dict[str, Any]:
    """An answer that is a page."""
    return {**empty_answer(description), "content": {"text/html": {"schema": {"type": "string"}}}}


def empty_answer(description: str, *headers: str) -> dict[str, Any]:
    """An answer without a body."""
    return {
        "description": description,
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in (*headers, "X-Request-ID")},
    }


def room(name: str, prefix: str, description: str) -> Blueprint:
    """A blueprint for routes made with `route`."""
    return Blueprint(name, __name__, url_prefix=prefix or None, description=description)


def route(
    blueprint: Blueprint, method: str, rule: str, *refusals: int, public: bool = False, **operation: Any
) -> Callable[[View], View]:
    """Serve a view, and write down what it answers: `responses`, the refusals, and those every route can give."""
    statuses = sorted({*refusals, *_EVERYWHERE, *(() if public else (401, 503))})
    responses = {**operation.pop("responses"), **{str(status): _refusal(status) for status in statuses}}
    if public:
        operation["security"] = []
    operation["parameters"] = [*operation.get("parameters", ()), header("X-Request-ID")]

    def decorate(view: View) -> View:
        blueprint.route(rule, methods=[method])(blueprint.doc(responses=responses, **operation)(view))
        return view

    return decorate


def _refusal(status: int) -> dict[str, Any]:
    codes = [f"`{problem.code}`" for problem in problems.ALL.values() if problem.status == status]
    headers = {401: ("WWW-Authenticate",), 429: ("Retry-After",), 503: ("Retry-After",)}.get(status, ())
    answer = empty_answer(f"Refused: {', '.join(codes)}.", *headers)
    return {**answer, "content": {problems.PROBLEM_JSON: {"schema": ref("Problem")}}}


_DESCRIPTION = """A front door for quantum computers. Submit a program, follow the job, read its counts.

An accepted job (any 2xx answer) is never lost. Every refusal is `application/problem+json` and says what would be
accepted. Times are RFC 3339 UTC with six fractional digits. Unknown fields and query parameters are refused."""


def build_api(app: Flask) -> Api:
    """The Api that the blueprints are registered on; it writes down what they say and does nothing at run time."""
    app.config.update(
        API_TITLE="qcjob",
        API_VERSION=__version__,
        OPENAPI_VERSION="3.1.0",
        API_SPEC_OPTIONS={
            "info": {"description": _DESCRIPTION},
            "security": [{"ApiKey": []}],
            "servers": [{"url": "/"}],
        },
    )
    api = Api(app)
    components = api.spec.components
    components.security_scheme("ApiKey", {"type": "http", "scheme": "bearer", "description": "An API key."})
    for name, (about, schema) in _HEADERS.items():
        components.header(name, {"description": about, "schema": schema})
    for name, parameter in _PARAMETERS.items():
        components.parameter(name, "header", {"name": name, "required": False, **parameter})
    for name, schema_class in schemas.COMPONENTS.items():
        components.schema(name, schema=schema_class)
    return api


def document(api: Api) -> dict[str, Any]:
    """The document, with one operation id for each route."""
    found: dict[str, Any] = api.spec.to_dict()
    return found
