"""Sessions over HTTP: `client.sessions`."""

from __future__ import annotations

from qcjob.client.answers import Json
from qcjob.client.asking import given, piece
from qcjob.client.connection import Connection

_PATH = "/v1/sessions"


class Sessions:
    """Jobs that run one after another, on a device that is kept for them. Raises as the calls of Client do."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def open(
        self, device: str | None = None, *, max_seconds: float | None = None, idle_seconds: float | None = None
    ) -> Json:
        """Open a session; jobs submitted with its id run one after another once the first has been claimed.

        None means the server's default. A second one that a lost answer left open closes itself, being idle.
        """
        body = given(device=device, max_seconds=max_seconds, idle_seconds=idle_seconds)
        return self._connection.document("POST", _PATH, json=body)

    def read(self, session_id: str) -> Json:
        """A session as it is now."""
        return self._connection.document("GET", f"{_PATH}/{piece(session_id)}")

    def list(self, *, limit: int | None = None, cursor: str | None = None) -> Json:
        """One page of sessions, newest first: `items`, and `next`, the cursor of the next page."""
        return self._connection.document("GET", _PATH, params=given(limit=limit, cursor=cursor))

    def close(self, session_id: str, *, why: str = "") -> Json:
        """Close a session for ever; harmless when repeated. `why` is for operators."""
        body = {"json": {"why": why}} if why else {}
        return self._connection.document("POST", f"{_PATH}/{piece(session_id)}/close", **body)
