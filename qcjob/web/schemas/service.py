"""What the service says of itself: keys, schemas, health; and its refusals."""

from __future__ import annotations

from marshmallow import Schema, fields

from qcjob.web.schemas.shapes import Strict, integer, string


class KeySetOut(Strict):
    """A JWK set, RFC 7517."""

    keys = fields.List(fields.Dict(), required=True)


class SchemaOut(Strict):
    """A schema's name and place."""

    name = string()
    href = string()


class SchemasOut(Strict):
    """Every schema."""

    items = fields.List(fields.Nested(SchemaOut), required=True)


class HealthOut(Strict):
    """A probe's answer."""

    status = string()


class ProblemEntry(Schema):
    """A fault of a program (line, column, code, message) or of a field (field, location, message, allowed).

    Of a job of a batch it has the job's index and a code besides.
    """

    message = string()
    line = fields.Integer()
    column = fields.Integer()
    code = fields.String()
    index = fields.Integer(metadata={"description": "Which job of a batch, from 0."})
    field = fields.String()
    location = fields.String(metadata={"description": "body, query, header or path."})
    allowed = fields.Raw(allow_none=True, metadata={"description": "A sentence, or the list of allowed values."})


class ProblemOut(Strict):
    """A refusal, RFC 9457."""

    type = string("/problems/<code>: a page that explains it.")
    title = string()
    status = integer()
    detail = string()
    code = string("Stable.")
    request_id = string("The X-Request-ID of this answer.")
    instance = string("The path that was asked.")
    errors = fields.List(fields.Nested(ProblemEntry))
