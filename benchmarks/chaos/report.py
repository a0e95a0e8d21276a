"""The report of a storm, in Markdown: what became of the jobs, what must be zero, and what each fault cost."""

from __future__ import annotations

import os
import platform
from collections import Counter, defaultdict
from collections.abc import Iterator

from benchmarks.chaos.faults import FAULTS
from benchmarks.chaos.stalls import Stall
from benchmarks.chaos.storm import Outcome
from qcjob.lifecycle import JobState

_SHOWN = 5


def report(outcome: Outcome) -> str:
    """All of it."""
    return "\n".join((*_head(outcome), "", *_jobs(outcome), "", *_zeros(outcome), "", *_faults(outcome)))


def _head(outcome: Outcome) -> Iterator[str]:
    plan, struck = outcome.plan, len(outcome.stalls)
    yield (
        f"Seed {plan.seed}: {plan.jobs:,} jobs in {plan.seconds:g} s, {struck} faults, "
        f"leases of {plan.lease_seconds:g} s. "
        f"{os.cpu_count()} cores, Python {platform.python_version()}, {outcome.fsyncs:,.0f} fsyncs a second."
    )


def _jobs(outcome: Outcome) -> Iterator[str]:
    evidence = outcome.evidence
    jobs = evidence.jobs.values()
    states = Counter(job.state for job in jobs)
    codes = Counter(job.error_code for job in jobs if job.state is JobState.FAILED)
    reasons = ", ".join(f"{code} {times}" for code, times in codes.most_common())
    waits = sorted(evidence.witness.waits)
    answers = ", ".join(f"{status}: {times:,}" for status, times in sorted(evidence.witness.answers.items()))
    yield from ("| jobs | |", "|---|---|")
    yield f"| accepted | {len(evidence.accepted):,} |"
    yield f"| completed | {states[JobState.COMPLETED]:,} |"
    yield f"| failed with a reason | {states[JobState.FAILED]:,}{f' ({reasons})' if reasons else ''} |"
    yield f"| cancelled, as asked, or past its deadline | {states[JobState.CANCELLED]:,} |"
    if outcome.acts:
        yield f"| acts of an operator | {', '.join(f'{act} {times}' for act, times in sorted(outcome.acts.items()))} |"
    yield f"| rescued | {sum(any(attempt.rescues for attempt in job.attempts) for job in jobs):,} |"
    yield f"| run again, as a new attempt | {sum(len(job.attempts) > 1 for job in jobs):,} |"
    yield f"| answers to clients | {answers} |"
    if waits:
        yield f"| from the first try to the 202 | median {waits[len(waits) // 2]:.3f} s, longest {waits[-1]:.1f} s |"
    yield f"| slowest 503, but for long-polls | {evidence.witness.slowest_503:.1f} s |"
    yield f"| the last job final after the storm | {outcome.drained_seconds:.1f} s |"


def _zeros(outcome: Outcome) -> Iterator[str]:
    yield from ("| must be 0 | |", "|---|---|")
    for name, violations in outcome.violations.items():
        yield f"| {name} | {len(violations)} |"
    for name, violations in outcome.violations.items():
        if violations:
            yield from ("", f"{name}:", *(f"    {violation}" for violation in violations[:_SHOWN]))
            if len(violations) > _SHOWN:
                yield f"    and {len(violations) - _SHOWN} more"


def _faults(outcome: Outcome) -> Iterator[str]:
    """The longest of each kind, the kind that cost most first."""
    kinds: dict[str, list[Stall]] = defaultdict(list)
    for stall in outcome.stalls:
        kinds[stall.fault.name].append(stall)
    yield "| fault | times | longest stall | of it when the fault was over | last job in flight final after |"
    yield "|---|---|---|---|---|"
    for name, found in sorted(kinds.items(), key=lambda kind: -_most(stall.longest for stall in kind[1])):
        cells = (_seconds(getattr(stall, field) for stall in found) for field in ("longest", "afterwards", "last"))
        yield f"| {FAULTS[name].what} | {len(found)} | {' | '.join(cells)} |"


def _most(values: Iterator[float | None]) -> float:
    return max((value for value in values if value is not None), default=0.0)


def _seconds(values: Iterator[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{max(known):.1f} s" if known else "none"
