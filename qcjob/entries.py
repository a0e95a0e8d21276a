"""What is wrong with a request, entry by entry, as plain data: the `errors` of every refusal that has such a list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from qcjob.errors import InvalidProgram, InvalidRequest, Limited, QcjobError

Entry = dict[str, Any]

MOST_OF_A_JOB = 100
MOST_OF_A_BATCH = 10_000
"""Entries for one job of a batch, and for all together; every job that has a fault has one all the same."""


def entries_of(error: QcjobError) -> Iterable[Entry] | None:
    """The entries of one refusal, each made when its turn comes; None for one that has no list."""
    if isinstance(error, InvalidProgram):
        return ({"line": e.line, "column": e.column, "code": e.code, "message": e.message} for e in error.errors)
    if isinstance(error, InvalidRequest | Limited):
        return (
            {
                "field": e.field,
                "location": e.location,
                "message": e.message,
                "allowed": e.allowed if e.allowed is None or isinstance(e.allowed, str) else list(e.allowed),
            }
            for e in error.errors
        )
    return None


def entries_of_many(refused: Sequence[tuple[int, QcjobError]]) -> list[Entry]:
    """The entries of several jobs of a batch, each with its job's index, and a code where it had none."""
    found: list[Entry] = []
    for index, error in refused:
        code = str(getattr(error, "code", "refused"))
        most = max(1, min(MOST_OF_A_JOB, MOST_OF_A_BATCH - len(found)))
        for entry in islice(entries_of(error) or [{"message": str(error)}], most):
            found.append({"index": index, "code": code, **entry})
    return found
