"""What operators do, one method each: the callers have shown an operator's key. Any customer's job can be meant."""

from __future__ import annotations

from qcjob.acts import MOST_WHY, Word
from qcjob.batch import Batch
from qcjob.errors import FieldError, InvalidRequest, JobNotFound, NotCancellable
from qcjob.job import Job
from qcjob.ledger import Ledger
from qcjob.ledger.batches import Batches
from qcjob.ledger.operations import WORDS, AuditPage, Operations
from qcjob.ledger.waiting import WaitingPage, waiting
from qcjob.lifecycle import JobState
from qcjob.rank import charge
from qcjob.security.caller import Caller
from qcjob.service.batching import stopped
from qcjob.service.checks import check_tier
from qcjob.service.jobs import Service


class Operating:
    """Acts of operators, over the same ledger as the service. Every method raises OperatorOnly, LedgerUnavailable."""

    def __init__(self, service: Service, ledger: Ledger) -> None:
        self._service = service
        self._ledger = ledger
        self._operations = Operations(ledger)
        self._batches = Batches(ledger)

    def hold(self, caller: Caller, job_id: str, *, held: bool, why: str = "") -> Job:
        """Let a waiting job not be claimed, or be claimed again: it keeps its rank. Raises JobNotFound, NotWaiting."""
        return _found(self._operations.hold(job_id, word_of(caller, why), held=held), job_id)

    def cancel(self, caller: Caller, job_id: str, *, why: str = "") -> Job:
        """Cancel anybody's waiting job at once, ask for a running one to stop; its history has who did, and why.

        The caller's own is cancelled as anyone does it, unless they give a reason. Raises JobNotFound, NotCancellable,
        InvalidRequest.
        """
        if not why and self._service.status(caller, job_id).customer == caller.customer:
            return self._service.cancel(caller, job_id)
        job = _found(self._operations.cancel(job_id, word_of(caller, why)), job_id)
        if job.state in (JobState.COMPLETED, JobState.FAILED):
            raise NotCancellable(f"the job is {job.state} already")
        return job

    def cancel_batch(self, caller: Caller, batch_id: str, *, why: str = "") -> Batch:
        """Cancel every waiting job of anybody's batch, ask those that run to stop; each job's history has who, and why.

        The caller's own is cancelled as anyone does it, unless they give a reason. Raises BatchNotFound,
        NotCancellable, InvalidRequest.
        """
        word = word_of(caller, why)
        mine = None if why else self._batches.cancel(batch_id, customer=caller.customer)
        return stopped(mine or self._batches.cancel(batch_id, customer=None, word=word), batch_id)

    def waiting(self, caller: Caller, device: str, *, limit: int, cursor: str | None = None) -> WaitingPage:
        """The jobs that wait for a device, everybody's, in the order of their turn; of one that is configured no more
        too.

        Raises DeviceNotFound, InvalidRequest on a cursor that was not handed out here.
        """
        caller.must_be_operator()
        if not self._service.catalogue.is_known(device):
            self._service.catalogue.view(device)
        return waiting(self._ledger, device, limit=limit, cursor=cursor)

    def change_tier(self, caller: Caller, job_id: str, tier: int, *, why: str = "") -> Job:
        """Rank a waiting job at the end of what its customer has in this tier, whatever they are allowed.

        Raises JobNotFound, NotWaiting, InvalidRequest.
        """
        word = word_of(caller, why)
        if wrong := check_tier(tier):
            raise InvalidRequest(wrong)
        return _found(self._operations.change_tier(job_id, tier, word), job_id)

    def move(self, caller: Caller, job_id: str, device: str, *, why: str = "") -> Job:
        """Let a waiting job wait for another device, compiled for that from its source.

        Raises JobNotFound, NotWaiting, and what the other device does not take: InvalidRequest, InvalidProgram.
        """
        word = word_of(caller, why)
        job = _found(self._ledger.read(job_id), job_id)
        new = self._service.builder.for_device(job, device)
        weight = self._service.customers.privileges(job.customer).weight
        reckoned = (new.compiled, new.cost, charge(new.cost, weight))
        return _found(self._operations.move(job_id, job.device, device, *reckoned, word), job_id)

    def direct(self, caller: Caller, device: str, said: str, *, why: str = "") -> None:
        """Let a device take jobs (`online`) or none (`drained`, `offline`); what runs on it ends as ever.

        Raises DeviceNotFound, InvalidRequest.
        """
        word = word_of(caller, why)
        self._service.catalogue.view(device)
        if said not in WORDS:
            raise InvalidRequest([FieldError("status", f"{said[:40]!r} cannot be said of a device", WORDS)])
        self._operations.direct(device, said, word)

    def audit(self, caller: Caller, *, limit: int, cursor: str | None = None) -> AuditPage:
        """What operators did, newest first. Raises InvalidRequest on a cursor that was not handed out here."""
        word_of(caller)
        return self._operations.audit(limit=limit, cursor=cursor)


def word_of(caller: Caller, why: str = "") -> Word:
    """An operator's word. Raises OperatorOnly for anybody else's, InvalidRequest for a reason that cannot be kept."""
    caller.must_be_operator()
    if len(why) > MOST_WHY or not why.isprintable():
        allowed = f"at most {MOST_WHY} printable characters"
        raise InvalidRequest([FieldError("why", "is too long, or not plain text", allowed)])
    return Word(caller.customer, caller.key_id, why)


def _found(job: Job | None, job_id: str) -> Job:
    if job is None:
        raise JobNotFound(f"there is no job {job_id[:80]!r}")
    return job
