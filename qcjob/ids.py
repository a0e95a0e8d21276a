"""Job ids: UUIDv7 (RFC 9562), so that they sort roughly by age and never collide between processes."""

from __future__ import annotations

import os
import re
import time

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
