"""From the columns in which a device tells its outcomes to counts over clbits, the rightmost character clbit 0."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qcjob.errors import DriverError
from qcjob.result import Counts


def columns_of(written: Mapping[int, int], told: Sequence[int]) -> dict[int, int]:
    """The column of each clbit. `written`: clbit -> qubit, sorted; `told`: the qubit of each column.

    A qubit measured twice has two columns: then they must stand in the order of the clbits. Raises DriverError where
    a clbit has no column.
    """
    if list(written.values()) == list(told):
        return {clbit: column for column, clbit in enumerate(written)}
    if len(set(told)) != len(told) or not set(written.values()) <= set(told):
        raise DriverError(f"the device measured the qubits {list(told)}, the program {list(written.values())}")
    return {clbit: told.index(qubit) for clbit, qubit in written.items()}


def counts_of(outcomes: Mapping[str, int], columns: Mapping[int, int], clbits: int) -> Counts:
    """Counts from outcomes whose leftmost character is column 0. A clbit never written reads 0."""
    counts: dict[str, int] = {}
    places = [columns.get(clbit) for clbit in reversed(range(clbits))]
    for outcome, times in outcomes.items():
        key = "".join("0" if place is None else outcome[place] for place in places)
        counts[key] = counts.get(key, 0) + times
    return counts
