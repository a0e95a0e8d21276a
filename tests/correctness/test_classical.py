"""Bits and integers whose value a measurement decides, against Python's own arithmetic.

Qubits are flipped and measured, so that the compiler knows nothing of the bits and there is one outcome all the same.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from typing import Any

import pytest

from qcjob.circuits.build import build
from qcjob.languages.openqasm import Limits
from tests.correctness.devices import DEVICES, IDEAL
from tests.correctness.exact import distribution

PROGRAMS = 30
WIDTHS = {"c": 4, "d": 3, "n": 3, "m": 5, "k": 4, "b": 1}
SIGNED = {"k"}
BITS = ("c", "d")
TYPES = {"n": "uint[3]", "m": "uint[5]", "k": "int[4]", "b": "bool"}


@dataclass
class Writer:
    """Makes a program up and runs it on the way: `values` are those of its names."""

    draw: random.Random
    values: dict[str, int] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)

    def program(self) -> str:
        self.values = dict.fromkeys(WIDTHS, 0)
        self.lines += ['OPENQASM 3.0; include "stdgates.inc"; qubit[4] q; bit[4] c; bit[3] d;']
        self.values["c"] = self.draw.randrange(16)
        self.lines += [f"x q[{bit}];" for bit in range(4) if self.values["c"] >> bit & 1]
        self.lines += ["c = measure q;"]
        for name, kind in TYPES.items():
            first = self.draw.randrange(1 << WIDTHS[name] - (name in SIGNED))
            self.values[name] = first
            self.lines.append(f"{kind} {name} = {str(bool(first)).lower() if name == 'b' else first};")
        for _ in range(self.draw.randrange(3, 9)):
            self.statement(0, runs=True)
        return "\n".join(self.lines)

    def statement(self, depth: int, *, runs: bool) -> None:
        kind = self.draw.choice(("assign", "assign", "bit", "if", "while")) if depth < 3 else "assign"
        indent = "  " * depth
        if kind == "if":
            text, value = self.question()
            self.lines.append(f"{indent}if ({text}) {{")
            self.block(depth + 1, runs=runs and bool(value))
            self.lines.append(f"{indent}}} else {{")
            self.block(depth + 1, runs=runs and not value)
            self.lines.append(f"{indent}}}")
        elif kind == "while" and depth == 0 and self.draw.random() < 0.6:
            self.loop(indent)
        elif kind == "bit":
            place, (text, value) = self.draw.randrange(WIDTHS["d"]), self.question()
            self.lines.append(f"{indent}d[{place}] = {text};")
            if runs:
                self.values["d"] = self.values["d"] & ~(1 << place) | int(value) << place
        else:
            self.assign(indent, runs=runs)

    def assign(self, indent: str, *, runs: bool) -> None:
        name = self.draw.choice([*TYPES, "b"])
        text, value = self.question() if name == "b" else self.number(self.draw.randrange(3))
        if name != "b":  # a value that is known and too large would be refused
            text += " + uint[1](c[0] ^ c[0])"
        self.lines.append(f"{indent}{name} = {text};")
        if runs:
            self.values[name] = self.cut(name, value)

    def block(self, depth: int, *, runs: bool) -> None:
        for _ in range(self.draw.randrange(3)):
            self.statement(depth, runs=runs)

    def loop(self, indent: str) -> None:
        """Some rounds of the same, as many as a bit pattern that was measured says."""
        rounds = self.draw.randrange(1, 6)
        text, _ = self.number(1)
        self.lines += [f"{indent}m = {rounds} + uint[1](c[0] ^ c[0]);", f"{indent}while (m > 0) {{"]
        self.lines += [f"{indent}  n = n + {text};", f"{indent}  b = !b;", f"{indent}  m -= 1;", f"{indent}}}"]
        self.values["m"] = rounds
        while self.values["m"]:
            self.values["n"] = self.cut("n", self.values["n"] + eval(_python(text), dict(CASTS), self.values))
            self.values["b"] = int(not self.values["b"])
            self.values["m"] -= 1

    def number(self, depth: int) -> tuple[str, int]:
        """An expression of integers, and what it is worth."""
        if depth == 0 or self.draw.random() < 0.3:
            name = self.draw.choice(("n", "m", "k", "literal", "c", "cast"))
            if name == "cast":
                return self.cast()
            if name == "literal":
                value = self.draw.randrange(8)
                return str(value), value
            return ("uint[4](c)", self.values["c"]) if name == "c" else (name, self.values[name])
        word = self.draw.choice(("+", "-", "*"))
        left, one = self.number(depth - 1)
        right, other = (str(factor := self.draw.randrange(4)), factor) if word == "*" else self.number(depth - 1)
        return f"({left} {word} {right})", {"+": one + other, "-": one - other, "*": one * other}[word]

    def cast(self) -> tuple[str, int]:
        """Some bits of an integer, in two's complement where they have a sign."""
        name, kind = self.draw.choice(("n", "m", "k", "c")), self.draw.choice(list(CASTS))
        text = f"{kind}[{self.draw.randrange(1, 6)}]({name})"
        return text, eval(_python(text), dict(CASTS), self.values)

    def question(self) -> tuple[str, int]:
        """An expression of truth values, and what it is worth."""
        match self.draw.randrange(4):
            case 0:
                name = self.draw.choice(BITS)
                place = self.draw.randrange(WIDTHS[name])
                return f"{name}[{place}]", self.values[name] >> place & 1
            case 1:
                word = self.draw.choice(("==", "!=", "<", "<=", ">", ">="))
                (left, one), (right, other) = self.number(1), self.number(1)
                compared = {"==": one == other, "!=": one != other, "<": one < other, "<=": one <= other}
                return f"{left} {word} {right}", int((compared | {">": one > other, ">=": one >= other})[word])
            case 2:
                name = self.draw.choice(BITS)
                value = self.draw.randrange(1 << WIDTHS[name])
                return f"{name} == {value}", int(self.values[name] == value)
        word = self.draw.choice(("&&", "||"))
        (left, one), (right, other) = self.question(), ("!b", int(not self.values["b"]))
        return f"({left}) {word} {right}", int(bool(one and other) if word == "&&" else bool(one or other))

    def cut(self, name: str, value: int) -> int:
        width = WIDTHS[name]
        return signed(width, value) if name in SIGNED else value % (1 << width)


