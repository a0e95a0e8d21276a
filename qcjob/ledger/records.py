"""From the hash of a job to the value, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from qcjob.acts import Act
from qcjob.job import Attempt, Job, Moment, NewJob, Rescue
from qcjob.ledger.damage import LATEST, damaged_record
from qcjob.lifecycle import JobState
from qcjob.rank import Privileges, charge

PROGRAM_AT, COMPILED_AT = 8, 9
"""Where these stand among the arguments."""


def arguments_of(job: NewJob, weight: float) -> list[str | int | bytes]:
    """A job as accept.lua reads it, of a customer with that weight."""
    fields = _fields_of(job)
    return [
        job.id,
        job.device,
        job.tier,
        job.cost,
        charge(job.cost, weight),
        "" if job.start_after is None else job.start_after,
        "" if job.not_after is None else job.not_after,
        job.session or "",
        job.program.encode("utf-8", "surrogatepass"),
        job.compiled,
        len(fields),
        *fields,
    ]


def quotas(privileges: Privileges) -> tuple[str | int, str | int]:
    """As accept.lua reads them: of jobs waiting, and of microseconds a day."""
    jobs, seconds = privileges.jobs_waiting, privileges.device_seconds
    return "" if jobs is None else jobs, "" if seconds is None else seconds * 1_000_000


def _fields_of(job: NewJob) -> list[str]:
    """The hash fields that are written beside the scripts' own, as a flat list; what is absent takes no room."""
    fields = ["runtime", job.runtime, "language", job.language, "shots", str(job.shots), "key", job.key_id]
    if job.seed is not None:
        fields += ["seed", str(job.seed)]
    if job.name is not None:
        fields += ["name", job.name]
    if job.tags:
        fields += ["tags", json.dumps(job.tags)]
    if job.options:
        fields += ["options", json.dumps(job.options)]
    if job.retries is not None:
        fields += ["retries", str(job.retries)]
    if job.on_uncertain is not None:
        fields += ["on_uncertain", job.on_uncertain]
    if job.asked_tier:
        fields += ["tier", str(job.tier)]
    if job.request_id:
        fields += ["request", job.request_id]
    if job.fingerprint:
        fields += ["fingerprint", job.fingerprint]
    if job.parts > 1:
        fields += ["parts", str(job.parts)]
    if job.batch is not None:
        fields += ["batch", job.batch, "index", str(job.index)]
    return fields


HELD = (None, None, "job", "customer")
"""What an operator holds, by what `describe` says that a job waits for; 1 is a time to come."""


def job_from(job_id: str, ahead: int, flat: Sequence[bytes], waits: int) -> Job:
    """A job from what `describe` answers. Raises DamagedRecord."""
    try:
        fields = {key.decode(): value.decode() for key, value in zip(flat[::2], flat[1::2], strict=True)}
        return _job_of(job_id, ahead, fields, waits)
    except (KeyError, ValueError, TypeError, RecursionError) as error:
        raise damaged_record(job_id, dict(zip(flat[::2], flat[1::2], strict=True))) from error


def _job_of(job_id: str, ahead: int, fields: Mapping[str, str], waits: int) -> Job:
    get = fields.get
    cancel, seed, retries, tier = get("cancel"), get("seed"), get("retries"), get("tier")
    start_after, not_after = get("start_after"), get("not_after")
    parts = int(get("parts", 1))
    return Job(
        id=job_id,
        customer=fields["customer"],
        state=JobState(fields["state"]),
        version=int(fields["version"]),
        device=fields["device"],
        runtime=fields["runtime"],
        language=fields["language"],
        shots=int(fields["shots"]),
        created_at=_time(fields["created"]),
        updated_at=_time(fields["updated"]),
        seed=None if seed is None else int(seed),
        name=get("name"),
        tags=tuple(json.loads(fields["tags"])) if "tags" in fields else (),
        options=dict(json.loads(fields["options"])) if "options" in fields else {},
        retries=None if retries is None else int(retries),
        on_uncertain=get("on_uncertain"),
        tier=None if tier is None else int(tier),
        start_after=None if start_after is None else int(start_after),
        not_after=None if not_after is None else int(not_after),
        session=get("session"),
        cancel_requested_at=None if cancel is None else _time(cancel),
        ahead=None if ahead < 0 else ahead,
        held=HELD[waits],
        not_before=int(fields["due"]) if waits == 1 and "due" in fields else None,
        put_back_because=get("why") if waits == 1 else None,
        attempts=_attempts(fields),
        history=_history(fields),
        acts=_acts(get("acts", "")),
        starts_from=int(get("eta", "").partition(" ")[0] or 0) or None,
        error_code=get("error_code"),
        error_message=get("error_message"),
        fingerprint=get("fingerprint", ""),
        parts=parts,
        parts_done=parts if get("state") == JobState.COMPLETED else int(get("part", 0)),
        batch=get("batch"),
        index=int(get("index", 0)),
    )


