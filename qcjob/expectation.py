"""The values of a job's observables, from the counts of its parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qcjob.compiler.parts import parts_of
from qcjob.observables import Estimate, Observable, estimate, read_observables

Part = Mapping[str, Any]
"""What is kept of a part that is over: counts, and `mitigated` with `overhead` where readout errors were undone."""


def expectation_values(
    parts: Sequence[Part], compiled: Mapping[str, Any], options: Mapping[str, Any], shots: int
) -> list[dict[str, Any]]:
    """In the order the observables were asked for, for each binding in turn; `parts` are those that are over.

    A binding of which some basis is missing yet has no values.
    """
    described = parts_of(compiled)
    asked = options["observables"]
    observables = read_observables(asked, len(described[0]["basis"]))
    values, in_turn = [], _bases_in_turn(described)
    for begin in range(0, len(parts) - in_turn + 1, in_turn):
        here = range(begin, begin + in_turn)
        seen = {described[at]["basis"]: parts[at] for at in here}
        binding = described[begin].get("binding")
        for item, observable in zip(asked, observables, strict=True):
            values.append(
                {
                    "observable": item,
                    **({} if binding is None else {"binding": binding}),
                    **_value(observable, seen, shots),
                }
            )
    return values


def _bases_in_turn(described: Sequence[Mapping[str, Any]]) -> int:
    """Parts with the same binding, which are those of its bases, stand together."""
    first = described[0].get("binding")
    return next((at for at, part in enumerate(described) if part.get("binding") != first), len(described))


def _value(observable: Observable, seen: Mapping[str, Part], shots: int) -> dict[str, float]:
    raw = estimate(observable, {basis: part["counts"] for basis, part in seen.items()}, shots)
    found = {"value": raw.value, "standard_error": raw.standard_error}
    if all("mitigated" in part for part in seen.values()):
        better: Estimate = estimate(observable, {basis: part["mitigated"] for basis, part in seen.items()}, shots)
        wider = max(part["overhead"] for part in seen.values()) ** 0.5
        found["mitigated_value"] = better.value
        found["mitigated_standard_error"] = raw.standard_error * wider
    return found
