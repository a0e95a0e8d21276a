"""The reason of an operator for an act that needs no other word; nobody else needs a body."""

from __future__ import annotations

from typing import Any

from qcjob.web.schemas.shapes import Strict, load, text


class ReasonIn(Strict):
    """An operator's reason; nobody else needs a body."""

    why = text("For the audit, and for those whom it touches.", empty=True)


_REASON = ReasonIn()


def reason(document: dict[str, Any], act: str) -> str:
    """Why somebody does this. Raises InvalidRequest."""
    found: str = load(_REASON, document, {"why": "a string"}, act).get("why", "")
    return found
