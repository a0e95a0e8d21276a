"""Counts as bars."""

from hypothesis import given
from hypothesis import strategies as st

from qcjob.cli.histogram import MOST_ROWS, histogram


def test_each_outcome_has_its_count_and_its_percent() -> None:
    rows = histogram({"0": 250, "1": 750}, width=60).splitlines()
    assert [row.split()[0] for row in rows] == ["0", "1"]
    assert rows[0].endswith("250   25.0 %")
    assert rows[1].endswith("750   75.0 %")


def test_the_outcome_seen_most_has_the_longest_bar() -> None:
    rows = histogram({"0": 250, "1": 750}, width=60).splitlines()
    assert rows[1].count("█") == 3 * rows[0].count("█") or rows[1].count("█") > 2 * rows[0].count("█")


def test_an_outcome_seen_once_in_a_million_still_shows() -> None:
    assert "▏" in histogram({"0": 999_999, "1": 1}).splitlines()[1]


def test_a_terminal_without_unicode_gets_plain_characters() -> None:
    assert histogram({"0": 1, "1": 3}, ascii_only=True).isascii()


def test_more_outcomes_than_rows_are_summed_up_in_the_last_line() -> None:
    counts = {f"{number:05b}": 32 - number for number in range(32)}
    rows = histogram(counts).splitlines()
    assert len(rows) == MOST_ROWS + 1
    assert "12 outcomes more, seen 78 times" in rows[-1]
    assert rows[0].split()[0] == "00000"


def test_no_outcomes_are_said_to_be_none() -> None:
    assert histogram({}) == "no outcomes"


@given(st.dictionaries(st.text("01", min_size=3, max_size=3), st.integers(0, 10**6), min_size=1), st.integers(40, 200))
def test_no_row_is_wider_than_the_terminal(counts: dict[str, int], width: int) -> None:
    assert all(len(row) <= width for row in histogram(counts, width=width).splitlines())
