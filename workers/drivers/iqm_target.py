"""What an IQM server says of a quantum computer and its calibration, as a target.

The dynamic quantum architecture lists, for each gate, the loci (tuples of qubit names) that are calibrated:
{"calibration_set_id", "qubits": ["QB1", …], "computational_resonators", "gates": {"cz": {"implementations": {"crf":
{"loci": [["QB1", "QB3"], …]}}, "default_implementation": "crf", "override_default_implementation": {"QB1,QB3": …}}}}.
The quality metrics and the calibration set hold observations {"dut_field", "value", "unit", "created_timestamp"}, with
fields such as

    metrics.rb.prx.drag_crf.QB4.fidelity    metrics.ssro.measure.constant.QB1.fidelity
    metrics.irb.cz.crf.QB1__QB3.fidelity    gates.prx.drag_crf.QB4.duration

Source: iqm-station-control-client 14, `dynamic_quantum_architecture` and `qon`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from qcjob.errors import DriverError
from qcjob.target import MID_CIRCUIT, RESET, Figures, Table, Target

_GATES = ("prx", "cz", "measure", "reset")
_METHODS = {"prx": "rb", "measure": "ssro", "cz": "irb"}
"""Which experiment tells a gate's fidelity."""


def names_of(architecture: Mapping[str, Any]) -> list[str]:
    """IQM's names of the target's qubits, in the order of their numbers: QB1 is qubit 0. Raises DriverError."""
    try:
        return sorted((str(name) for name in architecture["qubits"]), key=_by_number)
    except (KeyError, TypeError) as error:
        raise DriverError(f"the device answered what is no quantum architecture: {error!r:.200}") from error


def target_of(architecture: Mapping[str, Any], observations: Iterable[Mapping[str, Any]]) -> Target:
    """Gates where they are calibrated, with their figures where these are known. Raises DriverError.

    Gates through a computational resonator (IQM Star: `move`) have a locus that is no pair of qubits, and are left out.
    A reset works where a pulse can depend on a measurement (`cc_prx`), as IQM's own transpiler takes it.
    """
    numbers = {name: number for number, name in enumerate(names_of(architecture))}
    known = {str(seen.get("dut_field")): seen for seen in observations}
    gates: dict[str, Table] = {}
    try:
        for gate in _GATES:
            info = architecture["gates"].get(gate) or (architecture["gates"].get("cc_prx") if gate == "reset" else None)
            table = {} if info is None else _table(gate, info, numbers, known)
            if table:
                gates[gate] = table
        calibration = str(architecture["calibration_set_id"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise DriverError(f"the device answered what is no quantum architecture: {error!r:.200}") from error
    if not numbers or "measure" not in gates:
        raise DriverError("the device has no calibrated qubit that can be measured")
    return Target(
        len(numbers),
        tuple(gate for gate in ("prx", "cz") if gate in gates),
        connectivity=tuple(sorted({(min(pair), max(pair)) for pair in gates.get("cz", {})})),
        calibration_id=calibration,
        calibrated_at=max((str(seen.get("created_timestamp", "")) for seen in known.values()), default="") or None,
        gates=gates,
        features=(RESET, MID_CIRCUIT) if "reset" in gates else (),
    )


def _table(gate: str, info: Mapping[str, Any], numbers: Mapping[str, int], known: Mapping[str, Any]) -> Table:
    table = {}
    for implementation, where in info["implementations"].items():
        for locus in where["loci"]:
            if not all(name in numbers for name in locus):
                continue
            qubits = tuple(numbers[name] for name in locus)
            chosen = _default(info, locus) == implementation
            if chosen or qubits not in table:
                table[qubits] = _figures(gate, implementation, "__".join(locus), known) if chosen else Figures()
    return table


def _default(info: Mapping[str, Any], locus: list[str]) -> str | None:
    """The implementation that a circuit gets which asks for none."""
    name = (info.get("override_default_implementation") or {}).get(",".join(locus), info.get("default_implementation"))
    return None if name is None else str(name)


def _figures(gate: str, implementation: str, locus: str, known: Mapping[str, Any]) -> Figures:
    fidelity = _value(known, f"metrics.{_METHODS.get(gate, 'irb')}.{gate}.{implementation}.{locus}.fidelity")
    duration = _value(known, f"gates.{gate}.{implementation}.{locus}.duration")
    return Figures(duration, None if fidelity is None else round(1 - fidelity, 12))


def _value(known: Mapping[str, Any], name: str) -> float | None:
    seen = known.get(name, {})
    return None if seen.get("invalid") or seen.get("value") is None else float(seen["value"])


def _by_number(name: str) -> tuple[str, int, str]:
    found = re.search(r"\d+", name)
    return re.sub(r"\d+", "", name), int(found[0]) if found else 0, name
