"""What a job ends with: counts, their faults, and the document that says it all.

Counts map bitstrings to how often they were seen; the rightmost character is classical bit 0, outcomes never seen are
left out, and the numbers add up to the shots.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qcjob import __version__
from qcjob.compiler.parts import circuits_of, parts_of, raw_circuit
from qcjob.expectation import expectation_values
from qcjob.job import Job
from qcjob.memory import row_bytes

Counts = dict[str, int]

Stored = dict[str, Any]
"""What a worker stores of a part, or of a whole job: counts, seed, calibration, target_sha256, …"""

MAX_RESULT_BYTES = 16 * 2**20
"""The most that counts and memory of one job may come to."""

BIT_ORDER = "the rightmost character is clbit 0"


def most_bytes(compiled: Mapping[str, Any], shots: int, *, memory: bool = False) -> int:
    """How large the counts of a job can come to be, as JSON, and the outcomes of its shots, packed, beside them."""
    total = 0
    for number in range(len(parts_of(compiled))):
        clbits = raw_circuit(compiled, number)["clbits"]
        outcomes = shots if clbits >= shots.bit_length() else min(shots, 2**clbits)
        total += outcomes * (clbits + len(f'"":{shots},')) + (row_bytes(clbits) * shots if memory else 0)
    return total


def faults_in(counts: object, *, shots: int, clbits: int) -> str | None:
    """What is wrong with a device's counts, or None: keys of `clbits` bits, whole numbers, sum == shots."""
    if not isinstance(counts, Mapping):
        return f"counts are {type(counts).__name__}, not a mapping"
    total = 0
    for key, seen in counts.items():
        if not isinstance(key, str) or len(key) != clbits or set(key) - {"0", "1"}:
            return f"{str(key)[:80]!r} is not a bitstring of {clbits} classical bits"
        if isinstance(seen, bool) or not isinstance(seen, int) or seen < 0:
            return f"the count of {key} is {str(seen)[:80]}, not a whole number"
        total += seen
    if total != shots:
        return f"the counts add up to {total}, not to the {shots} shots asked for"
    return None


def whole(parts: Sequence[Stored], compiled: Mapping[str, Any], options: Mapping[str, Any], shots: int) -> Stored:
    """What a job comes to: its one part, or the first one and all that are over, with the values of its observables."""
    stored: Stored = {**parts[0], "compiler": f"qcjob {__version__}"}
    if len(parts) > 1 or "basis" in parts_of(compiled)[0] or "binding" in parts_of(compiled)[0]:
        stored["parts"] = list(parts)
    if "observables" in options:
        stored["expectation_values"] = expectation_values(parts, compiled, options, shots)
    return stored


def partial_document(job: Job, compiled: Mapping[str, Any], over: Sequence[Stored]) -> dict[str, Any]:
    """The result so far of a job of several that is not COMPLETED, from what was stored of its parts that are over.

    In the form of `result_document`, with `partial` saying how many these are.
    """
    document = result_document(job, compiled, whole(over, compiled, job.options, job.shots))
    return {**document, "partial": {"done": len(over), "of": job.parts}}


def result_document(job: Job, compiled: Mapping[str, Any], stored: Mapping[str, Any]) -> dict[str, Any]:
    """The result of a COMPLETED job, schema 1, from what its worker stored.

    `registers` are there for OpenQASM, `parts` for a job of several: then `counts`, `mitigated`, `overhead` and what
    else stands beside them are those of the first part.
    """
    parts = parts_of(compiled)
    document = {"schema": 1, "id": job.id, "counts": stored["counts"], "shots": job.shots, "bit_order": BIT_ORDER}
    document |= {name: stored[name] for name in (*_MITIGATION, "expectation_values") if name in stored}
    if "parts" in stored:
        document["parts"] = [_part(*pair) for pair in zip(parts[: len(stored["parts"])], stored["parts"], strict=True)]
    if job.language != "rotations":
        registers = circuits_of(compiled)[0]["registers"]
        document["registers"] = [
            {"name": name, "size": len(clbits), "clbits": clbits} for name, clbits in registers.items()
        ]
    document["ran"] = {
        "program": compiled,
        "language": job.language,
        "device": job.device,
        "runtime": job.runtime,
        "compiler": stored["compiler"],
        "seed": stored["seed"],
        "calibration": stored["calibration"],
    }
    return document


def ran_on(stored: Mapping[str, Any]) -> list[dict[str, Any]]:
    """{calibration, target_sha256} of what a job ran on, each once: one, unless its parts ran on several."""
    found: list[dict[str, Any]] = []
    for each in stored.get("parts") or (stored,):
        told = {"calibration": each["calibration"], "target_sha256": each.get("target_sha256")}  # older ones say less
        if told not in found:
            found.append(told)
    return found


_MITIGATION = ("mitigated", "overhead", "not_mitigated")


def _part(described: Mapping[str, Any], stored: Mapping[str, Any]) -> dict[str, Any]:
    said = {name: described[name] for name in ("binding", "basis") if name in described}
    return {**said, **{name: value for name, value in stored.items() if name != "target_sha256"}}
