"""A compiled program of format 1 as OpenQASM text, for devices that read that.

What differs from device to device is a `Dialect`. Angles are written so that reading them gives the same float.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from qcjob.errors import Rejected


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a device wants its text.

    names      its word for each gate of qcjob.gates that it has; modifiers may stand before it, as in "ctrl @ s"
    version    2 or 3
    include    the library the words come from, "" for a device that knows them without
    physical   qubits are $0, $1, … (version 3), the device's own; else one register q, as long as it must be
    verbatim   gates stand in a box that Braket's compilers leave alone, measurements behind it
    barriers   whether it reads them; where not, they are left out
    zeros      whether clbits are set to 0 first, for a device that wants all of them written (version 3)
    """

    names: Mapping[str, str]
    version: Literal[2, 3] = 3
    include: str = ""
    physical: bool = False
    verbatim: bool = False
    barriers: bool = False
    zeros: bool = False


def write(compiled: Mapping[str, Any], dialect: Dialect, labels: Mapping[int, int] | None = None) -> str:
    """The program's text: one register c of its clbits, and qubits numbered as the device numbers them.

    `labels` has the device's own number of a qubit where that is not the target's. Raises Rejected for an operation
    without a word in the dialect.
    """
    wires = [qubit if labels is None else labels[qubit] for qubit in compiled["layout"]]
    size, clbits = max(wires, default=0) + 1, compiled["clbits"]
    text = [f"OPENQASM {dialect.version}.0;"]
    if dialect.include:
        text.append(f'include "{dialect.include}";')
    if not dialect.physical:
        text.append(f"qreg q[{size}];" if dialect.version == 2 else f"qubit[{size}] q;")
    zeros = f' = "{"0" * clbits}"' if dialect.zeros else ""
    text.append(f"creg c[{clbits}];" if dialect.version == 2 else f"bit[{clbits}] c{zeros};")
    names = [f"${wire}" if dialect.physical else f"q[{wire}]" for wire in wires]
    lines = list(_lines(compiled["ops"], names, dialect))
    if dialect.verbatim:
        if not measures_only_at_the_end(compiled):
            raise Rejected("this device measures only at the end of a program, and does not reset")
        boxed = [line for name, line in lines if name != "measure"]
        text += ["#pragma braket verbatim", "box {", *boxed, "}"] if boxed else []
        lines = [line for line in lines if line[0] == "measure"]  # nothing happens to a measured qubit any more
    return "\n".join([*text, *(line for _, line in lines), ""])


def _lines(ops: list[list[Any]], names: list[str], dialect: Dialect) -> Iterator[tuple[str, str]]:
    """The name of each operation and its line."""
    for name, wires, angles, *clbits in ops:
        qubits = ", ".join(names[wire] for wire in wires)
        if name == "measure":
            bit = f"c[{clbits[0][0]}]"
            yield name, f"measure {qubits} -> {bit};" if dialect.version == 2 else f"{bit} = measure {qubits};"
        elif name == "reset":
            yield name, f"reset {qubits};"
        elif name == "barrier":
            if dialect.barriers:
                yield name, f"barrier {qubits};"
        elif name in dialect.names:
            told = f"({', '.join(repr(float(angle)) for angle in angles)})" if angles else ""
            yield name, f"{dialect.names[name]}{told} {qubits};"
        else:
            raise Rejected(f"this device has no {name}")


def measured(compiled: Mapping[str, Any]) -> dict[int, int]:
    """Each clbit that is written, in order, and the target's qubit it was written from last."""
    written = {op[3][0]: compiled["layout"][op[1][0]] for op in compiled["ops"] if op[0] == "measure"}
    return dict(sorted(written.items()))


def measures_only_at_the_end(compiled: Mapping[str, Any]) -> bool:
    """Whether no qubit is used again after it was measured, nor reset."""
    done: set[int] = set()
    for name, wires, *_ in compiled["ops"]:
        if name == "reset" or (name != "barrier" and done.intersection(wires)):
            return False
        if name == "measure":
            done.update(wires)
    return True
