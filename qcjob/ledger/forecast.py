"""Why a job has not started yet, and when it may: what its place and its start depend on, as the ledger has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qcjob.ids import is_job_id
from qcjob.ledger.ledger import Ledger
from qcjob.ledger.records import HELD
from qcjob.ledger.refusals import not_ranked_anew
from qcjob.rank import TIERS

Window = tuple[int, int]
"""Early and late, microseconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Pace:
    """What a second of estimated time came to on a device, of jobs that COMPLETED; how far off single ones are."""

    mean: float
    spread: float
    jobs: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A WAITING job in its queue at `at`. Times are microseconds; `start` is None where nothing can be said yet.

    `tag`, `charge`, `virtual_time` and `last_finish` are those of the fair queue, in microseconds over weight.
    `passed_by` counts those of the jobs ahead that would run behind it, but for a session.
    `work_ahead` is estimated, `work_running` what is left of it for those that run, None before one job has COMPLETED;
    `stated` is the window of the submit.
    """

    at: int
    device: str
    customer: str
    tier: int
    tag: int
    cost: int
    charge: int
    virtual_time: int
    last_finish: int
    ahead: int
    ahead_by_tier: Mapping[int, int]
    passed_by: int
    session: str | None
    held: str | None
    not_before: int | None
    not_after: int | None
    slots: int
    slots_taken: int
    pace: Pace | None
    work_ahead: int
    work_running: int | None
    start: Window | None
    stated: Window | None


def standing(ledger: Ledger, job_id: str, *, customer: str | None) -> Standing | None:
    """A job of this customer, or anybody's for None; None where there is none. Raises NotWaiting, LedgerUnavailable."""
    if not is_job_id(job_id):
        return None
    answer = ledger.scripts.call("queue", job_id, customer or "")
    if answer and answer[0] == b"refused":
        raise not_ranked_anew(answer, job_id)
    return _standing(answer) if answer else None


def window_from(text: str | None) -> Window | None:
    """A window from the field of a job that has it."""
    early, _, late = (text or "").partition(" ")
    return (int(early), int(late)) if late else None


def _standing(flat: Sequence[bytes]) -> Standing:
    said = {name.decode(): value.decode() for name, value in zip(flat[::2], flat[1::2], strict=True)}

    def number(name: str) -> int | None:
        return int(said[name]) if name in said else None

    early, late = number("early"), number("late")
    paced = int(said["paced"])
    return Standing(
        at=int(said["at"]),
        device=said["device"],
        customer=said["customer"],
        tier=int(said["tier"]),
        tag=int(said["tag"]),
        cost=int(said["cost"]),
        charge=int(said["charge"]),
        virtual_time=int(said["virtual_time"]),
        last_finish=int(said["last_finish"]),
        ahead=int(said["ahead"]),
        ahead_by_tier={tier: int(said.get(f"ahead_{tier}", 0)) for tier in TIERS},
        passed_by=int(said["passed_by"]),
        session=said.get("session"),
        held=HELD[int(said["waits"])],
        not_before=number("due"),
        not_after=number("not_after"),
        slots=int(said["slots"]),
        slots_taken=int(said["taken"]),
        pace=Pace(float(said["pace"]), float(said["spread"]), paced) if paced else None,
        work_ahead=int(said["work"]),
        work_running=number("left"),
        start=None if early is None or late is None else (early, late),
        stated=window_from(said.get("stated")),
    )
