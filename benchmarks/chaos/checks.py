"""What must hold when the storm is over. Each check yields what does not; the promise is kept when none yields.

The ledger is one witness, the answers that clients got another, and the devices' own count of starts the third.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from benchmarks.chaos.clients import SHOTS
from benchmarks.chaos.installation import QC, WITNESSED
from benchmarks.chaos.witness import Seen, Witness
from qcjob.ids import attempt_of
from qcjob.job import Job
from qcjob.ledger.checkup import Finding
from qcjob.lifecycle import TRANSITIONS, JobState

_STEPS = {(state, to) for (state, _), to in TRANSITIONS.items()}
_OUTCOMES = {JobState.COMPLETED: "completed", JobState.FAILED: "failed", JobState.CANCELLED: "cancelled"}


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that the checks read. `jobs`: the ledger's, by id; `results`: what `result` answered, by id; `starts`:
    the devices' own counts, by the id each attempt was handed over under.
    """

    jobs: Mapping[str, Job]
    witness: Witness
    starts: Mapping[str, int]
    results: Mapping[str, Mapping[str, int] | str]
    findings: tuple[Finding, ...]
    unsent: int

    @property
    def accepted(self) -> set[str]:
        """The ids that 2xx answers named."""
        return {job_id for ids in self.witness.accepted.values() for job_id in ids}


def lost(evidence: Evidence) -> Iterator[str]:
    """Accepted, and not in a final state, or not there at all."""
    for job_id in sorted(evidence.accepted):
        job = evidence.jobs.get(job_id)
        if job is None or not job.state.is_final:
            yield f"{job_id} is {job.state if job else 'gone'}"


def run_twice(evidence: Evidence) -> Iterator[str]:
    """An attempt that was started more often than it says: once, or never if the job knows of no such attempt.

    The device outside knows an attempt by its id, so that a rescue starts nothing there; the simulator's run dies with
    its process, so that a rescue may start it again.
    """
    for started, starts in sorted(evidence.starts.items()):
        job_id, number = attempt_of(started)
        job = evidence.jobs.get(job_id)
        attempts = [attempt for attempt in job.attempts if attempt.number == number] if job else []
        was_on_simulator = job is not None and (job.device != QC or any(act.what == "move" for act in job.acts))
        rescues = sum(len(attempt.rescues) for attempt in attempts) if was_on_simulator else 0
        said = len(attempts) + rescues
        if starts > said:
            yield f"attempt {number} of {job_id} was started {starts} times, and says {said}"


def not_a_path(evidence: Evidence) -> Iterator[str]:
    """A history that is no path of the table, fences that do not grow, attempts that did not end as the job did."""
    for job_id, job in evidence.jobs.items():
        states = [JobState.CREATED, *(moment.state for moment in job.history)]
        for step in zip(states[:-1], states[1:], strict=True):
            if step not in _STEPS:
                yield f"{job_id}: {' -> '.join(step)}"
        times = [moment.at for moment in job.history]
        fences = [n for attempt in job.attempts for n in (attempt.fence, *(rescue.fence for rescue in attempt.rescues))]
        if times != sorted(times) or states[-1] is not job.state:
            yield f"{job_id}: its history does not lead to {job.state}"
        if job.attempts and sorted(set(fences)) != fences:
            yield f"{job_id}: fences {fences}"
        ended = [attempt.outcome for attempt in job.attempts]
        if job.state.is_final and ended and ended != ["put_back"] * (len(ended) - 1) + [_OUTCOMES[job.state]]:
            yield f"{job_id} is {job.state}, and its attempts ended {ended}"


def two_for_one_key(evidence: Evidence) -> Iterator[str]:
    """A key that stands for two jobs, or a job that nobody was told of."""
    for (customer, key), ids in evidence.witness.accepted.items():
        if len(ids) > 1:
            yield f"{customer}'s {key} was answered with {', '.join(sorted(ids))}"
    for job_id in sorted(set(evidence.jobs) - evidence.accepted):
        yield f"{job_id} is in the ledger, and no answer named it"


def went_back(evidence: Evidence) -> Iterator[str]:
    """A client saw an older version after a newer one, two states at one version, or a final state left."""
    by_job: dict[str, list[Seen]] = defaultdict(list)
    for seen in evidence.witness.seen:
        by_job[seen.id].append(seen)
    for job_id, sights in by_job.items():
        sights.sort(key=lambda seen: seen.at)
        newest: Seen | None = None
        for seen in sights:
            if newest is not None and seen.asked_at > newest.at and seen.version < newest.version:
                yield f"{job_id}: version {newest.version}, then {seen.version}"
            if newest is None or seen.version > newest.version:
                newest = seen
        said: dict[int, JobState] = {}
        for seen in sights:
            if said.setdefault(seen.version, seen.state) is not seen.state:
                yield f"{job_id}: {said[seen.version]} and {seen.state} at version {seen.version}"
        job = evidence.jobs.get(job_id)
        for seen in sights:
            if seen.state.is_final and job is not None and seen.state is not job.state:
                yield f"{job_id}: a client was told {seen.state}, and it is {job.state}"


def without_reason(evidence: Evidence) -> Iterator[str]:
    """FAILED without a code and a message, or CANCELLED though nobody asked and no deadline passed."""
    for job_id, job in evidence.jobs.items():
        if job.state is JobState.FAILED and not (job.error_code and job.error_message):
            yield f"{job_id} FAILED and does not say why"
        expired = job.not_after is not None and job.error_code == "expired" and job.updated_at >= job.not_after
        if job.state is JobState.CANCELLED and job_id not in evidence.witness.cancels and not expired:
            yield f"{job_id} is CANCELLED, and nobody asked for it"


def wrong_results(evidence: Evidence) -> Iterator[str]:
    """COMPLETED and no counts of all its shots, or never started; or counts of a job that is not COMPLETED."""
    started = {attempt_of(run)[0] for run, starts in evidence.starts.items() if starts}
    for job_id, job in evidence.jobs.items():
        answer = evidence.results.get(job_id)
        counted = sum(answer.values()) if isinstance(answer, Mapping) else None
        if (counted == SHOTS) is not (job.state is JobState.COMPLETED):
            yield f"{job_id} is {job.state}, and its result {answer}"
        if job.state is JobState.COMPLETED and job.device in WITNESSED and job_id not in started:
            yield f"{job_id} is COMPLETED, and no device started it"


def turned_away(evidence: Evidence) -> Iterator[str]:
    """Answers that no client can mend by trying again, and submits that were never accepted."""
    for code, times in evidence.witness.refused.items():
        yield f"refused {times} times: {code}"
    for status, times in evidence.witness.answers.items():
        if status.startswith("5") and status != "503":
            yield f"answered {status} {times} times"
    if evidence.unsent:
        yield f"{evidence.unsent} submits were not accepted until the end"


def findings(evidence: Evidence) -> Iterator[str]:
    """What `python -m qcjob doctor` would say."""
    for finding in evidence.findings:
        yield f"{finding.where}: {finding.what}"


CHECKS = {
    "lost": lost,
    "run twice, and no attempt or rescue says so": run_twice,
    "history not a path of the table, or fences not growing": not_a_path,
    "two jobs for one key, or a job nobody was told of": two_for_one_key,
    "gone back in the eyes of a client": went_back,
    "failed without a reason, cancelled without being asked": without_reason,
    "COMPLETED without counts or start, counts without COMPLETED": wrong_results,
    "clients turned away": turned_away,
    "findings of doctor": findings,
}
