"""Results that are longer than one answer."""

from __future__ import annotations

from collections.abc import Mapping

from qcjob.client.answers import Json, RemoteResult
from qcjob.client.connection import Connection


def whole(
    connection: Connection, path: str, document: Json, asked: Mapping[str, str | int] | None = None
) -> RemoteResult:
    """A result document with all the counts of every part: where one has a `next`, the rest is asked for at `path`."""
    for part, found in enumerate(document.get("parts") or [document]):
        cursor = found.pop("next", None)
        while cursor is not None:
            more = connection.document("GET", path, params={"cursor": cursor, "part": part, **(asked or {})})
            found["counts"].update(more["counts"])
            cursor = more.get("next")
    if document.get("parts"):
        document.pop("next", None)
        document["counts"] = document["parts"][0]["counts"]
    return RemoteResult.from_document(document)
