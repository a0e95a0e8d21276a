"""From a parsed program to what a driver is given: plain JSON types, format 1.

    {"format": 1, "qubits": 1, "clbits": 1, "registers": {"c": [0]}, "layout": [0],
     "ops": [["rx", [0], [1.5707963267948966]], ["measure", [0], [], [0]]]}

An operation is [name, qubits, parameters], angles in radians, in the order they are applied; measure has the clbits it
writes as a fourth part. `registers` names the clbits, `layout[i]` is the device's qubit for the program's qubit i.
"""

from __future__ import annotations

from typing import Any

from qcjob.compiler.fuse import fuse
from qcjob.compiler.operations import Operation
from qcjob.compiler.verbatim import IDEAL_GATES, translate
from qcjob.errors import FieldError, InvalidRequest
from qcjob.languages import Program
from qcjob.target import Target

__all__ = ["FORMAT", "RUNTIMES", "compile_program"]

RUNTIMES = ("verbatim", "optimized", "simulated", "echo")
FORMAT = 1


def compile_program(program: Program, runtime: str, target: Target) -> dict[str, Any]:
    """The program as `runtime` runs it on `target`. Pure: the same arguments give the same answer.

    verbatim gate by gate as written; optimized fused to at most one physical pulse and virtual Zs (two pulses where
    the device has only fixed ones); simulated and echo as written, on a device without limits. Raises InvalidProgram
    `unsupported-gate` where the target cannot, and InvalidRequest for a runtime that is not in RUNTIMES, or a language
    that is not compiled here.
    """
    if program.language != "rotations":
        raise InvalidRequest([FieldError("language", f"{program.language} is not compiled here", ("rotations",))])
    if runtime == "optimized":
        operations = fuse(program.rotations, target)
    elif runtime == "verbatim":
        operations = translate(program.rotations, target.native_gates)
    elif runtime in RUNTIMES:
        operations = translate(program.rotations, IDEAL_GATES)
    else:
        raise InvalidRequest([FieldError("runtime", f"unknown runtime {runtime[:80]!r}", RUNTIMES)])
    measure: list[Any] = ["measure", [0], [], [0]]
    return {
        "format": FORMAT,
        "qubits": program.num_qubits,
        "clbits": program.num_clbits,
        "registers": {"c": [0]},
        "layout": [0],
        "ops": [*map(_as_json, operations), measure],
    }


def _as_json(operation: Operation) -> list[Any]:
    name, angles = operation
    return [name, [0], list(angles)]
