"""Celery's result backend on the ledger: it reads jobs, and what Celery stores by itself never ends one.

Celery app and backend are joined by `app.ledger`, a Ledger.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from celery.backends.redis import RedisBackend

from qcjob.errors import JobFailed, LedgerUnavailable, StaleWriter
from qcjob.ledger import meta
from qcjob.ledger.claim import Claim
from qcjob.ledger.ledger import Ledger
from qcjob.ledger.stored import read_result
from qcjob.logs import get_logger

log = get_logger(__name__)


def claim_of(request: Any) -> Claim | None:
    """The claim that travels with a task's request: among its fields in a worker, in its headers when eager."""
    header = getattr(request, "claim", None) or (getattr(request, "headers", None) or {}).get("claim")
    return Claim.from_header(header) if header else None


class LedgerBackend(RedisBackend):  # type: ignore[misc]
    """Reads the ledger for `AsyncResult`, Flower and `celery result`; turns what Celery stores into ledger moves.

    SUCCESS, RECEIVED, STARTED and the FAILURE of a JobFailed change nothing: the task told the ledger before. Any
    other FAILURE (WorkerLostError, a time limit, a bug), RETRY and a terminated task let the lease lapse, so that
    rescue decides. REVOKED is a request to cancel.
    """

    @property
    def _ledger(self) -> Ledger:
        ledger: Ledger = self.app.ledger
        return ledger

    def store_result(
        self, task_id: str, result: Any, state: str, traceback: Any = None, request: Any = None, **kwargs: Any
    ) -> Any:
        """Called by Celery at every end of a task, in the child or in the worker."""
        try:
            if state == "REVOKED" and str(result) != "terminated":
                self._ledger.cancel(task_id)
            elif state in ("FAILURE", "RETRY", "REVOKED") and not isinstance(result, JobFailed):
                claim = claim_of(request)
                log.warning("task lost", job_id=task_id, celery_state=state, reason=str(result)[:200])
                if claim is not None:
                    self._ledger.lapse(task_id, claim.fence)
        except StaleWriter as error:
            log.info("stale write refused", job_id=task_id, celery_state=state, reason=str(error))
        except LedgerUnavailable as error:
            log.error("ledger unavailable", job_id=task_id, celery_state=state, reason=str(error))
        return result

    def get(self, key: str | bytes) -> str | None:
        """The meta of a job by Celery's key for it; None for an unknown id."""
        job_id = (key.decode() if isinstance(key, bytes) else key).removeprefix("celery-task-meta-")
        job = self._ledger.read(job_id)
        if job is None:
            return None
        stored = read_result(self._ledger, job_id) or {}
        return meta.of(job, stored.get("counts"))

    def mget(self, keys: Iterable[str | bytes]) -> list[str | None]:
        """The metas of several jobs."""
        return [self.get(key) for key in keys]

    def on_task_call(self, producer: Any, task_id: str) -> None:
        """No subscription for a task that is merely sent."""

    def set(self, key: Any, value: Any, expires: Any = None, **retry_policy: Any) -> None:
        """Nothing is written beside the ledger."""

    def _set_with_state(self, key: Any, value: Any, state: str) -> None:
        """Nothing is written beside the ledger."""

    def delete(self, key: Any) -> None:
        """`forget` does not delete a job; retention does."""
