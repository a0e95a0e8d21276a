"""The benchmarks of queues run, on short ones; most of what they find is for a quiet machine."""

from __future__ import annotations

import re

import pytest

from benchmarks.queue import batches
from benchmarks.queue.__main__ import main


def test_every_call_and_route_is_measured_at_every_length(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lengths", "150,300", "--rounds", "1", "--calls", "9"]) in (0, 1)
    told = capsys.readouterr().out
    calls = ("submit", "cancel", "position", "exchange", "list page", "list page by state")
    for call in calls:
        assert len(re.findall(rf"^\| {call} \| [\d.e+]+ \| [\d.e+]+ \| [\d.]+ \|$", told, re.MULTILINE)) == 2
    assert re.search(r"^\| claim \|", told, re.MULTILINE)
    assert re.search(r'bytes of Redis a waiting job: \{"150": \d+, "300": \d+\}', told)


@pytest.mark.alone
def test_a_job_of_a_batch_is_submitted_ten_times_as_fast_and_no_script_holds_redis_up(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Ten times a single client, and scripts of less than 5 ms: both of what is usual, not of one bad moment."""
    code = batches.main(["--lengths", "200", "--rounds", "2"])
    told = capsys.readouterr().out
    assert code == 0, told
    ratios = re.findall(r"^\| fsync (?:no|always) \|.* ([\d.]+) \|$", told, re.MULTILINE)
    assert len(ratios) == 2 and all(float(ratio) >= batches.WANTED_RATIO for ratio in ratios), told
    for script in batches.SCRIPTS:
        assert re.search(rf"^\| {script} \| [\d,]+ \| [\d,]+ \|", told, re.MULTILINE), told
