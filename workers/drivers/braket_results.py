"""The result of a Braket task as counts: `braket.task_result.gate_model_task_result`, version 1.

`measuredQubits` names the qubit of each column, the leftmost first; `measurements` has a row for each shot, or
`measurementProbabilities` says how often each outcome was seen, as some providers tell it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from qcjob.errors import DriverError
from qcjob.result import Counts
from workers.drivers import columns


def counts_of(document: Mapping[str, Any], written: Mapping[int, int], clbits: int, shots: int) -> Counts:
    """Counts over the clbits; `written` has Braket's qubit of each. Raises DriverError for another document."""
    try:
        rows, shares = document.get("measurements"), document.get("measurementProbabilities")
        if rows:
            outcomes: Mapping[str, int] = Counter("".join(map(str, row)) for row in rows)
        else:
            told = {str(outcome): round(share * shots) for outcome, share in shares.items()}  # type: ignore[union-attr]
            outcomes = {outcome: times for outcome, times in told.items() if times}
        places = columns.columns_of(written, [int(qubit) for qubit in document["measuredQubits"]])
        return columns.counts_of(outcomes, places, clbits)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise DriverError(f"the result in S3 is none of measured gates: {error!r:.200}") from error
