"""Programs made up by hypothesis: the text, and what it does, each from the same choices and neither from the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.correctness.matrices import MATRICES, Matrix, controlled

Draw = Callable[[st.SearchStrategy[Any]], Any]

SHARED = ("id", "x", "y", "z", "h", "s", "sdg", "t", "tdg", "sx", "rx", "ry", "rz", "cx", "cy", "cz", "ch", "swap")
TWO = (*SHARED, "ccx", "crz", "cu1", "u1", "u2", "u3", "rzz", "rxx")
THREE = (*SHARED, "p", "crx", "cry", "crz", "cp", "cu", "ccx", "cswap", "u2", "u3", "U")
ANGLES = st.floats(-6.3, 6.3, allow_nan=False).map(lambda angle: round(angle, 4)) | st.sampled_from(
    [0.0, np.pi, np.pi / 2, -np.pi / 4]
)
OLD_NAMES: dict[str, Callable[..., Matrix]] = {
    "u1": MATRICES["p"],
    "u2": lambda phi, lam: MATRICES["u"](np.pi / 2, phi, lam),
    "u3": MATRICES["u"],
    "U": MATRICES["u"],
    "cu1": MATRICES["cp"],
}
ARITY = {
    **dict.fromkeys(("cx", "cy", "cz", "ch", "swap", "crx", "cry", "crz", "cp", "cu", "cu1", "rzz", "rxx"), 2),
    **dict.fromkeys(("ccx", "cswap"), 3),
}
TURNS = {
    **dict.fromkeys(("rx", "ry", "rz", "p", "u1", "crx", "cry", "crz", "cp", "cu1", "rzz", "rxx"), 1),
    **{"u2": 2, "u3": 3, "U": 3, "cu": 4},
}


@dataclass(frozen=True, repr=False)
class Made:
    """A program, and the operations it is: those of the exact simulator, on its qubits in order of declaration."""

    source: str
    language: str
    ops: list[Any]
    qubits: int
    clbits: int

    def __repr__(self) -> str:
        """What a failing test shows: the program, as it can be tried out."""
        return f"\n{self.source}"


@dataclass(frozen=True)
class _Piece:
    """A gate as text, and its matrix."""

    name: str
    angles: tuple[float, ...]
    matrix: Matrix
    qubits: int

    @property
    def call(self) -> str:
        return f"{self.name}({', '.join(map(repr, self.angles))})" if self.angles else self.name


def _standard(draw: Draw, names: tuple[str, ...]) -> _Piece:
    name = draw(st.sampled_from(names))
    angles = tuple(draw(ANGLES) for _ in range(TURNS.get(name, 0)))
    matrix = (OLD_NAMES.get(name) or MATRICES[name])(*angles)
    return _Piece(name, angles, matrix, ARITY.get(name, 1))


def _modified(draw: Draw, piece: _Piece, most_qubits: int) -> _Piece:
    """OpenQASM 3's modifiers, the innermost first."""
    for _ in range(draw(st.integers(0, 2))):
        kind = draw(st.sampled_from(["inv", "pow", "ctrl", "negctrl"]))
        name, matrix, qubits = f"{kind} @ {piece.name}", piece.matrix, piece.qubits
        if kind == "inv":
            matrix = matrix.conj().T
        elif kind == "pow":
            times = draw(st.integers(-2, 3))
            name = f"pow({times}) @ {piece.name}"
            matrix = np.linalg.matrix_power(matrix if times >= 0 else matrix.conj().T, abs(times))
        elif qubits == most_qubits:
            continue
        else:
            flip = np.kron(MATRICES["x"](), np.eye(len(matrix))) if kind == "negctrl" else np.eye(2 * len(matrix))
            matrix, qubits = flip @ controlled(matrix) @ flip, qubits + 1
        piece = _Piece(name, piece.angles, matrix, qubits)
    return piece


