"""`python -m benchmarks.chaos`: one storm. 0: the promise was kept, 1: not, 2: there was no storm, 130: stopped."""

from __future__ import annotations

import argparse
import json
import secrets
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.chaos.faults import FAULTS
from benchmarks.chaos.report import report
from benchmarks.chaos.storm import Interrupted, Outcome, Plan, run
from qcjob.errors import QcjobError

JOBS_A_SECOND = 4.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the storm, print progress and the report."""
    given = _parser().parse_args(arguments)
    if given.minutes is not None:
        given.seconds = given.minutes * 60
    unknown = set(given.faults.split(",")) - set(FAULTS) if given.faults else set()
    if unknown or given.seconds <= 0 or given.lease <= 0 or (given.jobs is not None and given.jobs < 1):
        print(f"unknown faults: {', '.join(sorted(unknown))}" if unknown else "wanted numbers above 0", file=sys.stderr)
        return 2
    folder = given.folder or Path(tempfile.mkdtemp(prefix="qcjob-chaos-"))
    if folder.exists() and any(folder.iterdir()):
        print(f"{folder} is not empty", file=sys.stderr)
        return 2
    plan = Plan(
        seed=secrets.randbelow(1_000_000) if given.seed is None else given.seed,
        seconds=given.seconds,
        jobs=given.jobs or max(1, round(given.seconds * JOBS_A_SECOND)),
        folder=folder.absolute(),
        faults=tuple(FAULTS[name] for name in given.faults.split(",")) if given.faults else tuple(FAULTS.values()),
        lease_seconds=given.lease,
    )
    _say(f"seed {plan.seed}, {plan.jobs} jobs, {plan.seconds:g} s; everything is kept in {plan.folder} meanwhile")
    try:
        outcome = run(plan, _say)
    except Interrupted:
        _say("stopped; nothing was left running")
        return 130
    except (OSError, QcjobError, RuntimeError) as error:
        _say(f"the storm could not be made: {error!r}. See {plan.folder}/parts.log")
        return 2
    _say(f"\n{report(outcome)}\n")
    _keep(outcome)
    if outcome.holds and given.folder is None:
        shutil.rmtree(plan.folder, ignore_errors=True)
    else:
        _say(f"the evidence is in {plan.folder}: parts.log, outcome.json, Redis's files in data/")
    _say("the promise was kept" if outcome.holds else "the promise was NOT kept")
    return 0 if outcome.holds else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, help="the same seed is the same jobs and faults; drawn when not given")
    parser.add_argument("--seconds", type=float, default=240.0, help="how long jobs come and faults strike (240)")
    parser.add_argument("--minutes", type=float, help="the same in minutes")
    parser.add_argument("--jobs", type=int, help=f"how many jobs ({JOBS_A_SECOND:g} a second)")
    parser.add_argument("--lease", type=float, default=5.0, help="QCJOB_LEASE_SECONDS of the workers (5)")
    parser.add_argument("--faults", help=f"only these, with commas: {', '.join(FAULTS)}")
    parser.add_argument("--folder", type=Path, help="an empty folder for all files, kept; else a temporary one")
    return parser


def _keep(outcome: Outcome) -> None:
    """Faults with their times, violations and histories, for whoever looks for the cause."""
    told = {
        "seed": outcome.plan.seed,
        "faults": [asdict(stall) for stall in outcome.stalls],
        "violations": outcome.violations,
        "jobs": {job_id: asdict(job) for job_id, job in outcome.evidence.jobs.items()},
        "starts": dict(outcome.evidence.starts),
    }
    (outcome.plan.folder / "outcome.json").write_text(json.dumps(told, indent=1, default=str))
    (outcome.plan.folder / "report.md").write_text(report(outcome) + "\n")


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
