"""The device was calibrated while a job waited: does its program still fit, or what is run instead?

A program is compiled when it is submitted, for the target as it was published then. A job whose target has a newer
calibration when its turn comes runs as compiled if the device still has every operation where the program wants it;
else its source is compiled again, as at its submit, and the ledger holds what is run before it is run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qcjob.compiler.fits import CALIBRATION, fits
from qcjob.compiler.parts import bindings_of
from qcjob.devices.config import DeviceConfig
from qcjob.ledger import Claim, Ledger
from qcjob.ledger.stored import read_program
from qcjob.logs import get_logger
from qcjob.service import JobRequest
from qcjob.service.catalogue import Catalogue
from qcjob.service.compilation import Compilation

log = get_logger(__name__)


class Recompiler:
    """Of one worker process; it asks the ledger for targets at most every two seconds."""

    def __init__(self, ledger: Ledger, catalogue: Catalogue, compilation: Compilation) -> None:
        self.ledger = ledger
        self._catalogue = catalogue
        self._compilation = compilation

    def renewed(self, claim: Claim, compiled: Mapping[str, Any], device: DeviceConfig) -> dict[str, Any] | None:
        """The program to run instead of the compiled one; None where that is to be run.

        Raises InvalidProgram where the device cannot run the source any more, CompilerBusy where it is to be tried
        later, LedgerUnavailable.
        """
        before = compiled.get(CALIBRATION)
        if before is None:
            return None
        target = self._catalogue.target(device.name)
        if target.calibration_id == before or fits(compiled, target):
            return None
        job, texts = self.ledger.read(claim.id), read_program(self.ledger, claim.id)
        if job is None or texts is None:
            return None
        request = JobRequest(
            texts[0],
            language=job.language,
            runtime=job.runtime,
            device=job.device,
            options=job.options,
            bindings=bindings_of(compiled),
        )
        found = self._compilation.compile(request, device)
        log.info("compiled again", before=before, now=target.calibration_id)
        return dict(found.program)
