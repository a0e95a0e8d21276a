"""What every schema is made of: strictness, the kinds of fields, and the refusal of a document of a wrong shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from qcjob.errors import FieldError, InvalidRequest
from qcjob.lifecycle import VISIBLE
from qcjob.web.times import from_text


class Strict(Schema):
    """Unknown fields are refused, and documented so."""

    class Meta:
        unknown = RAISE


def text(about: str, *, required: bool = False, empty: bool = False) -> fields.String:
    return fields.String(
        required=required, metadata={"description": about}, validate=None if empty else validate.Length(min=1)
    )


def number(about: str) -> fields.Integer:
    return fields.Integer(strict=True, metadata={"description": about})


class Truth(fields.Boolean):
    """true or false in JSON; a plain Boolean takes "yes" and 1 as well."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any) -> Any:
        if not isinstance(value, bool):
            raise self.make_error("invalid")
        return value


class Moment(fields.String):
    """A time, read into microseconds since the epoch."""

    default_error_messages = {"invalid": "not a time"}  # noqa: RUF012  # marshmallow's way

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any) -> Any:
        try:
            return from_text(super()._deserialize(value, attr, data, **more))
        except ValueError as error:
            raise self.make_error("invalid") from error


def time(about: str) -> fields.String:
    return Moment(metadata={"description": f"{about} RFC 3339, with its offset.", "format": "date-time"})


def string(about: str = "", *, null: bool = False, **more: Any) -> fields.String:
    return fields.String(required=True, allow_none=null, metadata={"description": about} if about else {}, **more)


def integer(about: str = "", *, null: bool = False) -> fields.Integer:
    return fields.Integer(required=True, allow_none=null, metadata={"description": about} if about else {})


def figure(about: str) -> fields.Float:
    return fields.Float(required=True, allow_none=True, metadata={"description": about})


def moment(about: str = "", *, null: bool = False) -> fields.String:
    pattern = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$"
    return fields.String(
        required=True,
        allow_none=null,
        validate=validate.Regexp(pattern) if not null else None,
        metadata={"description": f"{about} RFC 3339, UTC, six fractional digits.".strip(), "format": "date-time"},
    )


def state() -> fields.String:
    return string(validate=validate.OneOf([state.value for state in VISIBLE]))


def load(
    schema: Schema, document: dict[str, Any], allowed: Mapping[str, str], what: str, location: str = "body"
) -> dict[str, Any]:
    """A document's fields, each of its type. Raises InvalidRequest with every wrong one and what is allowed in it."""
    try:
        found: dict[str, Any] = schema.load(document)
    except ValidationError as error:
        names = tuple(schema.fields)
        raise InvalidRequest(
            [
                _field_error(name, messages, allowed[name], location)
                if name in names
                else FieldError(str(name)[:200], f"is not a field of {what}", names, location)
                for name, messages in error.messages_dict.items()
            ]
        ) from error
    return found


def _field_error(name: str, messages: Any, allowed: str, location: str) -> FieldError:
    while isinstance(messages, dict):  # a list's items are reported by their index
        messages = next(iter(messages.values()))
    text = str(messages[0]) if messages else "cannot be accepted"
    return FieldError(name, text[:1].lower() + text[1:].rstrip("."), allowed, location)
