"""What a job may ask for, checked by meaning at the door: defaults, bounds, and which runtime goes to which device."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from qcjob.catalogue import Catalogue
from qcjob.compiler import RUNTIMES
from qcjob.devices.config import BUILT_INS, ECHO, IDEAL, DeviceConfig
from qcjob.errors import FieldError, InvalidRequest
from qcjob.languages import LANGUAGES, detect

DEFAULT_SHOTS = 1_000
DEFAULT_RUNTIME = "optimized"
MAX_NAME = 200
MAX_TAGS = 20
MAX_TAG = 64
MAX_SEED = 2**63 - 1
MAX_DURATION = 86_400.0

_BUILT_IN_OF = {"simulated": IDEAL.name, "echo": ECHO.name}


@dataclass(frozen=True, slots=True)
class JobRequest:
    """What a user asks for; None means the default. Shapes are right, meaning is not checked yet."""

    program: str
    language: str | None = None
    runtime: str | None = None
    device: str | None = None
    shots: int | None = None
    name: str | None = None
    tags: tuple[str, ...] = ()
    seed: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


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


def check_request(request: JobRequest, catalogue: Catalogue) -> DeviceConfig:
    """The device a complete request goes to. Raises InvalidRequest with every wrong field and what it may be."""
    errors: list[FieldError] = []

    def wrong(name: str, message: str, allowed: str | Sequence[str]) -> None:
        errors.append(FieldError(name, message, allowed))

    if request.language not in LANGUAGES:
        wrong("language", f"{_shown(request.language)} is not a language", LANGUAGES)
    if request.runtime not in RUNTIMES:
        wrong("runtime", f"{_shown(request.runtime)} is not a runtime", RUNTIMES)
    device = catalogue.configs.get(request.device or "")
    if device is None:
        wrong("device", f"{_shown(request.device)} is not a device", catalogue.names)
    elif request.runtime in RUNTIMES:
        allowed = devices_for(request.runtime, catalogue)
        if device.name not in allowed:
            wrong("device", f"runtime {request.runtime} does not run on {device.name}", allowed)
    most = device.max_shots if device else catalogue.configs[catalogue.default].max_shots
    if request.shots is None or not 1 <= request.shots <= most:
        wrong("shots", f"{_shown(request.shots)} is out of range", f"a whole number from 1 to {most}")
    if request.seed is not None and not 0 <= request.seed <= MAX_SEED:
        wrong("seed", f"{_shown(request.seed)} is out of range", f"a whole number from 0 to {MAX_SEED}")
    if request.name is not None and not _is_label(request.name, MAX_NAME):
        wrong("name", "is empty, too long or not plain text", f"1 to {MAX_NAME} printable characters")
    if len(request.tags) > MAX_TAGS:
        wrong("tags", f"{len(request.tags)} tags are too many", f"at most {MAX_TAGS}")
    elif not all(_is_label(tag, MAX_TAG) for tag in request.tags):
        wrong("tags", "one is empty, too long or not plain text", f"each 1 to {MAX_TAG} printable characters")
    if device is not None:
        errors += _option_errors(request.options, catalogue.job_options(device.name))
    if errors:
        raise InvalidRequest(errors)
    assert device is not None
    return device


def devices_for(runtime: str, catalogue: Catalogue) -> tuple[str, ...]:
    """The devices a runtime may go to."""
    built_in = _BUILT_IN_OF.get(runtime)
    if built_in is not None:
        return (built_in,)
    names = {device.name for device in BUILT_INS}
    return tuple(name for name in catalogue.configs if name not in names)


def _option_errors(options: Mapping[str, Any], allowed: tuple[str, ...]) -> list[FieldError]:
    errors = []
    for name, value in options.items():
        if name not in allowed:
            message = "is not an option of this device"
            errors.append(FieldError(f"options.{_shown(name)[1:-1]}", message, allowed or "none"))
        elif name in _OPTIONS and not _OPTIONS[name][0](value):
            errors.append(FieldError(f"options.{name}", f"{_shown(value)} cannot be used", _OPTIONS[name][1]))
    return errors


def _is_number(value: object, least: float, most: float) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return least <= value <= most and math.isfinite(value)


def _is_code(value: object) -> bool:
    return (
        isinstance(value, str)
        and 1 <= len(value) <= 64
        and value.isascii()
        and value[0].isalpha()
        and value == value.lower()
        and value.replace("-", "").isalnum()
    )


_OPTIONS: dict[str, tuple[Callable[[object], bool], str]] = {
    "duration": (lambda value: _is_number(value, 0, MAX_DURATION), f"seconds, 0 to {MAX_DURATION:g}"),
    "readout_error": (lambda value: _is_number(value, 0, 1), "a probability, 0 to 1"),
    "error": (_is_code, "an error code: 1 to 64 lower-case letters, digits and hyphens, a letter first"),
}


def _is_label(text: str, most: int) -> bool:
    return 1 <= len(text) <= most and text.isprintable() and bool(text.strip())


def _shown(value: object) -> str:
    text = repr(value).encode("ascii", "backslashreplace").decode()
    return text if len(text) <= 60 else text[:57] + "..."
