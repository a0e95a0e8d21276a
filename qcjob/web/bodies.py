"""Reading what was sent: how much, of which type, and JSON without its traps."""

from __future__ import annotations

import json
from typing import Any

from flask import Request

from qcjob.errors import FieldError, InvalidRequest, Refused
from qcjob.web.refusals import (
    BodyTooLarge,
    LengthRequired,
    MalformedJson,
    MalformedRequest,
    MalformedText,
    UnsupportedMediaType,
)

BODY_BYTES = 1024 * 1024
BATCH_BYTES = 8 * BODY_BYTES
DISCARDED_BYTES = 32 * 1024 * 1024  # read to here before refusing: a client still writing would see only a reset
CHUNK_BYTES = 64 * 1024
DEPTH = 32

JSON, TEXT = "application/json", "text/plain"
_CHARSETS = ("utf-8", "utf8", "us-ascii", "ascii")


def read(request: Request, most: int = BODY_BYTES) -> bytes | Refused:
    """The whole body, or why it cannot be had: for those who want it to raise, after they know who asks.

    One over `most` bytes is read and thrown away, to DISCARDED_BYTES at most. Bodies that nobody asked for are read
    too: an answer before the body's end shows a client that is still writing a connection reset. A body that ends
    before its Content-Length is no request at all: half a program may be a program, but not the one that was sent.
    """
    environ = request.environ
    length = environ.get("CONTENT_LENGTH") or ""
    declared = int(length) if length.isdecimal() else None
    coding = environ.get("HTTP_TRANSFER_ENCODING", "chunked")
    if coding.strip().lower() != "chunked":
        return MalformedRequest(
            f"Transfer-Encoding {coding[:80]!r} is not read here: wanted chunked, or a Content-Length"
        )
    if declared is not None:
        if "HTTP_TRANSFER_ENCODING" in environ:
            return MalformedRequest(
                "Content-Length and Transfer-Encoding stand together: where the body ends is unclear"
            )
        left = declared
    elif environ.get("wsgi.input_terminated"):
        left = DISCARDED_BYTES
    else:
        return b""
    stream, kept, size = environ["wsgi.input"], [], 0
    left = min(left, DISCARDED_BYTES)
    while left > 0 and (chunk := stream.read(min(left, CHUNK_BYTES))):
        left -= len(chunk)
        size += len(chunk)
        if size <= most:
            kept.append(chunk)
        else:
            kept.clear()
    if size > most:
        return BodyTooLarge(f"the body has more than the {most:,} bytes that are allowed")
    if declared is not None and size < declared:
        return MalformedRequest(f"the body ended after {size:,} of the {declared:,} bytes of its Content-Length")
    return b"".join(kept)


def checked(body: bytes | Refused) -> bytes:
    """The body that `read` found. Raises BodyTooLarge or MalformedRequest."""
    if isinstance(body, Refused):
        raise body
    return body


def of_known_length(request: Request, body: bytes) -> bytes:
    """A text body, which any cut leaves a text. Raises LengthRequired for one sent without its length."""
    if body and not request.environ.get("CONTENT_LENGTH"):
        raise LengthRequired("a program sent as text needs a Content-Length: cut short, it would be another program")
    return body


def content_type(request: Request) -> str:
    """JSON or TEXT. Raises UnsupportedMediaType for every other type, charset or content encoding."""
    found = request.content_type
    if found in (JSON, TEXT):
        kind, charset = found, "utf-8"
    else:
        kind, charset = request.mimetype, request.mimetype_params.get("charset", "utf-8")
    if kind not in (JSON, TEXT):
        what = f"content type {found[:80]!r}" if found else "no content type"
        raise UnsupportedMediaType(f"{what}: wanted {JSON} or {TEXT}")
    if charset.lower() not in _CHARSETS:
        raise UnsupportedMediaType(f"charset {charset[:80]!r}: wanted {kind} in utf-8")
    encoding = request.headers.get("Content-Encoding", "identity")
    if encoding.lower() != "identity":
        raise UnsupportedMediaType(f"content encoding {encoding[:80]!r}: wanted {JSON} or {TEXT}, not compressed")
    return kind


def json_of(request: Request, body: bytes | Refused) -> dict[str, Any]:
    """The JSON object that was sent, where nothing else is read. Raises what stands for every other body."""
    sent = checked(body)
    if content_type(request) != JSON:
        raise UnsupportedMediaType(f"wanted {JSON}: text is read as a program, and only where one is submitted")
    return object_of(sent)


def text_of(body: bytes) -> str:
    """The body as text. Raises MalformedText unless it is UTF-8."""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedText(f"byte {error.start + 1} of the body is not UTF-8") from error


def object_of(text: bytes | str, *, where: str = "body", field: str = "") -> dict[str, Any]:
    """A JSON object. Raises MalformedJson, and InvalidRequest for other JSON or text that is no Unicode."""
    try:
        found = _DECODER.decode(text.decode("utf-8") if isinstance(text, bytes) else text)
    except RecursionError as error:
        raise MalformedJson(f"the JSON is nested deeper than {DEPTH} levels") from error
    except UnicodeDecodeError as error:
        raise MalformedJson(f"byte {error.start + 1} of the body is not UTF-8") from error
    except json.JSONDecodeError as error:
        raise MalformedJson(f"not JSON: {str(error)[:200]}") from error
    except ValueError as error:
        raise MalformedJson("a number has more digits than are read here") from error
    if _depth(found) > DEPTH:
        raise MalformedJson(f"the JSON is nested deeper than {DEPTH} levels")
    if not isinstance(found, dict):
        kind = _NAMES.get(type(found), "null")
        raise InvalidRequest([FieldError(field, f"is {kind}, not an object", "a JSON object", where)])
    odd = [name for name, value in found.items() if not _is_unicode(name) or not _is_unicode(value)]
    if odd:
        wrong = "holds half of a surrogate pair, which is no character"
        raise InvalidRequest([FieldError(_printable(name), wrong, "Unicode text", where) for name in odd])
    return found


_NAMES = {str: "a string", int: "a number", float: "a number", bool: "true or false", list: "a list"}


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise MalformedJson(f"not JSON: the name {_printable(twice)[:80]!r} stands twice in one object")
    return found


def _no_constant(name: str) -> None:
    raise MalformedJson(f"not JSON: {name} is not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_constant)


def _depth(value: Any) -> int:
    level, depth = [value], 0
    while nested := [item for item in level if isinstance(item, (dict, list))]:
        depth += 1
        if depth > DEPTH:
            break
        level = [inner for item in nested for inner in (item.values() if isinstance(item, dict) else item)]
    return depth


def _is_unicode(value: Any) -> bool:
    if isinstance(value, str):
        if value.isascii():
            return True
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            return False
        return True
    if isinstance(value, dict):
        return all(_is_unicode(key) and _is_unicode(inner) for key, inner in value.items())
    if isinstance(value, list):
        return all(_is_unicode(inner) for inner in value)
    return True


def _printable(text: str) -> str:
    return text.encode("ascii", "backslashreplace").decode() if not _is_unicode(text) else text
