"""What is asked of one job, and what is meant by what it leaves out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from qcjob.bindings import Binding
from qcjob.devices.config import BUILT_INS, ECHO, IDEAL
from qcjob.languages import detect
from qcjob.service.catalogue import Catalogue

DEFAULT_SHOTS = 1_000
DEFAULT_RUNTIME = "optimized"

_BUILT_IN_OF = {"simulated": IDEAL.name, "echo": ECHO.name}


@dataclass(frozen=True, slots=True)
class JobRequest:
    """What a user asks for; None means the default. Shapes are right, meaning is not checked yet.

    `start_after` and `not_after` are microseconds since the epoch.
    """

    program: str
    language: str | None = None
    runtime: str | None = None
    device: str | None = None
    shots: int | None = None
    name: str | None = None
    tags: tuple[str, ...] = ()
    seed: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    retries: int | None = None
    on_uncertain: str | None = None
    tier: int | None = None
    start_after: int | None = None
    not_after: int | None = None
    bindings: tuple[Binding, ...] | None = None
    session: str | None = None


def with_defaults(request: JobRequest, catalogue: Catalogue) -> JobRequest:
    """The request with everything said that was left out: what two equal requests are compared by."""
    runtime = request.runtime or DEFAULT_RUNTIME
    return replace(
        request,
        language=request.language or detect(request.program),
        runtime=runtime,
        device=request.device or _BUILT_IN_OF.get(runtime, catalogue.default),
        shots=DEFAULT_SHOTS if request.shots is None else request.shots,
    )


def devices_for(runtime: str, catalogue: Catalogue) -> tuple[str, ...]:
    """The devices a runtime may go to."""
    built_in = _BUILT_IN_OF.get(runtime)
    if built_in is not None:
        return (built_in,)
    names = {device.name for device in BUILT_INS}
    return tuple(name for name in catalogue.configs if name not in names)
