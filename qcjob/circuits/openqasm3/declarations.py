"""Statements that give a name to something, or another value to a name."""

from __future__ import annotations

from typing import Any

from openqasm3 import ast
from qiskit.circuit import ClassicalRegister, QuantumRegister

from qcjob.circuits.openqasm3 import giving, operations, subroutines
from qcjob.circuits.openqasm3.faults import Fault, unsupported
from qcjob.circuits.openqasm3.gates import STDGATES, Defined, add_library
from qcjob.circuits.openqasm3.kinds import converter, element_converter, first_value, shape_of
from qcjob.circuits.openqasm3.measured import bit_places
from qcjob.circuits.openqasm3.operands import operand
from qcjob.circuits.openqasm3.parse import Unread
from qcjob.circuits.openqasm3.picks import keys_of, member, put
from qcjob.circuits.openqasm3.reading import Reading
from qcjob.circuits.openqasm3.scope import Bits, Known, Qubits, Stored
from qcjob.circuits.openqasm3.sums import NotLinear, Sum
from qcjob.circuits.openqasm3.values import Unknown, evaluate, index, kind_of, known, root, whole

_ASSIGN: dict[str, str] = {f"{word}=": word for word in ("+", "-", "*", "/", "&", "|", "^", "<<", ">>", "%", "**")}


def include(reading: Reading, node: ast.Include) -> None:
    """include "stdgates.inc"; the scan has refused any other."""
    if reading.is_inside:
        raise Fault(node, "syntax-error", "an include stands in no block")
    for name, gate in STDGATES.items():
        reading.scope.define(name, gate, node)


def qubits(reading: Reading, node: ast.QubitDeclaration) -> None:
    """qubit[4] q;"""
    size = _size(node.size, reading, node)
    register = QuantumRegister(size, node.qubit.name)
    reading.scope.define(node.qubit.name, Qubits(tuple(register), node.size is not None), node)
    reading.add_register(register, node)


def variable(reading: Reading, node: ast.ClassicalDeclaration) -> None:
    """bit[4] c; bit b = measure q; and variables of other types, whose value has to be known."""
    name = node.identifier.name
    if isinstance(node.type, ast.BitType):
        declared = _bits(reading, node.type, name, node)
        if node.init_expression is not None:
            _give(reading, declared, node.init_expression, node)
        return
    kind, element = converter(node.type, reading.scope, node), element_converter(node.type, reading.scope, node)
    shape = shape_of(node.type, reading.scope)
    if node.init_expression is None:
        value = first_value(node.type, reading.scope, node)
    else:
        try:
            value = kind(evaluate(node.init_expression, reading.scope))
        except Unknown as error:
            if shape is None:
                raise unsupported(node, f"{kind_of(node.type)} that depends on a measurement") from error
            made = giving.new_variable(reading, name, shape, node.init_expression, node)
            reading.scope.define(name, made, node)
            return
    reading.scope.define(name, Known(value, kind, False, reading.depth, element, shape, node), node)


def constant(reading: Reading, node: ast.ConstantDeclaration) -> None:
    """const int n = 4;"""
    kind = converter(node.type, reading.scope, node)
    value = kind(known(node.init_expression, reading.scope, "a value"))
    reading.scope.define(node.identifier.name, Known(value, kind), node)


def given(reading: Reading, node: ast.IODeclaration) -> None:
    """input float theta; whose value the job's bindings have. output bit[2] c; which every register of bits is."""
    name = node.identifier.name
    if node.io_identifier.name == "output":
        if not isinstance(node.type, ast.BitType):
            raise unsupported(node, f"an output of {kind_of(node.type)}", "a result is bits that were measured")
        _bits(reading, node.type, name, node)
        return
    if isinstance(node.type, ast.ArrayType | ast.BitType):
        raise unsupported(node, f"an input of {kind_of(node.type)}", "a binding is one number")
    if reading.inputs is None:
        raise Fault(node, "invalid-bindings", f"{name} has no value: give it with the job's bindings")
    if name not in reading.inputs:
        raise Fault(node, "invalid-bindings", f"the bindings have no value of {name}")
    kind = converter(node.type, reading.scope, node)
    value = reading.inputs[name]
    if isinstance(value, Sum) and not isinstance(node.type, ast.FloatType | ast.AngleType):
        raise NotLinear
    is_whole = isinstance(node.type, ast.IntType | ast.UintType | ast.BoolType)
    if is_whole and value != int(value):
        raise Fault(node, "invalid-bindings", f"{name} is {value!r} in the bindings; wanted a whole number")
    try:
        held = kind(value)
    except Fault as fault:
        raise Fault(node, "invalid-bindings", f"{name} in the bindings: {fault}") from fault
    if is_whole and held != value:
        message = f"{name} is {value!r} in the bindings, which its type does not hold: it would be {held!r}"
        raise Fault(node, "invalid-bindings", message)
    reading.declared.add(name)
    reading.scope.define(name, Known(held), node)


def ignored(reading: Reading, node: ast.Pragma) -> None:
    """#pragma …: whoever does not know one ignores it, as the language has it."""


