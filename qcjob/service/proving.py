"""Can programs be compiled for a device at all? Asked with one small program that uses all that the device offers.

A target can be sound by itself and still beat the transpiler: two-qubit gates that differ from pair to pair, a pulse
that is missing, a pair that leads nowhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from qcjob.errors import InvalidProgram
from qcjob.service.catalogue import Catalogue
from qcjob.service.compilation import Compilation
from qcjob.service.request import JobRequest, devices_for
from qcjob.target import CONDITIONALS, LOOPS, MID_CIRCUIT, RESET, Target

MOST_QUBITS = 5


def unfit(
    catalogue: Catalogue, compilation: Compilation, names: Collection[str] | None = None
) -> Iterator[tuple[str, str]]:
    """Each configured device, of these names, for which the program does not compile, and why. Raises CompilerBusy."""
    for name in devices_for("optimized", catalogue):
        if names is not None and name not in names:
            continue
        source = proof(catalogue.target(name))
        request = JobRequest(source, language="openqasm3", runtime="optimized", device=name)
        try:
            compilation.compile(request, catalogue.configs[name])
        except InvalidProgram as error:
            yield name, f"programs in OpenQASM may not compile for it: {error}"


def proof(target: Target) -> str:
    """The program: gates of one, two and three qubits, near and far, and every feature of the target."""
    size = min(target.num_qubits, MOST_QUBITS)
    lines = ["OPENQASM 3;", 'include "stdgates.inc";', f"qubit[{size}] q;", f"bit[{size}] c;", "h q;", "rz(0.3) q[0];"]
    if size > 1:
        lines += [f"cx q[0], q[{size - 1}];", "cp(0.7) q[1], q[0];"]
    if size > 2:
        lines += ["ccx q[0], q[1], q[2];"]
    if MID_CIRCUIT in target.features:
        lines += ["c[0] = measure q[0];", "sx q[0];"]
    if RESET in target.features:
        lines += ["reset q[0];"]
    if {CONDITIONALS, MID_CIRCUIT} <= set(target.features):
        lines += ["if (c[0]) { x q[0]; } else { y q[0]; }"]
    if {LOOPS, MID_CIRCUIT} <= set(target.features):
        lines += ["while (c[0]) { h q[0]; c[0] = measure q[0]; }"]
    return "\n".join([*lines, "c = measure q;", ""])
