"""A worker that is asked to stop finishes what ends within its grace; a longer run is handed over, not started again.

Celery's warm shutdown waits for its children for ever. After the grace a child that merely listens to a device is
ended and its lease let go: the next worker re-attaches by the handle in the ledger, within a second. A run that nobody
else could listen to, because it lives in the child, is waited for, until whoever asked loses patience.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import suppress
from typing import Any

from celery import current_app, signals

from qcjob.errors import LedgerUnavailable, StaleWriter
from qcjob.logs import get_logger
from workers.keeper import children_at_work
from workers.loading import driver_of

log = get_logger(__name__)

_LOOK_SECONDS = 0.2


@signals.worker_shutting_down.connect  # type: ignore[untyped-decorator]
def begin(**_: Any) -> None:
    """Called in the worker's main process when it is asked to stop."""
    app = current_app._get_current_object()
    threading.Thread(target=hand_over, args=(app, app.settings.grace_seconds), name="hand over", daemon=True).start()


def hand_over(app: Any, grace_seconds: float) -> None:
    """After the grace, hand over every run that another worker can listen to; until the process ends."""
    time.sleep(grace_seconds)
    while True:
        for (job_id, fence), pid in children_at_work().items():
            try:
                hand_over_one(app, job_id, fence, pid)
            except (LedgerUnavailable, StaleWriter) as error:
                log.warning("not handed over", job_id=job_id, reason=str(error))
        time.sleep(_LOOK_SECONDS)


def hand_over_one(app: Any, job_id: str, fence: int, pid: int) -> bool:
    """Whether this child's run was handed over. Raises LedgerUnavailable, or StaleWriter if it had ended meanwhile."""
    job = app.ledger.read(job_id)
    if job is None or not job.attempts or job.attempts[-1].handle is None:
        return False
    if not driver_of(app.devices.all[job.device]).caps.reattach:
        return False
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    log.info("job handed over", job_id=job_id, device=job.device, fence=fence)
    app.ledger.lapse(job_id, fence)
    return True
