"""The one task: its Strategy claims a job, its body runs it. Eager, `apply` makes the same claim."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from celery import Task
from celery.exceptions import Ignore

from qcjob import logs
from qcjob.errors import ConfigurationError, JobFailed, LedgerUnavailable, StaleWriter
from qcjob.ledger import Claim
from qcjob.ledger.backend import claim_of
from qcjob.ledger.wakeup import TASK_NAME
from qcjob.lifecycle import JobState
from workers.attempt import Attempt
from workers.lease import Lease, Renewer
from workers.loading import driver_of

log = logs.get_logger(__name__)
_renewer = Renewer()


class Drive(Task):  # type: ignore[misc]
    """Runs the claimed job on its device. Returns the job's id: program and counts stay in the ledger."""

    name = TASK_NAME
    Strategy = "workers.strategy:claiming"
    throws = (JobFailed,)

    def run(self, job_id: str) -> str:
        """Raises JobFailed after the ledger holds FAILED, Ignore after CANCELLED, a put-back or a lost lease."""
        claim = claim_of(self.request)
        if claim is None or claim.id != job_id:
            raise Ignore(f"{job_id} came without a claim")
        logs.clear()
        logs.bind(
            job_id=claim.id,
            device=claim.device,
            attempt=claim.attempt,
            customer=claim.customer,
            request_id=claim.request_id,
        )
        device = self.app.devices.all[claim.device]
        lease = Lease(self.app.ledger, claim, self.app.settings.renew_seconds)
        try:
            driver = driver_of(device, self.app.settings.crash_point)
            with _renewer.keeping(lease):
                renewed = self.app.recompiler.renewed
                outcome = Attempt(self.app.ledger, driver, device, claim, lease, renewed=renewed).run()
        except ConfigurationError as error:
            log.error("driver cannot be loaded", reason=str(error))
            self._leave(claim)
            raise Ignore(str(error)) from error
        except StaleWriter as error:
            log.warning("stale writer refused", fence=claim.fence, reason=str(error))
            raise Ignore(str(error)) from error
        log.info("job left the device", state=outcome.state, code=outcome.code or None, fence=claim.fence)
        if outcome.state is JobState.FAILED:
            raise JobFailed(outcome.code, outcome.message)
        if outcome.state is JobState.CANCELLED:
            self.send_event("task-revoked", terminated=False, signum=None, expired=False)
        if outcome.state is not JobState.COMPLETED:
            raise Ignore(f"{job_id} is {outcome.state}")
        return job_id

    def _leave(self, claim: Claim) -> None:
        """Without a driver nothing was started here: wait for one, or leave a started job to rescue."""
        if claim.state is JobState.SUBMITTED:
            with suppress(LedgerUnavailable, StaleWriter):
                self.app.ledger.put_back(claim.id, claim.fence, later_because="its worker could not load the driver")

    def apply(self, args: Any = None, kwargs: Any = None, queue: str | None = None, **options: Any) -> Any:
        """In this process, now: claim the best-ranked job of the queue's device and run it; None when none waits."""
        device = getattr(queue, "name", queue) or self.app.devices.default
        claim = self.app.ledger.claim(device, "eager")
        if claim is None:
            return None
        headers = {"claim": claim.as_header()}
        options = {key: value for key, value in options.items() if key in ("throw", "logfile", "loglevel")}
        return super().apply((claim.id,), {}, task_id=claim.id, headers=headers, **options)
