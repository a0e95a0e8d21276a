"""Program format 3: several circuits, run one after another as one job.

    {"format": 3, "circuits": [a program of format 1 or 2, …],
     "parts": [{"circuit": 0, "basis": "ZZ", "binding": {"theta": 0.1}}, …]}

A part runs one of the circuits; `basis` says what it measures for observables, `binding` which values its parameters
have, and each is there only where there is such a thing. An angle of a circuit with parameters may be a sum,
{"theta": 2.0, "": 0.5} for 2 theta + 0.5. No driver is given format 3: a part is handed over as `circuit` makes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qcjob.gates import GATES

FORMAT = 3

Document = Mapping[str, Any]


def several(circuits: Sequence[Document], parts: Sequence[Document]) -> dict[str, Any]:
    """A program of format 3."""
    return {"format": FORMAT, "circuits": list(circuits), "parts": list(parts)}


def parts_of(compiled: Document) -> Sequence[Document]:
    """The parts of a program in any format; one that says nothing of itself for formats 1 and 2."""
    parts: Sequence[Document] = compiled.get("parts", ({},))
    return parts


def circuits_of(compiled: Document) -> Sequence[Document]:
    """The circuits of a program in any format."""
    circuits: Sequence[Document] = compiled.get("circuits", (compiled,))
    return circuits


def bindings_of(compiled: Document) -> tuple[Mapping[str, float], ...] | None:
    """The bindings that a program runs with, each once, in their order; None for one without parameters."""
    found: list[Mapping[str, float]] = []
    for part in parts_of(compiled):
        if "binding" not in part:
            return None
        if not found or part["binding"] != found[-1]:
            found.append(part["binding"])
    return tuple(found)


def raw_circuit(compiled: Document, number: int) -> Document:
    """The circuit of a part, which counts from 0, as it stands in the program: its angles may be sums."""
    return compiled["circuits"][compiled["parts"][number]["circuit"]] if "parts" in compiled else compiled


def circuit(compiled: Document, number: int) -> dict[str, Any]:
    """What a driver is given for a part, which counts from 0: format 1 or 2, every angle a number."""
    document = dict(raw_circuit(compiled, number))
    binding = parts_of(compiled)[number].get("binding")
    if binding is not None:
        document["ops"] = [_bound(op, binding) for op in document["ops"]]
    return document


def value_of(angle: float | Mapping[str, float], binding: Mapping[str, float]) -> float:
    """An angle, in radians, for these values of the parameters."""
    if not isinstance(angle, Mapping):
        return angle
    return sum(factor * binding[name] if name else factor for name, factor in angle.items())


def _bound(op: list[Any], binding: Mapping[str, float]) -> list[Any]:
    return [*op[:2], [value_of(angle, binding) for angle in op[2]], *op[3:]] if op[0] in GATES else op
