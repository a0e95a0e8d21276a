"""The operations of a compiled program, looked at before they are run."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from qcjob.errors import Rejected
from qcjob.gates import GATES

Op = list[Any]

FORMATS = (1, 2)
"""What the engines here read."""

CONTROL = ("if", "while", "switch", "break", "continue", "assign")
"""What looks at clbits, or hangs on them."""


def checked(compiled: Mapping[str, Any], *, formats: Collection[int], max_qubits: int) -> list[Op]:
    """The program's operations, each measurement and reset of one qubit.

    Raises Rejected for a program of another format, one of more qubits than `max_qubits`, and one with an operation
    that is none: an unknown gate, a wrong number of qubits or angles, a qubit or clbit the program does not have.
    """
    try:
        if compiled["format"] not in formats:
            raise Rejected(f"the program has format {compiled['format']!r:.80}; this device reads {_listed(formats)}")
        qubits, clbits = int(compiled["qubits"]), int(compiled["clbits"])
        if not 1 <= qubits <= max_qubits:
            raise Rejected(f"the program uses {qubits} qubits; this device runs programs of 1 to {max_qubits}")
        return _all_of(compiled["ops"], qubits, clbits)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise Rejected(f"this is no compiled program: {error!r:.200}") from error


def split_last(ops: list[Op]) -> tuple[list[Op], dict[int, int]]:
    """The operations without the last measurement of each qubit, and those measurements: clbit -> qubit.

    A measurement is a last one where nothing after it touches its qubit or writes its clbit, and no choice is made by
    what was measured.
    """
    kept: list[Op] = []
    last: dict[int, int] = {}
    touched: set[int] = set()
    written: set[int] = set()
    position = len(ops)
    for op in reversed(ops):
        if op[0] in CONTROL:
            break
        position -= 1
        if op[0] == "measure":
            [qubit], [clbit] = op[1], op[3]
            if qubit not in touched and clbit not in written:
                last[clbit] = qubit
            else:
                kept.append(op)
            written.add(clbit)
        else:
            kept.append(op)
        if op[0] != "barrier":
            touched.update(op[1])
    return ops[:position] + kept[::-1], last


def _all_of(ops: Sequence[Op], qubits: int, clbits: int) -> list[Op]:
    flat: list[Op] = []
    for op in ops:
        name = op[0]
        if name in GATES:
            _check_gate(op, qubits)
            flat.append(op)
        elif name == "measure":
            _check_wires(name, op[1], qubits)
            if not all(0 <= clbit < clbits for clbit in op[3]) or len(set(op[3])) < len(op[3]):
                raise Rejected(f"measure writes the clbits {op[3]!r:.80}; the program has {clbits}")
            flat += [["measure", [qubit], [], [clbit]] for qubit, clbit in zip(op[1], op[3], strict=True)]
        elif name in ("reset", "barrier", "delay"):
            _check_wires(name, op[1], qubits)
            flat += [[name, [qubit], op[2]] for qubit in op[1]]
        elif name in ("if", "while"):
            flat.append([name, op[1], *(_all_of(block, qubits, clbits) for block in op[2:])])
        elif name == "switch":
            flat.append([name, op[1], [[values, _all_of(block, qubits, clbits)] for values, block in op[2]]])
        elif name == "assign":
            if len(op[3]) != 1 or not 0 <= op[3][0] < clbits:
                raise Rejected(f"assign writes the clbits {op[3]!r:.80}; the program has {clbits}")
            flat.append(op)
        elif name in CONTROL:
            flat.append(op)
        else:
            raise Rejected(f"this device has no operation {name!r:.80}")
    return flat


def _check_gate(op: Op, qubits: int) -> None:
    name, on, angles = op
    if (len(on), len(angles)) != GATES[name]:
        raise Rejected(f"this device has no gate {name!r:.80} of {len(on)} qubits and {len(angles)} angles")
    if not all(map(math.isfinite, angles)):
        raise Rejected(f"{name} has an angle that is not finite")
    _check_wires(name, on, qubits)


def _check_wires(name: str, on: Sequence[int], qubits: int) -> None:
    if not all(0 <= qubit < qubits for qubit in on) or len(set(on)) < len(on):
        raise Rejected(f"{name} acts on {on!r:.80}; the program has {qubits} qubits")


def _listed(formats: Collection[int]) -> str:
    return f"format{'s' * (len(formats) > 1)} {' and '.join(map(str, formats))}"
