"""Values for bits and variables: kept while they are known, written by the device where a measurement decides them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from openqasm3 import ast
from qiskit.circuit import Clbit
from qiskit.circuit.classical import expr

from qcjob.circuits.openqasm3.faults import Fault, unsupported
from qcjob.circuits.openqasm3.formulas import Bit, Formula
from qcjob.circuits.openqasm3.measured import word_of
from qcjob.circuits.openqasm3.reading import Reading
from qcjob.circuits.openqasm3.scope import Bits, Known, Shape, Stored
from qcjob.circuits.openqasm3.values import Unknown, evaluate
from qcjob.circuits.openqasm3.words import fitted, truth


def to_bits(reading: Reading, bits: Bits, value: Any, node: ast.QASMNode) -> None:
    """Bits the value of an expression, which has as many. Raises Fault."""
    if bits.is_copy:
        raise unsupported(node, "an assignment to an argument of bits", "use a variable of the subroutine's own")
    size = len(bits.bits)
    try:
        found = evaluate(value, reading.scope)
    except Unknown:
        word = word_of(value, reading.scope)
        if word.has_width and len(word.bits) != size:
            message = f"{size} bit{'s are' if size > 1 else ' is'} given the value of {len(word.bits)}"
            raise Fault(node, "register-size-mismatch", message) from None
        put(reading, bits.bits, fitted(word, size).bits, node)
        return
    width = value.width if isinstance(value, ast.BitstringLiteral) else size
    if width != size or not isinstance(found, int) or not 0 <= found < 1 << size:
        wanted = "0 or 1" if size == 1 else f"{size} bits"
        raise Fault(value, "wrong-arguments", f"{found!r} is not {wanted}")
    reading.store.assign(bits.bits, int(found), node)


def to_variable(reading: Reading, variable: Stored, value: Any, node: ast.QASMNode) -> None:
    """A variable the value of an expression, cut to the bits it has. Raises Fault."""
    word = word_of(value, reading.scope)
    made = (truth(word),) if variable.shape.is_bool else fitted(word, variable.shape.width).bits
    put(reading, variable.bits.bits, made, node)


def new_variable(reading: Reading, name: str, shape: Shape, value: Any, node: ast.QASMNode) -> Stored:
    """A variable for what a measurement decides, with the value of an expression. Raises Fault."""
    made = Stored(reading.variable(node, name, shape.width), shape)
    to_variable(reading, made, value, node)
    return made


def as_stored(reading: Reading, name: str, known: Known) -> Stored | None:
    """A variable whose value is known, from here on in bits of the device: what follows changes it where only that
    decides whether; one that was given no value has 0. None where it is of no type that bits can have.
    """
    shape = known.shape
    if shape is None or known.is_const:
        return None
    bits = reading.variable(known.declared, name, shape.width)
    reading.store.assign(bits.bits, int(known.value or 0) % (1 << shape.width), known.declared)
    if known.depth != reading.depth:
        reading.store.release(bits.bits, reading.blocks[known.depth])
    made = Stored(bits, shape)
    reading.scope.replace(name, made)
    return made


def put(reading: Reading, bits: Sequence[Clbit], made: Sequence[Bit], node: ast.QASMNode) -> None:
    """Each bit what is at its place, all at once: none is written before what asks it."""
    pairs = list(zip(bits, made, strict=True))
    changed = {bit: each for bit, each in pairs if isinstance(each, Formula) and each.value != expr.lift(bit)}
    for bit in _in_order(changed, node):
        formula = changed[bit]
        reading.write(reading.blocks[-1], bit, formula.value, node, formula.size)
        reading.store.measured(bit)
    for bit, value in pairs:
        if isinstance(value, bool):
            reading.store.assign([bit], int(value), node)


def _in_order(changed: Mapping[Clbit, Formula], node: ast.QASMNode) -> list[Clbit]:
    """The bits, each before those that its formula asks. Raises Fault where they ask each other in a circle."""
    asks = {
        bit: {each.var for each in expr.iter_vars(one.value)} & changed.keys() - {bit} for bit, one in changed.items()
    }
    left = Counter(asked for each in asks.values() for asked in each)
    free = [bit for bit in changed if not left[bit]]
    for bit in free:  # which grows meanwhile
        for asked in asks[bit]:
            left[asked] -= 1
            if not left[asked]:
                free.append(asked)
    if len(free) < len(changed):
        message = "bits that are given each other's values at once"
        raise unsupported(node, message, "keep one of them in a bit of its own meanwhile")
    return free


def release_all(reading: Reading, names: Iterable[str]) -> None:
    """What the body of a loop gives another value to: each round is to find what the one before left there."""
    for name in names:
        found = reading.scope.find(name)
        if reading.is_trial:
            reading.scope.lose_value(name)
            continue
        if isinstance(found, Known):
            found = as_stored(reading, name, found)
        bits = found.bits if isinstance(found, Stored) else found
        if isinstance(bits, Bits):
            reading.store.release(bits.bits, reading.blocks[-1])
