"""What a subroutine is given: by those who call it, and where nobody does."""

from __future__ import annotations

from typing import Any

from openqasm3 import ast
from qiskit.circuit import Clbit, Qubit

from qcjob.circuits.openqasm3.faults import Fault, Follows, unsupported
from qcjob.circuits.openqasm3.giving import new_variable
from qcjob.circuits.openqasm3.kinds import converter, element_converter, shape_of
from qcjob.circuits.openqasm3.reading import Reading
from qcjob.circuits.openqasm3.scope import Bits, Known, Qubits
from qcjob.circuits.openqasm3.values import Unknown, evaluate, whole


def stand_in(reading: Reading, argument: Any) -> None:
    """An argument that nobody gives: qubits and bits that are nowhere, and values that nobody knows."""
    name, is_quantum = argument.name.name, isinstance(argument, ast.QuantumArgument)
    if not is_quantum and not isinstance(argument.type, ast.BitType):
        reading.scope.lose(name)
        return
    size = argument.size if is_quantum else argument.type.size
    try:
        number = 1 if size is None else whole(size, reading.scope, "a size")
    except (Fault, Follows) as refused:
        reading.tell(refused, argument)
        reading.scope.lose(name)
        return
    is_array = size is not None
    made: Qubits | Bits = (
        Qubits(tuple(Qubit() for _ in range(number)), is_array)
        if is_quantum
        else Bits(tuple(Clbit() for _ in range(number)), is_array, is_copy=True)
    )
    reading.scope.define(name, made, argument)


def bound_to(reading: Reading, argument: Any, value: Any) -> Any:
    """What an argument stands for, given the value of a call. Raises Fault."""
    if isinstance(argument, ast.QuantumArgument):
        found = reading.on(value)
        size = None if argument.size is None else whole(argument.size, reading.scope, "a size")
        if found.is_array != (size is not None) or len(found.bits) != (size or 1):
            wanted = "one qubit" if size is None else f"a register of {size} qubits"
            has = f"a register of {len(found.bits)}" if found.is_array else "one qubit"
            raise Fault(value, "register-size-mismatch", f"wanted {wanted} here; found {has}")
        return found
    if isinstance(argument.type, ast.BitType):
        bits = reading.into(value)
        size = None if argument.type.size is None else whole(argument.type.size, reading.scope, "a size")
        if len(bits.bits) != (size or 1):
            raise Fault(value, "register-size-mismatch", f"wanted {size or 1} bits here; found {len(bits.bits)}")
        return Bits(bits.bits, size is not None, bits.register, is_copy=True)
    kind, shape = converter(argument.type, reading.scope, argument), shape_of(argument.type, reading.scope)
    is_const = argument.access is ast.AccessControl.readonly
    element = element_converter(argument.type, reading.scope, argument)
    try:
        found = evaluate(value, reading.scope)
    except Unknown as error:
        if shape is None:
            raise unsupported(value, "an argument of this type that depends on a measurement") from error
        return new_variable(reading, argument.name.name, shape, value, argument)
    return Known(kind(found), kind, is_const, reading.depth, element, shape, argument)
