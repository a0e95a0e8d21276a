"""What a child does with a request. The one module here that knows the circuits, and so the one that loads Qiskit."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

from qcjob.circuits.build import build
from qcjob.circuits.warm import warm
from qcjob.devices.presets import line5
from qcjob.errors import InvalidProgram
from qcjob.languages.openqasm import Limits
from qcjob.target import Target

warm()  # whoever has imported this module has all that a compile needs


_REHEARSED = """OPENQASM 3.0; include "stdgates.inc"; qubit[3] q; bit[3] c;
h q[0]; cx q[0], q[2]; rz(0.3) q[1]; cx q[1], q[2]; c = measure q;"""


def rehearse(about: Sequence[bytes]) -> None:
    """Compile something small for these targets: what comes next finds all it needs in memory, in pages of its own."""
    targets = [Target.from_json(text.decode()) for text in about if text]
    for target in targets or [line5()]:
        with contextlib.suppress(InvalidProgram):  # the device may be too small, or lack a gate
            build(_REHEARSED, "openqasm3", "optimized", target, Limits(), None, 0)


def work(request: Mapping[str, Any]) -> dict[str, Any]:
    """{"compiled": …, "stats": …} of a request (`qcjob.compile_service.request`). Raises InvalidProgram."""
    built = build(
        request["source"],
        request["language"],
        request["runtime"],
        Target.from_json(request["target"]),
        Limits.from_dict(request["limits"]),
        request["level"],
        request["seed"],
        request["observables"],
        request["bindings"],
    )
    return {"compiled": built.compiled, "stats": built.stats}
