"""What questions are made of: the path of what is meant, and the fields that were given."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from qcjob.client.answers import Followed, Json, Problem

_ID = re.compile(r"[A-Za-z0-9_-]{1,200}")


def path_of(found: str | Followed, kind: type[Followed]) -> str:
    """Where a job or a batch is. Text that cannot be a piece of a path is the id of none: nobody needs to be asked."""
    its_id = found.id if isinstance(found, Followed) else found
    if not _ID.fullmatch(its_id):
        detail, code = f"there is no {kind.kind} {its_id[:100]!r}", f"{kind.kind}-not-found"
        document = {"type": f"/problems/{code}", "title": f"No such {kind.kind}", "status": 404, "detail": detail}
        raise Problem.from_document({**document, "code": code}, 404)
    return f"{kind.path}/{its_id}"


def piece(name: str) -> str:
    """A name as one piece of a path, whatever it holds."""
    return quote(name, safe="")


def given(**fields: Any) -> Json:
    """The fields that were given; None means the server's default."""
    return {name: value for name, value in fields.items() if value is not None}