def unread(reading: Reading, node: Unread) -> None:
    """A statement with a syntax error: what it may have declared is lost, and what it may have included is there."""
    reading.scope.lost.update(node.names)
    if node.has_include:
        add_library(reading.scope)


def alias(reading: Reading, node: ast.AliasStatement) -> None:
    """let two = q[0:1];"""
    reading.scope.define(node.target.name, operand(node.value, reading.scope, reading.physical), node)


def gate(reading: Reading, node: ast.QuantumGateDefinition) -> None:
    """gate name(angles) qubits { ... }"""
    defined = Defined(node)
    for fault in reading.gates.wrong(defined):
        reading.tell(fault, node.body[0])
        defined.is_sound = False
    reading.scope.define(node.name.name, defined, node)


def assign(reading: Reading, node: ast.ClassicalAssignment) -> None:
    """n = n + 1; a[2] = 3; c[0] = 1; c = f(q);"""
    name, indexes = root(node.lvalue)
    found = reading.scope.get(name)
    if isinstance(found, Stored):
        _change(reading, found, indexes, node)
        return
    if not isinstance(found, Known):
        bits = reading.into(node.lvalue)
        _give(reading, bits, _right_side(node), node)
        return
    if found.is_const:
        raise Fault(node, "wrong-arguments", f"{name.name!r} is constant")
    try:
        value = evaluate(_right_side(node), reading.scope)
        is_known = found.depth == reading.depth
    except Unknown:
        is_known = False
    if reading.is_trial:
        reading.scope.lose_value(name.name)
    elif not is_known:
        if (stored := giving.as_stored(reading, name.name, found)) is None:
            what = "a value that only the device knows, in a variable of this type"
            raise unsupported(node, what, "a bool, int or uint can have one")
        _change(reading, stored, indexes, node)
    elif indexes:
        keys = keys_of(indexes, lambda each, size: index(each, reading.scope, size), found.value)
        if all(isinstance(key, int) for key in keys):
            put(found.value, keys, value, found.element, node)
        else:
            _put_slice(found, keys, value, reading, node)
    else:
        found.value = found.kind(value)


def _change(reading: Reading, variable: Stored, indexes: list[Any], node: ast.ClassicalAssignment) -> None:
    """Another value for a variable in bits of the device, or for some of them."""
    if not indexes:
        giving.to_variable(reading, variable, _right_side(node), node)
        return
    places = bit_places(node, indexes, variable.shape.width, reading.scope)
    chosen = [places] if isinstance(places, int) else places
    bits = Bits(tuple(variable.bits.bits[place] for place in chosen), not isinstance(places, int))
    giving.to_bits(reading, bits, _right_side(node), node)


def _put_slice(found: Known, keys: Any, value: Any, reading: Reading, node: ast.ClassicalAssignment) -> None:
    if len(keys) != 1 or not isinstance(value, list) or len(value) != len(keys[0]):
        raise unsupported(node, "an assignment to this part of an array", "assign to one row after the other")
    rows = [member(value, [place], node) for place in range(len(value))]
    for key, row in zip(keys[0], rows, strict=True):
        put(found.value, [key], row, found.element, node)


def _right_side(node: ast.ClassicalAssignment) -> Any:
    if node.op.name == "=":
        return node.rvalue
    if node.op.name not in _ASSIGN:
        raise unsupported(node, f"the operator {node.op.name}")
    left: Any = node.lvalue
    value = ast.BinaryExpression(ast.BinaryOperator[_ASSIGN[node.op.name]], left, node.rvalue)
    value.span = node.span
    return value


def _give(reading: Reading, bits: Bits, value: Any, node: ast.QASMNode) -> None:
    """Bits what they are set to: a measurement, what a subroutine returns, or the value of an expression."""
    if isinstance(value, ast.QuantumMeasurement):
        operations.measure_into(reading, value, bits, node)
    elif subroutines.is_call(reading.scope, value) and reading.gives_bits(value):
        subroutines.call(reading, value, bits)
    else:
        giving.to_bits(reading, bits, value, node)


def _bits(reading: Reading, declared: ast.BitType, name: str, node: ast.QASMNode) -> Bits:
    """A register of the program; in a block or subroutine one that stands behind those, or the caller's own bits."""
    size, is_array = _size(declared.size, reading, node), declared.size is not None
    frame = reading.calls[-1] if reading.calls else None
    if frame is not None and frame.local == name and frame.target is not None and len(frame.target.bits) == size:
        made = Bits(frame.target.bits, is_array, frame.target.register)
        reading.scope.define(name, made, node)
        return made
    if reading.is_inside:
        made = reading.local(node, name, size, is_array=is_array)
        reading.scope.define(name, made, node)
        return made
    register = ClassicalRegister(size, name)
    made = Bits(tuple(register), is_array, register)
    reading.scope.define(name, made, node)
    reading.add_register(register, node)
    return made


def _size(size: Any, reading: Reading, node: ast.QASMNode) -> int:
    wanted = 1 if size is None else whole(size, reading.scope, "a size")
    if wanted < 1:
        raise Fault(node, "wrong-arguments", f"a register of {wanted}; the smallest has 1")
    return wanted
