"""The end of a program: bits that it gave a value, and nothing was written into since, are made to have it."""

from __future__ import annotations

from openqasm3 import ast
from qiskit.circuit import Clbit, Measure, Qubit
from qiskit.circuit.classical import expr
from qiskit.circuit.library import XGate

from qcjob.circuits.openqasm3.reading import Reading


def settle(reading: Reading) -> None:
    """A qubit for each such bit, in 0 or 1, measured into it: many a device has no other way to set a bit.

    Where no qubit is left, the bit is assigned to.

    Bits of blocks and subroutines are left as they are: nobody looks at them any more.
    """
    for bit, (value, node) in sorted(reading.store.left().items(), key=lambda held: reading.number(held[0])):
        if reading.is_declared(bit) and reading.has_room and not reading.is_physical:
            _measure(reading, bit, value, node)
        elif reading.is_declared(bit) or reading.is_part_of_a_variable(bit):
            reading.write(reading.blocks[-1], bit, expr.lift(bool(value)), node)


def _measure(reading: Reading, bit: Clbit, value: int, node: ast.QASMNode) -> None:
    qubit = Qubit()
    reading.circuit.add_bits([qubit])
    if value:
        reading.add(XGate(), [qubit], [], node)
    reading.add(Measure(), [qubit], [bit], node)
