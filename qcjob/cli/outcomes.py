"""What a job ended with, and what a dry run found, as text for a person."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from qcjob.cli.histogram import histogram
from qcjob.cli.problems import printable
from qcjob.cli.show import has_unicode
from qcjob.client import RemoteResult

Json = Mapping[str, Any]

MOST_PARTS = 20
MOST_OUTCOMES = 4
"""Of a part, in its line; `-o json` has everything."""


def result_text(result: RemoteResult) -> str:
    """The counts as a histogram as wide as the terminal, what ran, a line for each part, and values of observables."""
    told = result.document
    width = min(100, shutil.get_terminal_size((80, 24)).columns)
    ran = told.get("ran", {})
    drawn = histogram(result.counts, width=width, ascii_only=not has_unicode())
    foot = f"  {result.shots:,} shots on {ran.get('device')} ({ran.get('runtime')}), {told.get('bit_order')}"
    values = [f"  {value_text(value)}" for value in told.get("expectation_values", ())]
    return "\n".join([drawn, foot, *_bits(told.get("registers", ())), *_parts(told), *values])


def value_text(value: Json) -> str:
    """One line for an observable: its value and standard error, and those with readout errors undone."""
    asked = value["observable"] if isinstance(value["observable"], str) else json.dumps(value["observable"])
    line = f"{asked}{_in_brackets(value)} = {value['value']:+.4f} ± {value['standard_error']:.4f}"
    if "mitigated_value" in value:
        line += f", mitigated {value['mitigated_value']:+.4f} ± {value['mitigated_standard_error']:.4f}"
    return line if has_unicode() else line.replace("±", "+-")


def dry_run_text(trial: Json) -> str:
    """What would run, where, and what it would cost."""
    found = trial["compilation"]
    gates = ", ".join(f"{name} x{number:,}" for name, number in found["gates"].items()) or "none"
    facts = [
        ("would run", f"on {trial['device']} ({trial['runtime']}), {trial['shots']:,} shots; nothing was recorded"),
        ("language", trial["language"]),
        ("qubits", f"{found['qubits_used']:,}"),
        ("gates", f"{gates}; {found['two_qubit_gates']:,} of two qubits, depth {found['depth']:,}"),
        ("cost", f"{found['cost'] / 1e6:.3f} s"),
    ]
    return "\n".join([*(f"{name:<9} {printable(str(said))}" for name, said in facts), "-o json has the program too"])


def _bits(registers: Sequence[Json]) -> Iterator[str]:
    """Which bit of an outcome is whose, where there are several registers."""
    if len(registers) > 1:
        named = [
            register["name"] if register["size"] == 1 else f"{register['name']}[{register['size'] - 1}:0]"
            for register in registers
        ]
        yield f"  from left to right: {printable(' '.join(reversed(named)))}"


def _parts(told: Json) -> Iterator[str]:
    """That the histogram is of the first of several, and a line for each."""
    parts = told.get("parts")
    if not parts:
        return
    partial = told.get("partial")
    of = f"{partial['done']} of {partial['of']} parts that are over" if partial else f"{len(parts)} parts"
    yield f"  the first of {of}{_in_brackets(parts[0])}"
    shown = parts[:MOST_PARTS] if len(parts) > 1 else ()
    names = [_described(part) for part in shown]
    for name, part in zip(names, shown, strict=True):
        seen = sorted(part["counts"].items(), key=lambda outcome: (-outcome[1], outcome[0]))
        outcomes = [f"{bits}: {number:,}" for bits, number in seen[:MOST_OUTCOMES]]
        more = [f"and {len(seen) - MOST_OUTCOMES:,} more"] if len(seen) > MOST_OUTCOMES else []
        yield f"    {printable(name):<{max(map(len, names))}}  {'  '.join([*outcomes, *more])}"
    if len(parts) > len(shown) > 0:
        yield f"    and {len(parts) - len(shown):,} parts more: -o json has them"


def _in_brackets(described: Json) -> str:
    said = _described(described)
    return f" ({said})" if said else ""


def _described(part: Json) -> str:
    """Of which basis and binding something is."""
    said = [f"in {part['basis']}"] if "basis" in part else []
    return ", ".join([*said, *(f"{name}={value:g}" for name, value in part.get("binding", {}).items())])
