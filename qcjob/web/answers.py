"""JSON answers, built without detours: this is on the path of every poll."""

from __future__ import annotations

import json
from typing import Any

from flask import Response

RETRY_AFTER_SECONDS = "1"


def json_response(document: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON response."""
    return Response(json.dumps(document), status, headers, content_type="application/json")
