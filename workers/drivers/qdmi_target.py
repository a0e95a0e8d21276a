"""What a QDMI device says of itself, as a target: its operations, where they work, and what they cost there."""

from __future__ import annotations

from mqt.core import qdmi

from qcjob.target import MID_CIRCUIT, RESET, Figures, Table, Target
from workers.drivers.qdmi_options import MOST_QUBITS

NAMES = {
    name: name
    for name in (
        *("id", "x", "y", "z", "h", "s", "sdg", "t", "tdg", "sx", "sxdg", "rx", "ry", "rz", "p", "u", "cx", "cy", "cz"),
        *("ch", "cs", "csdg", "csx", "swap", "iswap", "dcx", "ecr", "cp", "crx", "cry", "crz", "rxx", "ryy", "rzz"),
        *("rzx", "xx_plus_yy", "xx_minus_yy", "ccx", "ccz", "cswap"),
    )
}
"""Gates of qcjob.gates and their names in OpenQASM's libraries as MQT Core reads them."""

_TOLD = {**NAMES, "i": "id", "r": "prx", "prx": "prx", "measure": "measure"}
"""What devices call an operation, and we."""

_SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9, "ps": 1e-12}


def site_numbers(device: qdmi.Device) -> dict[int, int] | None:
    """The device's index of each qubit of the target, None where they are the same."""
    if device.coupling_map() is None:
        return None  # every qubit is like every other, and there may be 65,535 of them
    indexes = sorted(site.index() for site in device.regular_sites())
    return None if indexes == list(range(len(indexes))) else dict(enumerate(indexes))


def target_of(device: qdmi.Device, num_qubits: int | None) -> Target:
    """The device's target, or that of its first so many qubits."""
    pairs, size = device.coupling_map(), device.qubits_num()
    size = min(size, num_qubits or (MOST_QUBITS if pairs is None else size))
    numbers = site_numbers(device)
    places = {index: qubit for qubit, index in numbers.items()} if numbers else None
    unit = _SECONDS.get(device.duration_unit() or "", 0.0) * (device.duration_scale_factor() or 1.0)

    def qubits_of(sites: tuple[qdmi.Device.Site, ...]) -> tuple[int, ...]:
        return tuple(site.index() if places is None else places[site.index()] for site in sites)

    gates: dict[str, Table] = {}
    told = {_TOLD[operation.name()]: operation for operation in device.operations() if operation.name() in _TOLD}
    for name, operation in told.items():
        table = {qubits_of(sites): _figures(operation, sites, unit) for sites in _places(operation)}
        if table := {qubits: figures for qubits, figures in table.items() if max(qubits) < size}:
            gates[name] = table
    everything = {operation.name() for operation in device.operations()}
    coupled = None if pairs is None else {tuple(sorted(qubits_of(pair))) for pair in pairs}
    return Target(
        size,
        tuple(name for name in told if name != "measure"),
        connectivity=None if coupled is None else tuple(sorted((a, b) for a, b in coupled if b < size)),
        gates=gates,
        features=tuple(
            feature
            for feature, sign in ((RESET, "reset"), (MID_CIRCUIT, "if_else"))  # who asks the outcome can go on after it
            if sign in everything
        ),
    )


def _places(operation: qdmi.Device.Operation) -> list[tuple[qdmi.Device.Site, ...]]:
    """Where the operation works; nothing where it works everywhere."""
    if operation.qubits_num() == 2:
        return list(operation.site_pairs() or ())
    return [(site,) for site in operation.sites() or ()] if operation.qubits_num() == 1 else []


def _figures(operation: qdmi.Device.Operation, sites: tuple[qdmi.Device.Site, ...], unit: float) -> Figures:
    duration, fidelity = operation.duration(sites), operation.fidelity(sites)
    return Figures(
        None if duration is None or not unit else duration * unit, None if fidelity is None else round(1 - fidelity, 12)
    )
