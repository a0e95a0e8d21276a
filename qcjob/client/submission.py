"""What a submit may say of a job beside its program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from qcjob.client.answers import Json
from qcjob.client.asking import given


class JobFields(TypedDict, total=False):
    """What is left out, or None, is the server's default.

    `retries`, 0 to 10: how often a run that is over without counts is tried again. `on_uncertain`, "rerun" or "fail":
    what becomes of the job when nobody knows whether the device ran it. `tier`: not better than allowed. `start_after`,
    `not_after`: RFC 3339 times before and after which it is not started. `bindings`: the values of the program's
    parameters, one run after another. `session`: the id of an open one, see `client.sessions`.
    """

    runtime: str | None
    device: str | None
    shots: int | None
    seed: int | None
    name: str | None
    tags: Sequence[str]
    options: Mapping[str, Any] | None
    language: str | None
    retries: int | None
    on_uncertain: str | None
    tier: int | None
    start_after: str | None
    not_after: str | None
    bindings: Sequence[Mapping[str, float]] | None
    session: str | None


def body_of(program: str, fields: JobFields) -> Json:
    """The JSON that is sent. Raises TypeError for a field that no job has."""
    if strange := fields.keys() - JobFields.__annotations__.keys():
        raise TypeError(f"a job has no {', '.join(sorted(strange))}")
    tags, options, bindings = fields.get("tags"), fields.get("options"), fields.get("bindings")
    plain = {
        "tags": list(tags) if tags else None,
        "options": dict(options) if options else None,
        "bindings": None if bindings is None else [dict(binding) for binding in bindings],
    }
    return given(program=program, **{**fields, **plain})
