"""Celery's revoke and terminate, from Flower or `celery control`, are requests to cancel: the ledger has the word.

A slot stays taken until the driver says that the device stopped.
"""

from __future__ import annotations

from typing import Any

from celery.utils.functional import maybe_list
from celery.worker.control import control_command, nok, ok

from qcjob.errors import LedgerUnavailable
from qcjob.logs import get_logger

log = get_logger(__name__)


@control_command(name="revoke", variadic="task_id", signature="[id1 [id2 [... [idN]]]]")  # type: ignore[untyped-decorator]
def revoke(state: Any, task_id: Any, terminate: bool = False, signal: Any = None, **_: Any) -> Any:
    """Cancel jobs by id; what is running is asked to stop."""
    cancelled = []
    try:
        for job_id in map(str, maybe_list(task_id) or ()):
            job = state.app.ledger.cancel(job_id)
            if job is not None:
                cancelled.append(f"{job_id} is {job.state}")
                log.info("cancel asked by control command", job_id=job_id, state=job.state, device=job.device)
    except LedgerUnavailable as error:
        return nok(str(error))
    return ok("; ".join(cancelled) or "no such job")


@control_command(  # type: ignore[untyped-decorator]
    name="terminate", variadic="task_id", args=[("signal", str)], signature="<signal> [id1 [id2 [... [idN]]]]"
)
def terminate(state: Any, signal: str, task_id: Any, **_: Any) -> Any:
    """The same as revoke: no child is ever killed under its job."""
    return revoke(state, task_id)
