"""What is wrong with the record of a job that was changed by hand, or half restored: field by field, in words.

No move of the ledger writes such a record. Who reads one is told which job it is and which field (`DamagedRecord`); the
checkup names it too, and puts it right (`qcjob.ledger.restoring`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from qcjob.errors import DamagedRecord
from qcjob.job import ON_UNCERTAIN
from qcjob.lifecycle import VISIBLE

LATEST = 2**53
"""Times in microseconds are below this: Lua's numbers are exact up to there."""

_SHOWN = 60
"""Characters of a value that are quoted."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A field that cannot be read: what stands there, None for nothing, and what should."""

    field: str
    found: bytes | None
    wanted: str

    def __str__(self) -> str:
        if self.found is None:
            return f"{self.field} is missing"
        text = self.found[:_SHOWN].decode("utf-8", "backslashreplace")
        return f"{self.field} is {text!r}{'…' if len(self.found) > _SHOWN else ''}: wanted {self.wanted}"


def damaged_record(job_id: str, fields: Mapping[bytes, bytes]) -> DamagedRecord:
    """The error for whoever reads this record, which cannot be read."""
    customer = fields.get(b"customer", b"").decode("utf-8", "replace")
    said = "; ".join(str(fault) for fault in faults_in(fields)[:3]) or "its fields do not fit together"
    return DamagedRecord(job_id, customer, said)


def damaged_end(why: str) -> tuple[str, str]:
    """Error code and message of a job that was ended because nobody can run what its record says."""
    return "damaged-record", f"its record was damaged, and it cannot be run: {why}"


def faults_in(fields: Mapping[bytes, bytes]) -> list[Fault]:
    """Every field that is missing or cannot be read, required ones first; none where the record is sound."""
    faults = []
    for name, (read, wanted) in REQUIRED.items():
        if not _reads(read, fields.get(name.encode())):
            faults.append(Fault(name, fields.get(name.encode()), wanted))
    for key, value in sorted(fields.items()):
        name = key.decode("utf-8", "backslashreplace")
        read, wanted = _optional(name)
        if name not in REQUIRED and not _reads(read, value):
            faults.append(Fault(name, value, wanted))
    for name in _wanting(fields):
        faults.append(Fault(name, None, "there for every attempt"))
    return faults


def _reads(read: Callable[[str], object], value: bytes | None) -> bool:
    try:
        return value is not None and read(value.decode()) is not False
    except (ValueError, RecursionError):
        return False


def _wanting(fields: Mapping[bytes, bytes]) -> list[str]:
    """What an attempt that has a fence lacks."""
    begun = [key.decode().removesuffix("fence") for key in fields if re.fullmatch(rb"a\d+:fence", key)]
    return [
        head + name for head in sorted(begun) for name in ("worker", "started") if (head + name).encode() not in fields
    ]


def _text(text: str) -> bool:
    return text != ""


def _number(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text) < 2**63


def _from_one(text: str) -> bool:
    return _number(text) and int(text) >= 1


def _time(text: str) -> bool:
    return _number(text) and int(text) < LATEST


def _integer(text: str) -> bool:
    return _number(text.removeprefix("-"))


def _moment(text: str) -> bool:
    state, at, attempt = text.split(" ")
    return state in VISIBLE and _time(at) and _from_one(attempt)


def _rescues(text: str) -> bool:
    entries = [entry.split(" ", 2) for entry in text.split(";") if entry]
    return all(len(entry) == 3 and _time(entry[0]) and _number(entry[1]) for entry in entries)


def _acts(text: str) -> bool:
    acts = [line.split("\t") for line in text.split("\n") if line]
    return all(len(act) == 6 and _time(act[0]) for act in acts)


def _tags(text: str) -> bool:
    found = json.loads(text)
    return isinstance(found, list) and all(isinstance(tag, str) for tag in found)


def _options(text: str) -> bool:
    return isinstance(json.loads(text), dict)


def _window(text: str) -> bool:
    early, _, late = text.partition(" ")
    return _number(early) and (not late or _number(late))


Check = tuple[Callable[[str], object], str]

_NUMBER: Check = (_number, "a whole number")
_FROM_ONE: Check = (_from_one, "a whole number from 1 on")
_MICROSECONDS: Check = (_time, "a time in microseconds")
_ANY: Check = (lambda text: True, "text in UTF-8")

REQUIRED: Mapping[str, Check] = {
    "customer": (_text, "a customer's name"),
    "device": (_text, "a device's name"),
    "state": (VISIBLE.__contains__, f"one of {', '.join(VISIBLE)}"),
    "version": _FROM_ONE,
    "attempt": _FROM_ONE,
    "created": _MICROSECONDS,
    "updated": _MICROSECONDS,
    "score": _NUMBER,
    "shots": _NUMBER,
    "runtime": (_text, "a runtime"),
    "language": (_text, "a language"),
}
"""What no record is without."""

_OPTIONAL: Mapping[str, Check] = {
    **dict.fromkeys(("order", "cost", "charge", "retries", "retried", "tier", "part", "index", "fence"), _NUMBER),
    "parts": _FROM_ONE,
    **dict.fromkeys(("start_after", "not_after", "cancel", "due", "claimed", "held"), _MICROSECONDS),
    "seed": (_integer, "a whole number"),
    "tags": (_tags, "a JSON list of texts"),
    "options": (_options, "a JSON object"),
    "on_uncertain": (ON_UNCERTAIN.__contains__, " or ".join(ON_UNCERTAIN)),
    "acts": (_acts, "acts of operators, a line each"),
    "eta": (_window, "two numbers"),
}

_OF_ATTEMPT: Mapping[str, Check] = {
    **dict.fromkeys(("fence", "put_backs"), _NUMBER),
    **dict.fromkeys(("started", "running", "advanced", "ended"), _MICROSECONDS),
    "rescues": (_rescues, "times, fences and workers"),
}


def _optional(name: str) -> Check:
    """How a field that may be there is read; one that nobody knows is text."""
    if re.fullmatch(r"h\d+", name):
        return _moment, "a state, a time and an attempt"
    if found := re.fullmatch(r"a\d+:(\w+)", name):
        return _OF_ATTEMPT.get(found[1], _ANY)
    return _OPTIONAL.get(name, _ANY)
