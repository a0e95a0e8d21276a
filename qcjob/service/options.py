"""What a job may say in `options`: which there are, who they are for, and their values."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from qcjob.errors import FieldError
from qcjob.observables import ALLOWED, read_observables
from qcjob.service.labels import shown
from qcjob.service.request import DEFAULT_RUNTIME, JobRequest

OPTIMIZATION_LEVEL = "optimization_level"
OBSERVABLES = "observables"
MITIGATION = "mitigation"
MEMORY = "memory"
"""The outcome of every shot; of devices whose driver can keep it."""
OF_THE_SERVICE = (OPTIMIZATION_LEVEL, OBSERVABLES, MITIGATION)
"""Options that are the compiler's and the worker's, not a driver's."""
MAX_DURATION = 86_400.0


def driver_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """A job's options without those that no driver knows."""
    return {name: value for name, value in options.items() if name not in OF_THE_SERVICE}


def options_for(request: JobRequest, of_driver: tuple[str, ...]) -> tuple[str, ...]:
    """What a request may say in `options`: only the transpiler, which optimizes OpenQASM, has levels."""
    transpiled = request.language != "rotations" and request.runtime == DEFAULT_RUNTIME
    return (*of_driver, *(OF_THE_SERVICE if transpiled else OF_THE_SERVICE[1:]))


def option_errors(options: Mapping[str, Any], allowed: tuple[str, ...]) -> list[FieldError]:
    """What is wrong with options of which these may be said."""
    errors = []
    for name, value in options.items():
        if name not in allowed:
            message = "is not an option of this device"
            if name == OPTIMIZATION_LEVEL:
                message = "is for programs in OpenQASM with the runtime optimized"
            errors.append(FieldError(f"options.{shown(name)[1:-1]}", message, allowed or "none"))
        elif name == OBSERVABLES:
            try:
                read_observables(value)
            except ValueError as error:
                errors.append(FieldError(f"options.{name}", str(error), ALLOWED))
        elif name in _OPTIONS and not _OPTIONS[name][0](value):
            errors.append(FieldError(f"options.{name}", f"{shown(value)} cannot be used", _OPTIONS[name][1]))
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
    OPTIMIZATION_LEVEL: (
        lambda value: isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 3,
        "a whole number from 0 to 3",
    ),
    MEMORY: (lambda value: isinstance(value, bool), "true or false"),
    MITIGATION: (lambda value: value == "readout", "readout"),
    "error": (_is_code, "an error code: 1 to 64 lower-case letters, digits and hyphens, a letter first"),
}
