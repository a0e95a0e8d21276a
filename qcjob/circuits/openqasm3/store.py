"""What bits hold that no measurement gave them: `c[0] = 1;`, `bit[2] flags = "11";`.

Many a device writes bits by measuring alone. So a value that the program gives a bit is kept here while the program is
read, and conditions on it are worked out, until something is measured into the bit. Where the device decides what runs,
and a bit would hold one thing or another behind it, each way writes what it has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from openqasm3 import ast
from qiskit.circuit import Clbit

from qcjob.circuits.blocks import Block
from qcjob.circuits.openqasm3.faults import unsupported

Held = dict[Clbit, tuple[int, ast.QASMNode]]
"""The value, 0 or 1, and the statement that gave it."""


Write = Callable[[Block, Clbit, int, ast.QASMNode], None]
"""Has the device give a bit a value, at the end of a block."""


class Store:
    """A bit that is not held here has what the device wrote into it last, or 0."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self._held: Held = {}
        self._measured: set[Clbit] = set()
        self._loops: list[Held] = []
        self._ends: list[tuple[Block, Held]] = []

    def assign(self, bits: Sequence[Clbit], value: int, node: ast.QASMNode) -> None:
        """The bits of a whole number, bit 0 first."""
        for place, bit in enumerate(bits):
            self._held[bit] = (value >> place & 1, node)

    def measured(self, bit: Clbit) -> None:
        """Something is measured into a bit, or otherwise written by the device."""
        self._held.pop(bit, None)
        self._measured.add(bit)

    def release(self, bits: Iterable[Clbit], block: Block) -> None:
        """Whatever is held of these bits is written at the end of a block."""
        real = self._real(self._held)
        for bit in bits:
            if bit in real:
                self._write(block, bit, *real[bit])
                self._measured.add(bit)
            self._held.pop(bit, None)

    def values(self, bits: Sequence[Clbit]) -> list[int | None]:
        """What each bit is held to be; None: what was measured into it."""
        return [self._held[bit][0] if bit in self._held else None for bit in bits]

    def left(self) -> Mapping[Clbit, tuple[int, ast.QASMNode]]:
        """What is held now, and is not what the device has there."""
        return self._real(self._held)

    @contextmanager
    def choice(self) -> Iterator[None]:
        """Around `branch`es of which the device takes one.

        A bit that would hold one thing or another is written by those of them that gave it a value.
        """
        outer, self._ends = self._ends, []
        try:
            yield
            blocks, ends = [block for block, _ in self._ends], [held for _, held in self._ends]
            real = [self._real(end) for end in ends]
            self._held = {bit: held for bit, held in ends[0].items() if all(bit in end for end in ends)}
            for bit in dict.fromkeys(bit for end in ends for bit in end):
                if len({end[bit][0] if bit in end else None for end in real}) > 1:
                    for block, end in zip(blocks, real, strict=True):
                        if bit in end:
                            self._write(block, bit, *end[bit])
                    self.measured(bit)
                elif len({end[bit][0] for end in ends if bit in end}) > 1:
                    self._held.pop(bit, None)
        finally:
            self._ends = outer

    @contextmanager
    def branch(self, block: Block) -> Iterator[None]:
        """One of the bodies of a `choice`, and the block that it is read into."""
        before = dict(self._held)
        yield
        self._ends.append((block, self._held))
        self._held = before

    @contextmanager
    def loop(self, block: Block, node: ast.QASMNode) -> Iterator[None]:
        """The body of a loop that the device runs, read into a block; bits that it gives a value were released."""
        before = self._real(self._held)
        self._held = dict(before)
        self._loops.append(before)
        try:
            yield
            self.leave(block, node)
        finally:
            self._loops.pop()
            self._held = before

    def leave(self, block: Block, node: ast.QASMNode) -> None:
        """A round of the innermost loop ends here, at the end of a block: what bits were given in it is written.

        Raises Fault where the next round would find another value than this one did.
        """
        before = self._loops[-1]
        for bit in before:
            if bit not in self._held or self._held[bit][0] != before[bit][0]:
                raise unsupported(node, "a bit that has another value in each round of a loop, under another name")
        for bit, held in self._held.items():
            if bit not in before:
                self._write(block, bit, *held)
                self._measured.add(bit)

    def _real(self, held: Held) -> Held:
        """Without the bits that are 0 by themselves, because nothing was ever measured into them."""
        clean = set() if self._loops else {bit for bit, (value, _) in held.items() if not value} - self._measured
        return {bit: value for bit, value in held.items() if bit not in clean}

    @contextmanager
    def untouched(self) -> Iterator[None]:
        """Whatever is read meanwhile leaves no trace."""
        kept = dict(self._held), set(self._measured), self._ends
        try:
            yield
        finally:
            self._held, self._measured, self._ends = kept
