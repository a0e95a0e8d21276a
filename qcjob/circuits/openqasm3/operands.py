"""What a statement is done to: qubits and bits, picked by index, range, set or concatenation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from openqasm3 import ast
from qiskit.circuit import Qubit

from qcjob.circuits.openqasm3.faults import Fault, unsupported
from qcjob.circuits.openqasm3.scope import Bits, Known, Qubits, Scope, Stored
from qcjob.circuits.openqasm3.values import indexes, whole

Physical = Callable[[int, ast.QASMNode], Qubit]
"""The device's qubit `$n`."""


def operand(node: Any, scope: Scope, physical: Physical) -> Qubits | Bits:
    """What an expression names."""
    match node:
        case ast.FunctionCall():
            returned: Bits = scope.reader.called_for_bits(node)
            return returned
        case ast.Identifier() if node.name.startswith("$"):
            return Qubits((physical(int(node.name[1:]), node),), is_array=False)
        case ast.Identifier():
            found = scope.get(node)
            if isinstance(found, Known | Stored):
                raise unsupported(node, f"{node.name!r} here, which is a variable and no bit", "declare it as bits")
            if not isinstance(found, Qubits | Bits):
                raise Fault(node, "wrong-arguments", f"{node.name!r} is neither a qubit nor a bit")
            return found
        case ast.IndexedIdentifier():
            found = operand(node.name, scope, physical)
            for index in node.indices:
                found = _picked(found, index, node, scope)
            return found
        case ast.IndexExpression():
            return _picked(operand(node.collection, scope, physical), node.index, node, scope)
        case ast.Concatenation():
            left, right = operand(node.lhs, scope, physical), operand(node.rhs, scope, physical)
            if type(left) is not type(right):
                raise Fault(node, "wrong-arguments", "qubits and bits cannot be joined")
            return _like(left, [*left.bits, *right.bits])
    raise Fault(node, "wrong-arguments", "wanted qubits or bits here")


def qubits(node: Any, scope: Scope, physical: Physical) -> Qubits:
    """The same, where only qubits will do."""
    found = operand(node, scope, physical)
    if not isinstance(found, Qubits):
        raise Fault(node, "wrong-arguments", "wanted qubits here, found bits")
    return found


def clbits(node: Any, scope: Scope, physical: Physical) -> Bits:
    """The same, where only bits will do."""
    found = operand(node, scope, physical)
    if not isinstance(found, Bits):
        raise Fault(node, "wrong-arguments", "wanted bits here, found qubits")
    return found


def _picked(found: Qubits | Bits, index: Any, node: ast.QASMNode, scope: Scope) -> Qubits | Bits:
    if not found.is_array:
        raise Fault(node, "wrong-arguments", "a single bit or qubit has no index")
    size = len(found.bits)
    if isinstance(index, ast.DiscreteSet):
        chosen: Sequence[int] = indexes(index, scope)
    elif len(index) != 1:
        raise unsupported(node, "more than one index")
    elif isinstance(index[0], ast.RangeDefinition):
        chosen = indexes(index[0], scope, size)
    else:
        return _like(found, [found.bits[_within(whole(index[0], scope, "an index"), size, node)]], is_array=False)
    if len(chosen) > size:
        raise Fault(node, "index-out-of-range", f"{len(chosen)} of {size} bits")
    return _like(found, [found.bits[_within(place, size, node)] for place in chosen])


def _like(found: Qubits | Bits, bits: Sequence[Any], *, is_array: bool = True) -> Qubits | Bits:
    return type(found)(tuple(bits), is_array)


def _within(index: int, size: int, node: ast.QASMNode) -> int:
    if not -size <= index < size:
        raise Fault(
            node, "index-out-of-range", f"index {index} is out of range: there are {size}, from 0 to {size - 1}"
        )
    return index
