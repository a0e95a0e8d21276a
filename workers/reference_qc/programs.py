"""What the machine accepts: a request as a value, checked against its target before it is queued."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qcjob.gates import GATES

MAX_SHOTS = 1_000_000
MAX_OPERATIONS = 100_000
MAX_DURATION_SECONDS = 86_400.0
JOB_OPTIONS = ("duration", "readout_error")


class Refused(Exception):
    """The machine will never run this; the message says why."""


@dataclass(frozen=True, slots=True)
class Request:
    """One run as it was asked for. `duration` is the seconds it lasts, `flip` the chance that a bit is read wrong."""

    program: Mapping[str, Any]
    shots: int
    seed: int | None = None
    duration: float = 0.0
    flip: float | None = None

    def as_text(self) -> str:
        """JSON in one form: equal requests have equal texts."""
        fields = {name: getattr(self, name) for name in ("program", "shots", "seed", "duration", "flip")}
        return json.dumps(fields, sort_keys=True)

    @classmethod
    def from_text(cls, text: str) -> Request:
        """The inverse of `as_text`."""
        return cls(**json.loads(text))


def read_request(body: object, *, num_qubits: int, native_gates: Sequence[str]) -> Request:
    """A request from the JSON body {program, shots, seed?, options?}. Raises Refused."""
    if not isinstance(body, dict) or not {"program", "shots"} <= set(body) <= {"program", "shots", "seed", "options"}:
        raise Refused("wanted an object with program and shots, and perhaps seed and options")
    shots, seed, options = body["shots"], body.get("seed"), body.get("options") or {}
    if not _is_whole(shots) or not 1 <= shots <= MAX_SHOTS:
        raise Refused(f"shots is {shots!r:.40}: wanted a whole number, 1 to {MAX_SHOTS:,}")
    if seed is not None and not _is_whole(seed):
        raise Refused(f"seed is {seed!r:.40}: wanted a whole number or null")
    if not isinstance(options, dict) or not set(options) <= set(JOB_OPTIONS):
        raise Refused(f"options are {options!r:.80}: there are {', '.join(JOB_OPTIONS)}")
    duration = _number(options, "duration", most=MAX_DURATION_SECONDS)
    flip = _number(options, "readout_error", most=1.0)
    check_program(body["program"], num_qubits=num_qubits, native_gates=native_gates)
    return Request(body["program"], shots, seed, duration or 0.0, flip)


def check_program(program: object, *, num_qubits: int, native_gates: Sequence[str]) -> None:
    """Whether it is a compiled program of format 1 in the machine's gates and on its qubits. Raises Refused."""
    if not isinstance(program, dict) or program.get("format") != 1:
        raise Refused("the program is not of format 1")
    qubits, clbits, ops = (program.get(name) for name in ("qubits", "clbits", "ops"))
    if not isinstance(qubits, int) or isinstance(qubits, bool) or not 1 <= qubits <= num_qubits:
        raise Refused(f"the program has {qubits!r:.40} qubits; this machine has {num_qubits}")
    if not isinstance(clbits, int) or isinstance(clbits, bool) or not 1 <= clbits <= num_qubits:
        raise Refused(f"the program has {clbits!r:.40} classical bits; wanted 1 to {num_qubits}")
    if not isinstance(ops, list) or len(ops) > MAX_OPERATIONS:
        raise Refused(f"the program wants a list of at most {MAX_OPERATIONS:,} operations")
    measured: dict[int, int] = {}
    for number, op in enumerate(ops):
        _check_operation(op, f"operation {number}", qubits, clbits, native_gates, measured)


def _check_operation(
    op: object, where: str, qubits: int, clbits: int, native_gates: Sequence[str], measured: dict[int, int]
) -> None:
    if not isinstance(op, list) or len(op) not in (3, 4) or not all(isinstance(part, list) for part in op[1:]):
        raise Refused(f"{where} is not [name, qubits, angles], nor a measurement with its classical bits")
    name, on, angles, *into = op
    if not all(_is_whole(qubit) and 0 <= qubit < qubits for qubit in on) or len(set(on)) < len(on):
        raise Refused(f"{where} acts on {on!r:.80}; the program has {qubits} qubits")
    if measured.keys() & set(on):
        raise Refused(f"{where} acts on a qubit that was measured before")
    if name == "measure":
        clean = len(into) == 1 and len(into[0]) == len(on) and not angles
        if not clean or not all(_is_whole(clbit) and 0 <= clbit < clbits for clbit in into[0]):
            raise Refused(f"{where} measures {on!r:.80} into {into!r:.80}; the program has {clbits} classical bits")
        measured |= dict(zip(on, into[0], strict=True))
        if len(set(measured.values())) < len(measured):
            raise Refused(f"{where} measures into a classical bit that was written before")
        return
    if not isinstance(name, str) or name not in native_gates:
        raise Refused(f"{where} is {name!r:.40}; this machine has {', '.join(native_gates)}")
    if into or (len(on), len(angles)) != GATES[name][:2]:
        raise Refused(f"{where}: {name} of {len(on)} qubits and {len(angles)} angles")
    if not all(isinstance(angle, int | float) and not isinstance(angle, bool) for angle in angles):
        raise Refused(f"{where}: an angle is not a number")
    if not all(math.isfinite(angle) for angle in angles):
        raise Refused(f"{where}: an angle is not finite")


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63


def _number(options: Mapping[str, Any], name: str, *, most: float) -> float | None:
    value = options.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise Refused(f"the option {name} is {value!r:.40}: wanted a number, 0 to {most:g}")
    return float(value)
