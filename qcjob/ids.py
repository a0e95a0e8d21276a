"""Job ids: UUIDv7 (RFC 9562), so that they sort roughly by age and never collide between processes.

A device is given an id for each attempt: that of the job for the first, then `<job id>~2`, `<job id>~3`, … One that
knows ids again would else answer a second attempt with the run of the first, which has ended. The form can stand in a
URL's path and in a header as it is. A job of several parts has each of them run under an id of its own: the second part
of the first attempt is `<job id>.1`, of the second attempt `<job id>~2.1`.
"""

from __future__ import annotations

import os
import re
import time

ID_CHARACTERS = 36

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def new_job_id() -> str:
    """A fresh id: 48 bits of Unix milliseconds, 74 random bits."""
    random = int.from_bytes(os.urandom(10), "big")
    milliseconds = time.time_ns() // 1_000_000
    value = milliseconds << 80 | 7 << 76 | (random >> 68 & 0xFFF) << 64 | 2 << 62 | random & (2**62 - 1)
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def is_job_id(text: str) -> bool:
    """Whether the text could be an id made by `new_job_id`."""
    return _ID.fullmatch(text) is not None


def run_id(job_id: str, attempt: int, part: int = 0) -> str:
    """The id under which a device is given this attempt, which counts from 1, at this part, which counts from 0."""
    return job_id + (f"~{attempt}" if attempt > 1 else "") + (f".{part}" if part else "")


def attempt_of(run_id: str) -> tuple[str, int]:
    """The job's id and the attempt's number, whatever the part."""
    job_id, _, attempt = run_id.partition(".")[0].partition("~")
    return job_id, int(attempt or 1)


def part_of(run_id: str) -> int:
    """The number of the part, from 0; 0 too for a job that has only one."""
    return int(run_id.partition(".")[2] or 0)
