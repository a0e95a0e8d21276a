"""What the record of a job was before it was damaged, as far as the rest of the ledger tells.

State, attempt, version and times are in its history; its customer, state and device in the sets that name it. A field
that only describes the job is dropped. Where one is lost that says what to run, a job that waits is ended as FAILED
`damaged-record`, one that has ended stays as it ended, and one that a worker holds is left to that worker. The raw
values stay in `damaged:<id>` as long as the job.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qcjob.ids import is_job_id
from qcjob.ledger import meta
from qcjob.ledger.damage import Fault, damaged_end, faults_in
from qcjob.ledger.ledger import Ledger
from qcjob.ledger.scripts import PREFIX, reaching
from qcjob.lifecycle import VISIBLE, JobState
from qcjob.rank import DEFAULT_TIER, TIER_WIDTH

_TO_RUN = (
    "device",
    "runtime",
    "language",
    "shots",
    "seed",
    "options",
    "retries",
    "on_uncertain",
    "parts",
    "start_after",
)
"""Fields without which nobody knows what to run, or when."""

_UNKNOWN = {"runtime": b"unknown", "language": b"unknown", "device": b"unknown", "shots": b"0"}
"""What stands in a job that has ended, where that is lost: these fields are always there."""

_FORGOTTEN_VERSIONS = 1_000
"""A lost version was at most so much higher than the history tells: it must not seem to go back."""

_PLACES = ("ready:", "later:", "held:", "leases:")
_LATER_BY = {"due": "start_after", "start_after": "due"}

Fields = dict[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Restored:
    """What each damaged field becomes, None where it goes.

    `ends`: the job cannot be run, and is ended; `waits`: a worker holds it, and it is left alone until it has ended.
    """

    changes: Mapping[str, bytes | None]
    ends: bool = False
    waits: bool = False

    @property
    def said(self) -> str:
        """In words, for the checkup."""
        if self.waits:
            return "leave it to its worker, and put the record right when it has ended"
        named = ", ".join(self.changes)
        end = "end it as FAILED damaged-record; " if self.ends else ""
        return f"{end}put {named} right from what the ledger still knows, and keep the raw values aside"


class Restoring:
    """Mends records on one ledger. Every method raises LedgerUnavailable."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._client: Any = ledger.client

    def look(self, job_id: str) -> tuple[list[Fault], Restored | None]:
        """What is wrong with a job's record, and what it would become; None where nobody knows whose it is."""
        with reaching():
            if self._client.type(f"{PREFIX}job:{job_id}") not in (b"hash", b"none"):
                return [], None  # the layout tells of it
            fields: Fields = self._client.hgetall(f"{PREFIX}job:{job_id}")
        faults = faults_in(fields)
        if not faults or not is_job_id(job_id):
            return faults, None
        return faults, self._restored(job_id, fields, faults)

    def mend(self, job_id: str, faults: list[Fault], restored: Restored) -> bool:
        """Write it; False where the record has changed meanwhile, and nothing was written."""
        if restored.waits:
            return False
        found = {fault.field: fault.found for fault in faults}
        with reaching():
            missing = [name for name in restored.changes if name not in found]
            known = self._client.hmget(f"{PREFIX}job:{job_id}", missing) if missing else ()
        found |= dict(zip(missing, known, strict=True))
        code, message = damaged_end("; ".join(map(str, faults[:3]))) if restored.ends else ("", "")
        told = meta.failed(job_id, code, message) if restored.ends else ""
        triples: list[str | bytes] = []
        for name, becomes in restored.changes.items():
            triples += [name, _tagged(found[name]), _tagged(becomes)]
        return bool(self._ledger.scripts.call("restore", job_id, code, message, told, *triples))

    def _restored(self, job_id: str, fields: Fields, faults: list[Fault]) -> Restored | None:
        names = {fault.field for fault in faults}
        sound = {key.decode("utf-8", "replace"): value for key, value in fields.items()}
        sound = {name: value for name, value in sound.items() if name not in names}
        customer = sound.get("customer") or self._customer(job_id)
        if customer is None:
            return None
        entered = sorted((name for name in sound if re.fullmatch(r"h\d+", name)), key=_number_in)
        moments = [sound[name].decode().split(" ") for name in entered]
        state = self._state(job_id, customer.decode("utf-8", "replace"), sound, moments)
        device = sound.get("device") or self._device(job_id)
        lost = [name for name in _TO_RUN if name in names and not (name == "device" and device)]
        if sound.get("due") and "start_after" in lost:
            lost.remove("start_after")
        if lost and not state.is_final and state is not JobState.WAITING and self._is_held(job_id, device):
            return Restored({}, waits=True)
        changes: dict[str, bytes | None] = dict.fromkeys(names)
        changes |= {name: value for name, value in _UNKNOWN.items() if name in names}
        known = {
            "customer": customer,
            "device": device,
            "state": state.encode(),
            **_of_history(job_id, sound, moments),
            "score": self._score(job_id, sound, device),
            "due": sound.get("start_after"),
            "start_after": sound.get("due"),
            "cost": b"1",
            "charge": b"1",
        }
        changes |= {name: value for name, value in known.items() if name in names and value is not None}
        for name in [name for name in names if re.fullmatch(r"a\d+:(worker|started)", name)]:
            changes[name] = b"unknown" if name.endswith("worker") else sound.get("claimed") or known["created"]
        for name in [name for name in names if re.fullmatch(r"a\d+:fence", name)]:
            changes |= {key: None for key in sound if key.startswith(name.removesuffix("fence"))}
        if "part" in names:
            with reaching():
                changes["part"] = str(self._client.llen(f"{PREFIX}parts:{job_id}")).encode()
        is_unknown = "state" in names and not moments and state is JobState.SUBMITTED
        return Restored(changes, ends=not state.is_final and (bool(lost) or is_unknown))

    def _customer(self, job_id: str) -> bytes | None:
        """Whose list names it."""
        with reaching():
            for key in self._client.scan_iter(f"{PREFIX}jobs:*", count=500):
                name = key.decode().removeprefix(f"{PREFIX}jobs:")
                if name.rpartition(":")[2] not in VISIBLE and self._client.zscore(key, job_id) is not None:
                    return str(name).encode()
        return None

    def _device(self, job_id: str) -> bytes | None:
        """The device in whose sets it stands."""
        with reaching():
            for family in _PLACES:
                for key in self._client.scan_iter(f"{PREFIX}{family}*", count=500):
                    if next(self._client.zscan_iter(key, match=f"*{job_id}", count=500), None):
                        return bytes(key).removeprefix(f"{PREFIX}{family}".encode())
        return None

    def _state(self, job_id: str, customer: str, sound: Mapping[str, bytes], moments: list[list[str]]) -> JobState:
        """As it says itself, or its history, or the list that names it; SUBMITTED where nobody says."""
        if "state" in sound:
            return JobState(sound["state"].decode())
        if moments:
            return JobState(moments[-1][0])
        with reaching():
            for state in VISIBLE:
                if self._client.zscore(f"{PREFIX}jobs:{customer}:{state}", job_id) is not None:
                    return state
        return JobState.SUBMITTED

    def _is_held(self, job_id: str, device: bytes | None) -> bool:
        """Whether a worker holds it, or is to take it over: its lease is there."""
        with reaching():
            return device is not None and self._client.zscore(f"{PREFIX}leases:{device.decode()}", job_id) is not None

    def _score(self, job_id: str, sound: Mapping[str, bytes], device: bytes | None) -> bytes:
        """Its place as the sets of its device have it, or the end of its tier there."""
        tier = int(sound.get("tier", DEFAULT_TIER))
        score = tier * TIER_WIDTH
        key = f"{PREFIX}ready:{(device or b'').decode()}"
        with reaching():
            for _, found in self._client.zscan_iter(key, match=f"*{job_id}", count=500):
                return b"%d" % int(found)
            last = self._client.zrevrangebyscore(key, score + TIER_WIDTH - 1, score, start=0, num=1, withscores=True)
        return b"%d" % int(last[0][1] if last else score)


def _of_history(job_id: str, sound: Mapping[str, bytes], moments: list[list[str]]) -> dict[str, bytes]:
    """Version, attempt and times as the history has them; without one, those of a job that was only recorded."""
    versions = [_number_in(name) for name in sound if re.fullmatch(r"h\d+", name)]
    recorded = str(int(job_id.replace("-", "")[:12], 16) * 1_000)  # the id begins with its time, milliseconds
    created = sound.get("created") or (moments[0][1] if moments else recorded).encode()
    return {
        "version": b"%d" % (max(versions, default=0) + _FORGOTTEN_VERSIONS),
        "attempt": (moments[-1][2] if moments else "1").encode(),
        "created": created,
        "updated": moments[-1][1].encode() if moments else created,
    }


def _number_in(name: str) -> int:
    return int(re.sub(r"\D", "", name) or 0)


def _tagged(value: bytes | None) -> bytes:
    return b"" if value is None else b"=" + value
