"""Results and dry runs as text for a person."""

from __future__ import annotations

from typing import Any

from qcjob.cli.outcomes import MOST_OUTCOMES, MOST_PARTS, result_text
from qcjob.client import RemoteResult


def shown(counts: list[dict[str, int]], **more: Any) -> list[str]:
    """The lines of a result with these counts of its parts, below the histogram."""
    document = {"counts": counts[0], "shots": 10, "bit_order": "the rightmost is clbit 0", "ran": {}, **more}
    return result_text(RemoteResult.from_document(document)).splitlines()[len(counts[0]) :]


def part(theta: float, counts: dict[str, int]) -> dict[str, Any]:
    return {"binding": {"theta": theta}, "counts": counts}


def test_a_sweep_shows_every_run_not_the_first_alone() -> None:
    counts = [{"0": 10}, {"0": 4, "1": 6}]
    lines = shown(counts, parts=[part(0, counts[0]), part(90, counts[1])])
    assert lines[1:] == ["  the first of 2 parts (theta=0)", "    theta=0   0: 10", "    theta=90  1: 6  0: 4"]


def test_a_long_sweep_and_many_outcomes_are_cut_and_it_is_said_where_the_rest_is() -> None:
    counts = {f"{number:03b}": 1 for number in range(MOST_OUTCOMES + 3)}
    lines = shown([{"0": 10}], parts=[part(number, counts) for number in range(MOST_PARTS + 5)])
    assert "and 3 more" in lines[2]
    assert len(lines) == 3 + MOST_PARTS and lines[-1] == "    and 5 parts more: -o json has them"


def test_one_part_alone_is_not_listed_again() -> None:
    assert shown([{"0": 10}], parts=[part(0, {"0": 10})])[1:] == ["  the first of 1 parts (theta=0)"]


def test_of_several_registers_it_is_said_which_bit_is_whose() -> None:
    a, b = ({"name": name, "size": size, "clbits": []} for name, size in (("a", 1), ("b", 3)))
    assert shown([{"0110": 10}], registers=[a, b])[1:] == ["  from left to right: b[2:0] a"]
    assert len(shown([{"0110": 10}], registers=[b])) == 1