def job_accepted(job: NewJob, at: Any, ahead: Any, waits: Any, starts_from: Any) -> Job:
    """A job as it is once accepted, from what `submit` answers: nothing has to be read again."""
    accepted_at, held = int(at), HELD[int(waits)]
    starts_later = job.start_after is not None and job.start_after > accepted_at
    return Job(
        id=job.id,
        customer=job.customer,
        state=JobState.WAITING,
        version=1,
        device=job.device,
        runtime=job.runtime,
        language=job.language,
        shots=job.shots,
        created_at=accepted_at,
        updated_at=accepted_at,
        seed=job.seed,
        name=job.name,
        tags=job.tags,
        options=job.options,
        retries=job.retries,
        on_uncertain=job.on_uncertain,
        tier=job.tier if job.asked_tier else None,
        start_after=job.start_after,
        not_after=job.not_after,
        session=job.session,
        ahead=int(ahead),
        held=held,
        starts_from=int(starts_from) if starts_from else None,
        not_before=job.start_after if starts_later and not held else None,
        history=(Moment(JobState.WAITING, accepted_at, 1),),
        fingerprint=job.fingerprint,
        parts=job.parts,
    )


def _history(fields: Mapping[str, str]) -> tuple[Moment, ...]:
    numbered = sorted((int(key[1:]), value) for key, value in fields.items() if key[0] == "h" and key[1:].isdigit())
    moments = (value.split(" ") for _, value in numbered)
    return tuple(Moment(JobState(state), _time(at), int(attempt)) for state, at, attempt in moments)


def _time(text: str) -> int:
    """Microseconds, of a year that has a date: what was changed by hand may be any number."""
    at = int(text)
    if not 0 <= at < LATEST:
        raise ValueError(text)
    return at


def _acts(text: str) -> tuple[Act, ...]:
    """Acts from their field, which acts.lua writes: a line each."""
    lines = (line.split("\t") for line in text.split("\n") if line)
    return tuple(Act(int(at), by, what, before, after, why) for at, by, what, before, after, why in lines)


def _attempts(fields: Mapping[str, str]) -> tuple[Attempt, ...]:
    attempts = []
    for number in range(1, int(fields["attempt"]) + 1):
        fence = fields.get(f"a{number}:fence")
        if fence is None:
            break
        ended = fields.get(f"a{number}:ended")
        attempts.append(
            Attempt(
                number=number,
                fence=int(fence),
                worker=fields[f"a{number}:worker"],
                started_at=int(fields[f"a{number}:started"]),
                handle=fields.get(f"a{number}:handle"),
                ended_at=None if ended is None else int(ended),
                outcome=fields.get(f"a{number}:outcome"),
                rescues=rescues_from(fields.get(f"a{number}:rescues", "")),
                error_code=fields.get(f"a{number}:error_code"),
                error_message=fields.get(f"a{number}:error_message"),
            )
        )
    return tuple(attempts)


def rescues_from(text: str) -> tuple[Rescue, ...]:
    """Rescues from their field: `at fence worker;` each."""
    parts = (entry.split(" ", 2) for entry in text.split(";") if entry)
    return tuple(Rescue(int(at), worker, int(fence)) for at, fence, worker in parts)
