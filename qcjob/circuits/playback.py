"""A compiled program as a Qiskit circuit, for drivers that hand one on."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Any

from qiskit.circuit import CASE_DEFAULT, ClassicalRegister, Clbit, QuantumCircuit, QuantumRegister
from qiskit.circuit.classical import expr

from qcjob.circuits.conditions import Condition, NotExpressible, from_lists
from qcjob.circuits.vocabulary import gate


def to_circuit(document: Mapping[str, Any]) -> QuantumCircuit:
    """The circuit of a compiled program, formats 1 and 2.

    Its qubits are the wires, its clbits the program's, so that counts have the program's bit order; its classical
    registers have the program's names. Raises NotExpressible for a condition that takes clbits as one number which are
    no register, unless it asks whether they equal a literal; KeyError, TypeError, ValueError or CircuitError for
    what is no compiled program.
    """
    circuit = QuantumCircuit(QuantumRegister(document["qubits"], "q"), [Clbit() for _ in range(document["clbits"])])
    for name, bits in document["registers"].items():
        circuit.add_register(ClassicalRegister(name=name, bits=[circuit.clbits[bit] for bit in bits]))
    _play(document["ops"], circuit)
    return circuit


def _play(ops: list[list[Any]], circuit: QuantumCircuit) -> None:
    for op in ops:
        name = op[0]
        if name == "measure":
            circuit.measure(op[1], op[3])
        elif name == "reset":
            circuit.reset(op[1])
        elif name == "barrier":
            circuit.barrier(op[1])
        elif name == "delay":
            circuit.delay(op[2][0], op[1], unit="s")
        elif name == "assign":
            value = from_lists(op[4], circuit.clbits, lambda bits: _needed(bits, circuit))
            circuit.store(circuit.clbits[op[3][0]], value)
        elif name == "break":
            circuit.break_loop()
        elif name == "continue":
            circuit.continue_loop()
        elif name == "if":
            otherwise = _block(op[3], circuit) if op[3] else None
            circuit.if_else(
                _condition(op[1], circuit), _block(op[2], circuit), otherwise, circuit.qubits, circuit.clbits
            )
        elif name == "while":
            circuit.while_loop(_condition(op[1], circuit), _block(op[2], circuit), circuit.qubits, circuit.clbits)
        elif name == "switch":
            cases = [
                (CASE_DEFAULT if values == "default" else tuple(values), _block(block, circuit))
                for values, block in op[2]
            ]
            circuit.switch(_condition(op[1], circuit), cases, circuit.qubits, circuit.clbits)
        else:
            circuit.append(gate(name, op[2]), op[1], copy=False)


def _block(ops: list[list[Any]], circuit: QuantumCircuit) -> QuantumCircuit:
    block = QuantumCircuit(circuit.qubits, circuit.clbits, *circuit.qregs, *circuit.cregs)
    _play(ops, block)
    return block


def _condition(condition: Condition, circuit: QuantumCircuit) -> Any:
    """The plain pairs (bit, bool) and (register, int) where they say the same: more simulators know them."""
    match condition:
        case ["clbit", bit]:
            return circuit.clbits[bit], True
        case ["not", ["clbit", bit]]:
            return circuit.clbits[bit], False
        case ["equal", ["creg", bits], ["lit", value, ["uint", _]]]:
            register = _register(bits, circuit)
            return (register, value) if register is not None else _bit_by_bit(bits, value, circuit)
    return from_lists(condition, circuit.clbits, lambda bits: _needed(bits, circuit))


def _register(bits: list[int], circuit: QuantumCircuit) -> ClassicalRegister | None:
    """The circuit's register of exactly these bits. One more register on the same bits would spoil Aer's counts."""
    wanted = [circuit.clbits[bit] for bit in bits]
    return next((register for register in circuit.cregs if list(register) == wanted), None)


def _needed(bits: list[int], circuit: QuantumCircuit) -> ClassicalRegister:
    register = _register(bits, circuit)
    if register is None:
        raise NotExpressible(f"the clbits {bits}, which are no register, as a number")
    return register


def _bit_by_bit(bits: list[int], value: int, circuit: QuantumCircuit) -> expr.Expr:
    asked = [
        expr.lift(circuit.clbits[bit]) if value >> place & 1 else expr.logic_not(circuit.clbits[bit])
        for place, bit in enumerate(bits)
    ]
    return reduce(expr.logic_and, asked)