def signed(width: int, value: int) -> int:
    value %= 1 << width
    return value - (1 << width) if value >> (width - 1) else value


CASTS: dict[str, Any] = {"uint": lambda width, value: value % (1 << width), "int": signed}


def _python(text: str) -> str:
    return re.sub(r"(u?int)\[(\d)\]\(", r"\1(\2, ", text)


def outcome(source: str, runtime: str, target: Any) -> dict[str, int]:
    """What each register holds at the end: there is one outcome."""
    compiled = build(source, "openqasm3", runtime, target, Limits()).compiled
    ((key, chance),) = distribution(compiled["ops"], compiled["qubits"], compiled["clbits"]).items()
    assert chance == pytest.approx(1)
    bits = key[::-1]
    return {
        name: sum(int(bits[place]) << number for number, place in enumerate(places))
        for name, places in compiled["registers"].items()
    }


@pytest.mark.parametrize("seed", range(PROGRAMS))
def test_integers_that_were_measured_come_to_what_they_do_in_python(seed: int) -> None:
    writer = Writer(random.Random(seed))
    source = writer.program()
    found = outcome(source, "simulated", IDEAL)
    wanted = {name: writer.values[name] % (1 << WIDTHS[name]) for name in found if name in WIDTHS}
    assert {name: found[name] for name in wanted} == wanted, source


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("uint[4](v) << 2 == 12", 1),
        ("v << 2 == 0", 1),
        ("(uint[4](v) << 1) >> 1 == 3", 1),
        ("int(v) << 1 == 6", 1),
        ("uint(v) << 2 == 12", 1),
        ("uint[3](v) >> 1 == 1", 1),
        ("int[2](v) >> 1 == -1", 1),
        ("v << one == 2", 1),
        ("~uint[4](v) == 12", 1),
        ("~v == 0", 1),
        ("~uint(v) > 3", 1),
        ("~v[0] == 0", 1),
        ("(v & w) == 0", 1),
        ("(v | w) == 3", 1),
        ("(v ^ w) < 4", 1),
        ("(uint[4](v) | 12) == 15", 1),
        ("v == w", 0),
        ("v > w", 1),
        ("int(v) == 3 && int[2](v) == -1 && int[3](v) == 3", 1),
        ("int[2](v) < 1", 1),
        ("uint[1](v) < 2 && uint[1](v) == 1 && uint[1](v) < uint[2](v)", 1),
        ("-int(v) == -3", 1),
        ("int[3](v) - 4 == -1", 1),
        ("bit[1](v) == 1 && bit[3](v) == 3", 1),
        ("rotl(bit[3](v), 1) == 6", 1),
        ("popcount(~v) == 0", 1),
    ],
)
def test_casts_shifts_and_operators_of_bits_keep_to_their_widths(question: str, answer: int) -> None:
    source = f"""OPENQASM 3.0; include "stdgates.inc"; qubit[3] q; bit[2] v; bit[3] w; bit[2] one; bit out;
    x q[0]; x q[1]; v[0] = measure q[0]; v[1] = measure q[1]; w[0] = measure q[2]; one[0] = measure q[0];
    if ({question}) {{ x q[2]; }} out = measure q[2];"""
    assert outcome(source, "simulated", IDEAL)["out"] == answer


def test_a_switch_looks_at_what_is_known_of_a_sum_too() -> None:
    source = """OPENQASM 3.0; include "stdgates.inc"; qubit[2] q; bit[2] c; bit[2] out;
    x q[0]; c[0] = measure q[0];
    switch (uint[2](c) + 8) { case 9 { x q[1]; } case 1 { x q[0]; } default { } }
    out = measure q;"""
    assert outcome(source, "simulated", IDEAL)["out"] == 3


@pytest.mark.parametrize("seed", range(0, PROGRAMS, 10))
def test_the_transpiler_leaves_assignments_where_they_are(seed: int) -> None:
    writer = Writer(random.Random(seed))
    source = writer.program()
    found = outcome(source, "optimized", DEVICES["heavy-hex"])
    assert found["c"] == writer.values["c"] and found["d"] == writer.values["d"], source
