"""The programs of corpus/, and what each is known to do.

A line `// expect 01 10 1/2, 00 00 1/2` at the head of a program has the keys that come out and how often, from theory;
blanks in a key stand between registers, for the eye. `// like NAME` says that it does what another program does, which
is the same written out. A program without either is compared with what Qiskit's own readers make of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path

from tests.correctness import reference

FOLDER = Path(__file__).parent / "corpus"
_expect = re.compile(r"^// expect (.*)$", re.MULTILINE)
_like = re.compile(r"^// like (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Sample:
    """One program of the corpus."""

    name: str
    source: str

    @property
    def language(self) -> str:
        return "openqasm2" if "OPENQASM 2" in self.source else "openqasm3"

    @cached_property
    def from_theory(self) -> dict[str, float] | None:
        """What its head says; None where it says nothing."""
        found = _expect.search(self.source)
        return None if found is None else dict(map(_outcome, found[1].split(", ")))

    @cached_property
    def from_qiskit(self) -> dict[str, float] | None:
        """What Qiskit's reading of it does, or of the program that it is like; None where Qiskit cannot read it."""
        like = _like.search(self.source)
        source = self.source if like is None else (FOLDER / f"{like[1]}.qasm").read_text()
        try:
            circuit = reference.read(source)
        except Exception:
            return None
        return reference.expected(circuit)


def _outcome(text: str) -> tuple[str, float]:
    *key, probability = text.split(" ")
    return "".join(key), float(Fraction(probability))


CORPUS = [Sample(path.stem, path.read_text()) for path in sorted(FOLDER.glob("*.qasm"))]
