"""From the hash of a job to the value, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from qcjob.job import Attempt, Job, Moment, NewJob, Rescue
from qcjob.lifecycle import JobState


def fields_of(job: NewJob) -> list[str]:
    """The hash fields that `submit` writes beside its own, as a flat list; what is absent takes no room."""
    fields = ["runtime", job.runtime, "language", job.language, "shots", str(job.shots), "key", job.key_id]
    if job.seed is not None:
        fields += ["seed", str(job.seed)]
    if job.name is not None:
        fields += ["name", job.name]
    if job.tags:
        fields += ["tags", json.dumps(job.tags)]
    if job.options:
        fields += ["options", json.dumps(job.options)]
    if job.request_id:
        fields += ["request", job.request_id]
    if job.fingerprint:
        fields += ["fingerprint", job.fingerprint]
    return fields


def job_from(job_id: str, ahead: int, flat: Sequence[bytes]) -> Job:
    """A job from what `describe` answers."""
    fields = {key.decode(): value.decode() for key, value in zip(flat[::2], flat[1::2], strict=True)}
    get = fields.get
    cancel, seed = get("cancel"), get("seed")
    return Job(
        id=job_id,
        customer=fields["customer"],
        state=JobState(fields["state"]),
        version=int(fields["version"]),
        device=fields["device"],
        runtime=fields["runtime"],
        language=fields["language"],
        shots=int(fields["shots"]),
        created_at=int(fields["created"]),
        updated_at=int(fields["updated"]),
        seed=None if seed is None else int(seed),
        name=get("name"),
        tags=tuple(json.loads(fields["tags"])) if "tags" in fields else (),
        options=json.loads(fields["options"]) if "options" in fields else {},
        cancel_requested_at=None if cancel is None else int(cancel),
        ahead=None if ahead < 0 else ahead,
        attempts=_attempts(fields),
        history=_history(fields),
        error_code=get("error_code"),
        error_message=get("error_message"),
        fingerprint=get("fingerprint", ""),
    )


def _history(fields: Mapping[str, str]) -> tuple[Moment, ...]:
    numbered = sorted((int(key[1:]), value) for key, value in fields.items() if key[0] == "h" and key[1:].isdigit())
    moments = (value.split(" ") for _, value in numbered)
    return tuple(Moment(JobState(state), int(at), int(attempt)) for state, at, attempt in moments)


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
            )
        )
    return tuple(attempts)


def rescues_from(text: str) -> tuple[Rescue, ...]:
    """Rescues from their field: `at fence worker;` each."""
    parts = (entry.split(" ", 2) for entry in text.split(";") if entry)
    return tuple(Rescue(int(at), worker, int(fence)) for at, fence, worker in parts)
