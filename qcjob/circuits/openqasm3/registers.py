"""The qubits and bits of the program that is read, and the circuit that they make."""

from __future__ import annotations

from openqasm3 import ast
from qiskit.circuit import Bit, ClassicalRegister, Clbit, QuantumCircuit, QuantumRegister, Qubit

from qcjob.circuits.blocks import Block
from qcjob.circuits.openqasm3.faults import Fault, unsupported
from qcjob.circuits.openqasm3.scope import Bits
from qcjob.circuits.program import Program


class Registers:
    """Those that the program declares come in its order; bits of blocks and subroutines, and those without a name, come
    behind them, in registers of their own.
    """

    def __init__(self, num_qubits: int, num_clbits: int) -> None:
        self.circuit = QuantumCircuit()
        self.qubits: dict[str, list[int]] = {}
        self.is_physical = False
        self.blocks = [Block()]
        """The block of the program, and those in each other that are being read."""
        self._num_qubits, self._num_clbits = num_qubits, num_clbits
        self._declared: list[ClassicalRegister] = []
        self._others: dict[tuple[int, int], tuple[str, ClassicalRegister]] = {}
        """By statement and size, with the name that the program has for it."""
        self._variables: dict[tuple[Clbit, ...], None] = {}

    @property
    def has_room(self) -> bool:
        """Whether the device has a qubit more."""
        return int(self.circuit.num_qubits) < self._num_qubits

    def add_register(self, register: QuantumRegister | ClassicalRegister, node: ast.QASMNode) -> None:
        """A register that the program declares."""
        if isinstance(register, ClassicalRegister):
            self.circuit.add_register(register)
            self._declared.append(register)
            return
        if self.is_physical:
            raise unsupported(node, "a program with both declared qubits and the device's own")
        if self.circuit.num_qubits + len(register) > self._num_qubits:
            message = f"the program has more qubits than the device, which has {self._num_qubits}"
            raise Fault(node, "too-many-qubits", message)
        self.circuit.add_register(register)
        self.qubits[register.name] = [self.circuit.find_bit(bit).index for bit in register]

    def local(self, node: ast.QASMNode, name: str, size: int, *, is_array: bool) -> Bits:
        """Bits that a statement of a block or subroutine declares: the same ones each time it is read. Raises Fault."""
        key = (id(node), size)
        if key not in self._others:
            if self.circuit.num_clbits + size > self._num_clbits:
                message = f"with {name} the program has more than {self._num_clbits:,} classical bits"
                raise Fault(node, "too-many-clbits", message)
            register = ClassicalRegister(size, f"{name} {len(self._others)}")  # no name of a program has a blank
            self.circuit.add_register(register)
            self._others[key] = (name, register)
        register = self._others[key][1]
        return Bits(tuple(register), is_array, register)

    def variable(self, node: ast.QASMNode, name: str, size: int) -> Bits:
        """Bits of a variable: the result shows the value that they end with."""
        made = self.local(node, name, size, is_array=True)
        self._variables.setdefault(made.bits)
        return made

    def is_part_of_a_variable(self, bit: Clbit) -> bool:
        """Whether it is a bit of a variable that the device writes to."""
        together = {each for bits in self._variables if bit in bits for each in bits}
        return not together.isdisjoint(self.blocks[0].clbits)

    def unnamed(self, node: ast.QASMNode, size: int) -> Bits:
        """Bits for what is measured and given no name."""
        return self.local(node, "unnamed", size, is_array=True)

    def is_declared(self, bit: Clbit) -> bool:
        """Whether it is one of a register of the program."""
        return any(bit in register for register in self._declared)

    def number(self, bit: Bit) -> int:
        """Where it stands among those there are."""
        return int(self.circuit.find_bit(bit).index)

    def all_bits(self) -> list[Bit]:
        """Every qubit and clbit there is so far."""
        return [*self.circuit.qubits, *self.circuit.clbits]

    def physical(self, number: int, node: ast.QASMNode) -> Qubit:
        """The device's qubit of a number."""
        if self.qubits:
            raise unsupported(node, "a program with both declared qubits and the device's own")
        if number >= self._num_qubits:
            message = f"${number} is out of range: the device has {self._num_qubits} qubits, from $0"
            raise Fault(node, "too-many-qubits", message)
        self.is_physical = True
        missing = number + 1 - self.circuit.num_qubits
        if missing > 0:
            self.circuit.add_bits([Qubit() for _ in range(missing)])
        return self.circuit.qubits[number]

    def finished(self, block: Block) -> Program:
        """The program, of the operations of a block."""
        used = set(block.clbits)
        others = [(name, register) for name, register in self._others.values() if not used.isdisjoint(register)]
        registers = [*self._declared, *(register for _, register in others)]
        circuit = QuantumCircuit(self.circuit.qubits, *self.circuit.qregs, *registers)
        qubits = self.qubits or {"$": list(range(circuit.num_qubits))}
        clbits: dict[str, list[int]] = {}
        names = [*(register.name for register in self._declared), *(name for name, _ in others)]
        for name, register in zip(names, registers, strict=True):
            clbits[_free(name, {*clbits, *qubits})] = [circuit.find_bit(bit).index for bit in register]
        return Program(block.fill(circuit), qubits, clbits, block.places, self.is_physical)


def _free(name: str, taken: set[str]) -> str:
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name}_{number}"
    return found