class _Writer:
    """Text and operations side by side."""

    def __init__(self, draw: Draw, language: str, sizes: dict[str, int]) -> None:
        self.draw, self.language, self.sizes = draw, language, sizes
        self.names = [f"{name}[{place}]" for name, size in sizes.items() for place in range(size)]
        self.own: list[_Piece] = []
        self.lines: list[str] = []

    def define(self, name: str) -> None:
        """A gate of the program's own, maybe under a name that the library has too (which is not included then)."""
        body: list[str] = []
        matrix = np.eye(4, dtype=complex)
        for _ in range(self.draw(st.integers(1, 3))):
            if self.draw(st.booleans()):
                turns = tuple(self.draw(ANGLES) for _ in range(3))
                place = self.draw(st.integers(0, 1))
                body.append(f"U({', '.join(map(repr, turns))}) {'ab'[place]};")
                one = MATRICES["u"](*turns)
                step = np.kron(one, np.eye(2)) if place == 0 else np.kron(np.eye(2), one)
            else:
                body.append("CX a, b;")
                step = MATRICES["cx"]()
            matrix = step @ matrix
        self.lines.append(f"gate {name} a, b {{ {' '.join(body)} }}")
        self.own.append(_Piece(name, (), matrix, 2))

    def gate(self, names: tuple[str, ...]) -> list[Any]:
        """A gate on distinct qubits, or one of one qubit on a whole register."""
        fitting = tuple(name for name in names if ARITY.get(name, 1) <= len(self.names))
        piece = self.draw(st.sampled_from(self.own)) if self.own else _standard(self.draw, fitting)
        if self.language == "openqasm3":
            piece = _modified(self.draw, piece, min(3, len(self.names)))
        if piece.qubits == 1 and self.draw(st.integers(0, 4)) == 0:
            register = self.draw(st.sampled_from(list(self.sizes)))
            on = [place for place, name in enumerate(self.names) if name.startswith(f"{register}[")]
            self.lines.append(f"{piece.call} {register};")
            return [["matrix", [place], [], piece.matrix] for place in on]
        order = self.draw(st.permutations(range(len(self.names))))[: piece.qubits]
        self.lines.append(f"{piece.call} {', '.join(self.names[place] for place in order)};")
        return [["matrix", list(order), [], piece.matrix]]


@st.composite
def circuits(draw: Draw, language: str, max_qubits: int = 5, max_gates: int = 12) -> Made:
    """Gates alone on registers q and r, and one more qubit that alone is measured, so that nothing is measured away."""
    total = draw(st.integers(2, max_qubits))
    first = draw(st.integers(1, total - 1))
    sizes = {"q": first, "r": total - first}
    writer = _Writer(draw, language, sizes)
    shadowed = draw(st.integers(0, 3)) == 0
    if shadowed:
        for name in draw(st.lists(st.sampled_from(["cx", "cz", "swap", "mine", "ch"]), min_size=1, unique=True)):
            writer.define(name)
    header = _header(language, sizes, shadowed=shadowed)
    # Something is done to every qubit: of one that is idle, or only swapped away, the document does not say where it
    # is.
    writer.lines += ["U(0.377, 0.211, 0.129) q;", "U(0.377, 0.211, 0.129) r;"]
    ops: list[Any] = [["u", [place], [0.377, 0.211, 0.129]] for place in range(total)]
    for _ in range(draw(st.integers(1, max_gates))):
        ops += writer.gate(TWO if language == "openqasm2" else THREE)
    end = "measure a[0] -> b[0];" if language == "openqasm2" else "b[0] = measure a[0];"
    return Made("\n".join([*header, *writer.lines, end, ""]), language, ops, total, 1)


@st.composite
def dynamic(draw: Draw) -> Made:
    """OpenQASM 3 in which what was measured decides what is done: if and else, switch, reset, loops of both kinds."""
    sizes = {"q": 2, "r": 1}
    writer = _Writer(draw, "openqasm3", sizes)
    header = ["OPENQASM 3.0;", 'include "stdgates.inc";', "qubit[2] q;", "qubit[1] r;", "bit[2] c;", "bit d;"]
    ops = _statements(draw, writer, depth=2, most=6)
    for place, (qubit, bit) in enumerate(zip(writer.names, ("c[0]", "c[1]", "d"), strict=True)):
        writer.lines.append(f"{bit} = measure {qubit};")
        ops.append(["measure", [place], [], [place]])
    return Made("\n".join([*header, *writer.lines, ""]), "openqasm3", ops, 3, 3)


