"""Equal programs of a batch are compiled once, for as long as the batch has time."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from qcjob.devices.config import DeviceConfig
from qcjob.errors import CompilerBusy, InvalidProgram, InvalidRequest, Refused
from qcjob.service.building import Compile
from qcjob.service.compilation import Compiled
from qcjob.service.request import JobRequest

COMPILE_SECONDS = 20.0
"""For all programs of a batch: whoever asks is answered before what stands between would give up, at 30 s or 60 s."""


class Once:
    """Compiles for one batch. Its time begins when it is made."""

    def __init__(self, compile: Compile, clock: Callable[[], float]) -> None:
        self._compile = compile
        self._clock = clock
        self._until = clock() + COMPILE_SECONDS
        self._known: dict[tuple[Any, ...], Compiled | InvalidProgram | InvalidRequest] = {}

    def compile(self, request: JobRequest, device: DeviceConfig) -> Compiled:
        """As `Compilation.compile`. Raises also CompilerBusy when the time is over."""
        bound = (
            (json.dumps(request.options), json.dumps(request.bindings)) if request.options or request.bindings else ""
        )
        key = (request.program, request.language, request.runtime, request.device, bound)
        found = self._known.get(key)
        if found is None:
            if self._clock() > self._until:
                raise CompilerBusy(
                    f"{len(self._known)} programs of the batch were compiled in the {COMPILE_SECONDS:g} s that it has:"
                    " ask again, what was compiled is kept for a while, or send fewer at a time; nothing was recorded"
                )
            try:
                found = self._compile(request, device)
            except (InvalidProgram, InvalidRequest) as error:
                found = error
            self._known[key] = found
        if isinstance(found, Refused):
            raise found
        return found
