"""What is known of a program while its statements are walked through: names, gates, and how much it is so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from qcjob.languages.openqasm.brackets import Brackets
from qcjob.languages.openqasm.expressions import NotFinite, Value, evaluate
from qcjob.languages.openqasm.faults import Faults, shown
from qcjob.languages.openqasm.limits import Limits
from qcjob.languages.openqasm.tokens import Tokens


class Register(NamedTuple):
    """A declared register or an alias of qubits or bits."""

    size: int


@dataclass(slots=True)
class Definition:
    """A gate or a subroutine of the program's own, or the program itself: what it comes to when written out."""

    name: str
    index: int
    """The token that names it."""
    is_gate: bool = False
    weight: int = 0
    """Operations."""
    depth: int = 0
    """Definitions that use definitions, in a row, itself included."""
    is_open: bool = True
    """Its body is still being read."""
    too_large: bool = False
    too_deep: bool = False


@dataclass(slots=True)
class Frame:
    """A block, or a body without braces, that the walk is inside of."""

    end: int | None
    """Its closing brace; None for a body of one statement."""
    owner: Definition
    """Whose operations are counted here."""
    times: int = 1
    """How often it runs, with every loop around it up to its owner."""
    depth: int = 0
    is_if: bool = False
    loop: int | None = None
    """The token that begins the loop whose body it is."""
    before: int = 0
    """Operations of its owner when it began."""
    hidden: list[tuple[str, Any]] = field(default_factory=list)
    """Names it declared, with what they meant outside."""


class State:
    """All of it, and the few things that every kind of statement does with it."""

    def __init__(
        self, tokens: Tokens, brackets: Brackets, language: str, limits: Limits, num_qubits: int, faults: Faults
    ) -> None:
        self.tokens, self.faults = tokens, faults
        self.closed, self.broken = brackets.closed, brackets.broken
        self.kinds, self.texts = tokens.kinds, tokens.texts
        self.language, self.limits, self.device_qubits = language, limits, num_qubits
        self.names: dict[str, Any] = {}
        self.definitions: dict[str, Definition] = {}
        self.undefined: dict[str, int] = {}
        """Where a name was first called that was not defined by then."""
        self.named: list[int] = []
        """The tokens that stand for a gate: where it is defined, and where it is applied."""
        self.registers: dict[str, int] = {}
        """Registers under the name of a gate that some editions of the library have: where each was declared."""
        self.includes: list[str] = []
        self.has_subroutines = False
        self.program = Definition("", 0)
        self.frames = [Frame(None, self.program)]
        self.left_if_depth = 0
        """How deep the if was that was left last."""
        self.num_qubits = 0
        self.num_clbits = 0

    def fault(self, index: int, code: str, message: str) -> None:
        """A fault at a token."""
        self.faults.add(self.tokens.starts[index], code, message)

    def excerpt(self, start: int, end: int) -> str:
        """Tokens as a message may show them."""
        return shown(" ".join(self.texts[start : min(end, start + 20)]))

    def declare(self, name: str, meaning: Any) -> None:
        """A name means this from here to the end of the block."""
        self.frames[-1].hidden.append((name, self.names.get(name)))
        self.names[name] = meaning

    def value(self, start: int, end: int) -> Value:
        """What an expression comes to, None where that is not known; a fault where it is not finite."""
        try:
            return evaluate(self.tokens, start, end, self.names, power="^" if self.language == "openqasm2" else "**")
        except NotFinite as error:
            self.fault(start, "infinite-parameter", f"{self.excerpt(start, end)} has no finite value: {error}")
            return None

    def size(self, start: int, end: int) -> int:
        """A size in brackets; a fault and 0 where it is not a whole number that is known beforehand."""
        value = self.value(start, end)
        if isinstance(value, int) and value >= 0:
            return value
        code = "unsupported" if value is None and self.language == "openqasm3" else "syntax-error"
        self.fault(start, code, f"{self.excerpt(start, end)} cannot be a size: wanted a whole number that is constant")
        return 0

    def count(self, index: int, operations: int) -> None:
        """Operations of the statement at a token, each as often as its loops run."""
        frame = self.frames[-1]
        self._add(index, frame.owner, operations * frame.times)

    def _add(self, index: int, owner: Definition, operations: int) -> None:
        most = self.limits.operations
        owner.weight += max(0, min(operations, most + 1))
        if owner.weight > most and not owner.too_large:
            owner.too_large = True
            whose = f"{shown(owner.name)} comes" if owner.name else "the program comes"
            self.fault(
                index,
                "too-many-operations",
                f"{whose} to more than {most:,} operations here, with everything written out",
            )

    def push(self, index: int, end: int | None, *, times: int = 1, depth: int | None = None, **values: Any) -> None:
        """Into a block or body that the statement at token `index` begins."""
        outer = self.frames[-1]
        owner = values.pop("owner", outer.owner)
        inside = owner is outer.owner
        frame = Frame(
            end,
            owner,
            min(times * (outer.times if inside else 1), self.limits.operations + 1),
            outer.depth + 1 if depth is None else depth,
            before=owner.weight,
            **values,
        )
        if frame.depth == self.limits.nesting + 1:
            self.fault(index, "nested-too-deep", f"statements stand more than {self.limits.nesting} deep here")
        self.frames.append(frame)

    def pop(self) -> Frame:
        """Out of it: its names are forgotten, and a loop counts one operation for each round at least."""
        frame = self.frames.pop()
        if frame.is_if:
            self.left_if_depth = frame.depth
        for name, meaning in reversed(frame.hidden):
            self.names[name] = meaning
        if frame.loop is not None:
            rounds, counted = frame.times, frame.owner.weight - frame.before
            self._add(frame.loop, frame.owner, rounds - counted)
        return frame
