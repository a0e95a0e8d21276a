"""From what was asked to the job that is recorded elsewhere: completed, checked, compiled and reckoned."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from qcjob.compiler.parts import bindings_of, parts_of
from qcjob.devices.config import DeviceConfig
from qcjob.errors import JobNotFound
from qcjob.ids import new_job_id
from qcjob.job import Job, NewJob
from qcjob.ledger import Ledger
from qcjob.ledger.refusals import check_open
from qcjob.ledger.sessions import Sessions
from qcjob.ledger.stored import read_program
from qcjob.rank import Privileges, best_tier, estimate
from qcjob.security.caller import Caller
from qcjob.service import checks
from qcjob.service.catalogue import Catalogue
from qcjob.service.compilation import Compilation, Compiled
from qcjob.service.request import JobRequest, with_defaults

Compile = Callable[[JobRequest, DeviceConfig], Compiled]


@dataclass(frozen=True, slots=True)
class DryRun:
    """What a submit would record, and what its program would cost."""

    job: NewJob
    compiled: Compiled


class Builder:
    """Builds jobs for the devices of a catalogue, and for the sessions that stand in the ledger."""

    def __init__(
        self,
        ledger: Ledger,
        catalogue: Catalogue,
        compilation: Compilation,
        new_id: Callable[[], str] = new_job_id,
    ) -> None:
        self._ledger = ledger
        self._sessions = Sessions(ledger)
        self._catalogue = catalogue
        self._compilation = compilation
        self._new_id = new_id

    @property
    def compile(self) -> Compile:
        """What compiles a request that was checked, for its device."""
        return self._compilation.compile

    def complete(self, caller: Caller, request: JobRequest) -> JobRequest:
        """The request with everything said that was left out; where it names a session and no device, the session's."""
        if request.session is not None and request.device is None:
            session = self._sessions.read(request.session, caller.customer)
            request = replace(request, device=session.device if session else None)
        return with_defaults(request, self._catalogue)

    def build(
        self,
        caller: Caller,
        request: JobRequest,
        privileges: Privileges,
        compile: Compile | None = None,
        **known: Any,
    ) -> NewJob:
        """What would be recorded of a complete request, with `known` fields of the job that the request does not say.

        Raises InvalidRequest, InvalidProgram, SessionClosed, CompilerBusy, TierNotAllowed, QuotaShots.
        """
        device, compiled = self._compile(caller, request, privileges, compile)
        self._compilation.check_size(compiled, device)
        return self._new_job(caller, request, compiled, privileges, **known)

    def dry_run(self, caller: Caller, request: JobRequest, privileges: Privileges) -> DryRun:
        """What `build` comes to, also where it is too large to be simulated. Raises as that does."""
        _, compiled = self._compile(caller, request, privileges)
        return DryRun(self._new_job(caller, request, compiled, privileges), compiled)

    def for_device(self, job: Job, device: str) -> NewJob:
        """A recorded job as it would be for another device: its source checked and compiled for that, reckoned anew.

        Raises InvalidRequest, InvalidProgram, CompilerBusy, JobNotFound where it is deleted meanwhile.
        """
        texts = read_program(self._ledger, job.id)
        if texts is None:
            raise JobNotFound(f"there is no job {job.id}")
        request = JobRequest(
            texts[0],
            language=job.language,
            runtime=job.runtime,
            device=device,
            shots=job.shots,
            seed=job.seed,
            name=job.name,
            tags=job.tags,
            options=job.options,
            retries=job.retries,
            on_uncertain=job.on_uncertain,
            bindings=bindings_of(json.loads(texts[1])),
        )
        owner, unlimited = Caller(job.customer, ""), Privileges()
        return self.build(owner, request, unlimited)

    def _compile(
        self, caller: Caller, request: JobRequest, privileges: Privileges, compile: Compile | None = None
    ) -> tuple[DeviceConfig, Compiled]:
        device = checks.check_request(request, self._catalogue)
        if request.session is not None:
            check_open(self._sessions.read(request.session, caller.customer), request.session, device.name)
        checks.check_privileges(request, best_tier(caller.tier, privileges), privileges)
        compiled = (compile or self._compilation.compile)(request, device)
        self._compilation.check_mitigation(compiled, request.options)
        self._compilation.check_result_size(compiled, request)
        return device, compiled

    def _new_job(
        self,
        caller: Caller,
        request: JobRequest,
        compiled: Compiled,
        privileges: Privileges,
        **known: Any,
    ) -> NewJob:
        assert request.runtime is not None and request.device is not None and request.shots is not None
        assert request.language is not None
        seconds, parts = compiled.estimated_seconds(request.shots), parts_of(compiled.program)
        if "duration" in request.options:
            seconds = request.options["duration"] * len(parts)
        return NewJob(
            id=self._new_id(),
            customer=caller.customer,
            key_id=caller.key_id,
            tier=best_tier(caller.tier, privileges) if request.tier is None else request.tier,
            asked_tier=request.tier is not None,
            device=request.device,
            runtime=request.runtime,
            language=request.language,
            program=request.program,
            compiled=json.dumps(compiled.program, separators=(",", ":")),
            shots=request.shots,
            cost=estimate(request.shots * len(parts), seconds),
            seed=request.seed,
            name=request.name,
            tags=request.tags,
            options=request.options,
            retries=request.retries,
            on_uncertain=request.on_uncertain,
            start_after=request.start_after,
            not_after=request.not_after,
            session=request.session,
            parts=len(parts),
            **known,
        )