BITS = {"c[0]": 0, "c[1]": 1, "d": 2}


def _statements(draw: Draw, writer: _Writer, depth: int, most: int) -> list[Any]:
    ops: list[Any] = []
    for _ in range(draw(st.integers(1, most))):
        kinds = ["gate", "gate", "gate", "measure", "reset"] + ["if", "switch", "for", "until"] * (depth > 0)
        kind = draw(st.sampled_from(kinds))
        place = draw(st.integers(0, 2))
        if kind == "gate":
            ops += writer.gate(THREE)
        elif kind == "measure":
            bit = draw(st.sampled_from(list(BITS)))
            writer.lines.append(f"{bit} = measure {writer.names[place]};")
            ops.append(["measure", [place], [], [BITS[bit]]])
        elif kind == "reset":
            writer.lines.append(f"reset {writer.names[place]};")
            ops.append(["reset", [place], []])
        elif kind == "if":
            text, condition = _condition(draw)
            writer.lines.append(f"if ({text}) {{")
            then = _statements(draw, writer, depth - 1, 2)
            writer.lines.append("} else {")
            ops.append(["if", condition, then, _statements(draw, writer, depth - 1, 2)])
            writer.lines.append("}")
        elif kind == "switch":
            writer.lines.append("switch (c) { case 1, 2 {")
            some = _statements(draw, writer, depth - 1, 2)
            writer.lines.append("} default {")
            ops.append(["switch", ["creg", [0, 1]], [[[1, 2], some], ["default", _statements(draw, writer, 0, 2)]]])
            writer.lines.append("} }")
        elif kind == "for":
            times = draw(st.integers(1, 3))
            writer.lines.append(f"for int i in [1:{times}] {{")
            ops += _statements(draw, writer, 0, 2) * times
            writer.lines.append("}")
        else:
            name = writer.names[place]
            writer.lines.append(f"d = measure {name}; while (d) {{ h {name}; d = measure {name}; }}")
            turn = [["h", [place], []], ["measure", [place], [], [2]]]
            ops += [["measure", [place], [], [2]], ["while", ["clbit", 2], turn]]
    return ops


def _condition(draw: Draw) -> tuple[str, Any]:
    value = draw(st.integers(0, 3))
    register = ["creg", [0, 1]]
    number = ["lit", value, ["uint", 2]]
    return draw(
        st.sampled_from(
            [
                ("c[0]", ["clbit", 0]),
                ("!d", ["not", ["clbit", 2]]),
                (f"c == {value}", ["equal", register, number]),
                (f"c != {value}", ["not_equal", register, number]),
                (f"c < {value}", ["less", register, number]),
                (f"{value} <= c", ["greater_equal", register, number]),
                ("c[0] && d", ["and", ["clbit", 0], ["clbit", 2]]),
                (f"d || c == {value}", ["or", ["clbit", 2], ["equal", register, number]]),
                (f"(c ^ {value}) > 1", ["greater", ["bit_xor", register, number], ["lit", 1, ["uint", 2]]]),
                ("c[0] == c[1]", ["equal", ["clbit", 0], ["clbit", 1]]),
            ]
        )
    )


def _header(language: str, sizes: dict[str, int], *, shadowed: bool) -> list[str]:
    two = language == "openqasm2"
    registers = {**sizes, "a": 1}
    lines = ["OPENQASM 2.0;" if two else "OPENQASM 3.0;"]
    if not shadowed:
        lines.append('include "qelib1.inc";' if two else 'include "stdgates.inc";')
    lines += [f"qreg {name}[{size}];" if two else f"qubit[{size}] {name};" for name, size in registers.items()]
    return [*lines, "creg b[1];" if two else "bit[1] b;"]
