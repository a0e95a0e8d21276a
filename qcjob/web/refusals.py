"""What only HTTP can have against a request."""

from __future__ import annotations

from qcjob.errors import Refused


class MalformedJson(Refused):
    """Not JSON, not UTF-8, or nested too deep."""

    code = "malformed-json"


class MalformedRequest(Refused):
    """Not what HTTP calls a request: a body cut short, or one of two lengths."""

    code = "malformed-request"


class LengthRequired(Refused):
    """A text body without Content-Length."""

    code = "length-required"


class MalformedText(Refused):
    """A text/plain body that is not UTF-8."""

    code = "malformed-text"


class UnsupportedMediaType(Refused):
    """A content type, charset or content encoding that is not read here."""

    code = "unsupported-media-type"


class BodyTooLarge(Refused):
    """More than the body limit; it was read and thrown away."""

    code = "body-too-large"


class TooManyWaiting(Refused):
    """Every place for a long-poll is taken in this process."""

    code = "too-many-waiting"


class NotReady(Refused):
    """The ledger cannot be used yet, or no more."""

    code = "not-ready"
